/// A bound on how often something may happen: so many at once, and so many a second in the long
/// run. It has no clock of its own.
///
/// What is kept is one moment, when the bucket will be full again (the generic cell rate algorithm,
/// ITU-T I.371): nothing has to be filled while time passes.
public struct TokenBucket: Equatable, Sendable {
  private let interval: Nanoseconds
  /// How long an empty bucket takes to be full but for one token.
  private let tolerance: Nanoseconds
  private var fullAt: Nanoseconds = .min

  /// A full bucket.
  ///
  /// - Parameters:
  ///   - rate: tokens a second, from 1 to 1,000,000,000.
  ///   - burst: how many it holds, from 1 on.
  public init(rate: Int, burst: Int) {
    interval = 1_000_000_000 / Nanoseconds(min(max(rate, 1), 1_000_000_000))
    tolerance = interval * Nanoseconds(min(max(burst, 1), 1_000_000_000) - 1)
  }

  /// When the next token is there; in the past when one is there already.
  public var readyAt: Nanoseconds { fullAt == .min ? .min : fullAt - tolerance }

  /// Whether there is a token.
  public func isReady(at now: Nanoseconds) -> Bool { readyAt <= now }

  /// Nothing has been taken for so long that it might as well be a new one.
  public func isFull(at now: Nanoseconds) -> Bool { fullAt <= now }

  /// Takes a token; false when there is none, and then nothing changes.
  @discardableResult
  public mutating func take(at now: Nanoseconds) -> Bool {
    guard isReady(at: now) else { return false }
    fullAt = max(fullAt, now) + interval
    return true
  }
}
