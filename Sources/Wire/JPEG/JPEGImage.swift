/// One JPEG picture taken apart by its markers (ITU-T T.81 annex B): what its segments say and
/// where its entropy-coded data lie. Nothing is decoded. Any kind of JPEG can be walked; whether
/// RTP can carry it is ``RTPJPEGFrame``'s question.
struct JPEGImage: Equatable {
  /// A component of the frame header.
  struct Component: Equatable {
    var identifier: UInt8
    var horizontalSampling: UInt8
    var verticalSampling: UInt8
    var quantizationTable: UInt8
  }

  /// SOF0 to SOF15.
  struct FrameHeader: Equatable {
    var marker: UInt8
    var offset: Int
    var precision: UInt8
    var width: Int
    var height: Int
    var components: [Component]
  }

  /// One component of a scan and the tables that it is coded with.
  struct ScanComponent: Equatable {
    var identifier: UInt8
    var dcTable: UInt8
    var acTable: UInt8
  }

  /// SOS and the data that follow it.
  struct Scan: Equatable {
    var offset: Int
    var components: [ScanComponent]
    var spectralStart: UInt8
    var spectralEnd: UInt8
    var approximation: UInt8
    /// The entropy-coded data, without the marker that ends them.
    var data: Range<Int>
    /// The Huffman tables in force, which may be others in the next scan.
    var tables: [UInt8: HuffmanTable]
    /// The restart interval in force.
    var restartInterval: Int
  }

  /// From SOI to behind EOI.
  private(set) var range: Range<Int>
  /// False where the bytes end before the EOI marker.
  private(set) var hasEndOfImage = false
  private(set) var frame: FrameHeader?
  private(set) var scans: [Scan] = []
  /// By table number; 64 values in zigzag order.
  private(set) var quantizationTables: [UInt8: [UInt16]] = [:]
  /// By class (0x00 DC, 0x10 AC) and table number, as in the segment.
  private(set) var huffmanTables: [UInt8: HuffmanTable] = [:]
  /// In minimum coded units; 0 means none.
  private(set) var restartInterval = 0
  /// What Adobe's APP14 segment says of the colours: 0 for RGB or CMYK, 1 for YCbCr; nil without.
  private(set) var adobeTransform: UInt8?

  /// A picture has far fewer; each scan and table costs memory.
  private static let scansMax = 256
  private static let adobe = Array("Adobe".utf8)

  /// Walks the picture that begins at `offset`.
  ///
  /// - Throws: where the bytes are no JPEG, end inside a segment, or contradict themselves. Bytes
  ///   that end inside the last scan are no error (``hasEndOfImage``).
  init(_ bytes: Span<UInt8>, at offset: Int) throws(JPEGError) {
    range = offset..<offset
    guard bytes.count - offset >= 2, bytes[offset] == JPEGMarker.prefix,
      bytes[offset + 1] == JPEGMarker.startOfImage
    else { throw JPEGError(offset, "no JPEG begins here (SOI marker expected)") }
    var position = offset + 2
    while true {
      let marker = try Self.marker(in: bytes, at: &position)
      if marker == JPEGMarker.endOfImage {
        hasEndOfImage = true
        break
      }
      if JPEGMarker.standsAlone(marker) { continue }
      let segment = try Self.segment(in: bytes, at: position)
      try read(marker, bytes, segment)
      position = segment.upperBound
      if marker == JPEGMarker.startOfScan {
        let end = Self.endOfScan(in: bytes, from: position)
        scans[scans.count - 1].data = position..<end
        position = end
        if end == bytes.count { break }
      }
    }
    range = offset..<position
  }

  /// Passes over fill bytes and a marker; leaves `position` behind it.
  private static func marker(
    in bytes: Span<UInt8>, at position: inout Int
  ) throws(JPEGError) -> UInt8 {
    let start = position
    guard position < bytes.count else { throw JPEGError(start, "the file ends inside a picture") }
    guard bytes[position] == JPEGMarker.prefix else {
      throw JPEGError(start, "a marker is expected here")
    }
    while position < bytes.count, bytes[position] == JPEGMarker.prefix { position += 1 }
    guard position < bytes.count else { throw JPEGError(start, "the file ends inside a picture") }
    let marker = bytes[position]
    guard marker != 0 else { throw JPEGError(start, "a marker is expected here") }
    position += 1
    return marker
  }

  /// The parameters of the segment whose length stands at `position`, the length included.
  private static func segment(
    in bytes: Span<UInt8>, at position: Int
  ) throws(JPEGError) -> Range<Int> {
    guard bytes.count - position >= 2 else {
      throw JPEGError(position, "the file ends inside a picture")
    }
    let length = Int(bytes.uint16(at: position))
    guard length >= 2 else { throw JPEGError(position, "a segment of length \(length)") }
    guard bytes.count - position >= length else {
      throw JPEGError(
        position, "a segment of \(length) bytes of which only \(bytes.count - position) are there")
    }
    return position..<position + length
  }

