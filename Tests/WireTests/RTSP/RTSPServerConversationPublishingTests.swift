import Testing

@testable import Wire

@Suite("A server's conversation: publishing")
struct RTSPServerConversationPublishingTests {
  private typealias Step = RTSPServerConversation.Step

  private static let url = "rtsp://h/live/x"
  private static let sdp = """
    v=0\r
    o=- 0 0 IN IP4 127.0.0.1\r
    s=No Name\r
    m=audio 0 RTP/AVP 0\r
    a=control:streamid=1\r
    m=video 0 RTP/AVP 26\r
    a=control:streamid=0\r

    """

  /// Sends ANNOUNCE and returns the status.
  @discardableResult
  private func announce(
    _ script: inout ConversationScript, _ sdp: String = sdp, url: String = url
  ) -> Int {
    script.request("ANNOUNCE", url, "Content-Type: application/sdp", body: sdp)
  }

  /// Sets the track up and returns the `Session` header to send.
  private func setup(
    _ script: inout ConversationScript,
    _ transport: String = "RTP/AVP/UDP;unicast;client_port=14732-14733;mode=record"
  ) -> String {
    script.request("SETUP", Self.url + "/streamid=0", "Transport: \(transport)")
    return "Session: \(script.header("Session").map { String($0.prefix { $0 != ";" }) } ?? "")"
  }

  private static let interleaved = "RTP/AVP/TCP;unicast;interleaved=0-1;mode=record"

  private func packet(_ channel: UInt8, _ bytes: [UInt8]) -> [UInt8] {
    [0x24, channel, 0, UInt8(bytes.count)] + bytes
  }

