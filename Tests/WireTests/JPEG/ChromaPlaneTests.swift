import Testing

@testable import Wire

@Suite("ChromaPlane")
struct ChromaPlaneTests {
  /// A plane whose samples count up, and its first block's DC value in its own quantisation.
  private func samples(_ width: Int, _ height: Int) -> ChromaSamples {
    ChromaSamples(
      width: width, height: height, stride: width,
      values: (0..<width * height).map { Float($0 % width) })
  }

  private func mean(_ plane: ChromaPlane) -> Double {
    Double(plane.coefficients(Array(repeating: 1, count: 64))[0]) / 8
  }

  @Test("several samples are averaged, and a missing one is its neighbour")
  func averages() {
    // 16 → 8 columns: 0.5, 2.5, … 14.5, on average 7.5.
    let halved = ChromaPlane(
      width: 8, height: 8, of: samples(16, 16), stepAcross: (2, 1), stepDown: (2, 1))
    #expect(halved.blocksWide == 1 && halved.blocksHigh == 1)
    #expect(mean(halved) == 7.5)
    // 4 → 8 columns: 0, 0, 1, 1, 2, 2, 3, 3.
    let doubled = ChromaPlane(
      width: 8, height: 8, of: samples(4, 8), stepAcross: (2, 4), stepDown: (1, 1))
    #expect(mean(doubled) == 1.5)
  }

  @Test("beyond the picture's edge the last sample goes on")
  func edges() {
    let plane = ChromaPlane(
      width: 1, height: 1, of: samples(2, 1), stepAcross: (2, 1), stepDown: (2, 1))
    let coefficients = plane.coefficients(Array(repeating: 1, count: 64))
    #expect(coefficients[0] == 4 && coefficients.dropFirst().allSatisfy { $0 == 0 })
  }

  @Test("coefficients stay within what the standard tables have codes for")
  func bounds() {
    let bright = ChromaSamples(
      width: 8, height: 8, stride: 8, values: Array(repeating: 100_000, count: 64))
    let plane = ChromaPlane(
      width: 8, height: 8, of: bright, stepAcross: (1, 1), stepDown: (1, 1))
    #expect(plane.coefficients(Array(repeating: 1, count: 64))[0] == 1023)
  }
}
