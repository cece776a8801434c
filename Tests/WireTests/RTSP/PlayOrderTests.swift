import Testing

@testable import Wire

@Suite("PlayOrder")
struct PlayOrderTests {
  /// 10 s.
  private static let standard = MediaDescription(
    name: "m", frameCount: 200, rate: .standard, width: 640, height: 480)

  private func order(
    _ text: String, in media: MediaDescription = standard
  ) throws -> PlayOrder { try PlayOrder(try NPTRange(text), in: media) }

  @Test(
    "places a range in a medium of 200 frames at 20 a second",
    arguments: [
      ("npt=0-", 0, .open), ("npt=0.000-", 0, .open), ("npt=now-", nil, .open),
      ("npt=5-", 100, .open), ("npt=5.049-", 100, .open), ("npt=5.050-", 101, .open),
      // Just before frame 101, but not within its millisecond, and within it.
      ("npt=5.0490-", 100, .open), ("npt=5.0491-", 101, .open),
      ("npt=9.999-", 199, .open), ("npt=9.9999-", 199, .open),
      ("npt=0-5", 0, .before(100)), ("npt=5-6", 100, .before(120)), ("npt=-5", nil, .before(100)),
      ("npt=0-9.99", 0, .before(200)), ("npt=0-9.95", 0, .before(199)),
      ("npt=0-0.05", 0, .before(1)), ("npt=0-0.001", 0, .before(1)),
      // Frame 1 begins half a millisecond, and a millisecond, before the end.
      ("npt=0-0.0505", 0, .before(1)), ("npt=0-0.051", 0, .before(2)),
    ] as [(String, Int?, PlayOrder.End)])
  func places(text: String, frame: Int?, end: PlayOrder.End) throws {
    #expect(try order(text) == PlayOrder(frame: frame, end: end))
  }

  @Test(
    "takes an end at or beyond the duration as open",
    arguments: ["npt=0-10", "npt=0-10.001", "npt=0-150", "npt=0-100000000", "npt=0-9:00:00"])
  func openEnds(text: String) throws {
    #expect(try order(text) == .fromStart)
  }

  @Test(
    "refuses with 457 what lies outside of the medium or is empty",
    arguments: [
      "npt=10-", "npt=10-20", "npt=100000000-", "npt=5-5", "npt=6-5", "npt=0-0", "npt=0-0.0009",
      "npt=-0", "npt=5-4.999",
    ])
  func refuses(text: String) {
    let refusal = #expect(throws: RTSPRefusal.self) { try order(text) }
    #expect(refusal?.status == .invalidRange)
  }

  @Test("ends one stretch with the frame before the one that begins the next", arguments: 1..<300)
  func stretchesMeet(milliseconds: Int64) throws {
    let rate = try #require(FrameRate("30000/1001"))
    let media = MediaDescription(name: "m", frameCount: 30, rate: rate, width: 8, height: 8)
    let time = milliseconds * 1000
    let before = try PlayOrder(NPTRange(start: .at(0), end: time), in: media)
    let after = try PlayOrder(NPTRange(start: .at(time)), in: media)
    let first = try #require(after.frame)
    guard case .before(let end) = before.end else {
      Issue.record("open at \(milliseconds) ms")
      return
    }
    // They meet, or the time lies within a frame that then belongs to both.
    let begin = rate.microseconds(ofFrames: first)
    #expect(end == (begin + 1000 <= time ? first + 1 : first))
  }

  @Test("finds every frame from its time in milliseconds, rounded down")
  func findsEveryFrame() throws {
    let rate = try #require(FrameRate("23.976"))
    let media = MediaDescription(name: "m", frameCount: 3000, rate: rate, width: 8, height: 8)
    for frame in 0..<3000 {
      let time = rate.microseconds(ofFrames: frame) / 1000 * 1000
      let found = try PlayOrder(NPTRange(start: .at(time)), in: media).frame
      if found != frame { Issue.record("frame \(frame): found \(String(describing: found))") }
    }
  }

  @Test("stays within a medium of a single frame")
  func singleFrame() throws {
    let media = MediaDescription(name: "m", frameCount: 1, rate: .standard, width: 8, height: 8)
    #expect(try order("npt=0.0499-", in: media) == PlayOrder(frame: 0, end: .open))
    #expect(try order("npt=0-0.0499", in: media) == PlayOrder(frame: 0, end: .before(1)))
    #expect(throws: RTSPRefusal.self) { try order("npt=0.05-", in: media) }
  }

  @Test(
    "of a live source any range means what happens now",
    arguments: ["npt=0-", "npt=now-", "npt=100-", "npt=0-5", "npt=-5"])
  func live(text: String) throws {
    let media = MediaDescription(live: "live/door", width: 640, height: 480)
    #expect(try order(text, in: media) == .resume)
  }
}
