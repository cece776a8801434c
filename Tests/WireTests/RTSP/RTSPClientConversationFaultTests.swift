import Testing

@testable import Wire

@Suite("A client's conversation: refusals, faults and time")
struct RTSPClientConversationFaultTests {
  typealias Step = RTSPClientConversation.Step

  private func isProtocolError(_ step: Step?) -> Bool {
    if case .failed(.protocolError) = step { true } else { false }
  }

  @Test(
    "ends with the status of a refusal",
    arguments: [
      (300, "Multiple Choices"), (302, "Moved Temporarily"), (401, "Unauthorized"),
      (404, "Not Found"), (453, "Not Enough Bandwidth"), (461, "Unsupported transport"),
      (500, "Internal Server Error"), (503, ""), (999, "Odd"),
    ])
  func refusals(code: Int, phrase: String) {
    // At DESCRIBE, SETUP, PLAY and PAUSE; each but the first two follows a step. What PLAY and
    // PAUSE may not do changes nothing.
    let isFinal = code == 401 || !(400..<500).contains(code)
    for (count, steps) in [(1, 1), (2, 1), (3, 2), (4, 3)] where count < 3 || isFinal {
      var script = ClientScript()
      script.tell {
        $0.setup()
        $0.play(from: 0)
        $0.pause()
      }
      for _ in 0..<count {
        script.answer(
          "200 OK", "Session: s", "Transport: RTP/AVP;unicast", body: ClientScript.description)
      }
      script.answer("\(code) \(phrase)")
      #expect(script.steps.last == .failed(.refused(code: code, phrase: phrase)))
      #expect(script.client.deadline == nil)
      // Nothing more can be had.
      let requests = script.requests.count
      script.tell { $0.setup() }
      script.tell { $0.teardown() }
      script.answer()
      script.advance(seconds: 1000)
      #expect(script.requests.count == requests)
      #expect(script.steps.count == steps)
    }
  }

  @Test("goes on when OPTIONS is not implemented")
  func withoutOptions() {
    var script = ClientScript()
    script.tell { $0.setup() }
    script.answer("501 Not Implemented")
    #expect(script.line == "DESCRIBE rtsp://h/movie RTSP/1.0")
  }

  @Test("takes a refused TEARDOWN for the end: the session is gone either way")
  func refusedTeardown() {
    var script = ClientScript()
    script.setup()
    script.tell { $0.teardown() }
    script.answer("454 Session Not Found")
    #expect(script.steps.last == .tornDown)
    #expect(script.client.deadline == nil)
    script.advance(seconds: 1000)
    #expect(script.requests.count == 4)
  }

  @Test("waits on after a provisional reply, and takes every 2xx for success (RFC 2326 §7.1.1)")
  func statusClasses() {
    var script = ClientScript()
    script.tell { $0.setup() }
    script.answer("100 Continue")
    #expect(script.requests.count == 1)
    script.answer("200 OK")
    script.answer("100 Continue")
    #expect(script.requests.count == 2)
    script.answer("201 Created", body: ClientScript.description)
    #expect(script.line.hasPrefix("SETUP "))
    script.answer("250 Low on Storage Space", "Session: s", "Transport: RTP/AVP;unicast")
    #expect(script.steps == [.ready(TransportHeader(.udp), width: nil, height: nil)])
  }

  @Test(
    "ends where the description has no JPEG track",
    arguments: [
      "", "v=1\r\n", "hello", "v=0\r\n", "v=0\r\nm=audio 0 RTP/AVP 26\r\n",
      "v=0\r\nm=video 0 RTP/AVP 96\r\na=rtpmap:96 H264/90000\r\n", "v=0\r\nm=video 0\r\n",
      "v=0\r\nm=video 0 RTP/AVP 26x\r\n", "\u{FEFF}v=0\r\nm=video 0 RTP/AVP 26\r\n",
    ])
  func descriptions(text: String) {
    var script = ClientScript()
    script.describe(text)
    #expect(script.steps.count == 1)
    #expect(isProtocolError(script.steps.last))
    #expect(script.requests.count == 2)
  }

