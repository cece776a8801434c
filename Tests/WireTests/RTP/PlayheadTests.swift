import Testing

@testable import Wire

@Suite("Playhead")
struct PlayheadTests {
  private let millisecond: Nanoseconds = 1_000_000

  /// A playhead at 20 frames a second that plays from frame 0.
  private func playing(
    _ frameCount: Int = 10, until end: Int? = nil, timestamp: UInt32 = 1000,
    at start: Nanoseconds = 0
  ) -> Playhead {
    var playhead = Playhead(frameCount: frameCount, rate: .standard, firstTimestamp: timestamp)
    playhead.play(from: 0, until: end, at: start)
    return playhead
  }

  @Test(
    "never drifts: after a million frames each deadline and timestamp is the exact one",
    arguments: [(20, 1), (30_000, 1001), (25, 2)] as [(Int64, Int64)])
  func neverDrifts(numerator: Int64, denominator: Int64) throws {
    let rate = try #require(FrameRate(numerator, denominator))
    let start: Nanoseconds = 12_345_678_901
    var playhead = Playhead(frameCount: 7, rate: rate, firstTimestamp: 0xFFFF_0000)
    playhead.play(from: 0, until: nil, at: start)
    for index in 0..<Int64(1_000_000) {
      let due = start + index * 1_000_000_000 * denominator / numerator
      let timestamp =
        UInt32(truncatingIfNeeded: 0xFFFF_0000 + index * 90_000 * denominator / numerator)
      guard playhead.due == due,
        playhead.next(at: due) == .frame(Int(index % 7), timestamp: timestamp)
      else {
        Issue.record("frame \(index): due \(playhead.due), not \(due)")
        return
      }
    }
    #expect(playhead.skipped == 0)
  }

