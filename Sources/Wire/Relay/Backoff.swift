/// How long to wait before something is tried again: twice as long each time up to a bound, and not
/// exactly so long, so that many that have failed together do not come back together.
public struct Backoff: Equatable, Sendable {
  // swift-format-ignore: AllPublicDeclarationsHaveDocumentation
  public let firstNanoseconds: Nanoseconds, lastNanoseconds: Nanoseconds
  private var doublings = 0

  /// From the first delay up to the last one.
  public init(from first: Nanoseconds, to last: Nanoseconds) {
    precondition(first > 0 && first <= last, "delays that do not grow")
    (firstNanoseconds, lastNanoseconds) = (first, last)
  }

  /// The next delay: up to a quarter less than what it has doubled to.
  public mutating func next(using random: inout some RandomNumberGenerator) -> Nanoseconds {
    let (doubled, isOver) = firstNanoseconds.multipliedReportingOverflow(by: 1 << doublings)
    let delay = isOver ? lastNanoseconds : min(doubled, lastNanoseconds)
    if delay < lastNanoseconds, doublings < 61 { doublings += 1 }
    return delay - Nanoseconds.random(in: 0...delay / 4, using: &random)
  }

  /// It went well: the next delay is the first one again.
  public mutating func reset() { doublings = 0 }
}
