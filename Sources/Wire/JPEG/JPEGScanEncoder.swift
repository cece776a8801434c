/// Writes coefficients as RFC 2435 wants them: one baseline scan of Y, Cb and Cr with the standard
/// Huffman tables.
struct JPEGScanEncoder {
  private let coefficients: JPEGCoefficients
  private let sampling: RTPJPEGFrame.Sampling
  private let restartInterval: Int
  private var writer: EntropyWriter
  private var predictions = [0, 0, 0]

  /// The entropy-coded data of a picture with one plane (chroma is then empty) or three.
  ///
  /// - Throws: when a coefficient is out of the standard tables' reach.
  static func encode(
    _ coefficients: JPEGCoefficients, _ sampling: RTPJPEGFrame.Sampling, restartInterval: Int
  ) throws(JPEGError) -> [UInt8] {
    var encoder = JPEGScanEncoder(
      coefficients: coefficients, sampling: sampling, restartInterval: restartInterval,
      writer: EntropyWriter(capacity: coefficients.values.count / 8))
    try encoder.encode()
    return encoder.writer.bytes
  }

  private init(
    coefficients: JPEGCoefficients, sampling: RTPJPEGFrame.Sampling, restartInterval: Int,
    writer: EntropyWriter
  ) {
    self.coefficients = coefficients
    self.sampling = sampling
    self.restartInterval = restartInterval
    self.writer = writer
  }

  private mutating func encode() throws(JPEGError) {
    let down = sampling == .halved ? 2 : 1
    let unitsWide = (coefficients.width + 15) / 16
    let unitsHigh = (coefficients.height + 8 * down - 1) / (8 * down)
    // A copy of the reference: what is read may not belong to what is written.
    let picture = coefficients
    let values = picture.values.span
    for unit in 0..<unitsWide * unitsHigh {
      if restartInterval > 0, unit > 0, unit % restartInterval == 0 {
        writer.restart(unit / restartInterval - 1)
        predictions = [0, 0, 0]
      }
      let (row, column) = unit.quotientAndRemainder(dividingBy: unitsWide)
      for block in 0..<2 * down {
        try encode(values, 0, column: column * 2 + block % 2, row: row * down + block / 2)
      }
      for plane in 1...2 { try encode(values, plane, column: column, row: row) }
    }
    writer.flush()
  }

  /// A block, or one like the last where the picture has none (it is never seen).
  private mutating func encode(
    _ values: Span<Int16>, _ plane: Int, column: Int, row: Int
  ) throws(JPEGError) {
    let (dc, ac): (HuffmanEncoder, HuffmanEncoder) =
      plane == 0 ? (.luminanceDC, .luminanceAC) : (.chrominanceDC, .chrominanceAC)
    guard plane < coefficients.planes.count,
      column < coefficients.planes[plane].stride, row < coefficients.planes[plane].rows
    else {
      append(dc.code(of: 0))
      return append(ac.code(of: 0))
    }
    let offset = coefficients.planes[plane].offset(column: column, row: row)
    let value = Int(values[offset])
    try encode(value - predictions[plane], under: 0, dc, lengthMax: 11)
    predictions[plane] = value
    var run = 0
    for index in offset + 1..<offset + 64 {
      let value = Int(values[index])
      if value == 0 {
        run += 1
        continue
      }
      while run > 15 {
        append(ac.code(of: 0xF0))
        run -= 16
      }
      try encode(value, under: run << 4, ac, lengthMax: 10)
      run = 0
    }
    if run > 0 { append(ac.code(of: 0)) }
  }

  private mutating func append(_ code: (code: UInt32, length: Int)) {
    writer.append(code.code, code.length)
  }

  /// The code for a run and a value's length, then the value's bits (ITU-T T.81 §F.1.2).
  private mutating func encode(
    _ value: Int, under run: Int, _ table: HuffmanEncoder, lengthMax: Int
  ) throws(JPEGError) {
    let length = Int.bitWidth - value.magnitude.leadingZeroBitCount
    guard length <= lengthMax else {
      throw JPEGError(0, "a coefficient that the standard Huffman tables have no code for")
    }
    let (code, codeLength) = table.code(of: run | length)
    let bits = UInt32(truncatingIfNeeded: value < 0 ? value - 1 : value) & (1 << UInt32(length) - 1)
    writer.append(code << UInt32(length) | bits, codeLength + length)
  }
}