  @Test(
    "ends where the reply to SETUP says neither session nor way",
    arguments: [
      [], ["Session: s"], ["Transport: RTP/AVP;unicast"], ["Session: ;", "Transport: RTP/AVP"],
      ["Session: s", "Transport: "], ["Session: s", "Transport: RTP/AVP/TCP;interleaved=256-257"],
      ["Session: s", "Transport: RTP/AVP;server_port=0"],
    ])
  func setupReplies(headers: [String]) {
    var script = ClientScript()
    script.describe()
    script.hear(ClientScript.reply(script.cseq, "200 OK", headers))
    #expect(isProtocolError(script.steps.last))
    #expect(script.client.deadline == nil)
  }

  @Test(
    "ends on bytes that are no RTSP",
    arguments: ["HTTP/1.1 200 OK\r\n\r\n", "\0", "RTSP/2.0 200 OK\r\n\r\n", "RTSP/1.0 2000 X\r\n"])
  func garbage(text: String) {
    var script = ClientScript()
    script.tell { $0.setup() }
    script.hear(Array(text.utf8))
    #expect(script.steps.count == 1)
    #expect(isProtocolError(script.steps.last))
    script.hear(ClientScript.reply(1))
    #expect(script.requests.count == 1)
    #expect(script.steps.count == 1)
  }

  @Test("hands over what came before the garbage")
  func packetBeforeGarbage() {
    var script = ClientScript()
    script.hear([0x24, 5, 0, 1, 7] + [0x24, 6, 0, 0] + [0])
    #expect(script.steps.prefix(2) == [.packet(channel: 5, [7]), .packet(channel: 6, [])])
    #expect(script.steps.count == 3)
    #expect(isProtocolError(script.steps.last))
  }

  @Test("passes over replies to something else, and over requests of the server's")
  func strangeReplies() {
    var script = ClientScript()
    script.hear(ClientScript.reply(1))
    script.tell { $0.setup() }
    script.hear(ClientScript.reply(2))
    script.hear(ClientScript.reply(0, "404 Not Found"))
    script.hear(Array("OPTIONS * RTSP/1.0\r\nCSeq: 1\r\n\r\n".utf8))
    #expect(script.requests.count == 1)
    script.hear(ClientScript.reply(1))
    #expect(script.line.hasPrefix("DESCRIBE "))
    // A reply that comes twice.
    script.hear(ClientScript.reply(1))
    #expect(script.requests.count == 2)
    #expect(script.steps == [])
    // Without a number it can only be the one that is waited for.
    script.hear(Array("RTSP/1.0 404 Not Found\r\n\r\n".utf8))
    #expect(script.steps == [.failed(.refused(code: 404, phrase: "Not Found"))])
  }

  @Test("gives a server up that does not answer for five seconds")
  func answerTimeout() {
    var script = ClientScript()
    #expect(script.client.deadline == nil)
    script.tell { $0.setup() }
    let second: Nanoseconds = 1_000_000_000
    #expect(script.client.deadline == script.now + 5 * second)
    script.advance(seconds: 4)
    script.answer()
    #expect(script.client.deadline == script.now + 5 * second)
    script.advance(seconds: 4.999)
    #expect(script.steps == [])
    // Half of a reply is none.
    script.hear(Array("RTSP/1.0 200 OK\r\nCSeq: 2\r\n".utf8))
    script.advance(seconds: 0.001)
    #expect(script.steps == [.failed(.timeout)])
    #expect(script.client.deadline == nil)
    script.advance(seconds: 100)
    #expect(script.steps.count == 1)
  }

