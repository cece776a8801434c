import Glibc
import Testing

@testable import Reactor

@Suite("Event loop")
struct EventLoopTests {
  @Test("wakes deadlines in their order, none of them early")
  func timerOrder() throws {
    let loop = try EventLoop()
    let start = loop.now
    var woken: [Int64] = []
    let alarms = [6, 2, 9, 4].map { (milliseconds: Int64) in
      let alarm = Alarm()
      alarm.onWake = { now in
        woken.append(milliseconds)
        #expect(now == loop.now)
      }
      loop.deadlines.set(alarm, at: start + milliseconds * 1_000_000)
      return (milliseconds, alarm)
    }
    try loop.turns { woken.count == 4 }
    #expect(woken == [2, 4, 6, 9])
    for (milliseconds, alarm) in alarms {
      #expect(alarm.moments.allSatisfy { $0 >= start + milliseconds * 1_000_000 })
    }
  }

  @Test("sleeps until a deadline instead of asking the clock again and again")
  func sleeps() throws {
    let loop = try EventLoop()
    let alarm = Alarm()
    loop.deadlines.set(alarm, at: loop.now + 20_000_000)
    let turns = try loop.turns { !alarm.moments.isEmpty }
    #expect(turns == 1)
  }

  @Test("an earlier deadline that is set later moves the alarm clock forward")
  func earlier() throws {
    let loop = try EventLoop()
    let (late, soon, sooner) = (Alarm(), Alarm(), Alarm())
    loop.deadlines.set(late, at: loop.now + 3_600_000_000_000)
    soon.onWake = { now in loop.deadlines.set(sooner, at: now + 2_000_000) }
    loop.deadlines.set(soon, at: loop.now + 2_000_000)
    try loop.turns { !sooner.moments.isEmpty }
    #expect(soon.moments.count == 1 && late.moments.isEmpty)
    loop.deadlines.clear(late)
  }

  @Test("runs until it is stopped from within")
  func stop() throws {
    let loop = try EventLoop()
    let alarm = Alarm()
    alarm.onWake = { _ in loop.stop() }
    loop.deadlines.set(alarm, at: loop.now + 1_000_000)
    try loop.run()
    #expect(alarm.moments.count == 1)
  }

  @Test("deadlines are met while many descriptors are served, however long that takes")
  func punctual() throws {
    let clock = StepClock()
    let loop = try EventLoop(clock: clock)
    let pairs = try (0..<64).map { _ in try Loopback.connection() }
    let probes = pairs.map { _ in Probe() }
    // Each takes a millisecond of the clock's time.
    for probe in probes { probe.onReady = { _ in clock.nanoseconds += 1_000_000 } }
    let registrations = try zip(pairs, probes).map { try loop.add($0.near, .readable, $1) }
    for pair in pairs { _ = pair.far.send([1], from: 0) }
    let start = clock.nanoseconds
    var lag: Int64 = 0
    let alarm = Alarm()
    alarm.onWake = { now in
      lag = max(lag, now - start - Int64(alarm.moments.count) * 5_000_000)
      if alarm.moments.count < 10 {
        loop.deadlines.set(alarm, at: start + Int64(alarm.moments.count + 1) * 5_000_000)
      }
    }
    loop.deadlines.set(alarm, at: start + 5_000_000)
    try loop.turn()
    #expect(probes.allSatisfy { $0.events.count == 1 })
    #expect(alarm.moments.count == 10)
    #expect(lag < 10_000_000, "\(lag) ns late")
    for registration in registrations { loop.remove(registration) }
  }