  /// The offset of the first marker that is neither a stuffed zero nor a restart, or the end.
  private static func endOfScan(in bytes: Span<UInt8>, from start: Int) -> Int {
    var position = start
    while position + 1 < bytes.count {
      if bytes[position] == JPEGMarker.prefix {
        let next = bytes[position + 1]
        if next == JPEGMarker.prefix {
          // A fill byte before a marker.
          position += 1
          continue
        }
        if next != 0 && !JPEGMarker.isRestart(next) { return position }
        position += 2
      } else {
        position += 1
      }
    }
    return bytes.count
  }

  private mutating func read(
    _ marker: UInt8, _ bytes: Span<UInt8>, _ segment: Range<Int>
  ) throws(JPEGError) {
    let body = segment.lowerBound + 2..<segment.upperBound
    switch marker {
    case JPEGMarker.quantizationTables: try readQuantizationTables(bytes, body)
    case JPEGMarker.huffmanTables: try readHuffmanTables(bytes, body)
    case JPEGMarker.restartInterval:
      guard body.count == 2 else { throw JPEGError(body.lowerBound, "a malformed DRI segment") }
      restartInterval = Int(bytes.uint16(at: body.lowerBound))
    case JPEGMarker.startOfScan: try readScan(bytes, body)
    case JPEGMarker.adobe:
      if body.count >= 12, bytes.array(body.lowerBound..<body.lowerBound + 5) == Self.adobe {
        adobeTransform = bytes[body.lowerBound + 11]
      }
    case _ where JPEGMarker.isStartOfFrame(marker): try readFrame(marker, bytes, body)
    default: break
    }
  }

  private mutating func readQuantizationTables(
    _ bytes: Span<UInt8>, _ body: Range<Int>
  ) throws(JPEGError) {
    var position = body.lowerBound
    repeat {
      guard position < body.upperBound else { throw JPEGError(position, "an empty DQT segment") }
      let wide = bytes[position] >> 4
      let number = bytes[position] & 0x0F
      let length = wide == 0 ? 64 : 128
      guard wide <= 1, number < 4, body.upperBound - position >= 1 + length else {
        throw JPEGError(position, "a malformed DQT segment")
      }
      var table: [UInt16] = []
      table.reserveCapacity(64)
      for index in 0..<64 {
        table.append(
          wide == 0
            ? UInt16(bytes[position + 1 + index]) : bytes.uint16(at: position + 1 + 2 * index))
      }
      quantizationTables[number] = table
      position += 1 + length
    } while position < body.upperBound
  }

  private mutating func readHuffmanTables(
    _ bytes: Span<UInt8>, _ body: Range<Int>
  ) throws(JPEGError) {
    var position = body.lowerBound
    repeat {
      guard body.upperBound - position >= 17 else {
        throw JPEGError(position, "a malformed DHT segment")
      }
      let place = bytes[position]
      let counts = bytes.array(position + 1..<position + 17)
      let total = counts.reduce(0) { $0 + Int($1) }
      guard place & 0xEC == 0, total <= 256, body.upperBound - position >= 17 + total else {
        throw JPEGError(position, "a malformed DHT segment")
      }
      huffmanTables[place] = HuffmanTable(
        counts: counts, values: bytes.array(position + 17..<position + 17 + total))
      position += 17 + total
    } while position < body.upperBound
  }

  private mutating func readFrame(
    _ marker: UInt8, _ bytes: Span<UInt8>, _ body: Range<Int>
  ) throws(JPEGError) {
    let start = body.lowerBound
    guard frame == nil else { throw JPEGError(start, "a second frame header") }
    guard body.count >= 6, body.count == 6 + 3 * Int(bytes[start + 5]) else {
      throw JPEGError(start, "a malformed SOF segment")
    }
    var components: [Component] = []
    for index in 0..<Int(bytes[start + 5]) {
      let place = start + 6 + 3 * index
      components.append(
        Component(
          identifier: bytes[place], horizontalSampling: bytes[place + 1] >> 4,
          verticalSampling: bytes[place + 1] & 0x0F, quantizationTable: bytes[place + 2]))
    }
    frame = FrameHeader(
      marker: marker, offset: start, precision: bytes[start],
      width: Int(bytes.uint16(at: start + 3)), height: Int(bytes.uint16(at: start + 1)),
      components: components)
  }

  private mutating func readScan(_ bytes: Span<UInt8>, _ body: Range<Int>) throws(JPEGError) {
    let start = body.lowerBound
    guard scans.count < Self.scansMax else { throw JPEGError(start, "too many scans") }
    guard body.count >= 6, body.count == 4 + 2 * Int(bytes[start]) else {
      throw JPEGError(start, "a malformed SOS segment")
    }
    var components: [ScanComponent] = []
    for index in 0..<Int(bytes[start]) {
      let place = start + 1 + 2 * index
      components.append(
        ScanComponent(
          identifier: bytes[place], dcTable: bytes[place + 1] >> 4,
          acTable: bytes[place + 1] & 0x0F))
    }
    let tail = body.upperBound - 3
    scans.append(
      Scan(
        offset: start, components: components, spectralStart: bytes[tail],
        spectralEnd: bytes[tail + 1], approximation: bytes[tail + 2],
        data: body.upperBound..<body.upperBound, tables: huffmanTables,
        restartInterval: restartInterval))
  }
}
