import Testing

@testable import Wire

@Suite("SourceClock")
struct SourceClockTests {
  private static let second: Nanoseconds = 1_000_000_000

  @Test("timestamps count where there are some, and go round")
  func timestamps() {
    var clock = SourceClock()
    var random = SplitMix64(seed: 4)
    let first = UInt32.max - 9000
    for number in 0..<100 {
      let late = number == 0 ? 0 : Nanoseconds(random.next() % 300_000_000)
      let time = clock.time(
        of: first &+ UInt32(number) * 3600,
        arrival: 7 * Self.second + Nanoseconds(number) * 40_000_000 + late)
      #expect(abs(time - 7 * Self.second - Nanoseconds(number) * 40_000_000) < 1000)
    }
  }

  @Test("without them arrival counts")
  func arrival() {
    var clock = SourceClock()
    #expect(clock.time(of: nil, arrival: 5) == 5 && clock.time(of: nil, arrival: 9) == 9)
    #expect(clock.time(of: 90_000, arrival: 20) == 20)
    #expect(clock.time(of: nil, arrival: 30) == 30)
  }

  @Test("timestamps of another beginning are not believed, and time never goes back")
  func jumps() {
    var clock = SourceClock()
    #expect(clock.time(of: 0, arrival: 0) == 0)
    #expect(clock.time(of: 900_000_000, arrival: Self.second) == Self.second)
    #expect(clock.time(of: 900_090_000, arrival: 2 * Self.second) == 2 * Self.second)
    #expect(clock.time(of: 900_000_000, arrival: 2 * Self.second + 1) == 2 * Self.second)
    #expect(clock.time(of: 900_000_000, arrival: 0) == 2 * Self.second)
  }
}
