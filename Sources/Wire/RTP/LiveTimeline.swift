/// The timestamps of a live source as its viewers get them: those of the source's own clock for as
/// long as it runs, and going on without a jump where the source begins anew, jumps, or has none.
///
/// RTP timestamps of one viewer have to be one clock's (RFC 3550 §5.1), but a camera that starts
/// again counts from somewhere else. What lies between is then the time that has passed here.
public struct LiveTimeline: Equatable, Sendable {
  private struct Mark: Equatable {
    var source: UInt32?
    var timestamp: UInt32
    var arrival: Nanoseconds
  }

  private var last: Mark?
  /// What is added to the source's timestamps.
  private var base: UInt32 = 0
  private var isNew = true

  /// A source's clock and ours may differ by so much from one picture to the next; beyond it, it is
  /// the source's that has jumped.
  public static let jumpNanosecondsMax: Nanoseconds = 10_000_000_000

  /// Begins at zero.
  public init() {}

  /// The source begins anew: its next timestamp has nothing to do with those before.
  public mutating func begin() { isNew = true }

  /// The timestamp of a picture.
  ///
  /// - Parameters:
  ///   - source: by the source's clock, in units of 1/90,000 s; nil where it has none.
  ///   - arrival: when it came.
  public mutating func timestamp(of source: UInt32?, at arrival: Nanoseconds) -> UInt32 {
    let expected = self.timestamp(at: arrival)
    var timestamp = expected
    if let source {
      if !isNew, isPlausible(source, at: arrival) {
        timestamp = source &+ base
      } else {
        base = expected &- source
      }
    }
    isNew = source == nil
    last = Mark(source: source, timestamp: timestamp, arrival: arrival)
    return timestamp
  }

  /// The timestamp that belongs to a moment, by the time that has passed since the last picture; at
  /// least one more than its, so that no two pictures have the same.
  public func timestamp(at now: Nanoseconds) -> UInt32 {
    guard let last else { return 0 }
    let passed = min(max(0, now - last.arrival), Self.dayNanoseconds)
    return last.timestamp &+ UInt32(truncatingIfNeeded: max(1, passed * 9 / 100_000))
  }

  /// What has not been seen for longer begins anew in any case; products stay small.
  private static let dayNanoseconds: Nanoseconds = 86_400_000_000_000

  private func isPlausible(_ source: UInt32, at arrival: Nanoseconds) -> Bool {
    guard let last, let before = last.source else { return false }
    let ticks = Nanoseconds(Int32(bitPattern: source &- before))
    guard ticks > 0 else { return false }
    let difference = ticks * 100_000 / 9 - (arrival - last.arrival)
    return difference.magnitude <= UInt64(Self.jumpNanosecondsMax)
  }
}
