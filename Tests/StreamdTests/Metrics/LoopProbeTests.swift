import Reactor
import Testing

@testable import Streamd

@Suite("The loop's probe")
struct LoopProbeTests {
  private let clock = WorkClock()
  private let loop: EventLoop
  private let metrics = Metrics()

  init() throws { loop = try EventLoop(clock: clock) }

  /// Time that passes only while somebody has the processor, if not always this thread.
  private final class WorkClock: Clock {
    var nanoseconds: Instant = 1_000_000_000
    /// For which another program has had the processor.
    var lost: Instant = 0
    func now() -> Instant { nanoseconds }
    func realtime() -> Int64 { nanoseconds }
    func processor() -> Int64 { nanoseconds - lost }
  }

  /// Takes a part of each ten milliseconds; nobody has the rest.
  private final class Work: Wakeable {
    let loop: EventLoop
    let clock: WorkClock
    var percent = 0
    init(_ loop: EventLoop, _ clock: WorkClock) { (self.loop, self.clock) = (loop, clock) }

    override func wake(at now: Instant) {
      clock.nanoseconds += Instant(percent) * 100_000
      loop.deadlines.set(self, at: now + 10_000_000)
    }
  }

  private func probe(_ percentMax: Int) -> LoopProbe {
    var limits = Limits()
    limits.loadPercentMax = percentMax
    return LoopProbe(metrics, loop: loop, limits: limits)
  }

  private func pass(milliseconds: Int) throws {
    let end = clock.nanoseconds + Instant(milliseconds) * 1_000_000
    while clock.nanoseconds < end {
      if let next = loop.deadlines.next { clock.nanoseconds = max(clock.nanoseconds, next) }
      try loop.turn()
    }
  }

  @Test("says that the loop is full a second after it has become so, and when it is no more")
  func load() throws {
    let probe = probe(80)
    var said: [Bool] = []
    probe.changed = { said.append($0) }
    let work = Work(loop, clock)
    loop.deadlines.set(work, at: loop.now)
    probe.begin()
    for (percent, milliseconds, expected) in [
      (70, 3000, []), (90, 700, []), (70, 1000, []), (90, 1500, [true]), (90, 1500, [true]),
      (70, 700, [true]), (90, 700, [true]), (70, 1500, [true, false]),
    ] {
      work.percent = percent
      try pass(milliseconds: milliseconds)
      #expect(said == expected, "after \(milliseconds) ms at \(percent) %")
    }
    #expect(!probe.isFull)
    loop.deadlines.clear(work)
    withExtendedLifetime(probe) {}
  }

  @Test("at 100 % the loop is never full")
  func never() throws {
    let probe = probe(100)
    let work = Work(loop, clock)
    work.percent = 100
    loop.deadlines.set(work, at: loop.now)
    probe.begin()
    try pass(milliseconds: 5000)
    #expect(!probe.isFull)
    loop.deadlines.clear(work)
  }

  @Test("the loop is full as well when deadlines are late, whoever else has the time")
  func late() throws {
    let probe = probe(97)
    let work = Work(loop, clock)
    work.percent = 10
    loop.deadlines.set(work, at: loop.now)
    probe.begin()
    // Something else holds the loop up: now and then,
    for _ in 0..<10 {
      try pass(milliseconds: 500)
      clock.nanoseconds += 300_000_000
      try loop.turn()
    }
    #expect(!probe.isFull)
    // and all the time.
    for _ in 0..<6 {
      clock.nanoseconds += 300_000_000
      try loop.turn()
    }
    #expect(probe.isFull)
    try pass(milliseconds: 1500)
    #expect(!probe.isFull)
    // Another program does not make the loop full.
    for _ in 0..<12 {
      clock.nanoseconds += 300_000_000
      clock.lost += 200_000_000
      try loop.turn()
    }
    #expect(!probe.isFull)
    loop.deadlines.clear(work)
  }

  @Test("measures how late a deadline is served")
  func lag() throws {
    let probe = probe(97)
    probe.begin()
    try pass(milliseconds: 1000)
    #expect(metrics.loopLag.count == 5 && metrics.loopLag.sum < 0.005)
    clock.nanoseconds += 700_000_000
    try loop.turn()
    #expect(metrics.loopLag.count == 6)
    #expect((0.4...0.75).contains(metrics.loopLag.sum))
    withExtendedLifetime(probe) {}
  }
}
