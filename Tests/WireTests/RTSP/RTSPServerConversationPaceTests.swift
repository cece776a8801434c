import Testing

@testable import Wire

/// How a server keeps a client that asks without pause from having all of its time.
@Suite("RTSP server conversation, when it is asked too much")
struct RTSPServerConversationPaceTests {
  private func script(rate: Int, burst: Int) -> ConversationScript {
    var settings = RTSPServerConversation.Settings()
    settings.pace = TokenBucket(rate: rate, burst: burst)
    return ConversationScript(settings: settings)
  }

  private func requests(_ numbers: ClosedRange<Int>) -> String {
    numbers.map { "OPTIONS * RTSP/1.0\r\nCSeq: \($0)\r\n\r\n" }.joined()
  }

  @Test("pipelined requests are answered at the pace, all of them and in order")
  func paced() {
    var script = script(rate: 10, burst: 3)
    script.say(requests(1...8))
    #expect(script.replies.count == 3)
    #expect(script.conversation.isPaced)
    #expect(script.conversation.deadline == script.now + 100_000_000)
    for expected in 4...8 {
      script.advance(seconds: 0.1)
      #expect(script.replies.count == expected)
      #expect(script.header("CSeq") == String(expected))
    }
    script.advance(seconds: 0.1)
    #expect(!script.conversation.isPaced)
  }

  @Test("where there is no room to answer, the next request is not waited for again and again")
  func noRoom() {
    var script = script(rate: 10, burst: 1)
    let session = script.setup()
    #expect(!session.isEmpty)
    script.conversation.receive(Array(requests(1...4).utf8).span, at: script.now)
    _ = script.conversation.next(at: script.now)
    #expect(script.conversation.isPaced)
    let ready = script.conversation.deadline ?? 0
    script.conversation.wake(at: ready)
    // The deadline that is left is the session's.
    #expect(script.conversation.deadline ?? 0 > ready + 10_000_000_000)
    script.now = ready
    script.say("")
    #expect(script.header("CSeq") == "1")
  }

  @Test("packets inside the connection are paced like requests")
  func interleaved() {
    var script = script(rate: 10, burst: 3)
    script.say([UInt8](repeating: 0, count: 100).flatMap { _ in [0x24, 9, 0, 0] as [UInt8] })
    #expect(script.conversation.isPaced)
    script.advance(seconds: 9.5)
    #expect(script.conversation.isPaced)
    script.say(requests(1...1))
    #expect(script.replies.isEmpty, "the packets come first")
    for _ in 0..<50 { script.advance(seconds: 0.3) }
    #expect(script.replies.count == 1)
  }

  @Test("a request that waits is not half a request, and a session that waits is not silent")
  func patience() {
    var script = script(rate: 1, burst: 1)
    let session = script.setup()
    script.advance(seconds: 1)
    script.say(
      String(
        repeating: "GET_PARAMETER rtsp://h/ RTSP/1.0\r\nCSeq: 9\r\nSession: \(session)\r\n\r\n",
        count: 200))
    for _ in 0..<190 { script.advance(seconds: 1) }
    #expect(script.status == 200 && script.replies.count >= 190)
    #expect(script.steps.allSatisfy { if case .close = $0 { false } else { true } })
  }

  @Test("whoever is refused keeps its session, and is served when it asks again later")
  func refusing() {
    var script = ConversationScript()
    let session = script.setup()
    script.conversation.isRefusing = true
    script.request("PLAY", "rtsp://h/movie.Mjpeg", "Session: \(session)")
    #expect(script.status == 503)
    #expect(script.header("Retry-After") == "5")
    script.conversation.isRefusing = false
    script.request("PLAY", "rtsp://h/movie.Mjpeg", "Session: \(session)")
    #expect(script.status == 200)
  }

  @Test("a session whose packets come back is over; the connection stays")
  func unreachable() {
    var script = ConversationScript()
    let session = script.setup()
    script.request("PLAY", "rtsp://h/movie.Mjpeg", "Session: \(session)")
    #expect(script.status == 200)
    script.conversation.end(session: 99, .unreachable)
    script.request("PAUSE", "rtsp://h/movie.Mjpeg", "Session: \(session)")
    #expect(script.status == 200)
    script.conversation.end(session: 1, .unreachable)
    script.request("PLAY", "rtsp://h/movie.Mjpeg", "Session: \(session)")
    #expect(script.status == 454)
    #expect(script.steps.contains(.end(session: 1, .unreachable)))
    let next = script.setup()
    #expect(!next.isEmpty)
  }

  @Test("a connection that floods and watches nothing is closed in the end, a viewer's is not")
  func flood() {
    for isViewer in [false, true] {
      var script = script(rate: 10, burst: 3)
      if isViewer { _ = script.setup() }
      // A connection reads so much at once, and again when that is worked off.
      let packets = [UInt8](repeating: 0, count: 40).flatMap { _ in [0x24, 9, 0, 0] as [UInt8] }
      for step in 0..<620 {
        if !script.conversation.isPaced { script.say(packets) }
        // Reports keep the viewer's session alive.
        script.conversation.sawSignOfLife(session: 1, at: script.now)
        script.advance(seconds: 0.1)
        if step < 590 { #expect(!script.steps.contains(.close(.flood))) }
      }
      #expect(script.steps.contains(.close(.flood)) == !isViewer)
    }
  }
}
