/// What a sender says of itself (RFC 3550 §6.4.1): which wall-clock time belongs to which media
/// timestamp, and how much it has sent.
public struct SenderReport: Equatable, Sendable {
  /// The sender.
  public var ssrc: UInt32
  /// Wall-clock time of the report.
  public var time: NTPTimestamp
  /// The same moment in the media's timestamps.
  public var timestamp: UInt32
  /// Packets sent so far; wraps.
  public var packets: UInt32
  /// Payload bytes sent so far; wraps.
  public var octets: UInt32

  /// Sender's SSRC and sender information.
  public static let length = 24

  /// All fields.
  public init(ssrc: UInt32, time: NTPTimestamp, timestamp: UInt32, packets: UInt32, octets: UInt32)
  {
    self.ssrc = ssrc
    self.time = time
    self.timestamp = timestamp
    self.packets = packets
    self.octets = octets
  }

  /// Reads the fields at `offset`; the caller has checked that they are there.
  init(_ bytes: Span<UInt8>, at offset: Int) {
    ssrc = bytes.uint32(at: offset)
    time = NTPTimestamp(
      bits: UInt64(bytes.uint32(at: offset + 4)) << 32 | UInt64(bytes.uint32(at: offset + 8)))
    timestamp = bytes.uint32(at: offset + 12)
    packets = bytes.uint32(at: offset + 16)
    octets = bytes.uint32(at: offset + 20)
  }

  func emit(into bytes: inout [UInt8]) {
    bytes.append(uint32: ssrc)
    bytes.append(uint32: UInt32(time.bits >> 32))
    bytes.append(uint32: UInt32(truncatingIfNeeded: time.bits))
    bytes.append(uint32: timestamp)
    bytes.append(uint32: packets)
    bytes.append(uint32: octets)
  }
}
