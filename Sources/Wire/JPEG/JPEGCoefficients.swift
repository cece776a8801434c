/// A picture as its quantised DCT coefficients: what is left when the entropy coding is undone, and
/// all that a decoder's result depends on.
struct JPEGCoefficients: Equatable {
  /// One colour's blocks.
  struct Plane: Equatable {
    var grid: BlockGrid
    /// In zigzag order.
    var quantization: [UInt16]
  }

  /// In pixels.
  let width: Int
  let height: Int
  /// Minimum coded units in a row, and rows of them.
  let unitsWide: Int
  let unitsHigh: Int
  var planes: [Plane] = []
  /// Of all planes, 64 values in zigzag order for each block.
  var values: [Int16] = []

  /// 8K; a picture's memory grows with its header, not with its data.
  static let pixelsMax = 7680 * 4320 + 65_536

  /// A picture without content, laid out by its frame header.
  ///
  /// - Parameter isEmpty: leaves the values out, for those who only want the layout.
  /// - Throws: when the header's numbers cannot be.
  init(
    _ header: JPEGImage.FrameHeader, _ tables: [UInt8: [UInt16]], isEmpty: Bool = false
  ) throws(JPEGError) {
    let factors = header.components.map {
      (Int($0.horizontalSampling), Int($0.verticalSampling))
    }
    guard header.width > 0, header.height > 0, header.width * header.height <= Self.pixelsMax
    else {
      throw JPEGError(header.offset, "a size of \(header.width)×\(header.height) pixels")
    }
    guard factors.allSatisfy({ (1...4).contains($0.0) && (1...4).contains($0.1) }) else {
      throw JPEGError(header.offset, "a sampling factor that is not 1 to 4")
    }
    let across = factors.map(\.0).max() ?? 1
    let down = factors.map(\.1).max() ?? 1
    (width, height) = (header.width, header.height)
    unitsWide = Self.ceiling(width, 8 * across)
    unitsHigh = Self.ceiling(height, 8 * down)
    var base = 0
    for (component, factor) in zip(header.components, factors) {
      guard let table = tables[component.quantizationTable] else {
        throw JPEGError(header.offset, "a quantisation table is missing")
      }
      guard !table.contains(0) else {
        throw JPEGError(header.offset, "a quantisation value of zero")
      }
      let grid = BlockGrid(
        horizontal: factor.0, vertical: factor.1,
        wide: Self.ceiling(Self.ceiling(width * factor.0, across), 8),
        high: Self.ceiling(Self.ceiling(height * factor.1, down), 8),
        stride: unitsWide * factor.0, rows: unitsHigh * factor.1, base: base)
      planes.append(Plane(grid: grid, quantization: table))
      base = grid.values.upperBound
    }
    if !isEmpty { values = Array(repeating: 0, count: base) }
  }

  private static func ceiling(_ a: Int, _ b: Int) -> Int { (a + b - 1) / b }
}