  @Test("plays round and round, timestamps 4500 apart at 20 frames a second")
  func loops() {
    var playhead = playing(3)
    let steps = (0..<7).map { _ in playhead.next(at: playhead.due) }
    #expect(
      steps == [
        .frame(0, timestamp: 1000), .frame(1, timestamp: 5500), .frame(2, timestamp: 10_000),
        .frame(0, timestamp: 14_500), .frame(1, timestamp: 19_000), .frame(2, timestamp: 23_500),
        .frame(0, timestamp: 28_000),
      ])
    #expect(playhead.due == 350 * millisecond)
  }

  @Test("lets timestamps wrap at 32 bits")
  func wraps() {
    var playhead = playing(timestamp: 0xFFFF_F000)
    #expect(playhead.next(at: 0) == .frame(0, timestamp: 0xFFFF_F000))
    #expect(playhead.next(at: 50 * millisecond) == .frame(1, timestamp: 404))
    #expect(playhead.timestamp == 4904)
  }

  @Test("goes on where it stopped after a pause, one frame further in timestamps")
  func resumes() {
    var playhead = playing()
    #expect(playhead.next(at: 0) == .frame(0, timestamp: 1000))
    #expect(playhead.next(at: 50 * millisecond) == .frame(1, timestamp: 5500))
    let later = 3_600_000 * millisecond
    playhead.play(from: nil, until: nil, at: later)
    #expect(playhead.due == later)
    #expect(playhead.timestamp == 10_000)
    #expect(playhead.next(at: later) == .frame(2, timestamp: 10_000))
    #expect(playhead.next(at: later + 50 * millisecond) == .frame(3, timestamp: 14_500))
    #expect(playhead.skipped == 0)
  }

  @Test("keeps timestamps running over pauses at every frame, whatever the rate")
  func resumesOften() throws {
    var playhead = Playhead(
      frameCount: 5, rate: try #require(FrameRate("30000/1001")), firstTimestamp: 0)
    for index in 0..<100 {
      playhead.play(from: nil, until: nil, at: Nanoseconds(index) * 1_000_000_000)
      let step = playhead.next(at: playhead.due)
      #expect(step == .frame(index % 5, timestamp: UInt32(index) * 3003))
    }
  }

  @Test("seeks by a new start without a gap in timestamps")
  func playsFrom() {
    var playhead = playing()
    _ = playhead.next(at: 0)
    playhead.play(from: 7, until: nil, at: 10 * millisecond)
    #expect(playhead.next(at: 10 * millisecond) == .frame(7, timestamp: 5500))
    #expect(playhead.due == 60 * millisecond)
  }

  @Test("seeks while playing without touching the schedule")
  func seeks() {
    var playhead = playing()
    _ = playhead.next(at: 0)
    playhead.seek(to: 8, until: nil)
    #expect(playhead.due == 50 * millisecond)
    #expect(playhead.next(at: 50 * millisecond) == .frame(8, timestamp: 5500))
    #expect(playhead.next(at: 100 * millisecond) == .frame(9, timestamp: 10_000))
    #expect(playhead.next(at: 150 * millisecond) == .frame(0, timestamp: 14_500))
  }

  @Test(
    "stays within the medium wherever it is sent",
    arguments: [(-1, 0), (.min, 0), (10, 9), (.max, 9)])
  func clamps(target: Int, frame: Int) {
    var playhead = playing()
    playhead.seek(to: target, until: nil)
    #expect(playhead.frame == frame)
    playhead.play(from: target, until: nil, at: 0)
    #expect(playhead.next(at: 0) == .frame(frame, timestamp: 1000))
  }

  @Test("loses nothing when woken up to 250 ms late", arguments: [1, 49, 50, 51, 249, 250])
  func toleratesLateness(milliseconds: Int64) {
    var playhead = playing()
    let now = milliseconds * millisecond
    var frames: [Int] = []
    while playhead.due <= now, case .frame(let frame, _) = playhead.next(at: now) {
      frames.append(frame)
    }
    #expect(frames == Array(0...Int(milliseconds / 50)))
    #expect(playhead.skipped == 0)
    #expect(playhead.due == Int64(frames.count) * 50 * millisecond)
  }

  @Test("leaves out whole frames when woken later than that, and keeps the schedule")
  func skips() {
    var playhead = playing()
    let now = 250 * millisecond + 1
    #expect(playhead.next(at: now) == .frame(5, timestamp: 1000 + 5 * 4500))
    #expect(playhead.skipped == 5)
    #expect(playhead.due == 300 * millisecond)
    // 20 frames of a medium of 10 later, and a bit.
    #expect(playhead.next(at: 1_310 * millisecond) == .frame(6, timestamp: 1000 + 26 * 4500))
    #expect(playhead.skipped == 25)
    #expect(playhead.due == 1_350 * millisecond)
  }

  @Test("keeps the schedule over a long sleep at a fractional rate")
  func skipsFar() throws {
    let rate = try #require(FrameRate("30000/1001"))
    var playhead = Playhead(frameCount: 1000, rate: rate, firstTimestamp: 0)
    playhead.play(from: 0, until: nil, at: 0)
    // 2002 s are exactly 60,000 frames.
    #expect(playhead.next(at: 2_002_000_000_000) == .frame(0, timestamp: 60_000 * 3003))
    #expect(playhead.skipped == 60_000)
    #expect(playhead.due == 2_002_033_366_666)
  }

  @Test("ends before the requested frame, once the last one has been shown for its time")
  func ends() {
    var playhead = playing()
    playhead.play(from: 2, until: 5, at: 0)
    #expect(playhead.next(at: 0) == .frame(2, timestamp: 1000))
    #expect(playhead.next(at: 50 * millisecond) == .frame(3, timestamp: 5500))
    #expect(playhead.next(at: 100 * millisecond) == .frame(4, timestamp: 10_000))
    #expect(playhead.due == 150 * millisecond)
    #expect(playhead.next(at: 150 * millisecond) == .ended)
    #expect(playhead.next(at: 150 * millisecond) == .ended)
    #expect(playhead.frame == 5)
    #expect(playhead.end == 5)
  }

  @Test("does not skip past the requested end")
  func endsLate() {
    var playhead = playing(until: 3)
    #expect(playhead.next(at: 3_600_000 * millisecond) == .ended)
    #expect(playhead.skipped == 3)
    #expect(playhead.frame == 3)
  }

  @Test("ends at once when the end lies before where it stands")
  func endsAtOnce() {
    var playhead = playing()
    playhead.seek(to: 6, until: 5)
    #expect(playhead.next(at: 0) == .ended)
  }

  @Test("begins anew with frame 0 when it goes on from the medium's end without a new one")
  func goesOnFromTheEnd() {
    var resumed = playing(3, until: 3)
    while resumed.next(at: resumed.due) != .ended {}
    var sought = resumed
    resumed.play(from: nil, until: nil, at: 0)
    #expect(resumed.frame == 0)
    #expect(resumed.next(at: 0) == .frame(0, timestamp: 1000 + 3 * 4500))
    sought.seek(to: nil, until: nil)
    #expect(sought.next(at: sought.due) == .frame(0, timestamp: 1000 + 3 * 4500))
  }

  @Test("takes an end beyond the medium as the medium's end")
  func endsWithTheMedium() {
    var playhead = playing()
    playhead.play(from: 9, until: 99, at: 0)
    #expect(playhead.next(at: 0) == .frame(9, timestamp: 1000))
    #expect(playhead.next(at: 50 * millisecond) == .ended)
  }

  @Test("tells the timestamp of any moment for sender reports")
  func timestampOfNow() {
    var playhead = playing(at: 1_000 * millisecond)
    _ = playhead.next(at: 1_000 * millisecond)
    // The next frame is due at 1050 ms under 5500.
    #expect(playhead.timestamp(at: 1_050 * millisecond) == 5500)
    #expect(playhead.timestamp(at: 1_000 * millisecond) == 1000)
    #expect(playhead.timestamp(at: 1_051 * millisecond) == 5590)
    #expect(playhead.timestamp(at: 1_010 * millisecond) == 1900)
    // Far off it stops counting rather than overflow.
    #expect(playhead.timestamp(at: .max) == 5500 + 900_000)
  }
}
