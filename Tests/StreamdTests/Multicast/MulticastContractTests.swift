import Foundation
import Reactor
import Testing
import Wire

@testable import Streamd

/// The real program, and members of its groups on loopback.
@Suite("Multicast")
struct MulticastContractTests {
  /// An RTSP session that takes what goes to the group.
  private struct Member {
    let client: RTSPClient
    let url: String
    let session: String
    let transport: String

    init(_ daemon: DaemonProcess, _ name: String = "movie.Mjpeg") throws {
      client = try RTSPClient(port: daemon.port)
      url = daemon.url(name)
      let reply = try client.request(
        "SETUP", "\(url)/stream=0", ["Transport: RTP/AVP;multicast"])
      try #require(reply.status == 200, "\(reply.head)")
      session = reply.session
      transport = try #require(reply.header("Transport"))
    }

    var ssrc: UInt32? {
      transport.components(separatedBy: ";ssrc=").last.flatMap { UInt32($0, radix: 16) }
    }

    @discardableResult
    func ask(_ method: String) throws -> RTSPClient.Reply {
      let reply = try client.request(method, url, ["Session: \(session)"])
      #expect(reply.status == 200)
      return reply
    }
  }

  @Test("packets have the size that was asked for")
  func size() throws {
    let group = try GroupReceiver()
    let daemon = try DaemonProcess(group.arguments() + ["--rtp-packet-bytes", "700"])
    let member = try Member(daemon)
    try member.ask("PLAY")
    _ = try group.packets(60)
    #expect(group.longest == 700)
    try member.ask("TEARDOWN")
  }

