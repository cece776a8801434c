import Testing

@testable import Wire

@Suite("A server's session: states, ranges, life and death")
struct RTSPServerSessionTests {
  private typealias Step = RTSPServerConversation.Step

  @Test("setup, play, pause, play, teardown")
  func life() {
    var script = ConversationScript()
    let id = script.setup()
    let session = "Session: \(id)"
    #expect(script.request("PLAY", "rtsp://h/movie.Mjpeg/", session, "Range: npt=0.000-") == 200)
    #expect(script.header("Range") == "npt=0-")
    #expect(
      script.header("RTP-Info") == "url=rtsp://h/movie.Mjpeg/stream=0;seq=1000;rtptime=90000")
    #expect(script.request("PAUSE", "rtsp://h/movie.Mjpeg/", session) == 200)
    #expect(script.request("PLAY", "rtsp://h/movie.Mjpeg/", session) == 200)
    // The house says that it goes on with frame 7.
    #expect(script.header("Range") == "npt=0.350-")
    #expect(script.request("TEARDOWN", "rtsp://h/movie.Mjpeg/", session) == 200)
    #expect(
      script.steps.dropFirst() == [
        .play(session: 1, PlayOrder(frame: 0, end: .open), wasPlaying: false), .pause(session: 1),
        .play(session: 1, .resume, wasPlaying: false), .end(session: 1, .teardown),
      ])
    #expect(script.request("PLAY", "rtsp://h/movie.Mjpeg/", session) == 454)
  }

  @Test("wrong states are 455 and say the way out")
  func wrongStates() {
    var script = ConversationScript()
    let session = "Session: \(script.setup())"
    #expect(script.request("PAUSE", "rtsp://h/movie.Mjpeg", session) == 455)
    #expect(script.header("Allow") != nil)
    #expect(script.header("Warning")?.contains("PLAY it before PAUSE") == true)
    #expect(script.request("PLAY", "rtsp://h/movie.Mjpeg", session) == 200)
    let transport = "Transport: RTP/AVP/TCP;unicast;interleaved=0-1"
    #expect(script.request("SETUP", "rtsp://h/movie.Mjpeg", session, transport) == 455)
    #expect(script.request("PLAY", "rtsp://h/movie.Mjpeg", session) == 200)
    #expect(script.request("PAUSE", "rtsp://h/movie.Mjpeg", session) == 200)
    #expect(script.request("PAUSE", "rtsp://h/movie.Mjpeg", session) == 455)
  }

  @Test("playing when it plays is fine and moves only with a range")
  func playTwice() {
    var script = ConversationScript()
    let session = "Session: \(script.setup())"
    script.request("PLAY", "rtsp://h/movie.Mjpeg", session)
    script.request("PLAY", "rtsp://h/movie.Mjpeg", session)
    #expect(script.steps.last == .play(session: 1, .resume, wasPlaying: true))
    script.request("PLAY", "rtsp://h/movie.Mjpeg", session, "Range: npt=5-")
    #expect(
      script.steps.last
        == .play(session: 1, PlayOrder(frame: 100, end: .open), wasPlaying: true))
  }

  @Test("a second SETUP gives the track a new transport while it is not playing")
  func setupTwice() {
    var script = ConversationScript()
    let id = script.setup()
    let transport = "Transport: RTP/AVP/TCP;unicast;interleaved=0-1"
    #expect(script.request("SETUP", "rtsp://h/movie.Mjpeg", "Session: \(id)", transport) == 200)
    #expect(script.header("Session")?.hasPrefix(id) == true)
    #expect(script.header("Transport")?.contains("interleaved=0-1") == true)
    #expect(script.steps.count == 2)
    // Both ways belong to the same session.
    for step in script.steps {
      guard case .open(1, _, _, false) = step else {
        Issue.record("\(step)")
        continue
      }
    }
  }

  @Test("a session cannot be given a second medium")
  func aggregate() {
    var script = ConversationScript()
    let id = script.setup()
    #expect(
      script.request(
        "SETUP", "rtsp://h/other.Mjpeg", "Session: \(id)", "Transport: RTP/AVP/TCP") == 459)
    // The same medium by its other name is the same medium.
    #expect(
      script.request(
        "SETUP", "rtsp://h/video/movie.Mjpeg", "Session: \(id)", "Transport: RTP/AVP/TCP") == 200)
  }

  @Test(
    "ranges are placed in the medium",
    arguments: [
      ("npt=0-", 0, PlayOrder.End.open, "npt=0-"), ("npt=0-10", 0, .open, "npt=0-"),
      ("npt=0-150", 0, .open, "npt=0-"), ("npt=5-7.5", 100, .before(150), "npt=5-7.500"),
      ("npt=9.95-", 199, .open, "npt=9.950-"), ("npt=0.049-", 0, .open, "npt=0-"),
      ("npt=0.050-", 1, .open, "npt=0.050-"), ("npt=1.9999-", 40, .open, "npt=2-"),
      ("npt=now-", nil, .open, "npt=0.350-"), ("npt=-5", nil, .before(100), "npt=0.350-5"),
      ("npt=0:00:05.5-", 110, .open, "npt=5.500-"),
      ("NPT = 1 - 2 ;time=19970123T143720Z", 20, .before(40), "npt=1-2"),
    ] as [(String, Int?, PlayOrder.End, String)])
  func ranges(_ range: String, _ frame: Int?, _ end: PlayOrder.End, _ answer: String) {
    var script = ConversationScript()
    let session = "Session: \(script.setup())"
    #expect(script.request("PLAY", "rtsp://h/movie.Mjpeg", session, "Range: \(range)") == 200)
    let order = PlayOrder(frame: frame, end: end)
    #expect(script.steps.last == .play(session: 1, order, wasPlaying: false))
    #expect(script.header("Range") == answer)
  }

  @Test(
    "ranges that cannot be had are refused and change nothing",
    arguments: [
      ("npt=10-", 457), ("npt=5-3", 457), ("npt=5-5", 457), ("npt=-0", 457), ("npt=99999-", 457),
      ("npt=", 400), ("npt=-", 400), ("npt=x-", 400), ("npt=1-2-3", 400), ("0-10", 400),
      ("npt=99999999999999999999-", 400), ("npt=-1--2", 400), ("npt=1e3-", 400),
      ("smpte=0:10:20-", 501), ("clock=19961108T142300Z-", 501), ("bytes=0-10", 400),
    ])
  func badRanges(_ range: String, _ status: Int) {
    var script = ConversationScript()
    let session = "Session: \(script.setup())"
    #expect(script.request("PLAY", "rtsp://h/movie.Mjpeg", session, "Range: \(range)") == status)
    #expect(script.request("PAUSE", "rtsp://h/movie.Mjpeg", session) == 455)
  }

  @Test("after the end of its range a session can be paused, played anew, and set up anew")
  func atTheEnd() {
    var script = ConversationScript()
    let session = "Session: \(script.setup())"
    script.request("PLAY", "rtsp://h/movie.Mjpeg", session, "Range: npt=0-1")
    script.conversation.reachedEnd(session: 1)
    script.request("PLAY", "rtsp://h/movie.Mjpeg", session)
    #expect(script.steps.last == .play(session: 1, .fromStart, wasPlaying: false))
    script.conversation.reachedEnd(session: 1)
    #expect(script.request("PAUSE", "rtsp://h/movie.Mjpeg", session) == 200)
    script.request("PLAY", "rtsp://h/movie.Mjpeg", session)
    #expect(script.steps.last == .play(session: 1, .fromStart, wasPlaying: false))
    script.conversation.reachedEnd(session: 1)
    #expect(
      script.request("SETUP", "rtsp://h/movie.Mjpeg", session, "Transport: RTP/AVP/TCP") == 200)
  }

  @Test("whoever goes on without a range is told of the end that it has")
  func resumedRange() {
    var script = ConversationScript()
    let session = "Session: \(script.setup())"
    script.request("PLAY", "rtsp://h/movie.Mjpeg", session, "Range: npt=0-5")
    #expect(script.header("Range") == "npt=0-5")
    script.request("PAUSE", "rtsp://h/movie.Mjpeg", session)
    script.playEnd = 100
    script.request("PLAY", "rtsp://h/movie.Mjpeg", session)
    #expect(script.header("Range") == "npt=0.350-5")
    // Its last frame is the medium's, with which it begins anew.
    script.playEnd = 200
    script.request("PLAY", "rtsp://h/movie.Mjpeg", session)
    #expect(script.header("Range") == "npt=0.350-")
  }

  @Test("a silent session ends after its timeout, and the silent connection with it")
  func timeout() {
    var script = ConversationScript()
    _ = script.setup()
    #expect(script.conversation.deadline == script.now + 60_000_000_000)
    script.advance(seconds: 59.9)
    #expect(script.steps.count == 1)
    script.advance(seconds: 0.1)
    #expect(script.steps.dropFirst() == [.end(session: 1, .timeout), .close(.idle)])
    #expect(script.conversation.deadline == nil)
  }

  @Test("any request, RTCP on the connection, and RTCP over UDP keep a session alive")
  func keepalive() {
    var script = ConversationScript()
    _ = script.setup("movie.Mjpeg", "RTP/AVP/TCP;unicast;interleaved=4-5")
    script.advance(seconds: 50)
    script.request("OPTIONS")
    script.advance(seconds: 50)
    script.say([0x24, 5, 0, 8, 0x80, 201, 0, 1, 0, 0, 0, 1])
    #expect(script.steps.last == .control(session: 1, [0x80, 201, 0, 1, 0, 0, 0, 1]))
    script.advance(seconds: 50)
    script.conversation.sawSignOfLife(session: 1, at: script.now)
    script.advance(seconds: 59)
    #expect(script.request("GET_PARAMETER", "*") == 200)
    // RTP from the client, and channels of nobody, are no sign of life.
    script.advance(seconds: 50)
    script.say([0x24, 4, 0, 1, 0, 0x24, 9, 0, 0])
    script.advance(seconds: 10)
    #expect(script.steps.contains(.end(session: 1, .timeout)))
  }

  @Test("a connection without sessions is closed when it has been idle")
  func idle() {
    var script = ConversationScript()
    script.request("OPTIONS")
    script.advance(seconds: 59)
    #expect(script.steps.isEmpty)
    script.advance(seconds: 1)
    #expect(script.steps == [.close(.idle)])
  }

  @Test("half a request is not waited for longer than ten seconds, however slowly it drips")
  func incomplete() {
    var script = ConversationScript()
    script.say("OPTIONS * RTSP/1.0\r\n")
    for letter in "X-Slow: 1" {
      script.advance(seconds: 1)
      script.say(String(letter))
    }
    #expect(script.replies.isEmpty)
    script.advance(seconds: 1)
    #expect(script.status == 408)
    #expect(script.steps == [.close(.incomplete)])
  }

  @Test("sessions end with their connection")
  func disconnected() {
    var script = ConversationScript()
    _ = script.setup()
    _ = script.setup()
    script.conversation.disconnected()
    var ends: [Step] = []
    while let step = script.conversation.next(at: script.now) { ends.append(step) }
    #expect(ends == [.end(session: 1, .disconnected), .end(session: 2, .disconnected)])
  }

  @Test("the classroom's client is served in its own dialect")
  func classroom() {
    var script = ConversationScript()
    script.say(
      "SETUP video/movie.Mjpeg RTSP/1.0\nCSeq: 1\nTransport: RTP/AVP;unicast;client_port=25000\n")
    let lines = script.last.split(separator: "\n", omittingEmptySubsequences: false)
    #expect(lines.count == 4 && lines[3].isEmpty)
    #expect(lines[0] == "RTSP/1.0 200 OK" && lines[1] == "CSeq: 1")
    let id = Int(lines[2].split(separator: " ")[1]) ?? 0
    #expect(id > 0 && id < 1 << 31)
    for (cseq, method) in [(2, "PLAY"), (3, "PAUSE"), (4, "PLAY"), (5, "TEARDOWN")] {
      script.say("\(method) video/movie.Mjpeg RTSP/1.0\nCSeq: \(cseq)\nSession: \(id)\n")
      #expect(script.last == "RTSP/1.0 200 OK\nCSeq: \(cseq)\nSession: \(id)\n")
      // That client sends nothing while it plays and lives as long as its connection.
      script.advance(seconds: cseq < 5 ? 3600 : 1)
    }
    #expect(
      script.steps.dropFirst() == [
        .play(session: 1, .resume, wasPlaying: false), .pause(session: 1),
        .play(session: 1, .resume, wasPlaying: false), .end(session: 1, .teardown),
      ])
  }

  @Test("the textbook's variant of the classroom's client is understood, and its errors")
  func textbook() {
    var script = ConversationScript()
    script.say("SETUP movie.Mjpeg RTSP/1.0\nCSeq: 1\nTransport: RTP/UDP; client_port= 25000\n")
    #expect(script.last.hasPrefix("RTSP/1.0 200 OK\nCSeq: 1\nSession: "))
    script.say("SETUP none.Mjpeg RTSP/1.0\nCSeq: 2\nTransport: RTP/UDP; client_port= 25000\n")
    #expect(script.last == "RTSP/1.0 404 Not Found\nCSeq: 2\n")
    script.say("PLAY movie.Mjpeg RTSP/1.0\nCSeq: 3\nSession: 1\n")
    #expect(script.last == "RTSP/1.0 454 Session Not Found\nCSeq: 3\n")
  }

  @Test("a classroom request without a known last line is complete after 50 ms of silence")
  func settles() {
    var script = ConversationScript()
    script.say("OPTIONS movie.Mjpeg RTSP/1.0\nCSeq: 1\n")
    #expect(script.replies.isEmpty)
    #expect(script.conversation.deadline == script.now + 50_000_000)
    script.advance(seconds: 0.05)
    #expect(script.last == "RTSP/1.0 200 OK\nCSeq: 1\n")
    // Even when its last line has no end.
    script.say("FLY movie.Mjpeg RTSP/1.0\nCSeq: 2")
    script.advance(seconds: 0.05)
    #expect(script.last == "RTSP/1.0 501 Not Implemented\nCSeq: 2\n")
  }
}
