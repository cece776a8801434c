import Testing
import Wire

@testable import Streamd

@Suite("Thinning")
struct ThinningTests {
  /// How many of so many seconds of frames are taken.
  private func taken(_ fps: String?, of source: Int64, seconds: Int64, jitter: Int64 = 0) -> Int {
    var thinning = Thinning(fps.flatMap { FrameRate($0) })
    var random = SystemRandomNumberGenerator()
    return (0..<source * seconds).count { frame in
      let noise = jitter == 0 ? 0 : Int64.random(in: -jitter...jitter, using: &random)
      return thinning.takes(1_000_000_000 + frame * 1_000_000 / source + noise)
    }
  }

  @Test("takes every frame unless fewer are wanted")
  func all() {
    #expect(taken(nil, of: 20, seconds: 10) == 200)
    #expect(taken("20", of: 20, seconds: 10) == 200)
    #expect(taken("240", of: 20, seconds: 10) == 200)
  }

  @Test(
    "takes as many frames a second as are wanted",
    arguments: [("10", 100), ("5", 50), ("1", 10), ("0.1", 1), ("15", 150), ("7", 70)])
  func thins(fps: String, count: Int) {
    #expect(abs(taken(fps, of: 20, seconds: 10) - count) <= 1)
  }

  @Test("is not halved by frames that come a little early or late")
  func jitter() {
    #expect(taken("20", of: 20, seconds: 20, jitter: 2000) >= 398)
    #expect(abs(taken("10", of: 20, seconds: 20, jitter: 4000) - 200) <= 3)
  }

  @Test("makes up for nothing after a gap")
  func gap() {
    var thinning = Thinning(FrameRate(10))
    let times: [Int64] = [0, 5_000_000, 5_010_000, 5_020_000, 5_080_000, 5_100_000]
    let taken = times.map { thinning.takes($0) }
    #expect(taken == [true, true, false, false, false, true])
  }
}
