/// Undoes the entropy coding of a picture: sequential and progressive (ITU-T T.81 annexes F and G),
/// Huffman tables of any kind, one scan or several. Pure and bounded: no bytes can make it take
/// more memory than ``JPEGCoefficients/pixelsMax`` allows, nor more time than some visits of each
/// block.
struct JPEGScanDecoder {
  private let image: JPEGImage
  private let header: JPEGImage.FrameHeader
  private var coefficients: JPEGCoefficients
  /// Blocks that may still be visited.
  private var visits: Int

  /// Each scan visits blocks; a picture with more scans than this many visits each is no picture.
  private static let visitsPerBlock = 64

  /// The coefficients of a picture that has been taken apart.
  ///
  /// - Parameter bytes: those that `image` was read from.
  /// - Throws: where and why it cannot be decoded.
  static func decode(
    _ image: JPEGImage, _ bytes: Span<UInt8>
  ) throws(JPEGError) -> JPEGCoefficients {
    guard let header = image.frame else {
      throw JPEGError(image.range.lowerBound, "a JPEG without a picture in it")
    }
    var decoder = JPEGScanDecoder(
      image: image, header: header,
      coefficients: try JPEGCoefficients(header, image.quantizationTables))
    for scan in image.scans { try decoder.decode(scan, bytes) }
    return decoder.coefficients
  }

  private init(
    image: JPEGImage, header: JPEGImage.FrameHeader, coefficients: JPEGCoefficients
  ) {
    self.image = image
    self.header = header
    self.coefficients = coefficients
    visits = coefficients.values.count / 64 * Self.visitsPerBlock
  }

  /// A component of the scan at hand.
  private struct Channel {
    var plane: JPEGCoefficients.Plane
    var dc: HuffmanDecoder?
    var ac: HuffmanDecoder?
    /// The last block's DC value, from which the next one differs.
    var prediction = 0
  }

  private mutating func decode(
    _ scan: JPEGImage.Scan, _ bytes: Span<UInt8>
  ) throws(JPEGError) {
    var channels = try channels(of: scan)
    let isAlone = channels.count == 1
    // A component alone has no minimum coded units, only its own blocks (§A.2.2).
    let wide = isAlone ? channels[0].plane.wide : coefficients.unitsWide
    let high = isAlone ? channels[0].plane.high : coefficients.unitsHigh
    let perUnit = channels.reduce(0) { $0 + $1.plane.horizontal * $1.plane.vertical }
    visits -= wide * high * (isAlone ? 1 : perUnit)
    guard visits >= 0 else { throw JPEGError(scan.offset, "too many scans") }
    var coder = try BlockCoder(scan, isProgressive: header.marker == JPEGMarker.progressiveFrame)
    var reader = EntropyReader(scan.data)
    // Out of the structure while it is being written to, so that it is not copied.
    var values: [Int16] = []
    swap(&values, &coefficients.values)
    defer { swap(&values, &coefficients.values) }
    var output = values.mutableSpan
    var untilRestart = scan.restartInterval
    for unit in 0..<wide * high {
      if scan.restartInterval > 0 {
        if untilRestart == 0 {
          reader.restart(bytes)
          coder.restart()
          for index in channels.indices { channels[index].prediction = 0 }
          untilRestart = scan.restartInterval
        }
        untilRestart -= 1
      }
      let (row, column) = unit.quotientAndRemainder(dividingBy: wide)
      if isAlone {
        let offset = channels[0].plane.offset(column: column, row: row)
        try coder.decode(
          &output, offset, channels[0].dc, channels[0].ac, &channels[0].prediction, &reader,
          bytes)
        continue
      }
      for index in channels.indices {
        let plane = channels[index].plane
        for block in 0..<plane.horizontal * plane.vertical {
          let (down, across) = block.quotientAndRemainder(dividingBy: plane.horizontal)
          let offset = plane.offset(
            column: column * plane.horizontal + across, row: row * plane.vertical + down)
          try coder.decode(
            &output, offset, channels[index].dc, channels[index].ac,
            &channels[index].prediction, &reader, bytes)
        }
      }
    }
  }

  private func channels(of scan: JPEGImage.Scan) throws(JPEGError) -> [Channel] {
    guard !scan.components.isEmpty,
      Set(scan.components.map(\.identifier)).count == scan.components.count
    else { throw JPEGError(scan.offset, "a scan without components, or with one twice") }
    var channels: [Channel] = []
    for component in scan.components {
      guard
        let index = header.components.firstIndex(where: { $0.identifier == component.identifier })
      else { throw JPEGError(scan.offset, "a scan of a component that does not exist") }
      channels.append(
        Channel(
          plane: coefficients.planes[index],
          dc: try decoder(component.dcTable, of: scan),
          ac: try decoder(component.acTable | 0x10, of: scan)))
    }
    return channels
  }

  /// The table of a number. A picture without any table means the standard ones, as in AVI files
  /// and from many webcams.
  private func decoder(
    _ place: UInt8, of scan: JPEGImage.Scan
  ) throws(JPEGError) -> HuffmanDecoder? {
    guard let table = scan.tables[place] else {
      return scan.tables.isEmpty ? Self.standard[place] : nil
    }
    guard let decoder = HuffmanDecoder(table) else {
      throw JPEGError(scan.offset, "a Huffman table with too many codes")
    }
    return decoder
  }

  private static let standard: [UInt8: HuffmanDecoder] = {
    let tables: [UInt8: HuffmanTable] = [
      0x00: .luminanceDC, 0x10: .luminanceAC, 0x01: .chrominanceDC, 0x11: .chrominanceAC,
    ]
    return tables.compactMapValues { HuffmanDecoder($0) }
  }()
}
