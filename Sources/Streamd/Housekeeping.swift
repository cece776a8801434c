internal import Reactor

/// What has to be looked after now and then: sessions that nobody wants any more.
final class Housekeeping: Wakeable {
  private let viewers: ViewerSessions
  private let loop: EventLoop
  /// For what is looked after from now on.
  var limits: Limits

  private static let intervalNanoseconds: Instant = 10_000_000_000

  init(_ viewers: ViewerSessions, loop: EventLoop, limits: Limits) {
    self.viewers = viewers
    self.loop = loop
    self.limits = limits
  }

  deinit { loop.deadlines.clear(self) }

  func begin() { loop.deadlines.set(self, at: loop.now + Self.intervalNanoseconds) }

  override func wake(at now: Instant) {
    viewers.expire(idleNanoseconds: Instant(limits.viewerIdleSeconds) * 1_000_000_000)
    begin()
  }
}
