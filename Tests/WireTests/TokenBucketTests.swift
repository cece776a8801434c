import Testing
import Wire

@Suite("TokenBucket")
struct TokenBucketTests {
  private static let second: Nanoseconds = 1_000_000_000

  /// Whether tokens are had at these moments.
  private func taken(_ bucket: inout TokenBucket, at moments: Nanoseconds...) -> [Bool] {
    moments.map { bucket.take(at: $0) }
  }

  @Test("gives a burst at once, then one token each interval")
  func burst() {
    var bucket = TokenBucket(rate: 10, burst: 3)
    let tenth = Self.second / 10
    let first = taken(&bucket, at: 5, 5, 5, 5)
    #expect(first == [true, true, true, false])
    #expect(bucket.readyAt == 5 + tenth)
    let second = taken(&bucket, at: 4 + tenth, 5 + tenth, 5 + tenth)
    #expect(second == [false, true, false])
  }

  @Test("whoever asks all the time gets the rate, to the token", arguments: [1, 7, 100, 10_000])
  func rate(perSecond: Int) {
    var bucket = TokenBucket(rate: perSecond, burst: 5)
    var taken = 0
    // A simulated clock of 50 microseconds a step, for two seconds.
    for step in 0..<40_000 where bucket.take(at: Nanoseconds(step) * 50_000) { taken += 1 }
    // The interval is rounded down, to the advantage of whoever asks.
    #expect((2 * perSecond...2 * perSecond + 5).contains(taken))
  }

  @Test("a rest fills it again, and no further")
  func rest() {
    var bucket = TokenBucket(rate: 10, burst: 3)
    for _ in 0..<3 { bucket.take(at: 0) }
    #expect(!bucket.isFull(at: Self.second / 10))
    #expect(bucket.isFull(at: Self.second))
    var taken = 0
    while bucket.take(at: 3600 * Self.second) { taken += 1 }
    #expect(taken == 3)
  }

  @Test("nothing is taken where nothing is given")
  func refused() {
    var bucket = TokenBucket(rate: 1, burst: 1)
    bucket.take(at: 0)
    let before = bucket
    for now in 0..<1000 { bucket.take(at: Nanoseconds(now)) }
    #expect(bucket == before)
  }

  @Test("extreme numbers are brought into range, and no moment overflows")
  func extremes() {
    for (rate, burst) in [(0, 0), (-1, -1), (.max, .max), (1, .max), (.min, .min)] {
      var bucket = TokenBucket(rate: rate, burst: burst)
      #expect(bucket.isReady(at: 0) && bucket.isFull(at: 0))
      bucket.take(at: 0)
      #expect(!bucket.isFull(at: 0))
      bucket.take(at: Nanoseconds.max / 2)
    }
  }
}
