/// The 8 × 8 discrete cosine transform (ITU-T T.81 §A.3.3) in floating point, for the few pictures
/// whose chroma has to be sampled anew.
enum DiscreteCosine {
  /// Row u, column x: C(u) / 2 · cos((2x + 1) u π / 16).
  private static let basis: [Float] = {
    // Exact cosines of multiples of π / 16; the C library's are not at hand here.
    let cosines: [Float] = [
      1, 0.980_785_28, 0.923_879_53, 0.831_469_61, 0.707_106_78, 0.555_570_23, 0.382_683_43,
      0.195_090_32,
    ]
    func cosine(_ sixteenths: Int) -> Float {
      let angle = sixteenths % 32
      let folded = angle > 16 ? 32 - angle : angle
      return folded == 8 ? 0 : folded > 8 ? -cosines[16 - folded] : cosines[folded]
    }
    return (0..<64).map { place in
      let (u, x) = (place / 8, place % 8)
      return (u == 0 ? 0.353_553_39 : 0.5) * cosine((2 * x + 1) * u)
    }
  }()

  /// By place in zigzag order: the place in rows and columns (ITU-T T.81 figure A.6).
  static let zigzag: [Int] = [
    0, 1, 8, 16, 9, 2, 3, 10, 17, 24, 32, 25, 18, 11, 4, 5, 12, 19, 26, 33, 40, 48, 41, 34, 27, 20,
    13, 6, 7, 14, 21, 28, 35, 42, 49, 56, 57, 50, 43, 36, 29, 22, 15, 23, 30, 37, 44, 51, 58, 59,
    52, 45, 38, 31, 39, 46, 53, 60, 61, 54, 47, 55, 62, 63,
  ]

  /// Samples from coefficients, both by rows.
  static func inverse(_ block: [Float]) -> [Float] { transform(block, isInverse: true) }

  /// Coefficients from samples, both by rows.
  static func forward(_ block: [Float]) -> [Float] { transform(block, isInverse: false) }

  private static func transform(_ block: [Float], isInverse: Bool) -> [Float] {
    // Rows first, the result turned by the diagonal; the same again turns it back.
    half(half(block, isInverse), isInverse)
  }

  private static func half(_ block: [Float], _ isInverse: Bool) -> [Float] {
    var result = [Float](repeating: 0, count: 64)
    for row in 0..<8 {
      for target in 0..<8 {
        var sum: Float = 0
        for source in 0..<8 {
          let weight = isInverse ? basis[source * 8 + target] : basis[target * 8 + source]
          sum += weight * block[row * 8 + source]
        }
        result[target * 8 + row] = sum
      }
    }
    return result
  }
}
