/// Writes coefficients as RFC 2435 wants them: one baseline scan of Y, Cb and Cr with the standard
/// Huffman tables.
struct JPEGScanEncoder {
  private let codes = HuffmanEncoder.codes
  private var writer: EntropyWriter

  /// The entropy-coded data of a picture with one plane (chroma is then empty) or three.
  ///
  /// - Parameter restartInterval: in minimum coded units of the sampling; 0 for none.
  /// - Throws: when a coefficient is out of the standard tables' reach.
  static func encode(
    _ coefficients: JPEGCoefficients, _ sampling: RTPJPEGFrame.Sampling, restartInterval: Int
  ) throws(JPEGError) -> [UInt8] {
    var encoder = JPEGScanEncoder(
      writer: EntropyWriter(capacity: coefficients.values.count / 8))
    try encoder.encode(coefficients, sampling, restartInterval)
    return encoder.writer.bytes
  }

  private init(writer: EntropyWriter) { self.writer = writer }

  private mutating func encode(
    _ picture: JPEGCoefficients, _ sampling: RTPJPEGFrame.Sampling, _ restartInterval: Int
  ) throws(JPEGError) {
    let down = sampling == .halved ? 2 : 1
    let unitsWide = (picture.width + 15) / 16
    let unitsHigh = (picture.height + 8 * down - 1) / (8 * down)
    let values = picture.values.span
    // Apart from this structure, so that reading them does not bar writing.
    let table = codes
    let codes = table.span
    let luma = picture.planes[0].grid
    let chroma = picture.planes.count == 3 ? (picture.planes[1].grid, picture.planes[2].grid) : nil
    // Each colour's last DC value, from which the next one differs.
    var (lumaDC, blueDC, redDC) = (0, 0, 0)
    for row in 0..<unitsHigh {
      for column in 0..<unitsWide {
        let unit = row * unitsWide + column
        if restartInterval > 0, unit > 0, unit % restartInterval == 0 {
          writer.restart(unit / restartInterval - 1)
          (lumaDC, blueDC, redDC) = (0, 0, 0)
        }
        for block in 0..<2 * down {
          try encode(
            values, Self.offset(luma, column * 2 + block % 2, row * down + block / 2),
            &lumaDC, codes, HuffmanEncoder.luminanceDC)
        }
        let blue = chroma.map { Self.offset($0.0, column, row) } ?? nil
        try encode(values, blue, &blueDC, codes, HuffmanEncoder.chrominanceDC)
        let red = chroma.map { Self.offset($0.1, column, row) } ?? nil
        try encode(values, red, &redDC, codes, HuffmanEncoder.chrominanceDC)
      }
    }
    writer.flush()
  }

  private static func offset(_ grid: BlockGrid, _ column: Int, _ row: Int) -> Int? {
    column < grid.stride && row < grid.rows ? grid.offset(column: column, row: row) : nil
  }

  /// A block, or one like the last where the picture has none (it is never seen).
  ///
  /// - Parameter table: the table for DC values; the one for AC values follows it.
  private mutating func encode(
    _ values: Span<Int16>, _ offset: Int?, _ prediction: inout Int, _ codes: Span<UInt32>,
    _ table: Int
  ) throws(JPEGError) {
    let other = table + HuffmanEncoder.luminanceAC
    guard let offset else {
      append(codes[table])
      return append(codes[other])
    }
    let value = Int(values[offset])
    try append(value - prediction, codes, table, lengthMax: 11)
    prediction = value
    var run = 0
    for index in offset + 1..<offset + 64 {
      let value = Int(values[index])
      if value == 0 {
        run += 1
        continue
      }
      while run > 15 {
        append(codes[other + 0xF0])
        run -= 16
      }
      try append(value, codes, other + run << 4, lengthMax: 10)
      run = 0
    }
    if run > 0 { append(codes[other]) }
  }

  private mutating func append(_ code: UInt32) {
    writer.append(code & 0xFFFF, Int(code >> 16))
  }

  /// The code for a run and a value's length, then the value's bits (ITU-T T.81 §F.1.2).
  private mutating func append(
    _ value: Int, _ codes: Span<UInt32>, _ place: Int, lengthMax: Int
  ) throws(JPEGError) {
    let length = Int.bitWidth - value.magnitude.leadingZeroBitCount
    guard length <= lengthMax else {
      throw JPEGError(0, "a coefficient that the standard Huffman tables have no code for")
    }
    let code = codes[place + length]
    let bits = UInt32(truncatingIfNeeded: value < 0 ? value - 1 : value) & (1 << UInt32(length) - 1)
    writer.append((code & 0xFFFF) << UInt32(length) | bits, Int(code >> 16) + length)
  }
}
