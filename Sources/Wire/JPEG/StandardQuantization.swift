/// The quantisation tables that a quality factor stands for (RFC 2435 §4.2 and appendix A).
enum StandardQuantization {
  /// ITU-T T.81 table K.1 in zigzag order, as a DQT segment has it (the RFC prints it row by row).
  private static let luma: [Int] = [
    16, 11, 12, 14, 12, 10, 16, 14, 13, 14, 18, 17, 16, 19, 24, 40, 26, 24, 22, 22, 24, 49, 35, 37,
    29, 40, 58, 51, 61, 60, 57, 51, 56, 55, 64, 72, 92, 78, 64, 68, 87, 69, 55, 56, 80, 109, 81, 87,
    95, 98, 103, 104, 103, 62, 77, 113, 121, 112, 100, 120, 92, 101, 103, 99,
  ]

  /// Table K.2, likewise.
  private static let chroma: [Int] = [
    17, 18, 18, 24, 21, 24, 47, 26, 26, 47, 99, 66, 56, 66, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99,
    99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99,
    99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99,
  ]

  /// Luma's and chroma's table for a quality from 1 to 99.
  static func tables(quality: Int) -> [UInt8] {
    let quality = min(max(quality, 1), 99)
    let scale = quality < 50 ? 5000 / quality : 200 - quality * 2
    return (luma + chroma).map { UInt8(min(max(($0 * scale + 50) / 100, 1), 255)) }
  }
}
