import Testing

@testable import Reactor

private let millisecond = Deadlines.slotNanoseconds

@Suite("Deadlines")
struct DeadlinesTests {
  @Test("wakes nothing early and nothing more than one slot late")
  func precision() {
    let start: Instant = 7_300_000
    let deadlines = Deadlines(now: start)
    let alarms = (0..<200).map { _ in Alarm() }
    let dues = alarms.indices.map { start + 1 + Int64($0) * 123_457 }
    for (alarm, due) in zip(alarms, dues) { deadlines.set(alarm, at: due) }
    let step: Int64 = 10_000
    for now in stride(from: start, through: start + 30 * millisecond, by: Int(step)) {
      deadlines.expire(at: now)
    }
    for (alarm, due) in zip(alarms, dues) {
      #expect(alarm.moments.count == 1)
      #expect(alarm.moments.allSatisfy { (due..<due + millisecond + step).contains($0) })
    }
    #expect(deadlines.count == 0)
  }

  @Test("wakes in the order of time, slot by slot, however late it is asked")
  func order() {
    let deadlines = Deadlines(now: 0)
    var woken: [Int] = []
    let alarms = [5, 1, 4000, 90, 64, 63, 2].map { at in
      let alarm = Alarm()
      alarm.onWake = { _ in woken.append(at) }
      deadlines.set(alarm, at: Int64(at) * millisecond)
      return alarm
    }
    deadlines.expire(at: 4090 * millisecond)
    #expect(woken == [1, 2, 5, 63, 64, 90, 4000])
    #expect(alarms.allSatisfy { $0.due == .max })
  }

  @Test("leaves off between slots when it is enough, and goes on from there")
  func leavesOff() {
    let deadlines = Deadlines(now: 0)
    var woken: [Int] = []
    let alarms = [1, 2, 2, 5, 5, 9].map { at in
      let alarm = Alarm()
      alarm.onWake = { _ in woken.append(at) }
      deadlines.set(alarm, at: Int64(at) * millisecond)
      return alarm
    }
    deadlines.expire(at: 20 * millisecond) { woken.count >= 2 }
    #expect(woken == [1, 2, 2])
    #expect(deadlines.next.map { $0 <= 5 * millisecond } == true)
    deadlines.expire(at: 20 * millisecond) { true }
    #expect(woken == [1, 2, 2, 5, 5])
    deadlines.expire(at: 20 * millisecond)
    #expect(woken == [1, 2, 2, 5, 5, 9])
    #expect(deadlines.count == 0 && alarms.allSatisfy { $0.moments == [20 * millisecond] })
  }

  @Test("a deadline on the slot's edge is met exactly")
  func edge() {
    let deadlines = Deadlines(now: 0)
    let alarm = Alarm()
    deadlines.set(alarm, at: 3 * millisecond)
    #expect(deadlines.next == 3 * millisecond)
    deadlines.expire(at: 3 * millisecond - 1)
    #expect(alarm.moments.isEmpty)
    deadlines.expire(at: 3 * millisecond)
    #expect(alarm.moments == [3 * millisecond])
  }

  @Test("a deadline further away than a turn of the wheel waits for its own turn")
  func furtherThanATurn() {
    let deadlines = Deadlines(now: 0)
    let alarms = [1, 4096, 4097, 8193, 100_001].map { (at: Int64) in
      let alarm = Alarm()
      deadlines.set(alarm, at: at * millisecond)
      return alarm
    }
    for now in 1...100_001 { deadlines.expire(at: Int64(now) * millisecond) }
    let moments = alarms.map { $0.moments.map { $0 / millisecond } }
    #expect(moments == [[1], [4096], [4097], [8193], [100_001]])
  }

  @Test("a jump of the clock over many turns wakes everything that is due, and only that")
  func jump() {
    let deadlines = Deadlines(now: 0)
    let due = [1, 4095, 4096, 5000, 9_999_999].map { (at: Int64) in
      let alarm = Alarm()
      deadlines.set(alarm, at: at * millisecond)
      return alarm
    }
    let later = Alarm()
    deadlines.set(later, at: 10_000_001 * millisecond)
    deadlines.expire(at: 10_000_000 * millisecond)
    #expect(due.allSatisfy { $0.moments == [10_000_000 * millisecond] })
    #expect(later.moments.isEmpty)
    #expect(deadlines.count == 1)
    deadlines.expire(at: 10_000_001 * millisecond)
    #expect(later.moments.count == 1)
  }

  @Test("a deadline in the past is due at the next slot", arguments: [-1, 0, 1, 41, 42])
  func past(slot: Int64) {
    let now = 42 * millisecond
    let deadlines = Deadlines(now: now)
    let alarm = Alarm()
    deadlines.set(alarm, at: slot * millisecond)
    #expect(deadlines.next == 43 * millisecond)
    deadlines.expire(at: now)
    #expect(alarm.moments.isEmpty)
    deadlines.expire(at: now + millisecond)
    #expect(alarm.moments == [now + millisecond])
  }

