import Testing

@testable import Wire

@Suite("RTSPServerConversation asks who it is")
struct RTSPServerConversationAuthorizationTests {
  private static let settings: RTSPServerConversation.Settings = {
    var settings = RTSPServerConversation.Settings()
    settings.asksAuthorization = true
    return settings
  }()

  @Test(
    "before it does anything, whatever the method",
    arguments: RTSPMethod.supported.map(\.name) + ["REDIRECT", "FLY"])
  func everyMethod(method: String) {
    var script = ConversationScript(settings: Self.settings)
    script.judge = { _ in .refused }
    #expect(script.request(method, "rtsp://h/movie.Mjpeg", "Session: 1") == 401)
    #expect(script.header("WWW-Authenticate") == "Basic realm=\"test\"")
    #expect(script.steps.isEmpty)
  }

  @Test("the classroom's requests are no exception")
  func classroom() {
    var script = ConversationScript(settings: Self.settings)
    script.judge = { _ in .refused }
    script.say(
      "SETUP movie.Mjpeg RTSP/1.0\nCSeq: 1\nTransport: RTP/UDP; client_port= 25000\n")
    #expect(script.last == "RTSP/1.0 401 Unauthorized\nCSeq: 1\n")
    #expect(script.steps.isEmpty)
  }

  @Test("with every request, not only the first; the judge sees what was sent")
  func each() {
    var script = ConversationScript(settings: Self.settings)
    script.judge = { $0.headers["Authorization"] == "good" ? .granted : .refused }
    let transport = "Transport: RTP/AVP;unicast;client_port=40000-40001"
    #expect(
      script.request("SETUP", "rtsp://h/movie.Mjpeg", transport, "Authorization: good") == 200)
    let session = "Session: \(script.header("Session") ?? "")"
    #expect(script.request("PLAY", "rtsp://h/movie.Mjpeg", session) == 401)
    #expect(script.request("PLAY", "rtsp://h/movie.Mjpeg", session, "Authorization: bad") == 401)
    #expect(script.request("PLAY", "rtsp://h/movie.Mjpeg", session, "Authorization: good") == 200)
    #expect(script.request("TEARDOWN", "rtsp://h/movie.Mjpeg", session) == 401)
  }

  @Test("a refused request is no sign of life; one whose nonce alone was too old is")
  func signOfLife() {
    for (verdict, isAlive) in [(ConversationScript.Verdict.refused, false), (.stale, true)] {
      var script = ConversationScript(settings: Self.settings)
      _ = script.setup()
      script.advance(seconds: 50)
      script.judge = { _ in verdict }
      #expect(script.request("OPTIONS") == 401)
      script.advance(seconds: 20)
      #expect(script.steps.contains(.end(session: 1, .timeout)) == !isAlive)
    }
  }

  @Test("what is pipelined behind a request that is judged late waits for it")
  func late() {
    var script = ConversationScript(settings: Self.settings)
    script.judge = { _ in .later }
    let options = "OPTIONS * RTSP/1.0\r\nCSeq: "
    script.say("\(options)1\r\n\r\n\(options)2\r\n\r\n")
    #expect(script.replies.isEmpty && script.conversation.isWaiting)
    script.judge = { _ in .refused }
    script.decide(.granted)
    #expect(script.replies.count == 2)
    #expect(script.replies[0].hasPrefix("RTSP/1.0 200") && script.status == 401)
  }
}