  @Test("waits for an answer as long as it is told to")
  func answerTime() {
    var client = RTSPClientConversation(
      url: "rtsp://h/movie", offer: ClientScript.tcp, userAgent: "streamd/1",
      answerNanoseconds: 7)
    client.setup()
    guard case .send = client.next(at: 100) else { return #expect(Bool(false), "no request") }
    #expect(client.deadline == 107)
    client.wake(at: 106)
    #expect(client.next(at: 106) == nil)
    client.wake(at: 107)
    #expect(client.next(at: 107) == .failed(.timeout))
  }

  @Test("shows a sign of life after half of the session's timeout", arguments: [60, 10, 3])
  func keepalive(timeout: Int) {
    var script = ClientScript()
    script.setup(session: "abc;timeout=\(timeout)")
    script.advance(seconds: 1)
    script.tell { $0.play(from: 0) }
    script.answer()
    let half = Nanoseconds(timeout) * 500_000_000
    for round in 0..<3 {
      let asked = script.requests.count
      #expect(script.client.deadline == script.now + half)
      script.now += half - 1
      script.advance(seconds: 0)
      #expect(script.requests.count == asked, "too early in round \(round)")
      script.now += 1
      script.advance(seconds: 0)
      #expect(script.requests.count == asked + 1)
      #expect(script.line == "OPTIONS rtsp://h/movie RTSP/1.0")
      #expect(script.header("Session") == "abc")
      script.advance(seconds: 0)
      #expect(script.requests.count == asked + 1)
      script.answer(round == 1 ? "454 Session Not Found" : "200 OK")
    }
    #expect(script.steps.count == 2)
  }

  @Test("lives by the RFC's 60 seconds where the server says nothing")
  func standardTimeout() {
    var script = ClientScript()
    script.setup(session: "abc")
    #expect(script.client.deadline == script.now + 30_000_000_000)
  }

  @Test("notices by its sign of life that the server is gone")
  func keepaliveTimeout() {
    var script = ClientScript()
    script.setup()
    script.advance(seconds: 30)
    script.advance(seconds: 5)
    #expect(script.steps.last == .failed(.timeout))
  }

  @Test("survives 1,500 conversations of random commands, replies and damage")
  func survives() {
    let seed: UInt64 = 2326
    var random = SplitMix64(seed: seed)
    let statuses = ["200 OK", "200 OK", "200 OK", "100 Continue", "404 Not Found", "454 No", "200"]
    var (failed, ready, torn) = (0, 0, 0)
    for round in 0..<1500 {
      var script = ClientScript(offer: round % 2 == 0 ? ClientScript.udp : ClientScript.tcp)
      for _ in 0..<random.below(40) {
        switch random.below(12) {
        case 0: script.tell { $0.setup() }
        case 1: script.tell { $0.play(from: Int64(random.below(1_000_000_000))) }
        case 2: script.tell { $0.pause() }
        case 3 where random.below(4) == 0: script.tell { $0.teardown() }
        case 4: script.advance(seconds: Double(random.below(random.below(8) == 0 ? 40 : 3)))
        case 5: script.hear([0x24, 0, 0, 3] + random.bytes(3))
        case 6 where random.below(8) == 0: script.hear(random.bytes(random.below(20)))
        default:
          var reply = ClientScript.reply(
            script.cseq + (random.below(8) == 0 ? 1 : 0),
            random.below(4) == 0 ? statuses[random.below(statuses.count)] : "200 OK",
            ["Session: s;timeout=4", "Transport: \(script.header("Transport") ?? "RTP/AVP")"],
            ClientScript.description)
          if random.below(20) == 0 {
            reply[random.below(reply.count)] = UInt8(random.below(256))
          }
          script.hear(reply)
        }
      }
      for step in script.steps {
        switch step {
        case .failed: failed += 1
        case .ready: ready += 1
        case .tornDown: torn += 1
        default: break
        }
      }
      if let index = script.steps.firstIndex(where: { if case .failed = $0 { true } else { false } }
      ) {
        #expect(index == script.steps.count - 1, "seed \(seed), round \(round)")
      }
    }
    #expect(failed > 150 && ready > 150 && torn > 30, "\(failed), \(ready), \(torn)")
  }

  @Test("a refused PLAY or PAUSE leaves everything as it was")
  func refusedCommand() {
    var script = ClientScript()
    script.describe()
    script.answer("200 OK", "Session: s", "Transport: RTP/AVP;unicast")
    script.tell { $0.play(from: 1_000_000_000) }
    script.answer("457 Invalid Range")
    #expect(script.steps.last == .refused(code: 457, phrase: "Invalid Range"))
    script.tell { $0.play(from: 0) }
    #expect(script.line.hasPrefix("PLAY "))
    script.answer()
    #expect(script.steps.last == .playing(nil))
    script.tell { $0.pause() }
    script.answer("455 Method Not Valid in This State")
    #expect(
      script.steps.last == .refused(code: 455, phrase: "Method Not Valid in This State"))
    #expect(script.client.deadline != nil)
  }

  @Test("a session that the server does not know any more is over")
  func forgotten() {
    var script = ClientScript()
    script.setup()
    script.tell { $0.play(from: 0) }
    script.answer("454 Session Not Found")
    #expect(script.steps.last == .failed(.refused(code: 454, phrase: "Session Not Found")))
  }
}
