import Testing

@testable import Wire

@Suite("MediaDescription")
struct MediaDescriptionTests {
  @Test("describes itself as the players expect it")
  func describes() {
    let media = MediaDescription(
      name: "movie.Mjpeg", frameCount: 200, rate: .standard, width: 640, height: 480)
    #expect(media.duration == 10_000_000)
    #expect(
      media.sessionDescription(address: "127.0.0.1", origin: 42).description == """
        v=0\r
        o=- 42 1 IN IP4 127.0.0.1\r
        s=movie.Mjpeg\r
        c=IN IP4 0.0.0.0\r
        t=0 0\r
        a=control:*\r
        a=range:npt=0-10\r
        m=video 0 RTP/AVP 26\r
        a=rtpmap:26 JPEG/90000\r
        a=framerate:20\r
        a=control:stream=0\r

        """)
  }

  @Test(
    "a group is named where there is one",
    arguments: [
      ("239.1.2.3", "IN IP4 239.1.2.3/16"), ("ff15::1", "IN IP6 ff15::1"),
    ])
  func group(address: String, connection: String) throws {
    var media = MediaDescription(
      name: "movie.Mjpeg", frameCount: 200, rate: .standard, width: 640, height: 480)
    media.group = MulticastGroup(address: address, port: 5004, ttl: 16)
    let text = media.sessionDescription(address: "127.0.0.1", origin: 42).description
    #expect(text.contains("\r\nm=video 5004 RTP/AVP 26\r\nc=\(connection)\r\na=rtpmap:26"))
    // Of the session nothing is said: whoever asks for unicast gets that.
    #expect(text.contains("\r\nc=IN IP4 0.0.0.0\r\nt=0 0\r\n"))
    let read = try #require(SessionDescription(text)?.media.first)
    #expect(read.port == 5004 && read.connection == connection)
  }

  @Test("says its size where the RTP header cannot: above 2040 pixels")
  func dimensions() throws {
    let rate = try #require(FrameRate("30000/1001"))
    for (width, height, said) in [
      (2040, 2040, nil), (2041, 8, "2041,8"), (8, 2048, "8,2048"), (65_535, 65_535, "65535,65535"),
    ] as [(Int, Int, String?)] {
      let media = MediaDescription(
        name: "m", frameCount: 30, rate: rate, width: width, height: height)
      let description = media.sessionDescription(address: "::1", origin: 0)
      #expect(description.media.first?.attribute("x-dimensions") == said)
      #expect(description.media.first?.attribute("framerate") == "29.970")
      #expect(description.attribute("range") == "npt=0-1.001")
    }
  }

  @Test("a live source has no rate and no end, and begins now")
  func live() {
    let media = MediaDescription(live: "live/door", width: 2048, height: 480)
    #expect(media.isLive)
    #expect(
      media.sessionDescription(address: "127.0.0.1", origin: 42).description == """
        v=0\r
        o=- 42 1 IN IP4 127.0.0.1\r
        s=live/door\r
        c=IN IP4 0.0.0.0\r
        t=0 0\r
        a=control:*\r
        a=range:npt=now-\r
        m=video 0 RTP/AVP 26\r
        a=rtpmap:26 JPEG/90000\r
        a=control:stream=0\r
        a=x-dimensions:2048,480\r

        """)
  }

  @Test("has a name that cannot add lines to its description")
  func hostileName() {
    let media = MediaDescription(
      name: "a\r\na=control:rtsp://evil/", frameCount: 1, rate: .standard, width: 8, height: 8)
    let text = media.sessionDescription(address: "::1", origin: 0).description
    #expect(text.split(separator: "\r\n").count == 11)
    #expect(text.contains("s=a??a=control:rtsp://evil/\r\n"))
  }
}
