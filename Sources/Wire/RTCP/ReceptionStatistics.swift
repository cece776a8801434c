/// What a receiver counts of one source, and the report block that it makes of it (RFC 3550 §6.4.1,
/// appendix A.1, A.3 and A.8).
public struct ReceptionStatistics: Equatable, Sendable {
  /// Packets that came in, duplicates included.
  public private(set) var received = 0
  /// The source.
  public let ssrc: UInt32
  private let firstSequence: UInt16
  private var highest: UInt16
  private var cycles: UInt32 = 0
  /// In ticks, scaled by 16 as in appendix A.8.
  private var scaledJitter: UInt32 = 0
  private var lastTransit: UInt32?
  private var expectedBefore = 0
  private var receivedBefore = 0
  private var lastReport: (middle: UInt32, at: Nanoseconds)?

  /// Begins with a source's first packet, which is still to be given to ``receive(_:at:)``.
  public init(_ first: RTPHeader) {
    ssrc = first.ssrc
    firstSequence = first.sequence
    highest = first.sequence
  }

  /// Counts a packet.
  public mutating func receive(_ header: RTPHeader, at now: Nanoseconds) {
    received += 1
    let ahead = header.sequence &- highest
    if ahead < 0x8000 {
      if header.sequence < highest { cycles &+= 1 << 16 }
      highest = header.sequence
    }
    let arrival = UInt32(truncatingIfNeeded: now / 1000 * 9 / 100)
    let transit = arrival &- header.timestamp
    if let lastTransit {
      let difference = Int32(bitPattern: transit &- lastTransit).magnitude
      scaledJitter = scaledJitter &+ difference &- ((scaledJitter &+ 8) >> 4)
    }
    lastTransit = transit
  }

  /// Notes a sender report, whose time the next report block echoes.
  public mutating func noteReport(_ report: SenderReport, at now: Nanoseconds) {
    lastReport = (report.time.middle, now)
  }

  /// How many packets should have come.
  public var expected: Int {
    Int(cycles) + Int(highest) - Int(firstSequence) + 1
  }

  /// Packets that did not come; duplicates make it smaller, never less than nothing here.
  public var lost: Int { max(0, expected - received) }

  /// Interarrival jitter in nanoseconds.
  public var jitter: Nanoseconds { Nanoseconds(scaledJitter >> 4) * 100_000 / 9 }

  /// The block for a receiver report; the fraction is of the time since the last one.
  public mutating func report(at now: Nanoseconds) -> ReportBlock {
    let expectedNow = expected - expectedBefore
    let lostNow = expectedNow - (received - receivedBefore)
    (expectedBefore, receivedBefore) = (expected, received)
    let fraction = expectedNow > 0 && lostNow > 0 ? min(255, lostNow * 256 / expectedNow) : 0
    // The field holds 65,536 seconds.
    let delay = lastReport.map {
      UInt32(clamping: min(now - $0.at, 65_536_000_000_000) * 65_536 / 1_000_000_000)
    }
    return ReportBlock(
      ssrc: ssrc, fractionLost: UInt8(fraction),
      cumulativeLost: Int32(clamping: expected - received),
      highestSequence: cycles | UInt32(highest), jitter: scaledJitter >> 4,
      lastSenderReport: lastReport?.middle ?? 0, delaySinceLastSenderReport: delay ?? 0)
  }

  /// Equal when everything counted is.
  public static func == (a: Self, b: Self) -> Bool {
    a.ssrc == b.ssrc && a.received == b.received && a.expected == b.expected
      && a.scaledJitter == b.scaledJitter
  }
}
