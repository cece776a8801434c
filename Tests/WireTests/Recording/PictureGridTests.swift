import Testing

@testable import Wire

@Suite("PictureGrid")
struct PictureGridTests {
  private static let second: Nanoseconds = 1_000_000_000
  private static let start: Nanoseconds = 77_123_456_789

  @Test("pictures in time follow one another, with jitter or without")
  func steady() throws {
    for jitter: Nanoseconds in [0, 3_000_000, 15_000_000] {
      var grid = PictureGrid(rate: try #require(FrameRate(25)), origin: Self.start)
      var random = SplitMix64(seed: 3)
      var repeats = 0
      for number in 0..<10_000 {
        let late = jitter == 0 ? 0 : Nanoseconds(random.next() % UInt64(jitter))
        let place = grid.place(at: Self.start + Nanoseconds(number) * 40_000_000 + late)
        if case .next(let count) = place { repeats += count } else { Issue.record("\(place)") }
      }
      #expect(repeats == 0)
    }
  }

  @Test("where none comes, the last one is shown for longer, and time is kept")
  func stall() {
    var grid = PictureGrid(rate: .standard, origin: 0)
    #expect(grid.place(at: 0) == .next(repeats: 0))
    #expect(grid.place(at: Self.second) == .next(repeats: 19))
    #expect(grid.place(at: Self.second + 50_000_000) == .next(repeats: 0))
    // Held up for two seconds, what was held up comes at once: it is ahead, and waited for.
    #expect(grid.place(at: 3 * Self.second) == .next(repeats: 38))
    for _ in 0..<20 { #expect(grid.place(at: 3 * Self.second) == .next(repeats: 0)) }
    #expect(grid.place(at: 3 * Self.second) == .tooFast)
    #expect(grid.place(at: 4 * Self.second) == .next(repeats: 0))
    #expect(grid.place(at: 5 * Self.second) == .next(repeats: 18))
  }

  @Test("ten seconds of silence end a file, and more than it has steps for is told")
  func ends() throws {
    var grid = PictureGrid(rate: try #require(FrameRate(10)), origin: 0)
    #expect(grid.place(at: 10 * Self.second) == .next(repeats: 100))
    #expect(grid.place(at: 20 * Self.second + 1) == .pause)
    #expect(grid.place(at: .max) == .pause)
    grid = PictureGrid(rate: try #require(FrameRate(10)), origin: 0)
    let places = (0..<60).map { grid.place(at: Nanoseconds($0) * 40_000_000) }
    #expect(places.prefix(17).allSatisfy { $0 == .next(repeats: 0) })
    #expect(places.contains(.tooFast))
  }

  @Test("hours do not overflow, and what is before the beginning counts as the beginning")
  func bounds() throws {
    var grid = PictureGrid(rate: try #require(FrameRate(30_000, 1001)), origin: Self.start)
    #expect(grid.place(at: Self.start - Self.second) == .next(repeats: 0))
    var frames = 1
    for step in 1...86_400 {
      let place = grid.place(at: Self.start + Nanoseconds(step) * Self.second)
      if case .next(let repeats) = place { frames += repeats + 1 } else { Issue.record("\(place)") }
    }
    #expect(frames == 2_589_411 + 1)
  }
}
