/// What somebody who counts packets and frames has to know of a packet: four fields of its fixed
/// header (RFC 3550 §5.1), whatever follows them.
public struct RTPMark: Equatable, Sendable {
  /// Set on the last packet of a video frame.
  public var isLast: Bool
  /// Increases by one per packet and wraps.
  public var sequence: UInt16
  /// The same in all packets of a frame.
  public var timestamp: UInt32

  /// Reads the packet that begins at `start`; nil when it is shorter than a header or of another
  /// version.
  public init?(_ bytes: Span<UInt8>, at start: Int, count: Int) {
    guard count >= RTPHeader.length, start >= 0, start + RTPHeader.length <= bytes.count,
      bytes[start] >> 6 == 2
    else { return nil }
    isLast = bytes[start + 1] & 0x80 != 0
    sequence = bytes.uint16(at: start + 2)
    timestamp = bytes.uint32(at: start + 4)
  }
}
