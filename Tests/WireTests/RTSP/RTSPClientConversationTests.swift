import Testing

@testable import Wire

@Suite("A client's conversation: from OPTIONS to TEARDOWN")
struct RTSPClientConversationTests {
  @Test("plays over UDP from beginning to end")
  func udp() {
    var script = ClientScript()
    script.tell { $0.setup() }
    #expect(
      script.last == "OPTIONS rtsp://h/movie RTSP/1.0\r\nCSeq: 1\r\nUser-Agent: streamd/1\r\n\r\n")
    script.answer("200 OK", "Public: OPTIONS, DESCRIBE, SETUP, PLAY, PAUSE, TEARDOWN")
    #expect(
      script.last
        == "DESCRIBE rtsp://h/movie RTSP/1.0\r\nCSeq: 2\r\nUser-Agent: streamd/1\r\n"
        + "Accept: application/sdp\r\n\r\n")
    script.answer("200 OK", "Content-Base: rtsp://h/movie/", body: ClientScript.description)
    #expect(
      script.last
        == "SETUP rtsp://h/movie/stream=0 RTSP/1.0\r\nCSeq: 3\r\nUser-Agent: streamd/1\r\n"
        + "Transport: RTP/AVP;unicast;client_port=40000-40001\r\n\r\n")
    #expect(script.steps == [])
    script.answer(
      "200 OK", "Session: abcdefgh;timeout=30",
      "Transport: RTP/AVP/UDP;unicast;client_port=40000-40001;server_port=5000-5001;ssrc=ABCD")
    var agreed = ClientScript.udp
    agreed.serverPorts = TransportHeader.PortPair(rtp: 5000, rtcp: 5001)
    agreed.ssrc = 0xABCD
    #expect(script.steps == [.ready(agreed, width: nil, height: nil)])
    script.tell { $0.play(from: 0) }
    #expect(
      script.last
        == "PLAY rtsp://h/movie/ RTSP/1.0\r\nCSeq: 4\r\nUser-Agent: streamd/1\r\n"
        + "Session: abcdefgh\r\nRange: npt=0-\r\n\r\n")
    script.answer("200 OK", "RTP-Info: url=rtsp://h/movie/stream=0;seq=7;rtptime=90")
    let info = RTPInfo(url: "rtsp://h/movie/stream=0", sequence: 7, timestamp: 90)
    script.tell { $0.pause() }
    #expect(script.line == "PAUSE rtsp://h/movie/ RTSP/1.0")
    script.answer()
    script.tell { $0.play(from: nil) }
    #expect(script.line == "PLAY rtsp://h/movie/ RTSP/1.0")
    #expect(script.header("Range") == nil)
    script.answer()
    script.tell { $0.teardown() }
    #expect(script.line == "TEARDOWN rtsp://h/movie/ RTSP/1.0")
    #expect(script.header("Session") == "abcdefgh")
    script.answer()
    #expect(script.steps.dropFirst() == [.playing(info), .paused, .playing(nil), .tornDown])
    #expect(script.cseq == 7)
    #expect(script.client.deadline == nil)
  }

  @Test("plays over TCP, packets arriving between replies")
  func tcp() {
    var script = ClientScript(offer: ClientScript.tcp)
    script.describe()
    #expect(script.header("Transport") == "RTP/AVP/TCP;unicast;interleaved=0-1")
    script.answer(
      "200 OK", "Session: abcdefgh", "Transport: RTP/AVP/TCP;unicast;interleaved=0-1")
    #expect(script.steps == [.ready(ClientScript.tcp, width: nil, height: nil)])
    script.tell { $0.play(from: 1_500_000) }
    #expect(script.header("Range") == "npt=1.500-")
    script.hear(
      [0x24, 0, 0, 2, 0x0D, 0x0A] + ClientScript.reply(script.cseq) + [0x24, 1, 0, 0]
        + [0x24, 0, 0, 1, 0x24])
    #expect(
      script.steps.dropFirst() == [
        .packet(channel: 0, [0x0D, 0x0A]), .playing(nil), .packet(channel: 1, []),
        .packet(channel: 0, [0x24]),
      ])
    script.tell { $0.teardown() }
    script.hear([0x24, 0, 0, 1, 9] + ClientScript.reply(script.cseq))
    #expect(script.steps.suffix(2) == [.packet(channel: 0, [9]), .tornDown])
  }

  @Test("understands replies and packets cut at every byte")
  func everySplit() {
    let setup = ["Session: abcdefgh", "Transport: RTP/AVP/TCP;unicast;interleaved=0-1"]
    // Answers that come before they are asked for would not count: one at a time.
    let replies = [
      ClientScript.reply(1), ClientScript.reply(2, "200 OK", [], ClientScript.description),
      ClientScript.reply(3, "200 OK", setup), [0x24, 0, 0, 2, 1, 2] + ClientScript.reply(4),
    ]
    func steps(_ cut: (Int) -> [Int]) -> [RTSPClientConversation.Step] {
      var script = ClientScript(offer: ClientScript.tcp)
      script.tell { $0.setup() }
      for (index, reply) in replies.enumerated() {
        if index == 3 { script.tell { $0.play(from: nil) } }
        var start = 0
        for end in cut(reply.count) + [reply.count] where end > start && end <= reply.count {
          script.hear(Array(reply[start..<end]))
          start = end
        }
      }
      return script.steps
    }
    let expected: [RTSPClientConversation.Step] = [
      .ready(ClientScript.tcp, width: nil, height: nil), .packet(channel: 0, [1, 2]), .playing(nil),
    ]
    #expect(steps { _ in [] } == expected)
    #expect(steps { Array(1...$0) } == expected)
    for split in 1...400 { #expect(steps { _ in [split] } == expected, "cut at \(split)") }
  }

  @Test(
    "asks for the track's own URL in SETUP and for the whole in PLAY (RFC 2326 appendix C.1.1)",
    arguments: [
      ("track1", nil, "rtsp://h/movie/track1", "rtsp://h/movie"),
      ("track1", "Content-Base: rtsp://h/m/", "rtsp://h/m/track1", "rtsp://h/m/"),
      ("track1", "Content-Base: rtsp://h/m", "rtsp://h/m/track1", "rtsp://h/m"),
      ("a/b?c=d", "Content-Base: rtsp://h/m/", "rtsp://h/m/a/b?c=d", "rtsp://h/m/"),
      ("track1", "Content-Location: rtsp://h/l/", "rtsp://h/l/track1", "rtsp://h/l/"),
      ("rtsp://g/x", "Content-Base: rtsp://h/m/", "rtsp://g/x", "rtsp://h/m/"),
      ("RTSP://g/x", nil, "RTSP://g/x", "rtsp://h/movie"),
      ("*", nil, "rtsp://h/movie", "rtsp://h/movie"),
      ("*", "Content-Base: rtsp://h/m/", "rtsp://h/m/", "rtsp://h/m/"),
      (nil, "Content-Base: rtsp://h/m/", "rtsp://h/m/", "rtsp://h/m/"),
    ] as [(String?, String?, String, String)])
  func controls(control: String?, base: String?, setup: String, play: String) {
    let line = control.map { "a=control:\($0)\r\n" } ?? ""
    var script = ClientScript()
    script.tell { $0.setup() }
    script.answer()
    let body = "v=0\r\nm=video 0 RTP/AVP 26\r\n" + line
    script.hear(ClientScript.reply(script.cseq, "200 OK", base.map { [$0] } ?? [], body))
    #expect(script.line == "SETUP \(setup) RTSP/1.0")
    script.answer("200 OK", "Session: s", "Transport: RTP/AVP;unicast")
    script.tell { $0.play(from: nil) }
    #expect(script.line == "PLAY \(play) RTSP/1.0")
  }

  @Test("prefers Content-Base to Content-Location")
  func bothBases() {
    var script = ClientScript()
    script.describe(
      ClientScript.description, "Content-Location: rtsp://l/", "Content-Base: rtsp://b/")
    #expect(script.line == "SETUP rtsp://b/stream=0 RTSP/1.0")
  }

  @Test(
    "tells the size that the description gives",
    arguments: [
      ("a=x-dimensions:3840,2160", 3840, 2160), ("a=x-dimensions: 640 , 480 ", 640, 480),
      ("a=x-dimensions:65535,1", 65_535, 1), ("a=x-dimensions:65536,1", nil, nil),
      ("a=x-dimensions:640", nil, nil), ("a=x-dimensions:640,-480", nil, nil),
      ("a=x-dimensions:640x480", nil, nil), ("a=x-dimensions", nil, nil), ("a=x", nil, nil),
    ] as [(String, Int?, Int?)])
  func dimensions(line: String, width: Int?, height: Int?) {
    var script = ClientScript()
    script.describe(ClientScript.description + line + "\r\n")
    script.answer("200 OK", "Session: s", "Transport: RTP/AVP/TCP;interleaved=0-1")
    #expect(script.steps == [.ready(ClientScript.tcp, width: width, height: height)])
  }

  @Test("plays another time after TEARDOWN, in a session of its own")
  func again() {
    var script = ClientScript()
    script.setup(session: "first")
    script.tell { $0.teardown() }
    script.answer()
    script.describe()
    #expect(script.header("Session") == nil)
    script.answer("200 OK", "Session: second", "Transport: RTP/AVP;unicast")
    script.tell { $0.play(from: nil) }
    #expect(script.header("Session") == "second")
  }

  @Test("asks one thing at a time, in the order of the commands")
  func queue() {
    var script = ClientScript()
    script.tell {
      $0.setup()
      $0.play(from: 0)
      $0.pause()
    }
    var lines: [String] = []
    for _ in 0..<5 {
      #expect(script.requests.count == lines.count + 1)
      lines.append(String(script.line.prefix { $0 != " " }))
      script.answer(
        "200 OK", "Session: s", "Transport: RTP/AVP;unicast", body: ClientScript.description)
    }
    #expect(lines == ["OPTIONS", "DESCRIBE", "SETUP", "PLAY", "PAUSE"])
    #expect(script.steps.count == 3)
    #expect(script.steps.last == .paused)
  }

  @Test("leaves out what waits when the session is to end")
  func teardownOvertakes() {
    var script = ClientScript()
    script.setup()
    script.tell {
      $0.play(from: 0)
      $0.pause()
      $0.teardown()
    }
    #expect(script.line.hasPrefix("TEARDOWN "))
    script.answer()
    #expect(script.steps.last == .tornDown)
    #expect(script.requests.count == 4)
  }

  @Test("ends at once where there is no session")
  func teardownWithoutSession() {
    var script = ClientScript()
    script.tell { $0.teardown() }
    #expect(script.steps == [.tornDown])
    #expect(script.requests == [])
  }

  @Test("ends a session that is about to be set up as soon as it is there")
  func teardownDuringSetup() {
    var script = ClientScript()
    script.describe()
    script.tell { $0.teardown() }
    #expect(script.line.hasPrefix("SETUP "))
    script.answer("200 OK", "Session: s", "Transport: RTP/AVP;unicast")
    #expect(script.line.hasPrefix("TEARDOWN "))
    script.answer()
    #expect(script.steps.last == .tornDown)
    #expect(script.client.deadline == nil)
  }

  @Test("a name and a password are shown to a server that asks, and stand in no request line")
  func authentication() {
    var script = ClientScript(url: "rtsp://alice:secret@h/movie")
    script.tell { $0.setup() }
    #expect(
      script.line == "OPTIONS rtsp://h/movie RTSP/1.0" && script.header("Authorization") == nil)
    script.answer("401 Unauthorized", "WWW-Authenticate: Digest realm=\"x\", nonce=\"n\"")
    #expect(script.line == "OPTIONS rtsp://h/movie RTSP/1.0")
    #expect(script.header("Authorization")?.contains("uri=\"rtsp://h/movie\"") == true)
    script.answer()
    #expect(script.line.hasPrefix("DESCRIBE ") && script.header("Authorization") != nil)
    script.answer(body: ClientScript.description)
    #expect(script.header("Authorization")?.contains("uri=\"rtsp://h/movie/stream=0\"") == true)
    script.answer("401 Unauthorized", "WWW-Authenticate: Digest realm=\"x\", nonce=\"n\"")
    #expect(script.steps == [.failed(.refused(code: 401, phrase: "Unauthorized"))])
    #expect(!script.requests.joined().contains("secret"))
  }

  @Test("without a password a 401 is the end; with a token it is shown from the first request on")
  func unauthorised() {
    var script = ClientScript(url: "rtsp://h/movie")
    script.tell { $0.setup() }
    script.answer("401 Unauthorized", "WWW-Authenticate: Basic realm=\"x\"")
    // A server that refuses OPTIONS may still describe.
    script.answer("401 Unauthorized", "WWW-Authenticate: Basic realm=\"x\"")
    #expect(script.steps == [.failed(.refused(code: 401, phrase: "Unauthorized"))])
    var client = RTSPClientConversation(
      url: "rtsp://h/movie", offer: ClientScript.udp, userAgent: "u", token: "t")
    client.setup()
    guard case .send(let bytes)? = client.next(at: 0) else {
      Issue.record("nothing is sent")
      return
    }
    #expect(String(decoding: bytes, as: UTF8.self).contains("\r\nAuthorization: Bearer t\r\n"))
  }
}
