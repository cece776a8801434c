/// Decodes the blocks of one scan, which says what coefficients it has and which bits of them.
struct BlockCoder {
  private enum Kind {
    case sequential
    /// Progressive (ITU-T T.81 annex G): the first bits or one more bit of DC or AC values.
    case firstDC, moreDC, firstAC, moreAC
  }

  private let kind: Kind
  private let start: Int
  private let end: Int
  /// Where the scan's bits belong, from below.
  private let low: Int
  private let position: Int
  /// Blocks that are still to come and have nothing in this scan.
  private var emptyBlocks = 0

  /// - Throws: when the scan's parameters contradict each other.
  init(_ scan: JPEGImage.Scan, isProgressive: Bool) throws(JPEGError) {
    (start, end) = (Int(scan.spectralStart), Int(scan.spectralEnd))
    low = Int(scan.approximation & 0x0F)
    position = scan.offset
    let high = Int(scan.approximation >> 4)
    guard isProgressive else {
      guard start == 0, end == 63, scan.approximation == 0 else {
        throw JPEGError(scan.offset, "a scan that does not cover the whole picture")
      }
      kind = .sequential
      return
    }
    let isDC = start == 0
    guard end <= 63, isDC ? end == 0 : start <= end && scan.components.count == 1, low <= 13,
      high == 0 || high == low + 1
    else { throw JPEGError(scan.offset, "a progressive scan that cannot be") }
    switch (isDC, high == 0) {
    case (true, true): kind = .firstDC
    case (true, false): kind = .moreDC
    case (false, true): kind = .firstAC
    case (false, false): kind = .moreAC
    }
  }

  /// A new interval begins.
  mutating func restart() { emptyBlocks = 0 }

  /// Reads what the scan has of the block whose values begin at `offset`.
  mutating func decode(
    _ values: inout MutableSpan<Int16>, _ offset: Int, _ numbers: Span<Int32>, _ dc: Int?,
    _ ac: Int?, _ prediction: inout Int, _ reader: inout EntropyReader, _ bytes: Span<UInt8>
  ) throws(JPEGError) {
    switch kind {
    case .sequential:
      values[offset] = try number(readDC(numbers, dc, &prediction, &reader, bytes))
      try readSequential(&values, offset, numbers, ac, &reader, bytes)
    case .firstDC:
      values[offset] = try number(readDC(numbers, dc, &prediction, &reader, bytes) << low)
    case .moreDC:
      reader.fill(bytes)
      if reader.take(1) == 1 { values[offset] |= 1 << Int16(low) }
    case .firstAC: try readFirst(&values, offset, numbers, ac, &reader, bytes)
    case .moreAC: try refine(&values, offset, numbers, ac, &reader, bytes)
    }
  }

  private func number(_ value: Int) throws(JPEGError) -> Int16 {
    guard let number = Int16(exactly: value) else {
      throw JPEGError(position, "a coefficient that cannot be")
    }
    return number
  }

  /// The next symbol; afterwards at least 32 bits are at hand.
  private func symbol(
    _ numbers: Span<Int32>, _ table: Int?, _ reader: inout EntropyReader, _ bytes: Span<UInt8>
  ) throws(JPEGError) -> Int {
    reader.fill(bytes)
    guard let table else { throw JPEGError(position, "a Huffman table is missing") }
    let code = HuffmanDecoder.decode(reader.next16, numbers, at: table)
    guard code != 0 else { throw JPEGError(position, "entropy-coded data that cannot be") }
    reader.skip(code >> 8)
    return code & 0xFF
  }

  private func readDC(
    _ numbers: Span<Int32>, _ table: Int?, _ prediction: inout Int,
    _ reader: inout EntropyReader, _ bytes: Span<UInt8>
  ) throws(JPEGError) -> Int {
    let length = try symbol(numbers, table, &reader, bytes)
    guard length <= 11 else { throw JPEGError(position, "entropy-coded data that cannot be") }
    prediction += reader.takeSigned(length)
    guard abs(prediction) < 1 << 15 else {
      throw JPEGError(position, "a coefficient that cannot be")
    }
    return prediction
  }

  private func readSequential(
    _ values: inout MutableSpan<Int16>, _ offset: Int, _ numbers: Span<Int32>, _ table: Int?,
    _ reader: inout EntropyReader, _ bytes: Span<UInt8>
  ) throws(JPEGError) {
    var index = 1
    while index <= 63 {
      let code = try symbol(numbers, table, &reader, bytes)
      let (run, length) = (code >> 4, code & 15)
      if length == 0 {
        guard run == 15 else { return }
        index += 16
        continue
      }
      index += run
      guard index <= 63 else { throw JPEGError(position, "a block of more than 64 values") }
      values[offset + index] = Int16(truncatingIfNeeded: reader.takeSigned(length))
      index += 1
    }
  }

  private mutating func readFirst(
    _ values: inout MutableSpan<Int16>, _ offset: Int, _ numbers: Span<Int32>, _ table: Int?,
    _ reader: inout EntropyReader, _ bytes: Span<UInt8>
  ) throws(JPEGError) {
    if emptyBlocks > 0 {
      emptyBlocks -= 1
      return
    }
    var index = start
    while index <= end {
      let code = try symbol(numbers, table, &reader, bytes)
      let (run, length) = (code >> 4, code & 15)
      if length == 0 {
        if run < 15 {
          emptyBlocks = (1 << run) + reader.take(run) - 1
          return
        }
        index += 16
        continue
      }
      index += run
      guard index <= end else { throw JPEGError(position, "a block of more than 64 values") }
      values[offset + index] = try number(reader.takeSigned(length) << low)
      index += 1
    }
  }

  /// One more bit for values that are not zero, and values that become so (§G.1.2.3).
  private mutating func refine(
    _ values: inout MutableSpan<Int16>, _ offset: Int, _ numbers: Span<Int32>, _ table: Int?,
    _ reader: inout EntropyReader, _ bytes: Span<UInt8>
  ) throws(JPEGError) {
    let bit = Int16(1) << Int16(low)
    var index = start
    if emptyBlocks == 0 {
      while index <= end {
        let code = try symbol(numbers, table, &reader, bytes)
        var run = code >> 4
        var fresh: Int16 = 0
        switch code & 15 {
        case 0 where run < 15:
          emptyBlocks = (1 << run) + reader.take(run)
        case 0: break
        case 1: fresh = reader.take(1) == 1 ? bit : -bit
        default: throw JPEGError(position, "entropy-coded data that cannot be")
        }
        if emptyBlocks > 0 { break }
        while index <= end {
          if values[offset + index] != 0 {
            refine(&values[offset + index], bit, &reader, bytes)
          } else {
            if run == 0 { break }
            run -= 1
          }
          index += 1
        }
        if fresh != 0, index <= end { values[offset + index] = fresh }
        index += 1
      }
    }
    guard emptyBlocks > 0 else { return }
    while index <= end {
      if values[offset + index] != 0 { refine(&values[offset + index], bit, &reader, bytes) }
      index += 1
    }
    emptyBlocks -= 1
  }

  private func refine(
    _ value: inout Int16, _ bit: Int16, _ reader: inout EntropyReader, _ bytes: Span<UInt8>
  ) {
    reader.fill(bytes)
    guard reader.take(1) == 1, value & bit == 0 else { return }
    value &+= value > 0 ? bit : -bit
  }
}
