import Testing
import Wire

@Suite("LiveTimeline")
struct LiveTimelineTests {
  private let second: Nanoseconds = 1_000_000_000

  @Test("keeps the source's clock, whatever the network does to the arrivals")
  func keepsTheClock() {
    var timeline = LiveTimeline()
    let first = timeline.timestamp(of: 4_000_000_000, at: 100 * second)
    #expect(first == 0)
    // 40 ms apart by the source, but they come as they like; round the wrap of 32 bits, too.
    var source: UInt32 = 4_000_000_000
    for number in 1...100_000 {
      source &+= 3600
      let jitter = Nanoseconds(number * 7919 % 30) * 1_000_000
      let arrival = 100 * second + Nanoseconds(number) * 40_000_000 + jitter
      let timestamp = timeline.timestamp(of: source, at: arrival)
      guard timestamp == UInt32(truncatingIfNeeded: number * 3600) else {
        Issue.record("picture \(number) has \(timestamp)")
        return
      }
    }
  }

  @Test("goes on by our clock where the source has none")
  func withoutClock() {
    var timeline = LiveTimeline()
    #expect(timeline.timestamp(of: nil, at: 5 * second) == 0)
    #expect(timeline.timestamp(of: nil, at: 6 * second) == 90_000)
    #expect(timeline.timestamp(of: nil, at: 6 * second + 50_000_000) == 94_500)
  }

  @Test("has no two pictures at one time")
  func advances() {
    var timeline = LiveTimeline()
    #expect(timeline.timestamp(of: 7, at: second) == 0)
    #expect(timeline.timestamp(of: 7, at: second) == 1)
    #expect(timeline.timestamp(of: nil, at: second) == 2)
    #expect(timeline.timestamp(of: nil, at: 0) == 3)
  }

  @Test(
    "begins anew, by the time that has passed, where the source's clock jumps",
    arguments: [UInt32(0), 1_000_000_000, 4_294_967_295, 899_999])
  func jumps(_ next: UInt32) {
    var timeline = LiveTimeline()
    #expect(timeline.timestamp(of: 1_000_000, at: second) == 0)
    #expect(timeline.timestamp(of: next, at: 3 * second) == 180_000)
    #expect(timeline.timestamp(of: next &+ 4500, at: 3 * second + 1000) == 184_500)
  }

  @Test("a source that returns goes on where time has got to, even with the old clock's numbers")
  func returns() {
    var timeline = LiveTimeline()
    _ = timeline.timestamp(of: 90_000, at: second)
    timeline.begin()
    #expect(timeline.timestamp(of: 90_100, at: 4 * second) == 270_000)
    #expect(timeline.timestamp(of: 94_600, at: 5 * second) == 274_500)
  }

  @Test("stays within bounds after years of silence")
  func years() {
    var timeline = LiveTimeline()
    _ = timeline.timestamp(of: 1, at: .min / 4)
    _ = timeline.timestamp(of: nil, at: .max / 4)
    #expect(timeline.timestamp(at: .max / 4) != timeline.timestamp(at: .max / 2))
  }
}
