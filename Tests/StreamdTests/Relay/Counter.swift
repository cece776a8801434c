import Synchronization

/// Counts on whichever thread.
final class Counter: Sendable {
  private let count = Atomic(0)

  var value: Int { count.load(ordering: .acquiring) }

  /// The value before.
  func increment() -> Int { count.add(1, ordering: .acquiringAndReleasing).oldValue }
}
