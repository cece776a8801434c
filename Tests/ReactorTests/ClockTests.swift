import Foundation
import Testing

@testable import Reactor

@Suite("System clock")
struct ClockTests {
  @Test("the monotonic clock never goes back and does move")
  func monotonic() {
    let clock = SystemClock()
    let first = clock.now()
    var last = first
    while last < first + 100_000 {
      let next = clock.now()
      #expect(next >= last)
      last = next
    }
  }

  @Test("the processor's time is that of this thread, and stands still while it sleeps")
  func processor() {
    let clock = SystemClock()
    let (time, spent) = (clock.now(), clock.processor())
    var last = spent
    while last < spent + 1_000_000 { last = clock.processor() }
    #expect(clock.now() - time >= last - spent)
    let (before, awake) = (clock.processor(), clock.now())
    usleep(20_000)
    #expect(clock.now() - awake >= 20_000_000)
    #expect(clock.processor() - before < 10_000_000)
  }

  @Test("the real time is that of the calendar, in nanoseconds")
  func realtime() {
    let before = Date().timeIntervalSince1970
    let now = Double(SystemClock().realtime()) / 1e9
    let after = Date().timeIntervalSince1970
    #expect((before - 0.001...after + 0.001).contains(now))
  }
}
