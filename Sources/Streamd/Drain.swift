internal import Reactor

/// An instance on its way out: it is not ready for more, whoever watches stays, and when the last
/// one has gone, or the time is over, it ends.
final class Drain: Wakeable {
  private let loop: EventLoop
  /// When it ends in any case.
  let ends: Instant
  private let isEmpty: () -> Bool
  private let done: (_ isEmpty: Bool) -> Void

  /// Looked at so often. A load balancer needs longer to notice.
  private static let lookNanoseconds: Instant = 250_000_000
  /// Whoever was sent here a moment ago still gets here; and a balancer asks once a second.
  private static let graceNanoseconds: Instant = 3_000_000_000
  private let earliest: Instant

  /// - Parameters:
  ///   - isEmpty: whether nobody is left.
  ///   - done: told once, when it is time to end.
  init(
    seconds: Int, loop: EventLoop, isEmpty: @escaping () -> Bool,
    done: @escaping (_ isEmpty: Bool) -> Void
  ) {
    self.loop = loop
    self.isEmpty = isEmpty
    self.done = done
    ends = loop.now + Instant(seconds) * 1_000_000_000
    earliest = min(ends, loop.now + Self.graceNanoseconds)
    super.init()
    loop.deadlines.set(self, at: loop.now + Self.lookNanoseconds)
  }

  override func wake(at now: Instant) {
    let isEmpty = isEmpty()
    guard now >= ends || isEmpty && now >= earliest else {
      return loop.deadlines.set(self, at: now + Self.lookNanoseconds)
    }
    done(isEmpty)
  }
}
