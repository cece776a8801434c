internal import Reactor

/// How long a connection waits for the answer after wrong credentials: longer each time, never too
/// long for somebody who has mistyped. Others do not wait: it is a deadline, not a sleep.
struct Penalty {
  private var failures = 0

  private static let firstNanoseconds: Instant = 250_000_000
  private static let doublingsMax = 4

  /// What the next failure costs: 0.25, 0.5, 1, 2, and from then on 4 seconds.
  mutating func next() -> Instant {
    defer { failures = min(failures + 1, Self.doublingsMax) }
    return Self.firstNanoseconds << Instant(failures)
  }

  /// Somebody has shown who they are.
  mutating func forgive() { failures = 0 }
}
