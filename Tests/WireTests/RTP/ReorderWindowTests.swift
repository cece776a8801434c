import Testing

@testable import Wire

@Suite("ReorderWindow")
struct ReorderWindowTests {
  typealias Output = ReorderWindow.Output

  private static let millisecond: Nanoseconds = 1_000_000

  /// Lets packets in one after the other; a packet's bytes are its sequence number.
  private func receive(
    _ sequences: UInt16..., into window: inout ReorderWindow, at now: Nanoseconds = 0
  ) -> [Output] {
    sequences.flatMap { window.receive(Self.bytes($0).span, sequence: $0, at: now) }
  }

  private static func bytes(_ sequence: UInt16) -> [UInt8] {
    [UInt8(sequence >> 8), UInt8(sequence & 255)]
  }

  private func packets(_ sequences: UInt16...) -> [Output] {
    sequences.map { .packet(Self.bytes($0)) }
  }

  @Test("lets packets in order through at once, across the end of the numbers")
  func inOrder() {
    var window = ReorderWindow()
    for sequence: UInt16 in [65_533, 65_534, 65_535, 0, 1, 2] {
      #expect(receive(sequence, into: &window) == packets(sequence))
      #expect(window.deadline == nil)
    }
    #expect(window.expire(at: .max) == [])
  }

  @Test("what is next while nothing is held passes, and nothing else does")
  func passing() {
    var window = ReorderWindow()
    // The first one, those behind it, one that came already, and one too early.
    let numbers: [UInt16] = [65_534, 65_535, 0, 0, 2]
    let answers = numbers.map { window.passes($0) }
    #expect(answers == [true, true, true, false, false])
    #expect(receive(2, into: &window) == [])
    // The next one, but another one waits for it.
    let isNext = window.passes(1)
    #expect(!isNext)
    #expect(receive(1, into: &window) == packets(1, 2))
    let isNextAgain = window.passes(3)
    #expect(isNextAgain)
  }

  @Test("puts packets that overtook one another back in order")
  func swaps() {
    var window = ReorderWindow()
    #expect(receive(10, 12, into: &window) == packets(10))
    #expect(receive(11, into: &window) == packets(11, 12))
    #expect(receive(16, 14, 15, into: &window) == [])
    #expect(receive(13, into: &window) == packets(13, 14, 15, 16))
    #expect(receive(17, into: &window) == packets(17))
    #expect(window.deadline == nil)
  }

  @Test("puts packets back in order across the end of the numbers")
  func wraps() {
    var window = ReorderWindow()
    #expect(receive(65_534, 1, 0, into: &window) == packets(65_534))
    #expect(receive(65_535, into: &window) == packets(65_535, 0, 1))
    #expect(receive(3, into: &window) == [])
    #expect(receive(2, into: &window) == packets(2, 3))
  }

  @Test("drops duplicates, of packets that were let go and of those that wait")
  func duplicates() {
    var window = ReorderWindow()
    #expect(receive(10, 10, into: &window) == packets(10))
    #expect(receive(12, 12, into: &window) == [])
    #expect(receive(11, 11, 12, 10, 9, into: &window) == packets(11, 12))
    #expect(receive(13, into: &window) == packets(13))
  }

  @Test("does not wait longer because a packet comes twice")
  func duplicatePatience() {
    var window = ReorderWindow(patience: 30)
    #expect(receive(10, 12, into: &window) == packets(10))
    #expect(receive(12, into: &window, at: 20) == [])
    #expect(window.deadline == 30)
    #expect(window.expire(at: 30) == [.lost(1)] + packets(12))
  }

  @Test("gives a missing packet up when its time is up, and not before")
  func patience() {
    var window = ReorderWindow(patience: 30 * Self.millisecond)
    _ = receive(10, into: &window, at: 0)
    #expect(receive(13, into: &window, at: 5 * Self.millisecond) == [])
    #expect(receive(14, into: &window, at: 9 * Self.millisecond) == [])
    #expect(window.deadline == 35 * Self.millisecond)
    #expect(window.expire(at: 35 * Self.millisecond - 1) == [])
    #expect(window.expire(at: 35 * Self.millisecond) == [.lost(2)] + packets(13, 14))
    #expect(window.deadline == nil)
    // What was given up and comes after all is of no use any more.
    #expect(receive(11, 12, into: &window, at: 36 * Self.millisecond) == [])
    #expect(receive(15, into: &window, at: 37 * Self.millisecond) == packets(15))
  }

  @Test("notices on a packet's arrival that another one's time is up")
  func patienceOnArrival() {
    var window = ReorderWindow(patience: 30)
    _ = receive(10, 12, into: &window)
    #expect(receive(14, into: &window, at: 30) == [.lost(1)] + packets(12))
    #expect(window.deadline == 60)
    #expect(window.expire(at: 59) == [])
    #expect(window.expire(at: 60) == [.lost(1)] + packets(14))
  }

