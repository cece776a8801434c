internal import Reactor

/// Tells a viewer that is gone from one whose port was closed for a moment, by the refusals that
/// its machine sends back (ICMP port unreachable). Machines send them seldom, one a second say, and
/// a send that is not refused means little: the answer to it is still to come.
struct ClosedPort {
  private let graceNanoseconds: Instant
  private var first: Instant = .min
  private var last: Instant = .min

  /// So long without a refusal, and the port has been open again.
  private static let spellNanoseconds: Instant = 3_000_000_000

  init(graceSeconds: Int) { graceNanoseconds = Instant(graceSeconds) * 1_000_000_000 }

  /// A send was refused; true when they have been for longer than the grace.
  mutating func refused(at now: Instant) -> Bool {
    if last == .min || now - last > Self.spellNanoseconds { first = now }
    last = now
    return now - first >= graceNanoseconds
  }
}