  @Test("a clock that stands still or goes back wakes nothing")
  func backwards() {
    let deadlines = Deadlines(now: 100 * millisecond)
    let alarm = Alarm()
    deadlines.set(alarm, at: 101 * millisecond)
    for now in [100, 99, 0] { deadlines.expire(at: Int64(now) * millisecond) }
    #expect(alarm.moments.isEmpty)
    deadlines.expire(at: 101 * millisecond)
    #expect(alarm.moments.count == 1)
  }

  @Test("the end of time can be waited for and never comes")
  func endOfTime() throws {
    let deadlines = Deadlines(now: 0)
    let alarm = Alarm()
    deadlines.set(alarm, at: .max)
    #expect(deadlines.count == 1)
    for now in stride(from: 0, to: Instant.max / 2, by: Int(Instant.max / 64)) {
      deadlines.expire(at: now)
      let next = try #require(deadlines.next)
      #expect(next > now)
    }
    #expect(alarm.moments.isEmpty)
    deadlines.clear(alarm)
    #expect(deadlines.count == 0 && deadlines.next == nil)
  }

  @Test("setting again moves, clearing forgets, and both may be repeated")
  func moveAndClear() {
    let deadlines = Deadlines(now: 0)
    let (moved, cleared) = (Alarm(), Alarm())
    for at in [9, 3, 5] { deadlines.set(moved, at: Int64(at) * millisecond) }
    deadlines.set(cleared, at: 5 * millisecond)
    #expect(deadlines.count == 2 && moved.due == 5 * millisecond)
    deadlines.clear(cleared)
    deadlines.clear(cleared)
    #expect(deadlines.count == 1 && cleared.due == .max)
    #expect(deadlines.next == 5 * millisecond)
    deadlines.expire(at: 20 * millisecond)
    #expect(moved.moments.count == 1 && cleared.moments.isEmpty)
    #expect(deadlines.count == 0 && deadlines.next == nil)
  }

  @Test("the first of one slot to wake may clear and move the others of it")
  func neighbours() {
    let deadlines = Deadlines(now: 0)
    let alarms = (0..<4).map { _ in Alarm() }
    for alarm in alarms {
      deadlines.set(alarm, at: millisecond)
      alarm.onWake = { now in
        // Whoever is first: one neighbour is let go, the others come later.
        for (index, other) in alarms.filter({ $0 !== alarm }).enumerated() {
          other.onWake = { _ in }
          if index == 0 {
            deadlines.clear(other)
          } else {
            deadlines.set(other, at: now + millisecond)
          }
        }
      }
    }
    deadlines.expire(at: millisecond)
    #expect(alarms.map(\.moments.count).reduce(0, +) == 1)
    #expect(deadlines.count == 2)
    deadlines.expire(at: 2 * millisecond)
    #expect(alarms.map(\.moments.count).reduce(0, +) == 3)
    for alarm in alarms { alarm.onWake = { _ in } }
  }

  @Test("those of one slot keep their order for good, whoever leaves and comes")
  func turns() {
    let deadlines = Deadlines(now: 0)
    var woken: [Int] = []
    let alarms = (0..<100).map { index in
      let alarm = Alarm()
      alarm.onWake = { [unowned alarm] now in
        woken.append(index)
        deadlines.set(alarm, at: now + 50 * millisecond)
      }
      deadlines.set(alarm, at: 50 * millisecond)
      return alarm
    }
    for lap in 1...100 {
      deadlines.expire(at: Int64(lap) * 50 * millisecond)
      #expect(woken == Array(0..<100))
      woken = []
    }
    for index in stride(from: 0, to: 100, by: 3) { deadlines.clear(alarms[index]) }
    deadlines.set(alarms[0], at: 5050 * millisecond)
    deadlines.expire(at: 5050 * millisecond)
    #expect(woken == (0..<100).filter { $0 % 3 != 0 } + [0])
    for alarm in alarms { deadlines.clear(alarm) }
  }

  @Test("who is cleared while its slot is being woken, the last one too, is not woken")
  func clearedMeanwhile() {
    for victim in 1..<5 {
      let deadlines = Deadlines(now: 0)
      let alarms = (0..<5).map { _ in Alarm() }
      alarms[0].onWake = { [unowned victim = alarms[victim], unowned first = alarms[0]] now in
        deadlines.clear(victim)
        // A turn of the wheel later, and so in the same slot.
        deadlines.set(first, at: now + 4096 * millisecond)
      }
      for alarm in alarms { deadlines.set(alarm, at: millisecond) }
      deadlines.expire(at: millisecond)
      #expect(alarms.map(\.moments.count) == (0..<5).map { $0 == victim ? 0 : 1 })
      #expect(deadlines.count == 1)
      deadlines.clear(alarms[0])
    }
  }

