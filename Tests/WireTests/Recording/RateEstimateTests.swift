import Testing

@testable import Wire

@Suite("RateEstimate")
struct RateEstimateTests {
  private func estimate(_ times: [Double]) -> FrameRate {
    var estimate = RateEstimate()
    for time in times { estimate.add(5_000_000_000 + Nanoseconds(time * 1e9)) }
    return estimate.rate
  }

  @Test("what is nearly a whole number is one", arguments: [2.0, 10, 15, 20, 25, 29.97, 30, 60])
  func whole(_ rate: Double) {
    var random = SplitMix64(seed: 9)
    let second = (0...Int(rate)).map { Double($0) / rate }
    #expect(estimate(second) == FrameRate(Int64(rate.rounded())))
    let jittered = second.map { $0 + Double(random.next() % 1000) / 1e6 / 3 }
    #expect(estimate(jittered) == FrameRate(Int64(rate.rounded())))
  }

  @Test("others are what they are")
  func odd() {
    #expect(estimate((0..<20).map { Double($0) / 12.5 }) == FrameRate(25, 2))
    #expect(estimate((0..<20).map { Double($0) / 3.4 }).description == "3.400")
  }

  @Test("a stall or a burst is not taken for the rate")
  func stall() {
    let steady = (0..<25).map { Double($0) / 25 }
    #expect(estimate(steady + [2, 2.04, 2.08]) == FrameRate(25))
    #expect(estimate([0, 0, 0, 0, 0, 0] + steady) == FrameRate(25))
  }

  @Test("of few pictures nothing is concluded, and it stays within what a file can say")
  func bounds() {
    #expect(estimate([]) == FrameRate(5) && estimate([0, 0.9]) == FrameRate(5))
    #expect(estimate([0, 0, 0, 0]) == FrameRate(240))
    #expect(estimate([0, 100, 200, 300]) == FrameRate(1))
    var long = RateEstimate()
    for number in 0..<1000 { long.add(Nanoseconds(number) * 100_000_000) }
    for number in 1...128 { long.add(99_900_000_000 + Nanoseconds(number) * 20_000_000) }
    #expect(long.rate == FrameRate(50) && long.isGood)
    long.add(112_660_000_000 + 10_000_000)
    long.keep(last: 2)
    #expect(long.rate == FrameRate(5) && !long.isGood)
  }
}
