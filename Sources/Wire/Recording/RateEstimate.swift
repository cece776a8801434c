/// How many pictures per second a source sends, by the times of the last ones.
public struct RateEstimate: Sendable {
  private var times: [Nanoseconds] = []

  /// No file says more.
  public static let rateMax: Int64 = 240
  private static let timesMax = 128
  /// Times below this say nothing: a source that sends one picture now and then is recorded in
  /// steps of a fifth of a second.
  private static let timesMin = 3
  private static let slow: Int64 = 5
  /// What cameras and encoders are set to, in thousandths.
  private static let usual: [Int64] = [
    1000, 2000, 5000, 6000, 7500, 8000, 10_000, 12_000, 12_500, 15_000, 20_000, 24_000, 25_000,
    30_000, 48_000, 50_000, 60_000, 100_000, 120_000,
  ]

  /// Of no picture.
  public init() {}

  /// Whether there are enough for a good estimate.
  public var isGood: Bool { times.count >= 16 }

  /// Notes the time of a picture.
  public mutating func add(_ time: Nanoseconds) {
    if times.count == Self.timesMax { times.removeFirst() }
    times.append(time)
  }

  /// Forgets all but the last ones.
  public mutating func keep(last count: Int) { times = Array(times.suffix(count)) }

  /// Between 1 and 240.
  ///
  /// The mean is the better measure, unless there was a stall or a burst, which it takes for the
  /// rate; the median does not. What is nearly a usual rate, or a whole number, is meant to be
  /// that.
  public var rate: FrameRate {
    let slow = FrameRate(Self.slow) ?? .standard
    guard times.count >= Self.timesMin, let first = times.first, let last = times.last else {
      return slow
    }
    let intervals = zip(times, times.dropFirst()).map { $1 - $0 }.sorted()
    let median = intervals[intervals.count / 2]
    let mean = (last - first) / Int64(intervals.count)
    let isStall = (intervals.last ?? 0) / 4 > median
    let isBurst = intervals[intervals.count / 8] < median / 16
    let interval = isStall || isBurst ? median : mean
    let thousandths = min(max(1_000_000_000_000 / max(1, interval), 1000), Self.rateMax * 1000)
    // Too high a rate costs nothing: pictures are shown for two steps now and then. With too low a
    // one the file would fall behind.
    let usual = Self.usual.first { (950...1010).contains(thousandths * 1000 / $0) }
    if let usual, let rate = FrameRate(usual, 1000) { return rate }
    let whole = (thousandths + 500) / 1000
    if abs(thousandths - whole * 1000) * 50 <= thousandths, let rate = FrameRate(whole) {
      return rate
    }
    return FrameRate(thousandths, 1000) ?? slow
  }
}