  @Test("requests get their share, and soon, of a loop that has more deadlines than it can meet")
  func overload() throws {
    let clock = StepClock()
    let loop = try EventLoop(clock: clock)
    let period: Int64 = 50_000_000
    // Fifty each 50 ms, each of which takes 1.5 ms.
    let alarms = (0..<50).map { number in
      let alarm = Alarm()
      alarm.onWake = { now in
        clock.nanoseconds += 1_500_000
        var due = loop.now - loop.now % period + Int64(number) * 1_000_000
        while due <= now { due += period }
        loop.deadlines.set(alarm, at: due)
      }
      loop.deadlines.set(alarm, at: clock.nanoseconds + Int64(number) * 1_000_000)
      return alarm
    }
    // Never read, and so ready in each turn.
    let pairs = try (0..<64).map { _ in try Loopback.connection() }
    var (spent, heard, longest): (Int64, Instant, Int64) = (0, clock.nanoseconds, 0)
    let probes = pairs.map { _ in Probe() }
    for probe in probes {
      probe.onReady = { _ in
        longest = max(longest, clock.nanoseconds - heard)
        clock.nanoseconds += 100_000
        (spent, heard) = (spent + 100_000, clock.nanoseconds)
      }
    }
    let registrations = try zip(pairs, probes).map { try loop.add($0.near, .readable, $1) }
    for pair in pairs { _ = pair.far.send([1], from: 0) }
    let start = clock.nanoseconds
    try loop.turns { clock.nanoseconds - start > 3_000_000_000 }
    let share = Double(spent) / Double(clock.nanoseconds - start)
    #expect((0.15...0.5).contains(share), "\(share) of the time")
    #expect(longest <= 7_000_000, "\(longest) ns without a request")
    let counts = alarms.map(\.moments.count).sorted()
    #expect(counts[0] >= 25 && counts[49] - counts[0] <= 10, "\(counts)")
    let rest = clock.nanoseconds - start - spent
    #expect(abs(loop.deadlineNanoseconds - rest) < 10_000_000)
    for alarm in alarms { loop.deadlines.clear(alarm) }
    for registration in registrations { loop.remove(registration) }
  }

  @Test("knows the calendar's time of an earlier moment")
  func realtimeOfMoment() throws {
    let clock = StepClock()
    let loop = try EventLoop(clock: clock)
    clock.nanoseconds += 30_000_000
    #expect(loop.realtime == clock.nanoseconds && loop.now == clock.nanoseconds - 30_000_000)
    #expect(loop.realtime(at: loop.now) == clock.nanoseconds - 30_000_000)
  }

  /// Time that only a test moves.
  private final class StepClock: Clock {
    var nanoseconds: Instant = 1_000_000_000
    func now() -> Instant { nanoseconds }
    func realtime() -> Int64 { nanoseconds }
  }

  @Test("is level-triggered: what was left unread brings the next turn")
  func levelTriggered() throws {
    let loop = try EventLoop()
    let (near, far) = try Loopback.connection()
    let buffer = ReceiveBuffer(capacity: 1)
    var read: [UInt8] = []
    let probe = Probe()
    probe.onReady = { _ in
      if case .bytes = near.receive(into: buffer) { read += buffer.copy }
    }
    let registration = try loop.add(near, .readable, probe)
    #expect(far.send([1, 2, 3], from: 0) == .bytes(3))
    let turns = try loop.turns { read.count == 3 }
    #expect(read == [1, 2, 3] && turns == 3)
    loop.remove(registration)
  }

  @Test("tells only what is watched for, and what is watched for can be changed")
  func change() throws {
    let loop = try EventLoop()
    let (near, far) = try Loopback.connection()
    #expect(far.send([1], from: 0) == .bytes(1))
    let probe = Probe()
    let registration = try loop.add(near, .writable, probe)
    try loop.turns { probe.events.count == 1 }
    #expect(probe.events == [.writable])
    loop.change(registration, [])
    let alarm = Alarm()
    loop.deadlines.set(alarm, at: loop.now + 3_000_000)
    try loop.turns { !alarm.moments.isEmpty }
    #expect(probe.events.count == 1)
    loop.change(registration, [.readable, .writable])
    try loop.turns { probe.events.count == 2 }
    #expect(probe.events.last == [.readable, .writable])
    loop.remove(registration)
  }

