/// What a receiver says of one source (RFC 3550 §6.4.1).
public struct ReportBlock: Equatable, Sendable {
  /// The source that is reported on.
  public var ssrc: UInt32
  /// Lost since the last report, in 1/256.
  public var fractionLost: UInt8
  /// Lost since the beginning; negative when duplicates outnumber losses.
  public var cumulativeLost: Int32
  /// The highest sequence number received, with the count of wraps above it.
  public var highestSequence: UInt32
  /// Interarrival jitter in ticks of the media clock.
  public var jitter: UInt32
  /// The middle bits of the last sender report's time.
  public var lastSenderReport: UInt32
  /// The delay since then, in 1/65,536 s.
  public var delaySinceLastSenderReport: UInt32

  /// The block's length.
  public static let length = 24

  /// All fields.
  public init(
    ssrc: UInt32, fractionLost: UInt8, cumulativeLost: Int32, highestSequence: UInt32,
    jitter: UInt32, lastSenderReport: UInt32, delaySinceLastSenderReport: UInt32
  ) {
    self.ssrc = ssrc
    self.fractionLost = fractionLost
    self.cumulativeLost = cumulativeLost
    self.highestSequence = highestSequence
    self.jitter = jitter
    self.lastSenderReport = lastSenderReport
    self.delaySinceLastSenderReport = delaySinceLastSenderReport
  }

  /// Reads the block at `offset`; the caller has checked that it is there.
  init(_ bytes: Span<UInt8>, at offset: Int) {
    ssrc = bytes.uint32(at: offset)
    fractionLost = bytes[offset + 4]
    // A signed number of 24 bits.
    let lost = Int32(bytes.uint24(at: offset + 5))
    cumulativeLost = lost >= 0x80_0000 ? lost - 0x100_0000 : lost
    highestSequence = bytes.uint32(at: offset + 8)
    jitter = bytes.uint32(at: offset + 12)
    lastSenderReport = bytes.uint32(at: offset + 16)
    delaySinceLastSenderReport = bytes.uint32(at: offset + 20)
  }

  func emit(into bytes: inout [UInt8]) {
    bytes.append(uint32: ssrc)
    bytes.append(fractionLost)
    bytes.append(uint24: Int(min(max(cumulativeLost, -0x80_0000), 0x7F_FFFF)))
    bytes.append(uint32: highestSequence)
    bytes.append(uint32: jitter)
    bytes.append(uint32: lastSenderReport)
    bytes.append(uint32: delaySinceLastSenderReport)
  }
}
