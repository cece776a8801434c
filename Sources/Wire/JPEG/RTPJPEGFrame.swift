/// What RTP says of a JPEG picture (RFC 2435 §3): everything that a receiver needs to write the
/// picture's headers anew. The entropy-coded data themselves are elsewhere.
public struct RTPJPEGFrame: Equatable, Sendable {
  /// How chroma is sampled; the raw value is the RFC's type.
  public enum Sampling: UInt8, Sendable {
    /// 4:2:2, luma sampled 2 × 1.
    case horizontallyHalved = 0
    /// 4:2:0, luma sampled 2 × 2.
    case halved = 1

    /// Luma's sampling factors as they stand in a frame header.
    var lumaFactors: UInt8 { self == .halved ? 0x22 : 0x21 }
  }

  /// In pixels.
  public var width: Int
  /// In pixels.
  public var height: Int
  /// How chroma is sampled.
  public var sampling: Sampling
  /// In minimum coded units; 0 means that there are no restart markers.
  public var restartInterval: UInt16
  /// Luma's 64 values and chroma's 64 values, in zigzag order.
  public var quantizationTables: [UInt8]

  /// Beyond this the RTP header's eight bits of eight pixels cannot say the size; it is then given
  /// in the session description.
  public static let sideMax = 2040

  /// All fields.
  public init(
    width: Int, height: Int, sampling: Sampling, restartInterval: UInt16,
    quantizationTables: [UInt8]
  ) {
    self.width = width
    self.height = height
    self.sampling = sampling
    self.restartInterval = restartInterval
    self.quantizationTables = quantizationTables
  }

  /// A picture that RTP can carry as it is.
  public struct Carriable: Equatable, Sendable {
    /// What the RTP headers say.
    public let frame: RTPJPEGFrame
    /// The picture, from SOI to behind EOI.
    public let picture: Range<Int>
    /// The entropy-coded data.
    public let scan: Range<Int>
  }

  /// Walks the picture that begins at `offset` and decides whether RFC 2435 can carry it.
  ///
  /// - Throws: where and why it cannot, in words for the person who made the file.
  public static func inspect(
    _ bytes: Span<UInt8>, at offset: Int
  ) throws(JPEGError) -> Carriable {
    let image = try JPEGImage(bytes, at: offset)
    guard let header = image.frame, let scan = image.scans.first, !scan.data.isEmpty else {
      throw JPEGError(offset, "a JPEG without a picture in it")
    }
    try checkBaseline(header, image)
    let sampling = try sampling(of: header)
    try checkScan(scan, header, image)
    let frame = RTPJPEGFrame(
      width: header.width, height: header.height, sampling: sampling,
      restartInterval: UInt16(image.restartInterval),
      quantizationTables: try tables(of: header, image))
    return Carriable(frame: frame, picture: image.range, scan: scan.data)
  }

  private static func checkBaseline(
    _ header: JPEGImage.FrameHeader, _ image: JPEGImage
  ) throws(JPEGError) {
    let offset = header.offset
    switch header.marker {
    case JPEGMarker.baselineFrame: break
    case 0xC1: throw JPEGError(offset, "the picture is extended sequential, not baseline")
    case 0xC2: throw JPEGError(offset, "the picture is progressive, not baseline")
    case 0xC3: throw JPEGError(offset, "the picture is lossless JPEG, not baseline")
    case 0xC9...0xCF: throw JPEGError(offset, "the picture is arithmetically coded")
    default: throw JPEGError(offset, "the picture is hierarchical, not baseline")
    }
    guard header.precision == 8 else {
      throw JPEGError(offset, "\(header.precision) bits a sample, not 8")
    }
    guard header.width > 0, header.height > 0 else {
      throw JPEGError(offset, "a size of \(header.width)×\(header.height) pixels")
    }
    guard image.scans.count == 1 else {
      throw JPEGError(image.scans[1].offset, "several scans, not one")
    }
  }

  private static func sampling(
    of header: JPEGImage.FrameHeader
  ) throws(JPEGError) -> Sampling {
    let components = header.components
    guard components.count == 3 else {
      let what = components.count == 1 ? "the picture is greyscale" : "not three components"
      throw JPEGError(header.offset, "\(what), RTP carries colour as Y, Cb, Cr only")
    }
    let factors = components.map { ($0.horizontalSampling, $0.verticalSampling) }
    if factors[1] == (1, 1), factors[2] == (1, 1) {
      if factors[0] == (2, 2) { return .halved }
      if factors[0] == (2, 1) { return .horizontallyHalved }
    }
    let text = factors.map { "\($0.0)x\($0.1)" }.joined(separator: ",")
    throw JPEGError(header.offset, "sampling \(text), neither 4:2:0 nor 4:2:2")
  }

  private static func tables(
    of header: JPEGImage.FrameHeader, _ image: JPEGImage
  ) throws(JPEGError) -> [UInt8] {
    let numbers = header.components.map(\.quantizationTable)
    let tables = numbers.map { image.quantizationTables[$0] }
    guard let luma = tables[0], let blue = tables[1], let red = tables[2] else {
      throw JPEGError(header.offset, "a quantisation table is missing")
    }
    guard blue == red else {
      throw JPEGError(header.offset, "three quantisation tables, RTP carries two")
    }
    let values = luma + blue
    guard values.allSatisfy({ (1...255).contains($0) }) else {
      throw JPEGError(header.offset, "a quantisation value that is zero or above 255")
    }
    return values.map { UInt8($0) }
  }

  /// One scan with all components in order, coded with the tables that a receiver assumes.
  private static func checkScan(
    _ scan: JPEGImage.Scan, _ header: JPEGImage.FrameHeader, _ image: JPEGImage
  ) throws(JPEGError) {
    guard scan.components.map(\.identifier) == header.components.map(\.identifier),
      scan.spectralStart == 0, scan.spectralEnd == 63, scan.approximation == 0
    else { throw JPEGError(scan.offset, "a scan that does not cover the whole picture") }
    for (index, component) in scan.components.enumerated() {
      let (dc, ac) =
        index == 0
        ? (HuffmanTable.luminanceDC, HuffmanTable.luminanceAC)
        : (HuffmanTable.chrominanceDC, HuffmanTable.chrominanceAC)
      // Without any table the standard ones are meant, as in AVI files and from many webcams.
      if image.huffmanTables.isEmpty && component.dcTable == (index == 0 ? 0 : 1)
        && component.acTable == component.dcTable
      {
        continue
      }
      guard image.huffmanTables[component.dcTable] == dc,
        image.huffmanTables[component.acTable | 0x10] == ac
      else {
        throw JPEGError(
          scan.offset,
          "Huffman tables that are not the standard ones (encode with ffmpeg's -huffman default)")
      }
    }
  }
}