  @Test("gives up all that is due at once")
  func severalGaps() {
    var window = ReorderWindow(patience: 30)
    _ = receive(10, 12, 15, 16, into: &window)
    #expect(window.expire(at: 30) == [.lost(1)] + packets(12) + [.lost(2)] + packets(15, 16))
    #expect(window.deadline == nil)
  }

  @Test("keeps as many packets waiting as it may and no more", arguments: [1, 2, 64])
  func capacity(capacity: Int) {
    var window = ReorderWindow(capacity: capacity)
    _ = receive(99, into: &window)
    // 100 is missing.
    for index in 0..<capacity {
      #expect(receive(101 + UInt16(index), into: &window) == [])
    }
    let all = (101...101 + UInt16(capacity)).map { Output.packet(Self.bytes($0)) }
    #expect(receive(101 + UInt16(capacity), into: &window) == [.lost(1)] + all)
    #expect(window.deadline == nil)
  }

  @Test("leaves behind the first gap what waits for the second one")
  func capacityAcrossGaps() {
    var window = ReorderWindow(capacity: 2)
    _ = receive(1, into: &window)
    #expect(receive(3, 6, into: &window) == [])
    #expect(receive(7, into: &window) == [.lost(1)] + packets(3))
    #expect(receive(4, into: &window) == packets(4))
    #expect(receive(5, into: &window) == packets(5, 6, 7))
  }

  @Test("counts a gap across the end of the numbers")
  func gapAcrossWrap() {
    var window = ReorderWindow(patience: 30)
    _ = receive(65_530, 4, 2, into: &window)
    #expect(window.expire(at: 30) == [.lost(7)] + packets(2) + [.lost(1)] + packets(4))
  }

  @Test("follows a sender that begins anew, ahead or behind by more than 4096")
  func restart() {
    for (sequence, isRestart) in [
      (10 &+ 1 &+ 0x1000, false), (10 &+ 1 &+ 0x1001, true), (10 &+ 1 &- 0x1000, false),
      (10 &+ 1 &- 0x1001, true), (10 &+ 1 &+ 0x8000, true), (10 &+ 1 &+ 0x7FFF, true),
    ] as [(UInt16, Bool)] {
      var window = ReorderWindow()
      _ = receive(10, into: &window)
      let output = receive(sequence, into: &window)
      #expect(output == (isRestart ? [.lost(1)] + packets(sequence) : []), "\(sequence)")
      let next = isRestart ? sequence &+ 1 : 11
      #expect(receive(next, into: &window) == packets(next))
    }
  }

  @Test("lets every packet out once and in order, whatever the order within the window")
  func shuffled() {
    let seed: UInt64 = 3550
    var random = SplitMix64(seed: seed)
    var window = ReorderWindow(capacity: 64, patience: 1000)
    var output = receive(65_000, into: &window)
    var next: UInt16 = 65_001
    for _ in 0..<200 {
      let block = (0..<32).map { next &+ $0 }.shuffled(using: &random)
      for sequence in block {
        output += receive(sequence, into: &window)
        if random.below(4) == 0 { output += receive(sequence, into: &window) }
      }
      next &+= 32
    }
    let expected = (0...6400).map { Output.packet(Self.bytes(65_000 &+ UInt16($0))) }
    #expect(output == expected, "seed \(seed)")
  }

  @Test("accounts for every number when packets are lost, and never traps")
  func lossy() {
    let seed: UInt64 = 35_501
    var random = SplitMix64(seed: seed)
    var window = ReorderWindow(capacity: 8, patience: 50)
    var (now, sent, out): (Nanoseconds, Int, Int) = (0, 0, 0)
    func count(_ output: [Output]) -> Int {
      output.reduce(0) {
        if case .lost(let count) = $1 { $0 + count } else { $0 + 1 }
      }
    }
    for _ in 0..<50_000 {
      now += Nanoseconds(random.below(20))
      if random.below(10) > 0 || sent == 0 {
        let late = sent > 3 && random.below(10) == 0 ? random.below(3) : 0
        out += count(receive(UInt16(truncatingIfNeeded: sent - late), into: &window, at: now))
      }
      sent += 1
      if let deadline = window.deadline, deadline <= now { out += count(window.expire(at: now)) }
      if let deadline = window.deadline, deadline <= now { Issue.record("late at \(now)") }
    }
    out += count(window.expire(at: .max))
    #expect(abs(sent - out) <= 8, "seed \(seed): \(sent) numbers, \(out) accounted for")
  }
}
