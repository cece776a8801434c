internal import Reactor

/// How long a connection waits for the answer after wrong credentials: longer each time, never too
/// long for somebody who has mistyped. Others do not wait: it is a deadline, not a sleep.
struct Penalty {
  private var last: Instant = 0

  /// What the next failure costs: ``Limits/penaltyMilliseconds``, and from then on twice what the
  /// one before has cost, up to ``Limits/penaltyMillisecondsMax``.
  mutating func next(_ limits: Limits) -> Instant {
    let first = Instant(limits.penaltyMilliseconds) * 1_000_000
    let most = Instant(limits.penaltyMillisecondsMax) * 1_000_000
    last = min(max(first, last * 2), most)
    return last
  }

  /// Somebody has shown who they are.
  mutating func forgive() { last = 0 }
}
