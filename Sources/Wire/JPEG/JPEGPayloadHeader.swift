/// The headers in front of each fragment of a picture (RFC 2435 §3.1).
///
///      0                   1                   2                   3
///      0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
///     +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
///     | Type-specific |              Fragment Offset                  |
///     +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
///     |      Type     |       Q       |     Width     |     Height    |
///     +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
///     |       Restart Interval        |F|L|       Restart Count       |   types 64 to 127
///     +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
///     |      MBZ      |   Precision   |             Length            |   Q ≥ 128, offset 0
///     +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
///     |                    Quantization Table Data …                  |
struct JPEGPayloadHeader: Equatable {
  /// Where the fragment belongs in the picture's data; 24 bits.
  var fragmentOffset: Int
  /// 0 or 1, the sampling, without the restart bit.
  var type: UInt8
  /// 1–99 a quality factor, 128–254 tables known by number, 255 tables in every picture.
  var quality: UInt8
  /// In units of eight pixels; 0 when the session description says it.
  var width: UInt8
  /// In units of eight pixels; 0 when the session description says it.
  var height: UInt8
  /// In minimum coded units; nil for types below 64.
  var restartInterval: UInt16?
  /// The tables' bytes; nil where the header is not there.
  var quantizationTables: [UInt8]?

  static let mainLength = 8
  static let restartLength = 4
  static let quantizationLength = 4
  /// A fragment offset has 24 bits.
  static let fragmentOffsetMax = 0xFF_FFFF
  private static let restartBit: UInt8 = 0x40
  /// The whole picture is meant: first and last bit set, count all ones (RFC 2435 §3.1.7).
  private static let wholePicture: UInt16 = 0xFFFF

  /// Every packet's bytes in front of the data.
  var length: Int {
    Self.mainLength + (restartInterval == nil ? 0 : Self.restartLength)
      + (quantizationTables.map { Self.quantizationLength + $0.count } ?? 0)
  }

  init(
    fragmentOffset: Int, type: UInt8, quality: UInt8, width: UInt8, height: UInt8,
    restartInterval: UInt16?, quantizationTables: [UInt8]?
  ) {
    self.fragmentOffset = fragmentOffset
    self.type = type
    self.quality = quality
    self.width = width
    self.height = height
    self.restartInterval = restartInterval
    self.quantizationTables = quantizationTables
  }

  /// Reads the headers at the beginning of bytes `payload`.
  init(_ bytes: Span<UInt8>, _ payload: Range<Int>) throws(PacketError) {
    var position = payload.lowerBound
    guard payload.count >= Self.mainLength else { throw .truncated }
    fragmentOffset = bytes.uint24(at: position + 1)
    let type = bytes[position + 4]
    guard type < 128 else { throw .malformed }
    self.type = type & ~Self.restartBit
    quality = bytes[position + 5]
    width = bytes[position + 6]
    height = bytes[position + 7]
    position += Self.mainLength
    if type & Self.restartBit != 0 {
      guard payload.upperBound - position >= Self.restartLength else { throw .truncated }
      restartInterval = bytes.uint16(at: position)
      position += Self.restartLength
    }
    guard quality >= 128, fragmentOffset == 0 else { return }
    guard payload.upperBound - position >= Self.quantizationLength else { throw .truncated }
    let precision = bytes[position + 1]
    let length = Int(bytes.uint16(at: position + 2))
    position += Self.quantizationLength
    guard payload.upperBound - position >= length else { throw .truncated }
    // Eight-bit tables only: baseline has no others.
    guard length == 0 || precision == 0 else { throw .malformed }
    quantizationTables = bytes.array(position..<position + length)
  }

  func emit(into bytes: inout [UInt8]) {
    bytes.append(0)
    bytes.append(uint24: fragmentOffset)
    bytes.append(type | (restartInterval == nil ? 0 : Self.restartBit))
    bytes.append(quality)
    bytes.append(width)
    bytes.append(height)
    if let restartInterval {
      bytes.append(uint16: restartInterval)
      bytes.append(uint16: Self.wholePicture)
    }
    if let tables = quantizationTables {
      bytes.append(0)
      bytes.append(0)
      bytes.append(uint16: UInt16(clamping: tables.count))
      bytes.append(contentsOf: tables)
    }
  }
}
