/// One chroma plane's samples, zero meaning no colour.
struct ChromaSamples {
  /// In samples; what is stored beyond fills up blocks.
  var width: Int
  var height: Int
  var stride: Int
  var values: [Float]

  /// The sample at a place, or the nearest one of the picture's.
  func at(_ x: Int, _ y: Int) -> Float {
    values[min(y, height - 1) * stride + min(x, width - 1)]
  }
}

/// A chroma plane that is sampled anew.
struct ChromaPlane {
  /// Blocks in a row, and rows of them.
  let blocksWide: Int
  let blocksHigh: Int
  private var values: [Float]

  /// Samples `source` at another rate. A step says how many of the source's samples there are to
  /// one of ours, as a fraction: several are averaged, less than one is the nearest.
  init(
    width: Int, height: Int, of source: ChromaSamples, stepAcross: (Int, Int),
    stepDown: (Int, Int)
  ) {
    blocksWide = (width + 7) / 8
    blocksHigh = (height + 7) / 8
    values = Array(repeating: 0, count: blocksWide * blocksHigh * 64)
    let (across, down) = (max(1, stepAcross.0 / stepAcross.1), max(1, stepDown.0 / stepDown.1))
    let share = 1 / Float(across * down)
    for y in 0..<blocksHigh * 8 {
      // Beyond the edge the last sample goes on, so that blocks have no edge that costs bits.
      let top = min(y, height - 1) * stepDown.0 / stepDown.1
      for x in 0..<blocksWide * 8 {
        let left = min(x, width - 1) * stepAcross.0 / stepAcross.1
        var sum: Float = 0
        for row in top..<top + down {
          for column in left..<left + across { sum += source.at(column, row) }
        }
        values[y * blocksWide * 8 + x] = sum * share
      }
    }
  }

  /// Its blocks' quantised coefficients, in zigzag order.
  func coefficients(_ quantization: [UInt16]) -> [Int16] {
    var coefficients: [Int16] = []
    coefficients.reserveCapacity(values.count)
    for row in 0..<blocksHigh {
      for column in 0..<blocksWide {
        let block = (0..<64).map { place in
          values[(row * 8 + place / 8) * blocksWide * 8 + column * 8 + place % 8]
        }
        let transformed = DiscreteCosine.forward(block)
        for place in 0..<64 {
          let value = transformed[DiscreteCosine.zigzag[place]] / Float(quantization[place])
          coefficients.append(Int16(max(-1023, min(1023, value.rounded()))))
        }
      }
    }
    return coefficients
  }
}
