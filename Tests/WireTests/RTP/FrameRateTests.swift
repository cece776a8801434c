import Testing

@testable import Wire

@Suite("FrameRate")
struct FrameRateTests {
  @Test(
    "reads whole numbers, decimals and fractions, and reduces them",
    arguments: [
      ("20", 20, 1), ("25", 25, 1), ("12.5", 25, 2), ("29.97", 2997, 100), ("0.1", 1, 10),
      ("30000/1001", 30_000, 1001), ("60/2", 30, 1), ("240", 240, 1), ("23.976", 2997, 125),
      ("20.000", 20, 1), ("0.5", 1, 2), ("2147483640/2147483640", 1, 1),
      ("240000/1001", 240_000, 1001),
    ] as [(String, Int64, Int64)])
  func reads(text: String, numerator: Int64, denominator: Int64) throws {
    let rate = try #require(FrameRate(text))
    #expect(rate.numerator == numerator)
    #expect(rate.denominator == denominator)
  }

  @Test(
    "refuses what is no rate from 0.1 to 240",
    arguments: [
      "", "0", "0.0", "0.099", "241", "240.001", "-5", "+5", " 5", "5 ", "1e3", "20.", ".5", ".",
      "1/0", "0/1", "0/0", "/", "1/", "/1", "1//2", "1/2/3", "1.5/2", "20.1234", "1.2.3", "٢٠",
      "20.٥", "2400001/10001", "10001/10007", "9223372036854775807", "9223372036854775808",
      "9223372036854775807/9223372036854775807", "2147483648/2147483648", "20\0", "nan", "inf",
    ])
  func refuses(text: String) {
    #expect(FrameRate(text) == nil)
  }

  @Test("refuses numbers out of range without trapping")
  func refusesNumbers() {
    let extremes: [Int64] = [.min, .min + 1, -1, 0, 1 << 31, 1 << 62, .max]
    for extreme in extremes {
      #expect(FrameRate(extreme) == nil)
      #expect(FrameRate(20, extreme) == nil)
      #expect(FrameRate(extreme, extreme) == nil)
    }
    #expect(FrameRate(240) != nil)
    #expect(FrameRate(241) == nil)
    #expect(FrameRate(1, 10) != nil)
    #expect(FrameRate(1, 11) == nil)
  }

  @Test("is 20 where nothing is said")
  func standard() {
    #expect(FrameRate.standard == FrameRate("20"))
  }

  @Test(
    "places frames exactly, in nanoseconds and in ticks of 1/90,000 s",
    arguments: [
      ("20", 1, 50_000_000, 4500), ("20", 20, 1_000_000_000, 90_000),
      ("25/2", 1, 80_000_000, 7200), ("25/2", 25, 2_000_000_000, 180_000),
      ("30000/1001", 1, 33_366_666, 3003), ("30000/1001", 2, 66_733_333, 6006),
      ("30000/1001", 30_000, 1_001_000_000_000, 90_090_000),
      ("240", 1, 4_166_666, 375), ("0.1", 1, 10_000_000_000, 900_000),
      // The largest product that the bounds allow.
      ("239999/10000", 239_999, 10_000_000_000_000, 900_000_000),
      ("240000/1001", 240_000, 1_001_000_000_000, 90_090_000),
    ] as [(String, Int64, Int64, Int64)])
  func places(text: String, frame: Int64, nanoseconds: Int64, ticks: Int64) throws {
    let rate = try #require(FrameRate(text))
    #expect(rate.time(ofFrame: 0) == 0)
    #expect(rate.time(ofFrame: frame) == nanoseconds)
    #expect(rate.ticks(ofFrame: frame) == ticks)
  }

  @Test("has the time between two frames as its period")
  func period() throws {
    #expect(FrameRate.standard.period == 50_000_000)
    #expect(try #require(FrameRate("30000/1001")).period == 33_366_666)
  }

  @Test(
    "tells how long frames last, rounded to the nearest microsecond",
    arguments: [
      ("20", 200, 10_000_000), ("20", 0, 0), ("20", -1, 0), ("20", .min, 0),
      // 33,366.67 and 66,733.33 µs
      ("30000/1001", 1, 33_367), ("30000/1001", 2, 66_733),
      ("20", 1 << 24, 838_860_800_000), ("20", .max, 838_860_800_000),
      // 2^24 frames at the largest denominator: 699,053,579,389.9 µs
      ("239999/10000", .max, 699_053_579_390),
    ] as [(String, Int, Int64)])
  func lasts(text: String, frames: Int, microseconds: Int64) throws {
    let rate = try #require(FrameRate(text))
    #expect(rate.microseconds(ofFrames: frames) == microseconds)
  }

  @Test(
    "finds the frame of a time, up to a millisecond before its beginning",
    arguments: [
      ("20", 0, 0), ("20", 49_000, 0), ("20", 49_001, 1), ("20", 50_000, 1), ("20", 98_999, 1),
      ("20", 99_001, 2), ("20", 10_000_000, 200),
      // Frame 1 begins at 33.3667 ms, which three digits make 33 ms.
      ("30000/1001", 33_000, 1), ("30000/1001", 32_000, 0), ("30000/1001", 33_367, 1),
      ("240", (1 << 62) - 1, .max),
    ] as [(String, Int64, Int64)])
  func findsFrame(text: String, microseconds: Int64, frame: Int64) throws {
    let rate = try #require(FrameRate(text))
    #expect(rate.frame(atMicroseconds: microseconds) == frame)
  }

  @Test(
    "finds each frame from its own time, in whole milliseconds rounded down",
    arguments: ["20", "30000/1001", "25/2", "23.976", "240"])
  func findsEachFrame(text: String) throws {
    let rate = try #require(FrameRate(text))
    for frame in 0..<2000 {
      let milliseconds = rate.microseconds(ofFrames: frame) / 1000
      let found = rate.frame(atMicroseconds: milliseconds * 1000)
      if found != frame { Issue.record("frame \(frame) at \(milliseconds) ms: found \(found)") }
    }
  }

  @Test(
    "is written as a whole number or with three decimals",
    arguments: [
      ("20", "20"), ("30000/1001", "29.970"), ("24000/1001", "23.976"), ("25/2", "12.500"),
      ("0.1", "0.100"), ("60000/1001", "59.940"), ("239999/10000", "24.000"), ("240", "240"),
    ])
  func writes(text: String, description: String) throws {
    let rate = try #require(FrameRate(text))
    #expect(rate.description == description)
    #expect(FrameRate(rate.description) != nil)
  }
}
