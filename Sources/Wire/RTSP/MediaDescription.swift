/// What RTSP has to know of a medium to describe it and to place a range in it.
public struct MediaDescription: Equatable, Sendable {
  /// Its path below the media folder.
  public var name: String
  /// At least one.
  public var frameCount: Int
  /// Frames per second.
  public var rate: FrameRate
  /// In pixels.
  public var width: Int
  /// In pixels.
  public var height: Int

  /// All fields.
  public init(name: String, frameCount: Int, rate: FrameRate, width: Int, height: Int) {
    self.name = name
    self.frameCount = frameCount
    self.rate = rate
    self.width = width
    self.height = height
  }

  /// In microseconds.
  public var duration: Int64 { rate.microseconds(ofFrames: frameCount) }

  /// The session description of a server at `address`, with one track (RFC 2326 appendix C).
  func sessionDescription(address: String, origin: UInt64) -> SessionDescription {
    var attributes: [SessionDescription.Attribute] = [
      .init("rtpmap", "\(RTPHeader.jpegPayloadType) JPEG/\(RTPHeader.clockRate)"),
      .init("framerate", rate.description),
      .init("control", "\(RTSPURL.trackPrefix)0"),
    ]
    if max(width, height) > RTPJPEGFrame.sideMax {
      attributes.append(.init("x-dimensions", "\(width),\(height)"))
    }
    let video = SessionDescription.Media(
      kind: "video", profile: "RTP/AVP", formats: [RTPHeader.jpegPayloadType],
      attributes: attributes)
    return SessionDescription(
      origin: origin, address: address, name: name,
      attributes: [
        .init("control", "*"), .init("range", "npt=0-\(NPTRange.seconds(duration))"),
      ],
      media: [video])
  }
}
