/// The JPEG track of what a client announces (RFC 2326 §10.3): how its packets look, and by which
/// URL it is set up.
public struct AnnouncedTrack: Equatable, Sendable {
  /// 26, or whatever `a=rtpmap` gives to `JPEG/90000`.
  public var payloadType: UInt8
  /// `a=x-dimensions`: of pictures whose sides RTP's own header cannot say.
  public var width: Int?
  /// Likewise.
  public var height: Int?
  /// `a=control`, relative to what is announced or absolute; nil where the track has none.
  var control: String?
  /// The same of the tracks that are announced beside it.
  var otherControls: [String] = []

  /// A description has so many tracks that are looked at.
  private static let tracksMax = 16

  /// Finds the track in a description.
  ///
  /// - Throws: 415 that says what is wanted and what there is instead.
  init(_ description: SessionDescription) throws(RTSPRefusal) {
    let tracks = description.media.prefix(Self.tracksMax)
    guard let index = tracks.firstIndex(where: { Self.payloadType(of: $0) != nil }),
      let payloadType = Self.payloadType(of: tracks[index])
    else {
      let found = tracks.map(Self.name).joined(separator: ", ")
      throw RTSPRefusal(
        .unsupportedMediaType,
        "JPEG over RTP is wanted (payload type 26 or a=rtpmap JPEG/90000), not "
          + (found.isEmpty ? "a description without a track" : found))
    }
    self.payloadType = payloadType
    let track = tracks[index]
    control = track.attribute("control")
    for other in tracks.indices where other != index {
      if let control = tracks[other].attribute("control") { otherControls.append(control) }
    }
    readDimensions(track)
  }

  private mutating func readDimensions(_ track: SessionDescription.Media) {
    let sides = (track.attribute("x-dimensions") ?? "").split(at: ",")
      .map { decimal(trimmed($0), limit: 65_535) ?? 0 }
    guard sides.count == 2, sides[0] > 0, sides[1] > 0 else { return }
    (width, height) = (sides[0], sides[1])
  }

  private static func payloadType(of media: SessionDescription.Media) -> UInt8? {
    guard media.kind == "video" else { return nil }
    return media.formats.first { format in
      let encoding = Self.encoding(of: format, in: media)
      // What is mapped to 26 is meant, whatever the number means without a word.
      guard let encoding else { return format == RTPHeader.jpegPayloadType }
      return equalIgnoringCase(encoding, "JPEG/\(RTPHeader.clockRate)")
    }
  }

  /// `a=rtpmap:96 H264/90000` gives `H264/90000` for 96.
  private static func encoding(of format: UInt8, in media: SessionDescription.Media) -> String? {
    for attribute in media.attributes where attribute.name == "rtpmap" {
      let words = (attribute.value ?? "").split(at: " ", maxSplits: 1)
      if words.count == 2, decimal(words[0]) == Int(format) { return trimmed(words[1]) }
    }
    return nil
  }

  /// What a track is called in a refusal.
  private static func name(_ media: SessionDescription.Media) -> String {
    guard let format = media.formats.first else { return "\(media.kind) without a format" }
    return "\(media.kind) \(encoding(of: format, in: media) ?? "payload type \(format)")"
  }
}

/// What a client has announced: a name, and the track that it will send.
struct Announcement: Equatable {
  /// As the URL has it.
  let name: String
  /// The URL's path, and what it is set up by.
  private let base: String
  let track: AnnouncedTrack

  init(_ url: RTSPURL, _ track: AnnouncedTrack) {
    name = url.name
    base = url.path
    self.track = track
  }

  /// Whether a SETUP's URL names the track. The aggregate's does where a track has no other.
  ///
  /// - Throws: why another one cannot be set up.
  func check(_ url: RTSPURL) throws(RTSPRefusal) {
    if names(url, track.control) { return }
    if track.otherControls.contains(where: { names(url, $0) }) {
      throw RTSPRefusal(
        .unsupportedMediaType, "only the JPEG track can be published, leave the others out")
    }
    throw RTSPRefusal(.notFound, "this track was not announced")
  }

  private func names(_ url: RTSPURL, _ control: String?) -> Bool {
    if path(of: control) == url.path { return true }
    // FFmpeg puts the track behind a query.
    guard url.path == base, let control, !control.isEmpty else { return false }
    return url.query.hasSuffix("/\(control)")
  }

  private func path(of control: String?) -> String {
    guard let control, control != "*", !control.isEmpty else { return base }
    if let absolute = RTSPURL(control) { return absolute.path }
    return RTSPURL(path: "\(base)/\(control)").path
  }
}
