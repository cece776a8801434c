internal import Reactor

/// Measures how late the loop is: the one number that tells whether a single thread is enough. A
/// deadline is set now and then, and what passes until it is served is the lag that a frame due at
/// that moment would have had.
final class LoopProbe: Wakeable {
  private let loop: EventLoop
  private let metrics: Metrics
  private var expected: Instant = 0

  /// Rare enough to cost nothing, odd enough not to keep step with any frame rate.
  private static let intervalNanoseconds: Instant = 237_000_000

  init(_ metrics: Metrics, loop: EventLoop) {
    self.metrics = metrics
    self.loop = loop
  }

  deinit { loop.deadlines.clear(self) }

  func begin() {
    expected = loop.now + Self.intervalNanoseconds
    loop.deadlines.set(self, at: expected)
  }

  override func wake(at now: Instant) {
    // The turn's own time would leave out what this turn has served already.
    let lag = max(0, loop.readClock() - expected)
    metrics.loopLag.observe(Double(lag) / 1e9)
    begin()
  }
}
