/// What is done to coefficients so that RFC 2435 can carry them.
extension JPEGCoefficients {
  /// The RFC's sampling that fits as it is; nil when chroma would have to be sampled anew.
  var sampling: RTPJPEGFrame.Sampling? {
    guard planes.count == 3 else { return .halved }
    let (luma, blue, red) = (planes[0].grid, planes[1].grid, planes[2].grid)
    guard (blue.horizontal, blue.vertical) == (red.horizontal, red.vertical),
      luma.horizontal == 2 * blue.horizontal
    else { return nil }
    if luma.vertical == 2 * blue.vertical { return .halved }
    return luma.vertical == blue.vertical ? .horizontallyHalved : nil
  }

  // MARK: Quantisation tables

  /// Brings all values to at most 255 and both chroma tables to the same one: exactly where a
  /// common divisor of the two does, otherwise with rounding.
  mutating func unifyTables() -> Set<JPEGNormalizer.Change> {
    var changes: Set<JPEGNormalizer.Change> = []
    if planes.count == 3, planes[1].quantization != planes[2].quantization {
      changes.formUnion(unifyChroma())
    }
    // Chroma's table serves both planes, so that what is done to one is done to the other.
    for group in planes.count == 3 ? [[0], [1, 2]] : [[0]] {
      changes.formUnion(narrow(group))
    }
    return changes
  }

  /// Brings some planes' common table to values of at most 255: exactly, by a divisor of the value
  /// that leaves coefficients which the standard tables have codes for, or else by rounding.
  private mutating func narrow(_ group: [Int]) -> Set<JPEGNormalizer.Change> {
    let table = planes[group[0]].quantization
    guard table.contains(where: { $0 > 255 }) else { return [] }
    let most = group.map { largest($0) }
    var isExact = true
    let narrowed = table.indices.map { place -> UInt16 in
      let value = Int(table[place])
      guard value > 255 else { return table[place] }
      let magnitude = most.map { $0[place] }.max() ?? 0
      let factor = (2...257).first {
        value % $0 == 0 && value / $0 <= 255 && magnitude * $0 <= Self.magnitudeMax
      }
      guard let factor else {
        isExact = isExact && magnitude == 0
        return 255
      }
      return UInt16(value / factor)
    }
    for index in group { requantize(index, to: narrowed) }
    return isExact ? [.tables] : [.tables, .rounding]
  }

  /// What the standard tables have codes for: 10 bits, and 11 for a difference of DC values.
  private static let magnitudeMax = 1023

  private mutating func unifyChroma() -> Set<JPEGNormalizer.Change> {
    let (blue, red) = (planes[1].quantization, planes[2].quantization)
    let (blueMost, redMost) = (largest(1), largest(2))
    var common: [UInt16] = []
    var isExact = true
    for place in 0..<64 {
      let divisor = Self.greatestCommonDivisor(blue[place], red[place])
      let fits =
        blueMost[place] * Int(blue[place] / divisor) <= Self.magnitudeMax
        && redMost[place] * Int(red[place] / divisor) <= Self.magnitudeMax
      common.append(fits ? divisor : max(blue[place], red[place]))
      isExact = isExact && fits
    }
    requantize(1, to: common)
    requantize(2, to: common)
    return isExact ? [.tables] : [.tables, .rounding]
  }

  /// The largest magnitude at each place of a plane's blocks.
  private func largest(_ index: Int) -> [Int] {
    var most = [Int](repeating: 0, count: 64)
    let grid = planes[index].grid
    for position in grid.values {
      let place = (position - grid.base) & 63
      most[place] = max(most[place], Int(values[position].magnitude))
    }
    return most
  }

  private mutating func requantize(_ index: Int, to table: [UInt16]) {
    let plane = planes[index]
    for position in plane.grid.values {
      let place = (position - plane.grid.base) & 63
      let (old, new) = (Int(plane.quantization[place]), Int(table[place]))
      guard old != new, values[position] != 0 else { continue }
      let scaled = Int(values[position]) * old
      let rounded = (scaled.magnitude + UInt(new) / 2) / UInt(new)
      values[position] = Int16(clamping: scaled < 0 ? -Int(rounded) : Int(rounded))
    }
    planes[index].quantization = table
  }

  private static func greatestCommonDivisor(_ a: UInt16, _ b: UInt16) -> UInt16 {
    b == 0 ? a : greatestCommonDivisor(b, a % b)
  }

  // MARK: Chroma

  /// Samples both chroma planes anew, half as often as the picture's pixels each way.
  mutating func halveChroma() {
    let across = planes.map(\.grid.horizontal).max() ?? 1
    let down = planes.map(\.grid.vertical).max() ?? 1
    for index in 1...2 {
      let plane = planes[index]
      let samples = samples(of: plane)
      let halved = ChromaPlane(
        width: (width + 1) / 2, height: (height + 1) / 2, of: samples,
        stepAcross: (2 * plane.grid.horizontal, across), stepDown: (2 * plane.grid.vertical, down))
      planes[index].grid = BlockGrid(
        horizontal: 1, vertical: 1, wide: halved.blocksWide, high: halved.blocksHigh,
        stride: halved.blocksWide, rows: halved.blocksHigh, base: values.count)
      values.append(contentsOf: halved.coefficients(plane.quantization))
    }
  }

  /// A plane's samples, without the blocks that only fill up its last units.
  private func samples(of plane: Plane) -> ChromaSamples {
    let across = planes.map(\.grid.horizontal).max() ?? 1
    let down = planes.map(\.grid.vertical).max() ?? 1
    let grid = plane.grid
    var samples = ChromaSamples(
      width: (width * grid.horizontal + across - 1) / across,
      height: (height * grid.vertical + down - 1) / down, stride: grid.wide * 8,
      values: Array(repeating: 0, count: grid.wide * grid.high * 64))
    for row in 0..<grid.high {
      for column in 0..<grid.wide {
        let offset = grid.offset(column: column, row: row)
        var block = [Float](repeating: 0, count: 64)
        for place in 0..<64 {
          block[DiscreteCosine.zigzag[place]] =
            Float(values[offset + place]) * Float(plane.quantization[place])
        }
        let pixels = DiscreteCosine.inverse(block)
        for place in 0..<64 {
          let position = (row * 8 + place / 8) * samples.stride + column * 8 + place % 8
          samples.values[position] = pixels[place]
        }
      }
    }
    return samples
  }
}
