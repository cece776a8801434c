import Testing

@testable import Wire

@Suite("RTSP server conversation, multicast")
struct RTSPServerConversationMulticastTests {
  private static let unicast = "RTP/AVP;unicast;client_port=40000-40001"
  private static let interleaved = "RTP/AVP/TCP;unicast;interleaved=0-1"
  private static let refusal = 461

  private func script() -> ConversationScript {
    var script = ConversationScript()
    script.media.group = MulticastGroup(address: "239.1.2.3", port: 5004, ttl: 16)
    return script
  }

  @discardableResult
  private func setup(_ script: inout ConversationScript, _ transport: String) -> Int {
    script.request("SETUP", "rtsp://h/movie.Mjpeg/stream=0", "Transport: \(transport)")
  }

  @Test(
    "the group is the server's, whatever the client would have",
    arguments: [
      "RTP/AVP;multicast", "RTP/AVP/UDP;multicast;mode=play", "RTP/AVP;multicast;port=0-1",
      "RTP/AVP;multicast;destination=203.0.113.9;port=9-10;ttl=255",
      "RTP/SAVP;unicast,RTP/AVP;multicast",
    ])
  func agreed(offer: String) {
    var script = script()
    #expect(setup(&script, offer) == 200)
    #expect(
      script.header("Transport")?.hasPrefix(
        "RTP/AVP;multicast;destination=239.1.2.3;port=5004-5005;ttl=16") == true)
    guard case .open(_, let transport, _, false)? = script.steps.last else {
      Issue.record("nothing was opened: \(script.steps)")
      return
    }
    #expect(transport.isMulticast && transport.clientPorts == nil && transport.channels == nil)
  }

  @Test(
    "the client's order decides, so that unicast stays what players get",
    arguments: [
      ("\(unicast),RTP/AVP;multicast", "unicast;client_port"),
      ("\(interleaved),RTP/AVP;multicast", "RTP/AVP/TCP"),
      ("RTP/AVP;multicast,\(unicast)", "RTP/AVP;multicast"),
      ("RTP/AVP/TCP;multicast,\(unicast)", "unicast;client_port"),
    ])
  func order(offers: String, agreed: String) {
    var script = script()
    #expect(setup(&script, offers) == 200)
    #expect(script.header("Transport")?.contains(agreed) == true)
  }

  @Test("what goes to no group can be had otherwise only")
  func unmarked() {
    var script = ConversationScript()
    #expect(setup(&script, "RTP/AVP;multicast") == Self.refusal)
    #expect(setup(&script, "RTP/AVP;multicast,\(Self.unicast)") == 200)
    #expect(script.header("Transport")?.contains("client_port") == true)
  }

  @Test("a group that ends while a member looks for another way takes it along")
  func endsMeanwhile() {
    var script = script()
    setup(&script, "RTP/AVP;multicast")
    let session = script.header("Session").map { String($0.prefix { $0 != ";" }) } ?? ""
    script.isOpeningSlow = true
    script.request(
      "SETUP", "rtsp://h/movie.Mjpeg/stream=0", "Session: \(session)",
      "Transport: \(Self.unicast)")
    #expect(script.conversation.isOpeningStillWanted)
    guard case .open(let number, _, _, _)? = script.steps.last else {
      Issue.record("nothing was to be opened: \(script.steps)")
      return
    }
    script.conversation.end(session: number, .mediaGone)
    #expect(!script.conversation.isOpeningStillWanted)
    script.conversation.refused(RTSPRefusal(.sessionNotFound))
    script.advance(seconds: 0)
    #expect(script.status == 454)
  }

  @Test("nobody publishes to a group, and the classroom knows none")
  func others() {
    var script = script()
    #expect(setup(&script, "RTP/AVP;multicast;mode=record") == Self.refusal)
    #expect(setup(&script, "RTP/AVP/TCP;multicast;interleaved=0-1") == Self.refusal)
    script.say("SETUP movie.Mjpeg RTSP/1.0\nCSeq: 1\nTransport: RTP/UDP;multicast\n\n")
    #expect(script.status == Self.refusal)
  }

  @Test("the reply to PLAY tells where the group is, not what was asked for")
  func play() {
    var script = script()
    setup(&script, "RTP/AVP;multicast")
    let session = script.header("Session").map { String($0.prefix { $0 != ";" }) } ?? ""
    script.request(
      "PLAY", "rtsp://h/movie.Mjpeg", "Session: \(session)", "Range: npt=2-4")
    #expect(script.status == 200)
    #expect(script.header("Range") == "npt=2-")
    #expect(script.request("PAUSE", "rtsp://h/movie.Mjpeg", "Session: \(session)") == 200)
    // Another way may be chosen, as with any session.
    script.request(
      "SETUP", "rtsp://h/movie.Mjpeg/stream=0", "Session: \(session)",
      "Transport: \(Self.unicast)")
    #expect(script.status == 200)
    #expect(script.header("Transport")?.contains("multicast") == false)
  }
}
