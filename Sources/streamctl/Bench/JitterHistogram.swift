/// How far frames were from their time: counts in buckets that are never wider than 1/128 of what
/// they hold, so that ten minutes of five thousand viewers take no more room than a second of one.
struct JitterHistogram {
  private static let stepsPerOctave = 128
  private static let octaves = 24

  /// The first 256 hold one microsecond each, those of each octave behind them twice as many as
  /// those of the one before.
  private var counts = [Int](repeating: 0, count: stepsPerOctave * (octaves + 1))
  private var count = 0
  /// The largest value, in microseconds.
  private(set) var maximum = 0

  /// Counts a value in nanoseconds; its sign does not matter.
  mutating func add(nanoseconds: Int64) {
    let microseconds = Int(clamping: nanoseconds.magnitude / 1000)
    counts[min(Self.bucket(microseconds), counts.count - 1)] += 1
    count += 1
    maximum = max(maximum, microseconds)
  }

  /// The value below which such a part of all lie, in microseconds; 0 without any.
  func percentile(_ part: Double) -> Int {
    let rank = Int((Double(count) * part).rounded(.up))
    var seen = 0
    for (bucket, count) in counts.enumerated() {
      seen += count
      if seen >= max(rank, 1) { return min(Self.value(bucket), maximum) }
    }
    return 0
  }

  /// The highest eight bits of a value, behind the buckets of all smaller octaves.
  private static func bucket(_ value: Int) -> Int {
    let shift = shift(value)
    return shift * stepsPerOctave + (value >> shift)
  }

  private static func shift(_ value: Int) -> Int {
    let bits = value.bitWidth - value.leadingZeroBitCount
    return max(0, bits - 1 - stepsPerOctave.trailingZeroBitCount)
  }

  /// The middle of a bucket.
  private static func value(_ bucket: Int) -> Int {
    let shift = max(0, bucket / stepsPerOctave - 1)
    return ((bucket - shift * stepsPerOctave) << shift) + (1 << shift) / 2
  }
}
