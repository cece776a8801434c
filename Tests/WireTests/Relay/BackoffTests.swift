import Testing

@testable import Wire

@Suite("Backoff")
struct BackoffTests {
  @Test("delays double up to the last one, are never longer, and never shorter by a quarter")
  func doubling() {
    for seed in 0..<50 {
      var random = SplitMix64(seed: UInt64(seed))
      var backoff = Backoff(from: 500, to: 30_000)
      for full in [500, 1000, 2000, 4000, 8000, 16_000, 30_000, 30_000, 30_000] as [Nanoseconds] {
        let delay = backoff.next(using: &random)
        #expect((full - full / 4...full).contains(delay), "\(delay) of \(full)")
      }
      backoff.reset()
      #expect((375...500).contains(backoff.next(using: &random)))
    }
  }

  @Test("two that have failed together do not come back together")
  func jitter() {
    var random = SplitMix64(seed: 1)
    let delays = (0..<20).map { _ -> Nanoseconds in
      var backoff = Backoff(from: 500_000_000, to: 30_000_000_000)
      return backoff.next(using: &random)
    }
    #expect(Set(delays).count == delays.count)
  }

  @Test("no number of failures overflows")
  func overflow() {
    var random = SplitMix64(seed: 2)
    var backoff = Backoff(from: 1, to: .max)
    for _ in 0..<500 { #expect(backoff.next(using: &random) > 0) }
    var large = Backoff(from: .max / 2, to: .max)
    for _ in 0..<10 { #expect(large.next(using: &random) > 0) }
  }
}