  @Test("a period that is a multiple of the slot stays exact")
  func period() {
    let start: Instant = 1_234_567
    let deadlines = Deadlines(now: start)
    let alarm = Alarm()
    var due = start
    alarm.onWake = { [unowned alarm] _ in
      due += 40 * millisecond
      deadlines.set(alarm, at: due)
    }
    deadlines.set(alarm, at: due)
    while alarm.moments.count < 1000, let next = deadlines.next { deadlines.expire(at: next) }
    let periods = zip(alarm.moments.dropFirst(), alarm.moments).map { $0 - $1 }
    #expect(Set(periods) == [40 * millisecond])
    deadlines.clear(alarm)
  }

  @Test(
    "ten thousand entries agree with a list that is searched", arguments: [1, 2, 3] as [UInt64])
  func againstModel(seed: UInt64) {
    let world = WheelWorld(seed: seed, entries: 10_000)
    for _ in 0..<400 { world.step() }
    #expect(world.faults.first == nil, "seed \(seed)")
    #expect(world.wakes > 5_000, "seed \(seed)")
    world.clearAll()
    #expect(world.deadlines.count == 0 && world.deadlines.next == nil)
  }
}

/// A wheel, and beside it the list of when each entry is to be woken. Entries set, move and clear
/// themselves and others from within their wake.
private final class WheelWorld {
  let deadlines: Deadlines
  private(set) var faults: [String] = []
  private(set) var wakes = 0
  private var now: Instant
  private var random: SplitMix64
  private var alarms: [Alarm] = []
  /// Every entry's tick, the first one at which it may be woken; `Int64.max` where none is set.
  private var ticks: [Int64]
  /// The tick that has been worked through, or is just being worked through.
  private var tick: Int64

  init(seed: UInt64, entries: Int) {
    random = SplitMix64(state: seed)
    now = 1_000_000_123
    tick = now / millisecond
    deadlines = Deadlines(now: now)
    ticks = Array(repeating: .max, count: entries)
    alarms = (0..<entries).map { index in
      let alarm = Alarm()
      alarm.onWake = { [unowned self] moment in woken(index, at: moment) }
      return alarm
    }
    for index in alarms.indices { set(index) }
  }

  /// Lets time pass, mostly a little, sometimes far, and compares.
  func step() {
    for _ in 0..<20 { change(Int.random(in: alarms.indices, using: &random)) }
    switch Int.random(in: 0..<40, using: &random) {
    case 0: now += Int64.random(in: 0...20_000, using: &random) * millisecond
    case 1: now += 4096 * millisecond
    case 2: now += 0
    default: now += Int64.random(in: 0...3_000_000, using: &random)
    }
    let before = tick
    deadlines.expire(at: now)
    tick = max(before, now / millisecond)
    let first = ticks.min() ?? .max
    if first <= tick { faults.append("tick \(first) was not woken at \(tick)") }
    if deadlines.count != ticks.count(where: { $0 != .max }) { faults.append("a wrong count") }
    if let next = deadlines.next {
      if next / millisecond > first || next / millisecond <= tick { faults.append("next \(next)") }
    } else if first != .max {
      faults.append("next forgets tick \(first)")
    }
  }

  func clearAll() { alarms.forEach(deadlines.clear) }

  private func woken(_ index: Int, at moment: Instant) {
    wakes += 1
    let (target, due) = (now / millisecond, ticks[index])
    if due > target { faults.append("entry \(index) was woken early, or was not set") }
    if moment != now || alarms[index].due != .max { faults.append("entry \(index) woken wrongly") }
    guard due <= target else { return }
    // After a jump of more than a turn the slots are walked once, from the oldest one on.
    let visited = target - (target - due) % Int64(Deadlines.slotCount)
    if visited < tick { faults.append("entry \(index) was woken out of order") }
    tick = visited
    ticks[index] = .max
    if Bool.random(using: &random) { set(index) }
    if Int.random(in: 0..<8, using: &random) == 0 {
      change(Int.random(in: alarms.indices, using: &random))
    }
  }

  private func change(_ index: Int) {
    if Int.random(in: 0..<4, using: &random) == 0 {
      deadlines.clear(alarms[index])
      ticks[index] = .max
    } else {
      set(index)
    }
  }

  private func set(_ index: Int) {
    let milliseconds: ClosedRange<Int64> =
      switch Int.random(in: 0..<10, using: &random) {
      case 0: -50...0
      case 1: 4000...20_000
      default: 0...500
      }
    let due =
      now + Int64.random(in: milliseconds, using: &random) * millisecond
      + Int64.random(in: 0..<millisecond, using: &random)
    deadlines.set(alarms[index], at: due)
    ticks[index] = max((due + millisecond - 1) / millisecond, tick + 1)
  }
}

/// The same numbers for the same seed.
private struct SplitMix64: RandomNumberGenerator {
  var state: UInt64

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var mixed = state
    mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
    return mixed ^ (mixed >> 31)
  }
}
