/// Makes a JPEG that RFC 2435 cannot carry into one that it can: the entropy coding is undone and
/// done again with the standard tables, and what a decoder shows stays the same to the last bit.
/// Where that cannot be (chroma that is sampled otherwise, say), luma stays the same and the change
/// says that something was lost.
public struct JPEGNormalizer {
  /// What was done to a picture.
  public enum Change: String, CaseIterable, Sendable,
    CustomStringConvertible
  {
    /// Other Huffman tables than the standard ones.
    case huffman = "Huffman tables"
    /// Progressive, or several scans: one baseline scan.
    case scans = "scans"
    /// Greyscale: chroma that is empty.
    case greyscale = "greyscale to colour"
    /// Sampling factors with a common divisor, or minimum coded units of another shape.
    case units = "sampling factors"
    /// Quantisation tables, exactly.
    case tables = "quantisation tables"
    /// Chroma brought to 4:2:0; it is not the same any more.
    case chroma = "chroma to 4:2:0"
    /// Coefficients rounded to other quantisation tables.
    case rounding = "coefficients rounded"

    /// The change in words, with a warning where something is lost.
    public var description: String { isLossy ? "\(rawValue) (with loss)" : rawValue }

    /// Whether the picture is another one, if only a little.
    public var isLossy: Bool { self == .chroma || self == .rounding }
  }

  /// A picture that RTP can carry.
  public struct Picture: Equatable, Sendable {
    /// What the RTP headers say.
    public let frame: RTPJPEGFrame
    /// The entropy-coded data.
    public let scan: [UInt8]
    /// What was done.
    public let changes: Set<Change>
    /// The original, from SOI to behind EOI.
    public let picture: Range<Int>
  }

  /// What would be done to a picture, without doing it; nothing is decoded.
  ///
  /// - Throws: where and why it cannot be done.
  static func plan(_ image: JPEGImage) throws(JPEGError) -> Set<Change> {
    guard let header = image.frame, !image.scans.isEmpty else {
      throw JPEGError(image.range.lowerBound, "a JPEG without a picture in it")
    }
    try check(header, image)
    var changes: Set<Change> = [.huffman]
    if header.marker == JPEGMarker.progressiveFrame || image.scans.count > 1 {
      changes.insert(.scans)
    }
    let layout = try JPEGCoefficients(header, image.quantizationTables, isEmpty: true)
    let grids = layout.planes.map(\.grid)
    guard
      grids.allSatisfy({
        $0.horizontal <= grids[0].horizontal && $0.vertical <= grids[0].vertical
      })
    else { throw JPEGError(header.offset, "luma has fewer samples than chroma") }
    if layout.planes.count == 1 {
      changes.insert(.greyscale)
    } else if let sampling = layout.sampling {
      let factors = header.components.map { $0.horizontalSampling << 4 | $0.verticalSampling }
      if factors != [sampling.lumaFactors, 0x11, 0x11] { changes.insert(.units) }
    } else {
      changes.insert(.chroma)
    }
    let tables = layout.planes.map(\.quantization)
    if tables.last != tables.dropFirst().first ?? tables.last
      || tables.contains(where: { $0.contains { $0 > 255 } })
    {
      changes.insert(.tables)
    }
    return changes
  }

  /// Normalises the picture that begins at `offset`.
  ///
  /// - Throws: where and why it cannot be done, in words for the person who made the file.
  public static func normalize(
    _ bytes: Span<UInt8>, at offset: Int
  ) throws(JPEGError) -> Picture {
    let image = try JPEGImage(bytes, at: offset)
    var changes = try plan(image)
    var coefficients = try JPEGScanDecoder.decode(image, bytes)
    let sampling = coefficients.sampling ?? .halved
    if changes.contains(.chroma) { coefficients.halveChroma() }
    changes.formUnion(coefficients.unifyTables())
    let keepsUnits = changes.isDisjoint(with: [.chroma, .units, .greyscale])
    let restartInterval = keepsUnits ? image.scans[0].restartInterval : 0
    let scan: [UInt8]
    do throws(JPEGError) {
      scan = try JPEGScanEncoder.encode(
        coefficients, sampling, restartInterval: restartInterval)
    } catch {
      throw JPEGError(image.scans[0].offset, error.reason)
    }
    let planes = coefficients.planes
    let tables = planes[0].quantization + planes[planes.count - 1].quantization
    let frame = RTPJPEGFrame(
      width: coefficients.width, height: coefficients.height, sampling: sampling,
      restartInterval: UInt16(clamping: restartInterval),
      quantizationTables: tables.map { UInt8(clamping: $0) })
    return Picture(frame: frame, scan: scan, changes: changes, picture: image.range)
  }

  private static func check(
    _ header: JPEGImage.FrameHeader, _ image: JPEGImage
  ) throws(JPEGError) {
    let offset = header.offset
    switch header.marker {
    case JPEGMarker.baselineFrame, JPEGMarker.extendedFrame, JPEGMarker.progressiveFrame: break
    case 0xC3: throw JPEGError(offset, "the picture is lossless JPEG, which cannot be re-coded")
    case 0xC9...0xCF:
      throw JPEGError(offset, "the picture is arithmetically coded, which few programs can read")
    default: throw JPEGError(offset, "the picture is hierarchical, which few programs can read")
    }
    guard header.precision == 8 else {
      throw JPEGError(offset, "\(header.precision) bits a sample, RTP carries 8")
    }
    let identifiers = header.components.map(\.identifier)
    switch header.components.count {
    case 1: break
    case 3 where image.adobeTransform == 0 || identifiers == Array("RGB".utf8):
      throw JPEGError(offset, "the picture is RGB, RTP carries Y, Cb, Cr")
    case 3: break
    case 4: throw JPEGError(offset, "the picture is CMYK, RTP carries Y, Cb, Cr")
    default: throw JPEGError(offset, "\(header.components.count) colours, RTP carries three")
    }
    guard Set(identifiers).count == identifiers.count else {
      throw JPEGError(offset, "two colours of the same name")
    }
  }
}
