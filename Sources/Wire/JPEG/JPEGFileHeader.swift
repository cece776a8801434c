extension RTPJPEGFrame {
  /// Everything of a JPEG file that comes before the entropy-coded data (RFC 2435 appendix B): SOI,
  /// DQT, DRI, SOF0, DHT with the standard tables, SOS.
  var fileHeader: [UInt8] {
    var bytes: [UInt8] = [JPEGMarker.prefix, JPEGMarker.startOfImage]
    for table in 0..<2 {
      Self.append(
        JPEGMarker.quantizationTables,
        [UInt8(table)] + quantizationTables[table * 64..<table * 64 + 64], to: &bytes)
    }
    if restartInterval > 0 {
      var interval: [UInt8] = []
      interval.append(uint16: restartInterval)
      Self.append(JPEGMarker.restartInterval, interval, to: &bytes)
    }
    Self.append(JPEGMarker.baselineFrame, frameSegment, to: &bytes)
    let tables: [(place: UInt8, table: HuffmanTable)] = [
      (0x00, .luminanceDC), (0x10, .luminanceAC), (0x01, .chrominanceDC), (0x11, .chrominanceAC),
    ]
    for (place, table) in tables {
      Self.append(
        JPEGMarker.huffmanTables, [place] + table.counts + table.values, to: &bytes)
    }
    Self.append(JPEGMarker.startOfScan, [3, 1, 0x00, 2, 0x11, 3, 0x11, 0, 63, 0], to: &bytes)
    return bytes
  }

  private var frameSegment: [UInt8] {
    var segment: [UInt8] = [8]
    segment.append(uint16: UInt16(clamping: height))
    segment.append(uint16: UInt16(clamping: width))
    segment.append(contentsOf: [3, 1, sampling.lumaFactors, 0, 2, 0x11, 1, 3, 0x11, 1])
    return segment
  }

  private static func append(_ marker: UInt8, _ body: [UInt8], to bytes: inout [UInt8]) {
    bytes.append(contentsOf: [JPEGMarker.prefix, marker])
    bytes.append(uint16: UInt16(body.count + 2))
    bytes.append(contentsOf: body)
  }
}
