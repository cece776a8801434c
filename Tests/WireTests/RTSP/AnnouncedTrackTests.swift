import Testing

@testable import Wire

@Suite("AnnouncedTrack")
struct AnnouncedTrackTests {
  private func track(_ lines: String...) throws(RTSPRefusal) -> AnnouncedTrack? {
    let text = (["v=0"] + lines).joined(separator: "\r\n")
    guard let description = SessionDescription(text) else { return nil }
    return try AnnouncedTrack(description)
  }

  @Test("payload type 26 is JPEG unless it is said to be something else")
  func fixed() throws {
    // As FFmpeg announces it, and as GStreamer does.
    let ffmpeg = try track("m=video 0 RTP/AVP 26", "b=AS:911", "a=control:streamid=0")
    #expect(ffmpeg?.payloadType == 26 && ffmpeg?.control == "streamid=0")
    let gstreamer = try track(
      "m=video 0 RTP/AVP 26", "c=IN IP4 0.0.0.0", "a=rtpmap:26 JPEG/90000", "a=control:stream=0")
    #expect(gstreamer?.payloadType == 26 && gstreamer?.control == "stream=0")
    #expect(throws: RTSPRefusal.self) {
      try track("m=video 0 RTP/AVP 26", "a=rtpmap:26 H264/90000")
    }
  }

  @Test("any payload type that is mapped to JPEG is, whatever stands beside it")
  func dynamic() throws {
    let track = try track(
      "m=audio 0 RTP/AVP 0", "a=control:audio", "m=video 0 RTP/AVP 96 97",
      "a=rtpmap:96 H264/90000", "a=rtpmap:97 jpeg/90000", "a=control:video")
    #expect(track?.payloadType == 97 && track?.control == "video")
    #expect(track?.otherControls == ["audio"])
  }

  @Test("large pictures have their size said")
  func dimensions() throws {
    for (line, width) in [
      ("a=x-dimensions:3840,2160", 3840), ("a=x-dimensions: 3840 , 2160", 3840),
      ("a=x-dimensions:0,2160", nil), ("a=x-dimensions:99999,1", nil), ("a=x-dimensions:1", nil),
      ("a=x-dimensions", nil),
    ] {
      let track = try track("m=video 0 RTP/AVP 26", line)
      #expect(track?.width == width && (track?.height == nil) == (width == nil), "\(line)")
    }
  }

  @Test("a refusal says what is wanted and what there is")
  func refusals() {
    for (lines, words) in [
      (["m=video 0 RTP/AVP 96", "a=rtpmap:96 H264/90000"], "video H264/90000"),
      (["m=audio 0 RTP/AVP 0"], "audio payload type 0"), (["s=x"], "without a track"),
      (["m=video 0 RTP/AVP 999"], "video without a format"),
      (["m=video 0 RTP/AVP 96", "a=rtpmap:96 JPEG/8000"], "JPEG/8000"),
      (["m=audio 0 RTP/AVP 26"], "audio payload type 26"),
    ] {
      let description = SessionDescription((["v=0"] + lines).joined(separator: "\n"))
      let refusal = #expect(throws: RTSPRefusal.self) {
        _ = try AnnouncedTrack(try #require(description))
      }
      #expect(refusal?.status == .unsupportedMediaType)
      #expect(refusal?.reason.contains("JPEG over RTP is wanted") == true)
      #expect(refusal?.reason.contains(words) == true, "\(refusal?.reason ?? "")")
    }
  }

  @Test("a SETUP names the track by its control attribute")
  func control() throws {
    let url = try #require(RTSPURL("rtsp://h:8554/live/x"))
    func accepts(_ control: String?, _ setup: String) throws -> Bool {
      var lines = ["m=video 0 RTP/AVP 26"]
      if let control { lines.append("a=control:\(control)") }
      let text = (["v=0"] + lines).joined(separator: "\n")
      let track = try AnnouncedTrack(try #require(SessionDescription(text)))
      let setup = try #require(RTSPURL(setup))
      return (try? Announcement(url, track).check(setup)) != nil
    }
    #expect(try accepts("streamid=0", "rtsp://h:8554/live/x/streamid=0"))
    #expect(try accepts("streamid=0", "rtsp://h/live/x/streamid=0/"))
    #expect(try accepts("stream=0", "rtsp://h/live/x/stream=0"))
    #expect(try accepts("rtsp://h:8554/live/x/t", "rtsp://h:8554/live/x/t"))
    #expect(try accepts(nil, "rtsp://h/live/x") && accepts("*", "rtsp://h/live/x"))
    #expect(try !accepts("streamid=0", "rtsp://h/live/x"))
    #expect(try !accepts("streamid=0", "rtsp://h/live/x/streamid=1"))
    #expect(try !accepts("streamid=0", "rtsp://h/live/y/streamid=0"))
    #expect(try !accepts(nil, "rtsp://h/live/x/stream=0"))
  }
}
