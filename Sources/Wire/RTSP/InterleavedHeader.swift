/// What precedes a binary packet on an RTSP connection: `$`, the channel, the length (RFC 2326
/// §10.12).
public struct InterleavedHeader: Equatable, Sendable {
  /// 0 to 255, agreed upon in SETUP.
  public var channel: UInt8
  /// The packet's length without this header.
  public var length: Int

  /// The header's own length.
  public static let length = 4
  static let magic: UInt8 = 0x24

  /// - Precondition: `length` fits 16 bits.
  public init(channel: UInt8, length: Int) {
    precondition(length >= 0 && length <= 0xFFFF, "an interleaved packet has at most 65,535 bytes")
    self.channel = channel
    self.length = length
  }

  /// Appends the four bytes.
  public func emit(into bytes: inout [UInt8]) {
    bytes.append(contentsOf: [Self.magic, channel])
    bytes.append(uint16: UInt16(length))
  }
}
