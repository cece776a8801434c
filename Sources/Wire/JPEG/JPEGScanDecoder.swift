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

  /// A component of the scan at hand: where its blocks are, and where its tables begin.
  private struct Channel {
    var grid: BlockGrid
    var dc: Int?
    var ac: Int?
    /// The last block's DC value, from which the next one differs.
    var prediction = 0
  }

  private mutating func decode(
    _ scan: JPEGImage.Scan, _ bytes: Span<UInt8>
  ) throws(JPEGError) {
    var tables = HuffmanDecoder()
    var channels = try channels(of: scan, &tables)
    let isAlone = channels.count == 1
    // A component alone has no minimum coded units, only its own blocks (§A.2.2).
    if isAlone { (channels[0].grid.horizontal, channels[0].grid.vertical) = (1, 1) }
    let wide = isAlone ? channels[0].grid.wide : coefficients.unitsWide
    let high = isAlone ? channels[0].grid.high : coefficients.unitsHigh
    visits -= wide * high * channels.reduce(0) { $0 + $1.grid.horizontal * $1.grid.vertical }
    guard visits >= 0 else { throw JPEGError(scan.offset, "too many scans") }
    var coder = try BlockCoder(scan, isProgressive: header.marker == JPEGMarker.progressiveFrame)
    var reader = EntropyReader(scan.data)
    // Out of the structure while it is being written to, so that it is not copied.
    var values: [Int16] = []
    swap(&values, &coefficients.values)
    defer { swap(&values, &coefficients.values) }
    var output = values.mutableSpan
    let numbers = tables.numbers.span
    let interval = scan.restartInterval
    var untilRestart = interval
    for row in 0..<high {
      for column in 0..<wide {
        if interval > 0 {
          if untilRestart == 0 {
            reader.restart(bytes)
            coder.restart()
            for index in channels.indices { channels[index].prediction = 0 }
            untilRestart = interval
          }
          untilRestart -= 1
        }
        for index in channels.indices {
          var channel = channels[index]
          for down in 0..<channel.grid.vertical {
            for across in 0..<channel.grid.horizontal {
              let offset = channel.grid.offset(
                column: column * channel.grid.horizontal + across,
                row: row * channel.grid.vertical + down)
              try coder.decode(
                &output, offset, numbers, channel.dc, channel.ac, &channel.prediction, &reader,
                bytes)
            }
          }
          channels[index].prediction = channel.prediction
        }
      }
    }
  }

  private func channels(
    of scan: JPEGImage.Scan, _ tables: inout HuffmanDecoder
  ) throws(JPEGError) -> [Channel] {
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
          grid: coefficients.planes[index].grid,
          dc: try add(component.dcTable, of: scan, to: &tables),
          ac: try add(component.acTable | 0x10, of: scan, to: &tables)))
    }
    return channels
  }

  /// Adds the table of a number; nil when there is none. A picture without any table means the
  /// standard ones, as in AVI files and from many webcams.
  private func add(
    _ place: UInt8, of scan: JPEGImage.Scan, to tables: inout HuffmanDecoder
  ) throws(JPEGError) -> Int? {
    let table = scan.tables.isEmpty ? Self.standard[place] : scan.tables[place]
    guard let table else { return nil }
    guard let offset = tables.add(table) else {
      throw JPEGError(scan.offset, "a Huffman table with too many codes")
    }
    return offset
  }

  private static let standard: [UInt8: HuffmanTable] = [
    0x00: .luminanceDC, 0x10: .luminanceAC, 0x01: .chrominanceDC, 0x11: .chrominanceAC,
  ]
}
