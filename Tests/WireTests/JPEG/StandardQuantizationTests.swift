import Testing

@testable import Wire

@Suite("StandardQuantization")
struct StandardQuantizationTests {
  /// ITU-T T.81 tables K.1 and K.2, row by row as they are printed.
  private static let luma: [UInt8] = [
    16, 11, 10, 16, 24, 40, 51, 61, 12, 12, 14, 19, 26, 58, 60, 55, 14, 13, 16, 24, 40, 57, 69, 56,
    14, 17, 22, 29, 51, 87, 80, 62, 18, 22, 37, 56, 68, 109, 103, 77, 24, 35, 55, 64, 81, 104, 113,
    92, 49, 64, 78, 87, 103, 121, 120, 101, 72, 92, 95, 98, 112, 100, 103, 99,
  ]
  private static let chroma: [UInt8] =
    [
      17, 18, 24, 47, 99, 99, 99, 99, 18, 21, 26, 66, 99, 99, 99, 99, 24, 26, 56, 99, 99, 99, 99,
      99,
      47, 66, 99, 99, 99, 99, 99, 99,
    ] + [UInt8](repeating: 99, count: 32)

  /// The order of a DQT segment: along the diagonals, to and fro.
  private static func zigzag(_ rows: [UInt8]) -> [UInt8] {
    (0..<15).flatMap { diagonal in
      let down = (0..<8).filter { (0..<8).contains(diagonal - $0) }
      return (diagonal % 2 == 0 ? down.reversed() : down).map { rows[$0 * 8 + diagonal - $0] }
    }
  }

  @Test("has the tables of T.81 annex K at quality 50")
  func quality50() {
    let tables = StandardQuantization.tables(quality: 50)
    #expect(tables == Self.zigzag(Self.luma) + Self.zigzag(Self.chroma))
    // The sample movie was encoded with just these.
    #expect(tables == Array(Repository.movie[0x1E..<0x5E] + Repository.movie[0x63..<0xA3]))
  }

  @Test(
    "scales them as RFC 2435 §4.2 says",
    arguments: [
      // 5000/Q below 50, 200 - 2Q above, in per cent.
      (25, [32, 22, 24, 28]), (10, [80, 55, 60, 70]), (75, [8, 6, 6, 7]), (90, [3, 2, 2, 3]),
      (99, [1, 1, 1, 1]), (1, [255, 255, 255, 255]), (49, [16, 11, 12, 14]),
    ] as [(Int, [UInt8])])
  func scales(quality: Int, first: [UInt8]) {
    #expect(Array(StandardQuantization.tables(quality: quality)[..<4]) == first)
  }

  @Test("never has a zero and has 128 values, whatever the quality")
  func isNeverZero() {
    for quality in 1...99 {
      let tables = StandardQuantization.tables(quality: quality)
      #expect(tables.count == 128)
      #expect(!tables.contains(0), "quality \(quality)")
    }
  }

  @Test("takes a quality out of range as the nearest one")
  func clamps() {
    #expect(StandardQuantization.tables(quality: 0) == StandardQuantization.tables(quality: 1))
    #expect(
      StandardQuantization.tables(quality: .max) == StandardQuantization.tables(quality: 99))
    #expect(StandardQuantization.tables(quality: .min) == StandardQuantization.tables(quality: 1))
  }
}
