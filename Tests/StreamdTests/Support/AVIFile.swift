import Foundation
import Testing

/// A small AVI file with one stream of Motion-JPEG, in as many RIFF chunks as are wanted (OpenDML).
struct AVIFile {
  let bytes: [UInt8]

  /// - Parameter segment: how many pictures each RIFF chunk has; nil puts all into one.
  init(_ pictures: [[UInt8]], scale: UInt32, rate: UInt32, segment: Int? = nil) {
    let zero = [UInt8](repeating: 0, count: 4)
    let main =
      Self.word(UInt32(UInt64(scale) * 1_000_000 / UInt64(rate))) + zero + zero + zero
      + Self.word(UInt32(pictures.count)) + zero + Self.word(1) + zero + Self.word(640)
      + Self.word(480) + zero + zero + zero + zero
    let stream =
      Array("vidsMJPG".utf8) + zero + zero + zero + Self.word(scale) + Self.word(rate) + zero
      + Self.word(UInt32(pictures.count)) + zero + zero + zero + zero + zero
    let format =
      Self.word(40) + Self.word(640) + Self.word(480) + [1, 0, 24, 0] + Array("MJPG".utf8)
      + Self.word(640 * 480 * 3) + zero + zero + zero + zero
    let head = Self.list(
      "hdrl",
      Self.chunk("avih", main)
        + Self.list("strl", Self.chunk("strh", stream) + Self.chunk("strf", format)))
    var bytes: [UInt8] = []
    let step = segment ?? pictures.count
    for start in stride(from: 0, to: pictures.count, by: step) {
      let chunks = pictures[start..<min(start + step, pictures.count)].flatMap {
        Self.chunk("00dc", $0)
      }
      let movie = Self.list("movi", chunks)
      bytes += Self.list(start == 0 ? "AVI " : "AVIX", (start == 0 ? head : []) + movie, in: "RIFF")
    }
    self.bytes = bytes
  }

  /// Writes a file of many gigabytes that takes little of the disk: behind each picture there is a
  /// hole of `gap` bytes. It has an index.
  static func writeSparse(_ pictures: [[UInt8]], gap: Int, at path: String) throws {
    let whole = AVIFile([[]], scale: 1, rate: 20).bytes
    let movie = Array("movi".utf8)
    let start = try #require(whole.indices.first { whole[$0...].starts(with: movie) })
    _ = FileManager.default.createFile(atPath: path, contents: nil)
    let file = try FileHandle(forWritingTo: URL(filePath: path))
    try file.write(contentsOf: whole[..<(start + 4)])
    var (index, offset): ([UInt8], Int) = ([], start + 4)
    for picture in pictures {
      index += Array("00dc".utf8) + word(16) + word(UInt32(offset - start))
      index += word(UInt32(picture.count))
      let chunk = Self.chunk("00dc", picture) + Array("JUNK".utf8) + word(UInt32(gap))
      try file.seek(toOffset: UInt64(offset))
      try file.write(contentsOf: chunk)
      offset += chunk.count + gap
    }
    try file.seek(toOffset: UInt64(offset))
    try file.write(contentsOf: Self.chunk("idx1", index))
    for (place, end) in [(start - 4, offset), (4, offset + 8 + index.count)] {
      try file.seek(toOffset: UInt64(place))
      try file.write(contentsOf: word(UInt32(end - place - 4)))
    }
    try file.close()
  }

  private static func word(_ value: UInt32) -> [UInt8] {
    [0, 8, 16, 24].map { UInt8(truncatingIfNeeded: value >> $0) }
  }

  private static func chunk(_ name: String, _ data: [UInt8]) -> [UInt8] {
    Array(name.utf8) + word(UInt32(data.count)) + data + (data.count % 2 == 1 ? [0] : [])
  }

  private static func list(
    _ kind: String, _ data: [UInt8], in name: String = "LIST"
  ) -> [UInt8] {
    chunk(name, Array(kind.utf8) + data)
  }

  /// A picture as AVI files often have it: without its Huffman tables.
  static func withoutTables(_ picture: [UInt8]) -> [UInt8] {
    var result = Array(picture[..<2])
    var position = 2
    while position + 4 <= picture.count, picture[position] == 0xFF {
      let marker = picture[position + 1]
      if marker == 0xDA { break }
      let length = Int(picture[position + 2]) * 256 + Int(picture[position + 3])
      let end = position + 2 + length
      if marker != 0xC4 { result += picture[position..<end] }
      position = end
    }
    return result + picture[position...]
  }
}
