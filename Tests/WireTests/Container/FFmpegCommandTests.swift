import Testing

@testable import Wire

@Suite("FFmpegCommand")
struct FFmpegCommandTests {
  @Test(
    "names the output after the input, and never the input itself",
    arguments: [
      ("clip.mp4", "clip.mp4", "clip.avi"), ("a/b.c/clip", "a/b.c/clip", "a/b.c/clip.avi"),
      ("clip.AVI", "clip.AVI", "clip.mjpeg.avi"), (".mp4", ".mp4", ".mp4.avi"),
      ("a/.hidden", "a/.hidden", "a/.hidden.avi"), ("INPUT", "INPUT", "INPUT.avi"),
      ("two words.mkv", "'two words.mkv'", "'two words.avi'"),
      ("it's.mov", #"'it'\''s.mov'"#, #"'it'\''s.avi'"#),
      ("$(x).mov", "'$(x).mov'", "'$(x).avi'"), ("a`b`.mov", "'a`b`.mov'", "'a`b`.avi'"),
      ("-y.mp4", "./-y.mp4", "./-y.avi"), ("", "''", ".avi"), ("ü.mp4", "'ü.mp4'", "'ü.avi'"),
    ])
  func names(name: String, input: String, output: String) {
    #expect(FFmpegCommand.remux(name) == "ffmpeg -i \(input) -c copy \(output)")
    for command in [FFmpegCommand.convert(name), FFmpegCommand.deinterlace(name)] {
      #expect(command.hasPrefix("ffmpeg -i \(input) "))
      #expect(command.hasSuffix(" \(output)"))
      #expect(command.contains(" -c:v mjpeg -huffman default -pix_fmt yuvj420p "))
    }
    #expect(FFmpegCommand.deinterlace(name).contains(" -vf yadif "))
  }
}
