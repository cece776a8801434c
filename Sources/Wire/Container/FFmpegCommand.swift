/// A command line that makes a file playable, to be copied into a shell in the media folder.
enum FFmpegCommand {
  /// The pictures are taken over as they are, into a container that is read.
  static func remux(_ name: String) -> String {
    "ffmpeg -i \(quoted(name)) -c copy \(quoted(output(name)))"
  }

  /// The pictures are encoded anew as Motion-JPEG that RTP can carry.
  static func convert(_ name: String) -> String {
    "ffmpeg -i \(quoted(name)) \(encoding) \(quoted(output(name)))"
  }

  /// The same, with whole frames made of fields.
  static func deinterlace(_ name: String) -> String {
    "ffmpeg -i \(quoted(name)) -vf yadif \(encoding) \(quoted(output(name)))"
  }

  private static let encoding = "-an -c:v mjpeg -huffman default -pix_fmt yuvj420p -q:v 3"

  /// An AVI, since that keeps the frame rate; never the input itself.
  private static func output(_ name: String) -> String {
    let start = name.lastIndex(of: "/").map { name.index(after: $0) } ?? name.startIndex
    let file = name[start...]
    guard let dot = file.lastIndex(of: "."), dot > file.startIndex else { return name + ".avi" }
    let isAVI = equalIgnoringCase(file[dot...], ".avi")
    return name[..<dot] + (isAVI ? ".mjpeg.avi" : ".avi")
  }

  /// As a POSIX shell has to be told a name.
  private static func quoted(_ name: String) -> String {
    let name = name.hasPrefix("-") ? "./" + name : name
    let isPlain = name.utf8.allSatisfy { byte in
      isToken(byte) ? !quoting.contains(byte) : byte == UInt8(ascii: "/")
    }
    if isPlain, !name.isEmpty { return name }
    var text = "'"
    for character in name { text += character == "'" ? "'\\''" : String(character) }
    return text + "'"
  }

  /// What a token may have and a shell takes for something else.
  private static let quoting = Array("!#$&'*^`|~".utf8)
}