  @Test("announce, set up, record, pause, record, teardown over UDP")
  func life() throws {
    var script = ConversationScript()
    #expect(announce(&script) == 200)
    guard case .announce("live/x", let track) = script.steps.last else {
      return #expect(Bool(false), "\(script.steps)")
    }
    #expect(track.payloadType == 26)
    let session = setup(&script)
    #expect(script.status == 200)
    #expect(
      script.header("Transport")
        == "RTP/AVP;unicast;client_port=14732-14733;server_port=25002-25003;mode=\"record\"")
    guard case .receive(1, let transport, "live/x", track) = script.steps.last else {
      return #expect(Bool(false), "\(script.steps)")
    }
    #expect(transport.clientPorts == .init(rtp: 14732, rtcp: 14733))
    #expect(script.request("RECORD", Self.url, session, "Range: npt=0.000-") == 200)
    #expect(script.header("Session")?.hasSuffix(";timeout=60") == true)
    // Once more is no error and changes nothing.
    #expect(script.request("RECORD", Self.url, session) == 200)
    #expect(script.request("PAUSE", Self.url, session) == 200)
    #expect(script.request("PAUSE", Self.url, session) == 455)
    #expect(script.header("Warning")?.contains("RECORD it before PAUSE") == true)
    #expect(script.request("RECORD", Self.url, session) == 200)
    #expect(script.request("TEARDOWN", Self.url, session) == 200)
    #expect(
      script.steps.dropFirst(2) == [
        .record(session: 1), .pause(session: 1), .record(session: 1),
        .end(session: 1, .teardown),
      ])
  }

  @Test("packets on the RTP channel come through while it records, those on RTCP's always")
  func interleaved() {
    var script = ConversationScript()
    announce(&script)
    let session = setup(&script, Self.interleaved)
    #expect(
      script.header("Transport")
        == "RTP/AVP/TCP;unicast;interleaved=0-1;mode=\"record\"")
    let before = script.steps.count
    script.say(packet(0, [1]))
    script.request("RECORD", Self.url, session)
    script.say(packet(0, [2]) + packet(1, [3]) + packet(2, [4]))
    script.request("PAUSE", Self.url, session)
    script.say(packet(0, [5]))
    #expect(
      script.steps.dropFirst(before) == [
        .record(session: 1), .packet(session: 1, [2]), .control(session: 1, [3]),
        .pause(session: 1),
      ])
  }

  @Test("what is recorded comes as fast as it comes; everything else is paced")
  func pace() {
    var settings = RTSPServerConversation.Settings()
    settings.pace = TokenBucket(rate: 10, burst: 4)
    var script = ConversationScript(settings: settings)
    announce(&script)
    let session = setup(&script, Self.interleaved)
    script.request("RECORD", Self.url, session)
    script.say((0..<1000).flatMap { _ in packet(0, [1]) })
    #expect(script.steps.count { $0 == .packet(session: 1, [1]) } == 1000)
    #expect(!script.conversation.isPaced)
    script.say((0..<10).flatMap { _ in packet(9, [1]) })
    #expect(script.conversation.isPaced)
  }

  @Test("a session that records lives by what it sends, not by what it says")
  func timeout() {
    var script = ConversationScript()
    announce(&script)
    let session = setup(&script, Self.interleaved)
    script.advance(seconds: 50)
    script.request("RECORD", Self.url, session)
    script.advance(seconds: 50)
    script.request("OPTIONS", "*", session)
    script.say(packet(1, [3]))
    script.conversation.sawSignOfLife(session: 1, at: script.now)
    script.advance(seconds: 50)
    script.request("OPTIONS", "*", session)
    script.say(packet(1, [3]) + packet(0, [3]))
    #expect(script.steps.last == .packet(session: 1, [3]))
    script.advance(seconds: 11)
    #expect(script.steps.last == .end(session: 1, .timeout))
    // Before it records it lives like any other.
    let another = setup(&script, Self.interleaved)
    script.advance(seconds: 50)
    script.request("OPTIONS", "*", another)
    script.advance(seconds: 50)
    #expect(script.request("RECORD", Self.url, another) == 200)
  }

  @Test("a session that was displaced is unknown from then on")
  func displaced() {
    var script = ConversationScript()
    announce(&script)
    let session = setup(&script)
    script.request("RECORD", Self.url, session)
    script.conversation.end(session: 1, .displaced)
    script.say([])
    #expect(script.steps.last == .end(session: 1, .displaced))
    #expect(script.request("TEARDOWN", Self.url, session) == 454)
  }

  @Test("the house may refuse at each step, and the client may try again")
  func refusals() {
    var script = ConversationScript()
    script.announceRefusal = RTSPRefusal(.forbidden, "live/x is published already")
    #expect(announce(&script) == 403)
    #expect(script.header("Warning")?.contains("published already") == true)
    _ = setup(&script)
    #expect(script.status == 455)
    script.announceRefusal = nil
    announce(&script)
    script.openRefusal = RTSPRefusal(.notEnoughBandwidth)
    _ = setup(&script)
    #expect(script.status == 453)
    script.openRefusal = nil
    let session = setup(&script)
    script.recordRefusal = RTSPRefusal(.forbidden)
    #expect(script.request("RECORD", Self.url, session) == 403)
    script.recordRefusal = nil
    #expect(script.request("RECORD", Self.url, session) == 200)
  }

  @Test("what is no JPEG is refused with what is wanted, and not asked about")
  func otherMedia() {
    var script = ConversationScript()
    let h264 = "v=0\r\nm=video 0 RTP/AVP 96\r\na=rtpmap:96 H264/90000\r\n"
    #expect(announce(&script, h264) == 415)
    #expect(script.header("Warning")?.contains("not video H264/90000") == true)
    #expect(announce(&script, "hello") == 400)
    #expect(script.steps.isEmpty)
    #expect(
      script.request("ANNOUNCE", Self.url, "Content-Type: text/plain", body: Self.sdp) == 415)
  }

  @Test("other tracks cannot be set up, and neither can one that was not announced")
  func otherTracks() {
    var script = ConversationScript()
    announce(&script)
    let header = "Transport: \(Self.interleaved)"
    #expect(script.request("SETUP", Self.url + "/streamid=1", header) == 415)
    #expect(script.header("Warning")?.contains("leave the others out") == true)
    #expect(script.request("SETUP", Self.url + "/streamid=2", header) == 404)
    #expect(script.request("SETUP", "rtsp://h/live/y/streamid=0", header) == 404)
    #expect(script.steps.count == 1)
  }

  @Test("methods that do not fit what a session is for are 455")
  func wrongMethods() {
    var script = ConversationScript()
    announce(&script)
    let recording = setup(&script, Self.interleaved)
    #expect(script.request("PLAY", Self.url, recording) == 455)
    script.request("RECORD", Self.url, recording)
    #expect(script.request("PLAY", Self.url, recording) == 455)
    _ = setup(&script, Self.interleaved)
    #expect(script.status == 455)
    let again = "\(recording)\r\nTransport: \(Self.interleaved)"
    #expect(script.request("SETUP", Self.url + "/streamid=0", again) == 455)
    #expect(announce(&script, Self.sdp) == 200)
    #expect(
      script.request("ANNOUNCE", Self.url, recording, "Content-Type: application/sdp") == 455)
    let playing = "Session: \(script.setup("movie.Mjpeg", "RTP/AVP/TCP;interleaved=4-5"))"
    #expect(script.status == 200)
    #expect(script.request("RECORD", "rtsp://h/movie.Mjpeg", playing) == 455)
    #expect(
      script.request(
        "SETUP", "rtsp://h/movie.Mjpeg/stream=0", recording, "Transport: RTP/AVP/TCP") == 455)
    #expect(script.request("PLAY", "rtsp://h/movie.Mjpeg", playing) == 200)
  }

  @Test("a paused session may get another transport")
  func setupTwice() {
    var script = ConversationScript()
    announce(&script)
    let session = setup(&script)
    let again = "\(session)\r\nTransport: \(Self.interleaved)"
    #expect(script.request("SETUP", Self.url + "/streamid=0", again) == 200)
    #expect(script.header("Session").map { "Session: \($0)" }?.hasPrefix(session) == true)
    guard case .receive(1, let transport, _, _) = script.steps.last else {
      return #expect(Bool(false), "\(script.steps)")
    }
    #expect(transport.channels == .init(rtp: 0, rtcp: 1))
  }

  @Test("the classroom dialect cannot publish")
  func classroom() {
    var script = ConversationScript()
    script.say("RECORD live/x RTSP/1.0\nCSeq: 1\nSession: 123456\n")
    #expect(script.last.hasPrefix("RTSP/1.0 501 "))
    script.say("ANNOUNCE live/x RTSP/1.0\nCSeq: 2\nTransport: RTP/UDP; client_port= 5000\n")
    #expect(script.last.hasPrefix("RTSP/1.0 501 "))
    script.say(
      "SETUP live/x RTSP/1.0\nCSeq: 3\nTransport: RTP/UDP; client_port= 5000; mode=record\n")
    #expect(script.last.hasPrefix("RTSP/1.0 461 "))
    #expect(script.steps.isEmpty)
  }

  @Test("older words for the mode are understood", arguments: ["\"RECORD\"", "RECORD", "receive"])
  func modes(_ mode: String) {
    var script = ConversationScript()
    announce(&script)
    _ = setup(&script, "RTP/AVP/TCP;unicast;interleaved=0-1;mode=\(mode)")
    #expect(script.status == 200)
  }

  @Test("FFmpeg's way of a URL with a query: the track stands behind it")
  func query() {
    var script = ConversationScript()
    let url = Self.url + "?token=a/b"
    #expect(announce(&script, url: url) == 200)
    let transport = "Transport: \(Self.interleaved)"
    #expect(script.request("SETUP", url + "/streamid=1", transport) == 415)
    #expect(script.request("SETUP", url + "/streamid=2", transport) == 404)
    #expect(script.request("SETUP", url + "/streamid=0", transport) == 200)
  }
}
