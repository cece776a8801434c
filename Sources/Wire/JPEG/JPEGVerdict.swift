/// Whether RTP can carry a picture, and what has to be done to it first. Nothing is decoded.
public struct JPEGVerdict: Equatable, Sendable {
  /// From SOI to behind EOI.
  public let picture: Range<Int>
  /// In pixels.
  public let width: Int
  /// In pixels.
  public let height: Int
  /// The entropy-coded data's length as they are.
  public let scanBytes: Int
  /// What ``JPEGNormalizer`` would do; empty when RTP can carry the picture as it is.
  public let changes: Set<JPEGNormalizer.Change>

  /// Judges the picture that begins at `offset`.
  ///
  /// - Throws: where and why it cannot be carried at all, in words for who made the file.
  public init(_ bytes: Span<UInt8>, at offset: Int) throws(JPEGError) {
    if let carriable = try? RTPJPEGFrame.inspect(bytes, at: offset) {
      picture = carriable.picture
      (width, height) = (carriable.frame.width, carriable.frame.height)
      scanBytes = carriable.scan.count
      changes = []
      return
    }
    let image = try JPEGImage(bytes, at: offset)
    changes = try JPEGNormalizer.plan(image)
    picture = image.range
    (width, height) = (image.frame?.width ?? 0, image.frame?.height ?? 0)
    scanBytes = image.scans.reduce(0) { $0 + $1.data.count }
    guard scanBytes > 0 else { throw JPEGError(offset, "a JPEG without a picture in it") }
  }
}
