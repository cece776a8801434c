internal import Reactor

/// Measures the loop: how late it is, and whether it is full.
///
/// A deadline is set now and then, and what passes until it is served is the lag that a frame due
/// at that moment would have had. It is the one number that tells whether one thread is enough.
///
/// The loop is full when frames and other deadlines have taken almost all of the time for a second
/// on end, or have been late for so long: then one more viewer would cost the others their frames.
/// The time that requests take does not count by itself: however many come, deadlines go before
/// them until these take four fifths of it.
final class LoopProbe: Wakeable {
  /// For what is measured from now on: the percentage of the time from which on it is full; at 100
  /// it never is.
  var loadPercentMax: Int
  /// Told when the loop has become full, and when it is not any more.
  var changed: (_ isFull: Bool) -> Void = { _ in }
  private(set) var isFull = false

  private let loop: EventLoop
  private let metrics: Metrics
  private var expected: Instant = 0
  /// When it was looked the last time, and how long deadlines had taken by then.
  private var last: (time: Instant, deadlines: Int64) = (0, 0)
  /// How often in a row it has looked otherwise than ``isFull`` says.
  private var contradictions = 0

  /// Rare enough to cost nothing, odd enough not to keep step with any frame rate.
  private static let intervalNanoseconds: Instant = 237_000_000
  /// About a second: a moment's hiccup of the machine turns nobody away.
  private static let contradictionsMax = 4
  /// Half a frame's period, usually.
  private static let lagMax: Instant = 25_000_000

  init(_ metrics: Metrics, loop: EventLoop, limits: Limits) {
    self.metrics = metrics
    self.loop = loop
    loadPercentMax = limits.loadPercentMax
  }

  deinit { loop.deadlines.clear(self) }

  func begin() {
    last = (loop.readClock(), loop.deadlineNanoseconds)
    schedule()
  }

  override func wake(at now: Instant) {
    // The turn's own time would leave out what this turn has served already.
    let present = loop.readClock()
    let lag = max(0, present - expected)
    metrics.loopLag.observe(Double(lag) / 1e9)
    let taken = loop.deadlineNanoseconds
    let percent = (taken - last.deadlines) * 100 / max(1, present - last.time)
    last = (present, taken)
    judge(loadPercentMax < 100 && (percent >= loadPercentMax || lag > Self.lagMax))
    schedule()
  }

  private func schedule() {
    expected = loop.now + Self.intervalNanoseconds
    loop.deadlines.set(self, at: expected)
  }

  private func judge(_ looksFull: Bool) {
    contradictions = looksFull == isFull ? 0 : contradictions + 1
    guard contradictions == Self.contradictionsMax else { return }
    contradictions = 0
    isFull = looksFull
    changed(isFull)
  }
}
