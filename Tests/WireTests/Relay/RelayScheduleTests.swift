import Testing

@testable import Wire

@Suite("RelaySchedule")
struct RelayScheduleTests {
  private let second: Nanoseconds = 1_000_000_000

  private func schedule(
    _ mode: RelaySchedule.Mode, grace: Nanoseconds = 10
  ) -> RelaySchedule {
    RelaySchedule(mode, graceNanoseconds: grace * second)
  }

  @Test("on demand the first viewer begins it, and the last one's leaving ends it after a while")
  func onDemand() {
    var schedule = schedule(.onDemand)
    #expect(schedule.begin(at: 0) == nil && schedule.state == .idle && schedule.deadline == nil)
    #expect(schedule.wanted(at: second) == .connect && schedule.state == .connecting)
    schedule.played(at: 2 * second)
    #expect(schedule.state == .playing(since: 2 * second) && schedule.deadline == nil)
    #expect(schedule.wanted(at: 3 * second) == nil)
    schedule.unwanted(at: 4 * second)
    #expect(schedule.deadline == 14 * second && schedule.wake(at: 14 * second - 1) == nil)
    // Somebody comes back in time.
    #expect(schedule.wanted(at: 13 * second) == nil && schedule.deadline == nil)
    schedule.unwanted(at: 20 * second)
    #expect(schedule.wake(at: 30 * second) == .disconnect)
    #expect(schedule.state == .idle && schedule.deadline == nil)
    #expect(schedule.wanted(at: 31 * second) == .connect)
  }

  @Test("always begins at once, whoever comes and goes")
  func always() {
    var schedule = schedule(.always)
    #expect(schedule.begin(at: 0) == .connect)
    schedule.played(at: 1)
    #expect(schedule.wanted(at: 2) == nil)
    schedule.unwanted(at: 3)
    #expect(schedule.deadline == nil && schedule.state == .playing(since: 1))
  }

  @Test("failures are tried again more and more seldom, for ever, and forgotten after a success")
  func failures() {
    var random = SplitMix64(seed: 7)
    var schedule = schedule(.always)
    var now: Nanoseconds = 0
    #expect(schedule.begin(at: now) == .connect)
    for full in [1, 2, 4, 8, 16, 32, 60, 60, 60, 60].map({ $0 * second / 2 }) {
      schedule.failed(.lost, at: now, using: &random)
      #expect(schedule.trouble == .lost)
      let due = schedule.deadline ?? 0
      #expect((now + full - full / 4...now + full).contains(due), "\(due - now)")
      #expect(schedule.wake(at: due - 1) == nil && schedule.wake(at: due) == .connect)
      now = due
    }
    // A picture alone is no success yet.
    schedule.played(at: now)
    #expect(schedule.trouble == nil)
    schedule.failed(.lost, at: now + second, using: &random)
    #expect((schedule.deadline ?? 0) - now > 20 * second)
    _ = schedule.wake(at: now + 60 * second)
    schedule.played(at: now + 60 * second)
    schedule.failed(.lost, at: now + 65 * second, using: &random)
    #expect((schedule.deadline ?? .max) - now <= 65 * second + second / 2)
  }

  @Test("a wrong password is shown seldom, also to viewers who come and go")
  func unauthorised() {
    var random = SplitMix64(seed: 8)
    var schedule = schedule(.onDemand, grace: 1)
    #expect(schedule.wanted(at: 0) == .connect)
    schedule.failed(.unauthorised, at: 0, using: &random)
    let due = schedule.deadline ?? 0
    #expect((45 * second...60 * second).contains(due) && schedule.trouble == .unauthorised)
    schedule.unwanted(at: second)
    #expect(schedule.wake(at: 2 * second) == .disconnect && schedule.state == .idle)
    for time in [3, 5, 7] {
      #expect(schedule.wanted(at: Nanoseconds(time) * second) == nil)
      #expect(schedule.state == .waiting(until: due))
      schedule.unwanted(at: Nanoseconds(time) * second)
      #expect(schedule.wake(at: Nanoseconds(time + 1) * second) == .disconnect)
      #expect(schedule.state == .idle)
    }
    #expect(schedule.wanted(at: due) == .connect)
    schedule.failed(.unauthorised, at: due, using: &random)
    #expect((schedule.deadline ?? 0) - due >= 90 * second)
  }

  @Test("whoever is let go while it connects or waits does nothing more")
  func letGo() {
    var random = SplitMix64(seed: 9)
    var schedule = schedule(.onDemand, grace: 0)
    #expect(schedule.wanted(at: 0) == .connect)
    schedule.unwanted(at: 1)
    #expect(schedule.wake(at: 1) == .disconnect && schedule.state == .idle)
    // What comes too late changes nothing.
    schedule.played(at: 2)
    schedule.failed(.lost, at: 2, using: &random)
    #expect(schedule.state == .idle && schedule.deadline == nil && schedule.trouble == nil)
    #expect(schedule.wake(at: 100 * second) == nil)
  }
}
