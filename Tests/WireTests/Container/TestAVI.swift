@testable import Wire

/// An AVI file made by hand, every part of which can be changed.
struct TestAVI {
  /// A stream's header and format.
  struct Stream {
    var type = "vids"
    var handler = "MJPG"
    var compression = "MJPG"
    var scale: UInt32 = 1
    var rate: UInt32 = 25
    var height: UInt32 = 16
  }

  var streams = [Stream()]
  var microseconds: UInt32 = 40_000
  /// What stands in the list `movi`.
  var movie: [UInt8] = []
  /// What follows it in the first RIFF chunk.
  var index: [UInt8] = chunk("idx1", [UInt8](repeating: 0, count: 16))
  /// Written as the size of the RIFF chunk and of the list `movi`, in place of the right ones.
  var openSize: UInt32?

  init(_ pictures: [[UInt8]]) {
    movie = pictures.flatMap { Self.chunk("00dc", $0) }
  }

  static func chunk(
    _ name: String, _ data: [UInt8], size: UInt32? = nil, isPadded: Bool = true
  ) -> [UInt8] {
    let size = size ?? UInt32(data.count)
    let padding: [UInt8] = isPadded && data.count % 2 == 1 ? [0] : []
    return Array(name.utf8) + word(size) + data + padding
  }

  static func list(
    _ kind: String, _ data: [UInt8], in name: String = "LIST", size: UInt32? = nil
  ) -> [UInt8] {
    chunk(name, Array(kind.utf8) + data, size: size)
  }

  /// In little-endian order.
  static func word(_ value: UInt32) -> [UInt8] {
    [0, 8, 16, 24].map { UInt8(truncatingIfNeeded: value >> $0) }
  }

  private func list(_ stream: Stream) -> [UInt8] {
    let zero = [UInt8](repeating: 0, count: 4)
    let header =
      Array(stream.type.utf8) + Array(stream.handler.utf8) + zero + zero + zero
      + Self.word(stream.scale) + Self.word(stream.rate) + [UInt8](repeating: 0, count: 28)
    let format =
      Self.word(40) + Self.word(16) + Self.word(stream.height) + [1, 0, 24, 0]
      + Array(stream.compression.utf8) + [UInt8](repeating: 0, count: 20)
    return Self.list("strl", Self.chunk("strh", header) + Self.chunk("strf", format))
  }

  var head: [UInt8] {
    let main = Self.word(microseconds) + [UInt8](repeating: 0, count: 52)
    return Self.list("hdrl", Self.chunk("avih", main) + streams.flatMap { list($0) })
      + Self.list("INFO", Self.chunk("ISFT", Array("by hand".utf8)))
  }

  var bytes: [UInt8] {
    Self.list(
      "AVI ", head + Self.list("movi", movie, size: openSize) + index, in: "RIFF", size: openSize)
  }
}
