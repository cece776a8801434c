import Testing
import Wire

@testable import streamctl

@Suite("Reception")
struct ReceptionTests {
  private static let period: Int64 = 50_000_000

  private func mark(_ sequence: UInt16, _ frame: Int, isLast: Bool = true) throws -> RTPMark {
    var bytes: [UInt8] = []
    RTPHeader(
      marker: isLast, sequence: sequence,
      timestamp: UInt32(truncatingIfNeeded: 0xFFFF_F000 + frame * 4500), ssrc: 1
    ).emit(into: &bytes)
    let mark = RTPMark(bytes.span, at: 0, count: bytes.count)
    return try #require(mark)
  }

  /// A second of frames of three packets, around the ends of both number ranges; some packets are
  /// left out.
  private func receive(markers: Bool = true, without lost: Set<Int> = []) throws -> Reception {
    var reception = Reception()
    for packet in 0..<60 where !lost.contains(packet) {
      let mark = try mark(
        UInt16(truncatingIfNeeded: 65_500 + packet), packet / 3,
        isLast: markers && packet % 3 == 2)
      _ = reception.packet(mark, length: 100, at: Int64(packet / 3) * Self.period)
    }
    return reception
  }

  @Test("frames and packets are counted across the ends of their numbers")
  func all() throws {
    let reception = try receive()
    #expect(reception.frames == 20 && reception.packets == 60 && reception.bytes == 6000)
    #expect(reception.lost == 0 && reception.misplaced == 0)
    #expect(abs(reception.rate(from: 0, to: 1_000_000_000) - 20) < 0.001)
  }

  @Test("missing packets are counted; a frame without its last one is counted with the next")
  func losses() throws {
    let reception = try receive(without: [5, 30, 31, 32])
    #expect(reception.lost == 4 && reception.packets == 56 && reception.frames == 19)
  }

  @Test("without markers a new timestamp ends a frame")
  func unmarked() throws {
    // The last one has not ended.
    #expect(try receive(markers: false).frames == 19)
  }

  @Test("late packets lose nothing; a sender that begins anew is followed")
  func order() throws {
    var reception = Reception()
    for sequence: UInt16 in [10, 12, 11, 15, 13, 14, 14, 16] {
      _ = reception.packet(try mark(sequence, 0, isLast: false), length: 1, at: 0)
    }
    #expect(reception.lost == 0 && reception.misplaced == 4)
    _ = reception.packet(try mark(18, 0, isLast: false), length: 1, at: 0)
    // Its clock has begun anew, too: before, and much earlier.
    for (frame, sequence) in [40_000, 40_001, 40_002].enumerated() {
      let interval = reception.packet(
        try mark(UInt16(sequence), frame - 200), length: 1, at: Int64(frame) * Self.period)
      if frame == 1, case .error = interval { Issue.record("\(String(describing: interval))") }
      guard frame == 2 else { continue }
      guard case .error(0) = interval else {
        Issue.record("\(String(describing: interval))")
        return
      }
    }
    #expect(reception.lost == 1 && reception.misplaced == 5)
  }

  @Test("a timestamp that goes back is an error of so much, not of half a day")
  func backwards() throws {
    var reception = Reception()
    _ = reception.packet(try mark(1, 2), length: 1, at: 0)
    let interval = reception.packet(try mark(2, 1), length: 1, at: Self.period)
    guard case .error(2 * Self.period) = interval else {
      Issue.record("a timestamp that goes back")
      return
    }
  }

  @Test("an interval is judged by the timestamps, or told where there are none")
  func intervals() throws {
    var reception = Reception()
    _ = reception.packet(try mark(1, 0), length: 1, at: 0)
    // A frame was left out by the sender, and this one is 3 ms late.
    let late = reception.packet(try mark(2, 2), length: 1, at: 2 * Self.period + 3_000_000)
    guard case .error(3_000_000) = late else {
      Issue.record("\(String(describing: late))")
      return
    }
    var pictures = Reception()
    _ = pictures.picture(bytes: 5, at: 0)
    guard case .length(Self.period) = pictures.picture(bytes: 5, at: Self.period) else {
      Issue.record("a picture's interval")
      return
    }
    #expect(pictures.bytes == 10 && pictures.packets == 0)
  }

  @Test("an interruption lasts from the last frame of a connection to the first one of the next")
  func interruptions() throws {
    var reception = Reception()
    reception.restart()
    #expect(reception.interruption(until: 5) == 0, "nothing has come before")
    _ = reception.picture(bytes: 1, at: 100)
    reception.restart()
    // Still without a frame, and after the next connection has failed as well.
    #expect(reception.interruption(until: 150) == 50)
    reception.restart()
    _ = reception.packet(try mark(7, 0, isLast: false), length: 1, at: 180)
    #expect(reception.interruption(until: 190) == 90)
    _ = reception.packet(try mark(8, 0), length: 1, at: 200)
    #expect(reception.interruption(until: 900) == 100)
    // Counting anew forgets no interruption, and a shorter one is none to tell of.
    reception.begin()
    reception.restart()
    _ = reception.packet(try mark(9, 1), length: 1, at: 220)
    #expect(reception.interruption(until: 900) == 100 && reception.newestFrame == 220)
  }

  @Test("what stops in between has a lower rate")
  func stalls() throws {
    let reception = try receive()
    #expect(abs(reception.rate(from: 0, to: 10_000_000_000) - 2) < 0.001)
    #expect(Reception().rate(from: 0, to: 1) == 0)
  }
}
