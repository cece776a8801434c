/// When a source made its pictures, on our own clock: by its RTP timestamps where it has some, so
/// that the network's jitter is not recorded, else by their arrival.
public struct SourceClock: Sendable {
  private var last: (timestamp: UInt32?, time: Nanoseconds)?

  /// Timestamps that say something else than the clock on the wall are those of another beginning.
  private static let toleranceNanoseconds: Nanoseconds = 2_000_000_000

  /// Of a source that has sent nothing yet.
  public init() {}

  /// The time of the next picture; it never goes back.
  public mutating func time(of timestamp: UInt32?, arrival: Nanoseconds) -> Nanoseconds {
    var time = arrival
    if let last {
      if let timestamp, let before = last.timestamp {
        let ticks = Int64(Int32(bitPattern: timestamp &- before))
        let told = last.time + ticks * 100_000 / 9
        if abs(told - arrival) <= Self.toleranceNanoseconds { time = told }
      }
      time = max(time, last.time)
    }
    last = (timestamp, time)
    return time
  }
}