  @Test("a broken connection counts as readable and writable, and is told as what it is")
  func hangUp() throws {
    let loop = try EventLoop()
    var (near, far): (StreamSocket, StreamSocket?) = try Loopback.connection()
    #expect(near.send([1], from: 0) == .bytes(1))
    // Closing with something unread resets the connection.
    let unread = Probe()
    let heard = try loop.add(try #require(far), .readable, unread)
    try loop.turns { !unread.events.isEmpty }
    loop.remove(heard)
    let probe = Probe()
    let registration = try loop.add(near, [], probe)
    far = nil
    try loop.turns { !probe.events.isEmpty }
    #expect(probe.events == [[.readable, .writable, .failed]])
    loop.remove(registration)
  }

  @Test("a handler that another one removes in the same turn is not called any more")
  func removedDuringDispatch() throws {
    let loop = try EventLoop()
    let pairs = try (0..<2).map { _ in try Loopback.connection() }
    let probes = [Probe(), Probe()]
    let registrations = try zip(pairs, probes).map { try loop.add($0.near, .writable, $1) }
    for (index, probe) in probes.enumerated() {
      probe.onReady = { _ in loop.remove(registrations[1 - index]) }
    }
    try loop.turn()
    #expect(probes.map(\.events.count).sorted() == [0, 1])
    registrations.forEach(loop.remove)
  }

  @Test("a late event of a descriptor that was closed and reused in the same turn is skipped")
  func staleEvent() throws {
    let loop = try EventLoop()
    // Both are ready at once; whichever has its turn first gives the other's number to a socket
    // that is not ready.
    let pairs = try (0..<2).map { _ in try Loopback.connection() }
    let quiet = try Loopback.connection()
    let newcomer = Probe()
    let probes = [Probe(), Probe()]
    var registrations = try zip(pairs, probes).map { pair, probe in
      #expect(pair.far.send([1], from: 0) == .bytes(1))
      return try loop.add(pair.near, .readable, probe)
    }
    for (index, probe) in probes.enumerated() {
      probe.onReady = { _ in
        let other = pairs[1 - index].near
        loop.remove(registrations[1 - index])
        #expect(dup2(quiet.near.descriptor.number, other.descriptor.number) >= 0)
        if let place = try? loop.add(other, .readable, newcomer) {
          registrations[1 - index] = place
        }
      }
    }
    let stale = registrations
    try loop.turn()
    #expect(probes.map(\.events.count).sorted() == [0, 1])
    #expect(newcomer.events.isEmpty)
    // Nor does the old registration reach the newcomer.
    for (old, new) in zip(stale, registrations) where old != new { loop.remove(old) }
    probes.forEach { $0.onReady = { _ in } }
    #expect(quiet.far.send([1], from: 0) == .bytes(1))
    try loop.turns { !newcomer.events.isEmpty }
    registrations.forEach(loop.remove)
  }

  @Test("a handler may add another connection in the middle of a turn")
  func addedDuringDispatch() throws {
    let loop = try EventLoop()
    let pairs = try (0..<2).map { _ in try Loopback.connection() }
    let probes = [Probe(), Probe()]
    var registrations: [Registration] = []
    probes[0].onReady = { first in
      loop.change(first, [])
      if let second = try? loop.add(pairs[1].near, .writable, probes[1]) {
        registrations.append(second)
      }
    }
    registrations.append(try loop.add(pairs[0].near, .writable, probes[0]))
    try loop.turns { !probes[1].events.isEmpty }
    #expect(probes[0].events.count == 1)
    registrations.forEach(loop.remove)
  }

  @Test("a descriptor is watched once")
  func addedTwice() throws {
    let loop = try EventLoop()
    let (near, _) = try Loopback.connection()
    let registration = try loop.add(near, .readable, Probe())
    #expect(throws: SystemError("epoll_ctl", EEXIST)) {
      _ = try loop.add(near, .readable, Probe())
    }
    loop.remove(registration)
  }
}
