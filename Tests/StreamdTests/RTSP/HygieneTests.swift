import Foundation
import Testing

/// Where packets go, whose are taken, and what becomes of a viewer that is not there any more.
@Suite("RTP hygiene")
struct HygieneTests {
  private static let home = "127.0.0.2"

  /// A session over UDP whose ports are known, not played yet.
  private struct Session {
    let client: RTSPClient
    let id: String
    let serverRTP: UInt16
    var serverRTCP: UInt16 { serverRTP + 1 }

    init(_ daemon: DaemonProcess, _ transport: String, from host: String) throws {
      client = try RTSPClient(port: daemon.port, from: host)
      let setup = try client.request("SETUP", daemon.url(), ["Transport: \(transport)"])
      #expect(setup.status == 200)
      id = setup.session
      let ports = setup.header("Transport")?.split(separator: ";")
        .first { $0.hasPrefix("server_port=") }
      serverRTP = try #require(
        ports?.split(separator: "=").last?.split(separator: "-").first.flatMap { UInt16($0) })
    }

    func play(_ daemon: DaemonProcess) throws {
      #expect(try client.request("PLAY", daemon.url(), ["Session: \(id)"]).status == 200)
    }
  }

  private func isRTP(_ datagram: [UInt8]?) -> Bool { datagram.map { $0[1] & 0x7F == 26 } ?? false }

  @Test("packets go to the RTSP client's address and to no other, whatever it asks for")
  func destination() throws {
    let daemon = try DaemonProcess()
    let victim = try UDPReceiver(on: "127.0.0.3")
    let receiver = try UDPReceiver(on: Self.home)
    let session = try Session(
      daemon, "RTP/AVP;unicast;destination=127.0.0.3;client_port=\(victim.port)-65535",
      from: Self.home)
    try session.play(daemon)
    let proper = try Session(
      daemon, "RTP/AVP;unicast;destination=127.0.0.3;client_port=\(receiver.port)-65535",
      from: Self.home)
    try proper.play(daemon)
    for _ in 0..<20 { #expect(isRTP(receiver.receive())) }
    #expect(victim.receiveNow() == nil)
  }

  @Test("to a proxy on another machine nothing is sent over UDP: who is behind it takes TCP")
  func proxy() throws {
    let group = try GroupReceiver()
    let daemon = try DaemonProcess(
      ["--trusted-proxies", "\(Self.home),127.0.0.1"] + group.arguments())
    let proxied = try RTSPClient(port: daemon.port, from: Self.home)
    for transport in ["RTP/AVP;unicast;client_port=40000-40001", "RTP/AVP;multicast"] {
      let reply = try proxied.request("SETUP", daemon.url(), ["Transport: \(transport)"])
      #expect(reply.status == 461)
    }
    let reply = try proxied.request(
      "SETUP", daemon.url(), ["Transport: RTP/AVP/TCP;unicast;interleaved=0-1"])
    #expect(reply.status == 200)
    // A proxy here is most likely none to whoever speaks RTSP.
    _ = try Session(daemon, "RTP/AVP;unicast;client_port=40000-40001", from: "127.0.0.1")
  }

  @Test("the first packet from the client's address before PLAY tells the port behind a translator")
  func latch() throws {
    let daemon = try DaemonProcess()
    let (rtp, rtcp) = (try UDPReceiver(on: Self.home), try UDPReceiver(on: Self.home))
    let session = try Session(daemon, "RTP/AVP;unicast;client_port=9-10", from: Self.home)
    rtp.send([0x80, 26, 0, 0], to: session.serverRTP)
    rtcp.send([0x80, 201, 0, 1, 0, 0, 0, 1], to: session.serverRTCP)
    // Once: the next one is not followed.
    let late = try UDPReceiver(on: Self.home)
    late.send([0x80, 26, 0, 0], to: session.serverRTP)
    late.send([0x80, 201, 0, 1, 0, 0, 0, 1], to: session.serverRTCP)
    try session.play(daemon)
    for _ in 0..<20 { #expect(isRTP(rtp.receive())) }
    #expect(rtcp.receive()?[1] == 200, "a sender report")
    // Nor one that comes while it plays.
    late.send([0x80, 26, 0, 0], to: session.serverRTP)
    for _ in 0..<20 { #expect(isRTP(rtp.receive())) }
    #expect(late.receiveNow() == nil)
  }

  @Test("a stranger's packets move nothing, before PLAY or later")
  func stranger() throws {
    let daemon = try DaemonProcess()
    let metric = try Scraper(daemon)
    let (rtp, rtcp) = (try UDPReceiver(on: Self.home), try UDPReceiver(on: Self.home))
    let session = try Session(
      daemon, "RTP/AVP;unicast;client_port=\(min(rtp.port, rtcp.port))-\(max(rtp.port, rtcp.port))",
      from: Self.home)
    let (own, ownControl) = rtp.port < rtcp.port ? (rtp, rtcp) : (rtcp, rtp)
    let stranger = try UDPReceiver(on: "127.0.0.3")
    for port in [session.serverRTP, session.serverRTCP] {
      for _ in 0..<10 { stranger.send([0x80, 201, 0, 1, 0, 0, 0, 1], to: port) }
    }
    try session.play(daemon)
    let packet = try #require(own.receive())
    // A report on what has been sent, which only the viewer itself may make.
    let report: [UInt8] =
      [0x81, 201, 0, 7, 0, 0, 0, 1] + packet[8..<12] + [128, 0, 0, 9]
      + [UInt8](
        repeating: 0, count: 16)
    stranger.send(report, to: session.serverRTCP)
    for _ in 0..<20 { #expect(isRTP(own.receive())) }
    #expect(try metric("streamd_rtcp_fraction_lost_count") == 0)
    ownControl.send(report, to: session.serverRTCP)
    #expect(try eventually { try metric("streamd_rtcp_fraction_lost_count") == 1 })
    #expect(stranger.receiveNow() == nil)
  }

  @Test(
    "a viewer whose port has been closed for too long is let go, with a word in log and metrics")
  func unreachable() throws {
    let daemon = try DaemonProcess(["--limits", "unreachable_s=1"])
    let metric = try Scraper(daemon)
    // Once it has an answer its connection has been taken.
    _ = try metric("process_open_fds")
    let before = daemon.descriptors
    let viewer = try SteadyViewer(daemon)
    let transport = try UDPPair().transport.dropFirst("Transport: ".count)
    let session = try Session(daemon, String(transport), from: "127.0.0.1")
    try session.play(daemon)
    let isGone = try eventually {
      try metric("streamd_rtsp_sessions_ended_total{reason=\"unreachable\"}") == 1
    }
    #expect(isGone)
    #expect(daemon.log.contains("msg=\"client left\""))
    #expect(daemon.log.contains("reason=unreachable"))
    #expect(daemon.descriptors == before + 3, "its two connections and the film")
    let pause = try session.client.request("PAUSE", daemon.url(), ["Session: \(session.id)"])
    #expect(pause.status == 454)
    #expect(
      try session.client.request("SETUP", daemon.url(), ["Transport: RTP/AVP/TCP"]).status == 200)
    try viewer.watch()
  }

  @Test("a player that has closed its RTCP port alone goes on watching")
  func controlClosed() throws {
    let daemon = try DaemonProcess(["--limits", "unreachable_s=1"])
    let receiver = try UDPReceiver()
    let closed = try UDPReceiver().port
    guard closed > receiver.port else { return try controlClosed() }
    let session = try Session(
      daemon, "RTP/AVP;unicast;client_port=\(receiver.port)-\(closed)", from: "127.0.0.1")
    try session.play(daemon)
    // Two seconds of video, twice the grace.
    for _ in 0..<400 where !isRTP(receiver.receive()) { Issue.record("no packet") }
    #expect(try HTTPClient(daemon).request("GET", "/api/v1/clients").text.contains("playing"))
  }

  @Test("the classroom's viewers are let go alike")
  func classroom() throws {
    let daemon = try DaemonProcess(["--limits", "unreachable_s=1"])
    let metric = try Scraper(daemon)
    let closed = try UDPReceiver().port
    let client = try RTSPClient(port: daemon.port)
    try client.send(
      "SETUP movie.Mjpeg RTSP/1.0\nCSeq: 1\nTransport: RTP/UDP; client_port= \(closed)\n")
    let reply = String(decoding: try client.receive(), as: UTF8.self)
    let session = try #require(reply.split(separator: "\n").last?.split(separator: " ").last)
    try client.send("PLAY movie.Mjpeg RTSP/1.0\nCSeq: 2\nSession: \(session)\n")
    let isGone = try eventually {
      try metric("streamd_rtsp_sessions_ended_total{reason=\"unreachable\"}") == 1
    }
    #expect(isGone)
  }
}
