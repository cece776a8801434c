/// A picture as RTP carries it (RFC 2435): what the headers say, and where the entropy-coded data
/// are.
public struct RTPJPEGPicture: Equatable, Sendable {
  /// What the RTP headers say.
  public let frame: RTPJPEGFrame
  /// What the data are in.
  public let bytes: [UInt8]
  /// The entropy-coded data.
  public let scan: Range<Int>

  /// The picture that `jpeg` begins with, if RTP can carry it as it is.
  public init?(asItIs jpeg: [UInt8]) {
    guard let picture = try? RTPJPEGFrame.inspect(jpeg.span, at: 0),
      picture.scan.count <= JPEGPacketizer.scanBytesMax
    else { return nil }
    (frame, bytes, scan) = (picture.frame, jpeg, picture.scan)
  }

  /// The picture that `jpeg` begins with, normalised where RTP cannot carry it as it is. That takes
  /// milliseconds.
  ///
  /// - Throws: where and why it cannot be carried at all.
  public init(normalizing jpeg: [UInt8]) throws(JPEGError) {
    if let picture = RTPJPEGPicture(asItIs: jpeg) {
      self = picture
      return
    }
    let picture = try JPEGNormalizer.normalize(jpeg.span, at: 0)
    guard picture.scan.count <= JPEGPacketizer.scanBytesMax else {
      throw JPEGError(0, "a picture larger than RTP can carry")
    }
    (frame, bytes, scan) = (picture.frame, picture.scan, 0..<picture.scan.count)
  }

  /// Its packets.
  public func packets(_ packetizer: JPEGPacketizer) -> [UInt8] {
    packetizer.packets(frame, bytes.span, scan: scan)
  }
}
