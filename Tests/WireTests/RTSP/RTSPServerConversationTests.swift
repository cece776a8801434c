import Testing

@testable import Wire

@Suite("A server's conversation: methods and replies")
struct RTSPServerConversationTests {
  @Test("OPTIONS lists the methods, for a URL and for *")
  func options() {
    var script = ConversationScript()
    #expect(script.request("OPTIONS") == 200)
    #expect(
      script.header("Public")
        == "OPTIONS, DESCRIBE, ANNOUNCE, SETUP, PLAY, RECORD, PAUSE, TEARDOWN, GET_PARAMETER, "
        + "SET_PARAMETER")
    #expect(script.header("CSeq") == "1")
    #expect(script.request("OPTIONS", "*") == 200)
    // VLC asks `rtsp://@host` about the server itself.
    #expect(script.request("OPTIONS", "rtsp://@host") == 200)
  }

  @Test("DESCRIBE answers the session description of the medium")
  func describe() {
    var script = ConversationScript()
    #expect(
      script.request("DESCRIBE", "rtsp://h:8554/movie.Mjpeg", "Accept: application/sdp") == 200)
    #expect(script.header("Content-Base") == "rtsp://h:8554/movie.Mjpeg/")
    #expect(script.header("Content-Type") == "application/sdp")
    let body = script.last.split(separator: "\r\n\r\n", maxSplits: 1).last.map(String.init) ?? ""
    #expect(script.header("Content-Length") == String(body.utf8.count))
    for line in [
      "m=video 0 RTP/AVP 26", "a=rtpmap:26 JPEG/90000", "a=framerate:20", "a=range:npt=0-10",
      "a=control:stream=0", "c=IN IP4 0.0.0.0",
    ] {
      #expect(body.contains(line + "\r\n"), "\(line) is missing in \(body)")
    }
    #expect(!body.contains("x-dimensions"))
  }

  @Test("DESCRIBE tells the size where the RTP header cannot")
  func describeLarge() {
    var script = ConversationScript()
    script.media.width = 3840
    script.media.height = 2160
    script.request("DESCRIBE")
    #expect(script.last.contains("a=x-dimensions:3840,2160\r\n"))
  }

  @Test("DESCRIBE escapes the name in Content-Base and cannot be made to write lines")
  func describeOddName() {
    var script = ConversationScript()
    script.media.name = "a b\n<x>.Mjpeg"
    script.request("DESCRIBE", "rtsp://h/a%20b%0A%3Cx%3E.Mjpeg")
    #expect(script.header("Content-Base") == "rtsp://h/a%20b%0A%3Cx%3E.Mjpeg/")
    #expect(script.last.contains("s=a b?<x>.Mjpeg\r\n"))
  }

  @Test(
    "each refusal has its status",
    arguments: [
      ("FLY", "rtsp://h/movie.Mjpeg", "", 501), ("options", "*", "", 501),
      ("REDIRECT", "rtsp://h/movie.Mjpeg", "", 405), ("RECORD", "rtsp://h/movie.Mjpeg", "", 454),
      ("ANNOUNCE", "rtsp://h/movie.Mjpeg", "", 415),
      ("ANNOUNCE", "rtsp://h/movie.Mjpeg", "Content-Type: application/sdp", 400),
      ("ANNOUNCE", "/movie.Mjpeg", "Content-Type: application/sdp", 400),
      ("ANNOUNCE", "rtsp://h/movie.Mjpeg", "Session: x", 455),
      ("RECORD", "rtsp://h/movie.Mjpeg", "Session: x", 454),
      ("SETUP", "rtsp://h/live/x", "Transport: RTP/AVP/TCP;mode=record", 455),
      ("DESCRIBE", "rtsp://h/none.Mjpeg", "", 404), ("DESCRIBE", "rtsp://h", "", 404),
      ("DESCRIBE", "rtsp://h/bad.avi", "", 415),
      ("DESCRIBE", "rtsp://h/movie.Mjpeg", "Accept: text/html", 406),
      ("DESCRIBE", "/movie.Mjpeg", "", 400), ("DESCRIBE", "http://h/movie.Mjpeg", "", 400),
      ("DESCRIBE", "rtsp://h/%zz", "", 400), ("DESCRIBE", "rtsp://h/%ff", "", 400),
      ("DESCRIBE", "rtsp://h/movie.Mjpeg", "Require: implicit-play", 551),
      ("SETUP", "rtsp://h/movie.Mjpeg", "", 400),
      ("SETUP", "rtsp://h/movie.Mjpeg/stream=1", "Transport: RTP/AVP/TCP", 404),
      ("SETUP", "rtsp://h/none.Mjpeg", "Transport: RTP/AVP/TCP", 404),
      ("SETUP", "rtsp://h/bad.avi", "Transport: RTP/AVP/TCP", 415),
      ("PLAY", "rtsp://h/movie.Mjpeg", "", 454),
      ("PLAY", "rtsp://h/movie.Mjpeg", "Session: x", 454),
      ("PAUSE", "rtsp://h/movie.Mjpeg", "Session: x", 454),
      ("TEARDOWN", "rtsp://h/movie.Mjpeg", "Session: x", 454),
      ("GET_PARAMETER", "rtsp://h/movie.Mjpeg", "Session: x", 454),
      ("OPTIONS", "rtsp://h/movie.Mjpeg", "Session: x", 454),
    ])
  func refusals(_ method: String, _ target: String, _ header: String, _ status: Int) {
    var script = ConversationScript()
    let got =
      header.isEmpty
      ? script.request(method, target) : script.request(method, target, header)
    #expect(got == status)
    #expect(script.header("CSeq") == "1")
    // The connection goes on as if nothing had been.
    #expect(script.request("OPTIONS") == 200)
  }

  @Test("405, 455 and 501 say what is allowed, 551 what is not supported, 453 when to come again")
  func refusalHeaders() {
    var script = ConversationScript()
    script.request("REDIRECT")
    #expect(script.header("Allow")?.contains("DESCRIBE") == true)
    script.request("FLY")
    #expect(script.header("Allow")?.contains("DESCRIBE") == true)
    script.request("OPTIONS", "*", "Require: teleport")
    #expect(script.header("Unsupported") == "teleport")
    script.openRefusal = RTSPRefusal(.notEnoughBandwidth, "all UDP ports are in use")
    _ = script.setup()
    #expect(script.status == 453)
    #expect(script.header("Retry-After") == "5")
  }

  @Test(
    "a request without a usable CSeq is refused without one",
    arguments: [
      "", "CSeq: x\r\n", "CSeq: -1\r\n", "CSeq: 4294967296\r\n", "CSeq: 1\r\nCSeq: 2\r\n",
    ])
  func sequence(_ header: String) {
    var script = ConversationScript()
    script.say("OPTIONS * RTSP/1.0\r\n\(header)\r\n")
    #expect(script.status == 400)
    #expect(header.contains("CSeq: 1\r\nCSeq: 2") || script.header("CSeq") == nil)
  }

  @Test("parameters: none is a keepalive, any is not understood")
  func parameters() {
    var script = ConversationScript()
    let id = script.setup()
    #expect(script.request("GET_PARAMETER", "rtsp://h/movie.Mjpeg", "Session: \(id)") == 200)
    #expect(script.header("Session") == "\(id);timeout=60")
    #expect(script.request("SET_PARAMETER", "rtsp://h/movie.Mjpeg", "Session: \(id)") == 200)
    #expect(script.request("GET_PARAMETER", "*") == 200)
    #expect(script.request("GET_PARAMETER", "*", body: "\r\n") == 200)
    #expect(script.request("GET_PARAMETER", "*", body: "position\r\n") == 451)
    #expect(script.request("SET_PARAMETER", "*", body: "volume: 11\r\n") == 451)
  }

  @Test("SETUP agrees on UDP and names both sides' ports")
  func setupUDP() {
    var script = ConversationScript()
    let id = script.setup()
    #expect(script.status == 200)
    #expect(id.utf8.count == 32)
    #expect(script.header("Session") == "\(id);timeout=60")
    #expect(
      script.header("Transport")
        == "RTP/AVP;unicast;client_port=40000-40001;server_port=25000-25001;ssrc=0000ABCD")
  }

  @Test("SETUP agrees on the connection itself and gives each session channels of its own")
  func setupInterleaved() {
    var script = ConversationScript()
    _ = script.setup("movie.Mjpeg", "RTP/AVP/TCP;unicast;interleaved=0-1")
    #expect(script.header("Transport") == "RTP/AVP/TCP;unicast;interleaved=0-1;ssrc=0000ABCD")
    _ = script.setup("movie.Mjpeg", "RTP/AVP/TCP;unicast;interleaved=0-1")
    #expect(script.header("Transport")?.contains("interleaved=2-3") == true)
    _ = script.setup("movie.Mjpeg", "RTP/AVP/TCP;unicast;interleaved=1-4")
    #expect(script.header("Transport")?.contains("interleaved=4-5") == true)
    _ = script.setup("movie.Mjpeg", "RTP/AVP/TCP;unicast")
    #expect(script.header("Transport")?.contains("interleaved=6-7") == true)
  }

  @Test(
    "the client's offers are taken in its order, and what cannot be had is passed over",
    arguments: [
      ("RTP/AVP;multicast,RTP/AVP/TCP;unicast;interleaved=0-1", "RTP/AVP/TCP;unicast;interleaved"),
      ("RTP/AVP/TCP;unicast;interleaved=0-1,RTP/AVP;unicast;client_port=6000-6001", "RTP/AVP/TCP"),
      (
        "RTP/AVP;unicast;client_port=6000-6001,RTP/AVP/TCP", "RTP/AVP;unicast;client_port=6000-6001"
      ),
      ("RTP/SAVP;unicast;client_port=6000-6001,RTP/AVP/TCP", "RTP/AVP/TCP"),
      ("RTP/AVP;unicast;client_port=0-0,RTP/AVP/UDP;unicast;client_port=6000-6001", "RTP/AVP;"),
      ("RTP/AVP;unicast;destination=10.0.0.9;client_port=6000-6001", "RTP/AVP;unicast;client_port"),
    ])
  func offers(_ header: String, _ agreed: String) {
    var script = ConversationScript()
    _ = script.setup("movie.Mjpeg", header)
    #expect(script.status == 200)
    #expect(script.header("Transport")?.hasPrefix(agreed) == true)
    #expect(script.header("Transport")?.contains("destination") == false)
  }

  @Test(
    "transports that cannot be had are 461",
    arguments: [
      "RTP/AVP;multicast", "RTP/SAVP;unicast;client_port=6000-6001", "RAW/RAW/UDP", "",
      "RTP/AVP;unicast", "RTP/AVP;unicast;client_port=0", "RTP/AVP;unicast;client_port=0-0",
      "RTP/AVP;unicast;client_port=65535-65536", "RTP/AVP;unicast;client_port=1-0",
      "RTP/AVP;unicast;client_port=-1--2", "RTP/AVP;unicast;client_port=99999999999999999999",
      "RTP/AVP/TCP;interleaved=255-256", "RTP/AVP/TCP;interleaved=0-0",
      "RTP/AVP/TCP;interleaved=", "RTP/AVP;unicast;client_port=6000-6001;mode=fly",
    ])
  func noTransport(_ header: String) {
    var script = ConversationScript()
    _ = script.setup("movie.Mjpeg", header)
    #expect(script.status == 461)
    #expect(script.steps.isEmpty)
  }

  @Test("a connection holds eight sessions and no more; a torn-down one makes room")
  func sessionsMax() {
    var script = ConversationScript()
    let ids = (0..<8).map { _ in script.setup() }
    #expect(Set(ids).count == 8)
    _ = script.setup()
    #expect(script.status == 453)
    script.request("TEARDOWN", "rtsp://h/movie.Mjpeg", "Session: \(ids[3])")
    _ = script.setup()
    #expect(script.status == 200)
  }

  @Test("requests behind a question wait for its answer")
  func pipelining() {
    var conversation = RTSPServerConversation(settings: .init(), at: 0)
    let text =
      "DESCRIBE rtsp://h/movie.Mjpeg RTSP/1.0\r\nCSeq: 1\r\n\r\n"
      + "OPTIONS * RTSP/1.0\r\nCSeq: 2\r\n\r\n"
    conversation.receive(Array(text.utf8).span, at: 0)
    #expect(conversation.next(at: 0) == .find("movie.Mjpeg"))
    #expect(conversation.next(at: 0) == nil)
    conversation.refused(RTSPRefusal(.notFound))
    for cseq in 1...2 {
      guard case .send(let bytes, _) = conversation.next(at: 0) else {
        Issue.record("reply \(cseq) is missing")
        return
      }
      #expect(String(decoding: bytes, as: UTF8.self).contains("CSeq: \(cseq)\r\n"))
    }
    #expect(conversation.next(at: 0) == nil)
  }

  @Test("an answer that takes longer than any timeout is waited for, and nothing wakes meanwhile")
  func lateAnswer() {
    var script = ConversationScript()
    _ = script.setup()
    script.advance(seconds: 30)
    let text = "DESCRIBE rtsp://h/movie.Mjpeg RTSP/1.0\r\nCSeq: 9\r\n\r\n"
    var conversation = script.conversation
    conversation.receive(Array(text.utf8).span, at: script.now)
    #expect(conversation.next(at: script.now) == .find("movie.Mjpeg"))
    #expect(conversation.deadline == nil)
    let late = script.now + 300_000_000_000
    conversation.wake(at: late)
    #expect(conversation.next(at: late) == nil)
    conversation.found(script.media)
    guard case .send(_, let answer) = conversation.next(at: late) else {
      Issue.record("no answer")
      return
    }
    #expect(answer.status == 200)
  }

  @Test("who has waited long for a description has time to use it")
  func lateDescription() {
    var conversation = RTSPServerConversation(settings: .init(), at: 0)
    let text = "DESCRIBE rtsp://h/movie.Mjpeg RTSP/1.0\r\nCSeq: 1\r\n\r\n"
    conversation.receive(Array(text.utf8).span, at: 0)
    #expect(conversation.next(at: 0) == .find("movie.Mjpeg"))
    let late: Nanoseconds = 300_000_000_000
    conversation.refused(RTSPRefusal(.notFound))
    guard case .send = conversation.next(at: late) else {
      Issue.record("no answer")
      return
    }
    #expect(conversation.next(at: late) == nil)
    #expect(conversation.deadline == late + 60_000_000_000)
  }

  @Test("bytes that are no RTSP get one reply and the end", arguments: [1, 2, 3, 7, 1000])
  func invalid(_ piece: Int) {
    let cases: [(String, String)] = [
      ("\u{16}\u{03}\u{01}\u{02}\u{00}", "RTSP/1.0 400 Bad Request"),
      (" OPTIONS * RTSP/1.0\r\n\r\n", "RTSP/1.0 400 Bad Request"),
      ("OPTIONS * RTSP/2.0\r\nCSeq: 1\r\n\r\n", "RTSP/1.0 505 RTSP Version not supported"),
      ("GET / HTTP/1.1\r\nHost: h\r\n\r\n", "HTTP/1.1 400 Bad Request"),
      ("OPTIONS * RTSP/1.0\r\nno colon\r\n\r\n", "RTSP/1.0 400 Bad Request"),
      (
        "OPTIONS rtsp://h/" + String(repeating: "a", count: 9000),
        "RTSP/1.0 414 Request-URI Too Large"
      ),
      (
        "OPTIONS * RTSP/1.0\r\nX: " + String(repeating: "a", count: 9000),
        "RTSP/1.0 413 Request Entity Too Large"
      ),
      (
        "GET_PARAMETER * RTSP/1.0\r\nContent-Length: 2147483648\r\n\r\n",
        "RTSP/1.0 413 Request Entity Too Large"
      ),
    ]
    for (text, reply) in cases {
      var script = ConversationScript()
      let bytes = Array(text.utf8)
      var offset = 0
      while offset < bytes.count {
        script.say(Array(bytes[offset..<min(offset + piece, bytes.count)]))
        offset += piece
      }
      #expect(script.replies.count == 1, "\(text.prefix(40))")
      #expect(script.last.hasPrefix(reply + "\r\n"), "\(text.prefix(40)): \(script.last)")
      guard case .close(.invalid) = script.steps.last else {
        Issue.record("\(text.prefix(40)): the connection stays open")
        continue
      }
      #expect(script.conversation.deadline == nil)
    }
  }

  @Test(
    "the last reply carries CSeq where it had been read",
    arguments: [
      ("OPTIONS * RTSP/2.0\r\nCSeq: 5\r\n\r\n", 505),
      ("SET_PARAMETER * RTSP/1.0\r\nCSeq: 5\r\nContent-Length: 99999999\r\n\r\n", 413),
      ("SET_PARAMETER * RTSP/1.0\r\nCSeq: 5\r\nContent-Length: -1\r\n\r\n", 400),
    ])
  func lastReply(_ request: String, _ status: Int) {
    var script = ConversationScript()
    script.say(request)
    #expect(script.status == status)
    #expect(script.header("CSeq") == "5")
    #expect(script.header("Connection") == "close")
  }

  @Test("what the client wrote cannot break out of a reply")
  func injection() {
    var script = ConversationScript()
    script.request("OPTIONS", "*", "Require: a\"b\tc")
    #expect(script.last.split(whereSeparator: \.isNewline).count == 4)
    script.request("F%\"LY")
    #expect(!script.last.contains("%\"LY"))
  }

  @Test("a live source is played from now on, wherever the player wants to begin")
  func live() {
    var script = ConversationScript()
    script.media = MediaDescription(live: "live/door", width: 640, height: 480)
    let session = script.setup("live/door")
    script.request("PLAY", "rtsp://h/live/door", "Session: \(session)", "Range: npt=0-")
    #expect(script.status == 200 && script.header("Range") == "npt=now-")
    #expect(script.request("PAUSE", "rtsp://h/live/door", "Session: \(session)") == 200)
    script.request("PLAY", "rtsp://h/live/door", "Session: \(session)", "Range: npt=30-")
    #expect(script.status == 200 && script.header("Range") == "npt=now-")
  }

  @Test("ends of sessions can be had before what is still to be said")
  func ends() {
    var script = ConversationScript()
    _ = script.setup()
    _ = script.setup("movie.Mjpeg", "RTP/AVP/TCP;unicast;interleaved=0-1")
    script.conversation.receive(
      Array("OPTIONS * RTSP/1.0\r\nCSeq: 7\r\n\r\n".utf8).span, at: script.now)
    let numbers = script.conversation.sessions.map(\.number)
    #expect(numbers.count == 2)
    for (number, reason) in zip(
      numbers, [.mediaGone, .displaced] as [RTSPServerConversation.EndReason])
    {
      script.conversation.end(session: number, reason)
    }
    let ends = script.conversation.takeEnds()
    #expect(ends.map(\.session) == numbers && ends.map(\.reason) == [.mediaGone, .displaced])
    #expect(script.conversation.takeEnds().isEmpty)
    script.say("")
    #expect(script.header("CSeq") == "7")
  }
}
