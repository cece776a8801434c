internal import Reactor

/// Somebody who waits for something, but not for ever.
final class Patience: Wakeable {
  private let over: (Patience) -> Void

  /// - Parameter over: what is done when the deadline has come.
  init(_ over: @escaping (Patience) -> Void) { self.over = over }

  override func wake(at now: Instant) { over(self) }
}
