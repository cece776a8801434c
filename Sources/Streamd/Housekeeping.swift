internal import Reactor

/// What has to be looked after now and then: sessions that nobody wants any more, and the memory of
/// those who have gone.
final class Housekeeping: Wakeable {
  private let viewers: ViewerSessions
  private let loop: EventLoop
  /// Whether nobody is there who could be kept waiting.
  private let isIdle: () -> Bool
  /// Nobody has been there since memory was given back.
  private var isTrimmed = true
  /// For what is looked after from now on.
  var limits: Limits

  private static let intervalNanoseconds: Instant = 10_000_000_000

  init(
    _ viewers: ViewerSessions, loop: EventLoop, limits: Limits, isIdle: @escaping () -> Bool
  ) {
    self.isIdle = isIdle
    self.viewers = viewers
    self.loop = loop
    self.limits = limits
  }

  deinit { loop.deadlines.clear(self) }

  func begin() { loop.deadlines.set(self, at: loop.now + Self.intervalNanoseconds) }

  override func wake(at now: Instant) {
    viewers.expire(idleNanoseconds: Instant(limits.viewerIdleSeconds) * 1_000_000_000)
    trim()
    begin()
  }

  /// Where the pieces of a crowd lay, next to those of who stays, the allocator keeps holes. They
  /// are given back when there is nobody whose frames would be late for it.
  private func trim() {
    guard isIdle() else {
      isTrimmed = false
      return
    }
    if !isTrimmed { Process.trimMemory() }
    isTrimmed = true
  }
}
