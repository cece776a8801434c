/// What RTSP has to know of a medium to describe it and to place a range in it.
public struct MediaDescription: Equatable, Sendable {
  /// Its path below the media folder.
  public var name: String
  /// At least one; one for a live source, which has neither beginning nor end.
  public var frameCount: Int
  /// Frames per second; for a live source it says nothing.
  public var rate: FrameRate
  /// In pixels.
  public var width: Int
  /// In pixels.
  public var height: Int
  /// What is shown is what happens now: there is no place to go to.
  public let isLive: Bool
  /// Where it is sent once for all who want it that way; nil where it is not.
  public var group: MulticastGroup?

  /// A file.
  public init(name: String, frameCount: Int, rate: FrameRate, width: Int, height: Int) {
    self.name = name
    self.frameCount = frameCount
    self.rate = rate
    self.width = width
    self.height = height
    isLive = false
  }

  /// A live source, and how large its pictures are at the moment.
  public init(live name: String, width: Int, height: Int) {
    self.name = name
    (frameCount, rate) = (1, .standard)
    self.width = width
    self.height = height
    isLive = true
  }

  /// In microseconds.
  public var duration: Int64 { rate.microseconds(ofFrames: frameCount) }

  /// The session description of a server at `address`, with one track (RFC 2326 appendix C).
  func sessionDescription(address: String, origin: UInt64) -> SessionDescription {
    var attributes: [SessionDescription.Attribute] = [
      .init("rtpmap", "\(RTPHeader.jpegPayloadType) JPEG/\(RTPHeader.clockRate)")
    ]
    if !isLive { attributes.append(.init("framerate", rate.description)) }
    attributes.append(.init("control", "\(RTSPURL.trackPrefix)0"))
    if max(width, height) > RTPJPEGFrame.sideMax {
      attributes.append(.init("x-dimensions", "\(width),\(height)"))
    }
    let video = SessionDescription.Media(
      kind: "video", profile: "RTP/AVP", formats: [RTPHeader.jpegPayloadType],
      attributes: attributes, port: group?.port ?? 0, connection: group?.connection)
    return SessionDescription(
      origin: origin, address: address, name: name,
      attributes: [
        .init("control", "*"),
        .init("range", isLive ? "npt=now-" : "npt=0-\(NPTRange.seconds(duration))"),
      ],
      media: [video])
  }
}
