/// Four characters that name a chunk, a list or a compression in RIFF files.
struct FourCC: Hashable, ExpressibleByStringLiteral {
  /// The first character in the highest byte.
  private let value: UInt32

  /// The four bytes at `offset`; the caller has checked that they are there.
  init(_ bytes: Span<UInt8>, at offset: Int) { value = bytes.uint32(at: offset) }

  /// The first four bytes of a text, zeros where it is shorter.
  init(_ text: String) {
    var value: UInt32 = 0
    for byte in (Array(text.utf8) + [0, 0, 0, 0]).prefix(4) { value = value << 8 | UInt32(byte) }
    self.value = value
  }

  init(stringLiteral text: String) { self.init(text) }

  private var bytes: [UInt8] {
    [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: value >> $0) }
  }

  /// Whether it is a name at all, and no size or picture.
  var isPrintable: Bool { bytes.allSatisfy { $0 >= 0x20 && $0 < 0x7F } }

  /// Whether it looks like the end of `00dc` with a byte of the size behind it.
  var isShifted: Bool {
    let bytes = bytes
    let isDigit = bytes[0] >= 0x30 && bytes[0] <= 0x39
    return isDigit && !(bytes[1] >= 0x30 && bytes[1] <= 0x39)
  }

  /// Compressions are compared without regard to case.
  var uppercased: FourCC { FourCC(text.uppercased()) }

  /// For people; a byte that cannot be printed becomes a question mark.
  var text: String {
    String(decoding: bytes.map { $0 >= 0x20 && $0 < 0x7F ? $0 : 0x3F }, as: UTF8.self)
  }
}

/// A chunk of a RIFF file: a name, a size in little-endian order, and data that are followed by one
/// byte more when their length is odd.
///
///     +-+-+-+-+-+-+-+-+-+-+-+ … +-+
///     | name  | size  | data      |
///     +-+-+-+-+-+-+-+-+-+-+-+ … +-+
struct RIFFChunk {
  let identifier: FourCC
  /// Where its data begin.
  let data: Int
  /// How long it says that its data are; not checked.
  let size: Int

  static let headerLength = 8

  /// The chunk at `offset`; the caller has checked that its header is there.
  init(_ bytes: Span<UInt8>, at offset: Int) {
    identifier = FourCC(bytes, at: offset)
    data = offset + Self.headerLength
    size = Int(bytes.littleEndian32(at: offset + 4))
  }

  /// Whether it holds other chunks, with their kind in front of them.
  var isList: Bool { identifier == "RIFF" || identifier == "LIST" }

  /// Whether all its data are there.
  func isWhole(in bytes: Span<UInt8>) -> Bool { size <= bytes.count - data }
}

extension Span<UInt8> {
  /// The number at `offset` as RIFF writes them; the caller has checked that it is there.
  func littleEndian32(at offset: Int) -> UInt32 { uint32(at: offset).byteSwapped }
}