  @Test("one sends for all: each packet once, whoever comes, rests and goes")
  func once() throws {
    let group = try GroupReceiver()
    let daemon = try DaemonProcess(group.arguments())
    let first = try Member(daemon)
    #expect(
      first.transport.contains(
        ";destination=\(group.address.host);port=\(group.address.port)-\(group.address.port + 1)"
          + ";ttl=1;"))
    #expect(first.transport.contains("multicast;source="))
    #expect(group.packet(within: 200) == nil)
    try first.ask("PLAY")
    var seen = try group.packets(30)
    let second = try Member(daemon)
    #expect(second.ssrc == first.ssrc)
    seen += try group.packets(30)
    let listed = try HTTPClient(daemon).request("GET", "/api/v1/clients").json["items"]
    let states = (listed as? [[String: Any]])?.compactMap { $0["state"] as? String }
    #expect(states == ["playing", "ready"])
    let reply = try second.ask("PLAY")
    seen += try group.packets(60)
    try first.ask("PAUSE")
    seen += try group.packets(60)
    #expect(seen.allSatisfy { $0.ssrc == first.ssrc })
    #expect(zip(seen, seen.dropFirst()).allSatisfy { $1.sequence == $0.sequence &+ 1 })
    try expectAnnounced(seen, in: reply)
    try second.ask("PAUSE")
    #expect(group.quiet(milliseconds: 300))
    try first.ask("PLAY")
    #expect(try group.packets(1).first?.ssrc == first.ssrc)
    try first.ask("TEARDOWN")
    try second.ask("TEARDOWN")
    try expectGoodbye(group, of: first.ssrc)
    #expect(group.quiet(milliseconds: 200))
  }

  /// RTP-Info names a packet that has come.
  private func expectAnnounced(_ packets: [RTPHeader], in reply: RTSPClient.Reply) throws {
    let info = try #require(reply.header("RTP-Info").flatMap { RTPInfo($0) })
    let packet = try #require(packets.first { $0.sequence == info.sequence })
    #expect(packet.timestamp == info.timestamp)
  }

  private func expectGoodbye(_ group: GroupReceiver, of ssrc: UInt32?) throws {
    // Reports come before it.
    for _ in 0..<10 {
      for packet in try group.control() {
        if case .goodbye(let sources, _) = packet { return #expect(sources == ssrc.map { [$0] }) }
      }
    }
    Issue.record("nobody said goodbye")
  }

  @Test("what a member reports is told of its session, and nobody else's")
  func reports() throws {
    let group = try GroupReceiver()
    let daemon = try DaemonProcess(group.arguments())
    let member = try Member(daemon)
    try member.ask("PLAY")
    _ = try group.packets(1)
    let block = ReportBlock(
      ssrc: try #require(member.ssrc), fractionLost: 0, cumulativeLost: 7, highestSequence: 1,
      jitter: 900, lastSenderReport: 0, delaySinceLastSenderReport: 0)
    var bytes: [UInt8] = []
    RTCPPacket.receiverReport(ssrc: 1, blocks: [block]).emit(into: &bytes)
    group.send([1, 2, 3])
    group.send(bytes)
    let http = try HTTPClient(daemon)
    let isTold = try eventually {
      let items = try http.request("GET", "/api/v1/clients").json["items"] as? [[String: Any]]
      let client = try #require(items?.first)
      #expect(client["transport"] as? String == "multicast")
      return client["lost"] as? Int == 7 && client["jitter_ms"] as? Double == 10
    }
    #expect(isTold)
    let metric = try Scraper(daemon)
    #expect(
      try metric("streamd_rtsp_sessions{state=\"playing\",transport=\"multicast\"}") == 1)
    #expect(try metric("streamd_frames_sent_total{transport=\"multicast\"}") >= 1)
  }

  @Test("the description names the group; unicast is had by whoever asks for that")
  func description() throws {
    let group = try GroupReceiver()
    let daemon = try DaemonProcess(group.arguments())
    let client = try RTSPClient(port: daemon.port)
    let reply = try client.request("DESCRIBE", daemon.url())
    let text = String(decoding: reply.body, as: UTF8.self)
    #expect(
      text.contains("m=video \(group.address.port) RTP/AVP 26\r\nc=IN IP4 \(group.address.host)/1"))
    let setup = try client.request(
      "SETUP", "\(daemon.url())/stream=0",
      ["Transport: RTP/AVP;unicast;client_port=40000-40001,RTP/AVP;multicast"])
    #expect(setup.header("Transport")?.contains("client_port=40000-40001") == true)
  }

  @Test("a live source goes there as well")
  func live() throws {
    let group = try GroupReceiver()
    let daemon = try DaemonProcess(group.arguments("live/door"))
    let pictures = try Repository.samplePictures()
    let publisher = try HTTPClient(daemon)
    let length = pictures[0].count + pictures[1].count
    try publisher.send("PUT", "/live/door", ["Content-Length: \(length)"])
    try publisher.socket.send(pictures[0])
    let viewer = try HTTPClient(daemon)
    #expect(
      try eventually {
        try viewer.request("GET", "/video/live/door/snapshot.jpg").status == 200
      })
    let member = try Member(daemon, "live/door")
    try member.ask("PLAY")
    // The newest picture comes at once, the next one when it is there.
    let first = try group.packets(1)[0]
    try publisher.socket.send(pictures[1])
    var last = first
    while last.timestamp == first.timestamp { last = try group.packets(1)[0] }
    #expect(first.ssrc == member.ssrc && last.ssrc == member.ssrc)
  }

  @Test("with its source every member's session ends, and nobody begins it anew")
  func sourceEnds() throws {
    let group = try GroupReceiver()
    let daemon = try DaemonProcess(
      group.arguments("live/door") + ["--limits", "live_hold_s=0"])
    let picture = try #require(Repository.samplePictures().first)
    let publisher = try HTTPClient(daemon)
    try publisher.send("PUT", "/live/door", ["Content-Length: \(picture.count * 2)"])
    try publisher.socket.send(picture)
    let viewer = try HTTPClient(daemon)
    #expect(
      try eventually {
        try viewer.request("GET", "/video/live/door/snapshot.jpg").status == 200
      })
    let members = try (0..<3).map { _ in try Member(daemon, "live/door") }
    for member in members { try member.ask("PLAY") }
    _ = try group.packets(1)
    try publisher.socket.send(picture)
    #expect(try publisher.readReply().status == 200)
    #expect(eventually { daemon.log.contains("multicast has ended") })
    let goodbyes = try group.goodbyes()
    #expect(goodbyes == members[0].ssrc.map { [$0] })
    for member in members {
      let reply = try member.client.request(
        "PLAY", member.url, ["Session: \(member.session)"])
      #expect(reply.status == 454)
    }
  }

  @Test("a viewer of the dashboard takes part")
  func viewer() throws {
    let group = try GroupReceiver()
    let daemon = try DaemonProcess(group.arguments())
    let client = try HTTPClient(daemon)
    let made = try client.request("POST", "/api/v1/sessions", json: #"{"transport":"multicast"}"#)
    let id = try #require(made.json["session_id"] as? String, "\(made.text)")
    #expect(try client.request("POST", "/api/v1/sessions/\(id)/play").status == 200)
    let plays = try eventually {
      let session = try client.request("GET", "/api/v1/sessions/\(id)").json
      #expect(session["transport"] as? String == "multicast")
      #expect(session["lost"] as? Int == 0)
      return session["frame"] as? Int ?? 0 >= 20
    }
    #expect(plays)
  }

  @Test("without a way to the group it is refused, and the log says which one that is")
  func noWay() throws {
    let group = try GroupReceiver()
    let daemon = try DaemonProcess([
      "--multicast", "movie.Mjpeg=\(group.address)", "--multicast-interface", "no-such-thing",
    ])
    let client = try RTSPClient(port: daemon.port)
    let reply = try client.request(
      "SETUP", "\(daemon.url())/stream=0", ["Transport: RTP/AVP;multicast"])
    #expect(reply.status == 503)
    #expect(daemon.log.contains("no way to a multicast group"))
    #expect(daemon.log.contains("interface=no-such-thing"))
  }
}
