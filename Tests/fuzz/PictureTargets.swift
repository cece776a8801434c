@testable import Wire

enum PictureTargets {
  /// Larger pictures only take longer.
  private static let pixelsMax = 128 * 128

  /// Any JPEG: the verdict keeps its word, and what has been normalised without loss has the same
  /// coefficients, dequantised, as the original.
  static func normalize(_ input: [UInt8]) {
    guard let verdict = try? JPEGVerdict(input.span, at: 0) else { return }
    require(verdict.picture.upperBound <= input.count && verdict.scanBytes > 0, "\(verdict)")
    guard verdict.width * verdict.height <= pixelsMax,
      let picture = try? JPEGNormalizer.normalize(input.span, at: 0)
    else { return }
    guard !picture.scan.isEmpty else { found("no data") }
    let file = picture.frame.fileHeader + picture.scan + [0xFF, 0xD9]
    guard let carried = try? RTPJPEGFrame.inspect(file.span, at: 0) else {
      found("what was normalised cannot be carried")
    }
    require(carried.frame == picture.frame, "\(carried.frame) became \(picture.frame)")
    require(Array(file[carried.scan]) == picture.scan, "the data have a marker in them")
    guard !picture.changes.contains(.rounding) else { return }
    guard let before = coefficients(input), let after = coefficients(file) else {
      found("what was normalised cannot be decoded")
    }
    // Chroma that was sampled anew is another one; luma is the same.
    let isSameChroma = !picture.changes.contains(.chroma) && before.planes.count == 3
    for plane in 0..<(isSameChroma ? 3 : 1) { compare(before, after, plane) }
  }

  private static func coefficients(_ file: [UInt8]) -> JPEGCoefficients? {
    guard let image = try? JPEGImage(file.span, at: 0) else { return nil }
    return try? JPEGScanDecoder.decode(image, file.span)
  }

  private static func compare(_ a: JPEGCoefficients, _ b: JPEGCoefficients, _ index: Int) {
    let (before, after) = (a.planes[index], b.planes[index])
    for row in 0..<min(before.grid.high, after.grid.high) {
      for column in 0..<min(before.grid.wide, after.grid.wide) {
        let first = before.grid.offset(column: column, row: row)
        let second = after.grid.offset(column: column, row: row)
        for place in 0..<64 {
          let value = Int(a.values[first + place]) * Int(before.quantization[place])
          let copy = Int(b.values[second + place]) * Int(after.quantization[place])
          require(value == copy, "plane \(index), block \(column),\(row), place \(place)")
        }
      }
    }
  }
}
