internal import Reactor

/// Measures the loop: how late it is, and whether it is full.
///
/// A deadline is set now and then, and what passes until it is served is the lag that a frame due
/// at that moment would have had. It is the one number that tells whether one thread is enough.
///
/// The loop is full when its thread has had a processor for almost all of a second, and frames and
/// other deadlines have taken that time, or were late all the time: then one more viewer would cost
/// the others their frames. Requests alone never fill it: however many come, deadlines go before
/// them until these take four fifths of the time. And where other programs keep it waiting it is
/// not full, only late.
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
  /// The last look.
  private var last = Look()
  /// How often in a row it has looked otherwise than ``isFull`` says.
  private var contradictions = 0

  private struct Look {
    var time: Instant = 0
    /// How long the thread has had a processor by then, and how long deadlines have taken.
    var processor: Int64 = 0
    var deadlines: Int64 = 0
  }

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
    last = look()
    schedule()
  }

  override func wake(at now: Instant) {
    // The turn's own time would leave out what this turn has served already.
    let present = look()
    let lag = max(0, present.time - expected)
    metrics.loopLag.observe(Double(lag) / 1e9)
    judge(looksFull(present, lag: lag))
    last = present
    schedule()
  }

  private func look() -> Look {
    Look(
      time: loop.readClock(), processor: loop.readProcessorTime(),
      deadlines: loop.deadlineNanoseconds)
  }

  private func looksFull(_ look: Look, lag: Instant) -> Bool {
    guard loadPercentMax < 100 else { return false }
    let bound = (look.time - last.time) * Instant(loadPercentMax) / 100
    // The processor's time is a little less than the clock's, whoever else is there.
    guard look.processor - last.processor >= bound * 9 / 10 else { return false }
    return look.deadlines - last.deadlines >= bound || lag > Self.lagMax
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
