import Reactor
import Testing

@testable import Streamd

@Suite("ArrivalMeter")
struct ArrivalMeterTests {
  private static let millisecond: Instant = 1_000_000
  private var meter = ArrivalMeter()

  /// So many frames a second, from one moment to another.
  private mutating func run(_ milliseconds: Range<Int>, framesPerSecond: Int) {
    for moment in stride(
      from: milliseconds.lowerBound, to: milliseconds.upperBound, by: 1000 / framesPerSecond)
    {
      meter.count(bytes: 1250, at: Instant(moment) * Self.millisecond)
    }
  }

  private func rates(at milliseconds: Int) -> [Double] {
    let rates = meter.rates(at: Instant(milliseconds) * Self.millisecond)
    return [rates.framesPerSecond, rates.kilobitsPerSecond]
  }

  @Test("knows nothing before the first second is over")
  mutating func empty() {
    #expect(rates(at: 0) == [0, 0])
    run(0..<1000, framesPerSecond: 20)
    #expect(rates(at: 999) == [0, 0])
  }

  @Test("tells the last second's rates, and follows them")
  mutating func follows() {
    run(0..<2010, framesPerSecond: 20)
    #expect(rates(at: 2500) == [20, 200])
    run(2050..<6010, framesPerSecond: 5)
    #expect(rates(at: 6100) == [5, 50])
  }

  @Test("what has stopped falls to nothing, and what begins again is not averaged with the silence")
  mutating func stops() {
    run(0..<2010, framesPerSecond: 20)
    // One frame since.
    #expect(rates(at: 4000) == [0.5, 5])
    #expect(rates(at: 102_000)[0] < 0.02)
    run(102_000..<104_010, framesPerSecond: 20)
    #expect(rates(at: 104_100) == [20, 200])
  }
}
