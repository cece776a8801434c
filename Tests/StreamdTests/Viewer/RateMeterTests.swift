import Reactor
import Testing

@testable import Streamd

@Suite("RateMeter")
struct RateMeterTests {
  private static let quarter: Instant = 250_000_000
  private var meter = RateMeter()

  /// Samples so many quarters of a second of a steady stream.
  private mutating func run(_ quarters: ClosedRange<Int>, framesPerQuarter: Int, bytes: Int) {
    for quarter in quarters {
      meter.sample(
        frames: quarter * framesPerQuarter, bytes: quarter * bytes,
        at: Instant(quarter) * Self.quarter)
    }
  }

  @Test("knows nothing before the second sample")
  mutating func empty() {
    #expect(meter.framesPerSecond == 0 && meter.kilobitsPerSecond == 0)
    meter.sample(frames: 50, bytes: 5000, at: 0)
    #expect(meter.framesPerSecond == 0 && meter.kilobitsPerSecond == 0)
    // A second sample at the same moment is none.
    meter.sample(frames: 60, bytes: 6000, at: 0)
    #expect(meter.framesPerSecond == 0)
  }

  @Test("tells a steady stream's rates from the first quarter of a second on")
  mutating func steady() {
    for last in 1...40 {
      meter.reset()
      run(0...last, framesPerQuarter: 5, bytes: 25_000)
      #expect(meter.framesPerSecond == 20, "after \(last) quarters")
      #expect(meter.kilobitsPerSecond == 800, "after \(last) quarters")
    }
  }

  @Test("forgets what was more than a second ago")
  mutating func window() {
    run(0...20, framesPerQuarter: 5, bytes: 1000)
    for quarter in 21...24 {
      meter.sample(frames: 100, bytes: 20_000, at: Instant(quarter) * Self.quarter)
    }
    #expect(meter.framesPerSecond == 0 && meter.kilobitsPerSecond == 0)
    meter.sample(frames: 105, bytes: 21_000, at: 25 * Self.quarter)
    #expect(meter.framesPerSecond == 5 && meter.kilobitsPerSecond == 8)
  }

  @Test("measures over the time that has passed when samples come late")
  mutating func late() {
    meter.sample(frames: 0, bytes: 0, at: 0)
    meter.sample(frames: 40, bytes: 1000, at: 2_000_000_000)
    #expect(meter.framesPerSecond == 20 && meter.kilobitsPerSecond == 4)
  }

  @Test("begins anew after a reset")
  mutating func resets() {
    run(0...8, framesPerQuarter: 5, bytes: 1000)
    meter.reset()
    #expect(meter.framesPerSecond == 0 && meter.kilobitsPerSecond == 0)
    meter.sample(frames: 1000, bytes: 1000, at: 0)
    #expect(meter.framesPerSecond == 0)
  }
}
