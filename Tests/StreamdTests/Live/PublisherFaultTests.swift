import Foundation
import Testing

/// What publishers may do wrong costs them a picture or their session, and nobody else a frame.
@Suite("Publishing: hostile and clumsy publishers")
struct PublisherFaultTests {
  private static func snapshot(_ daemon: DaemonProcess, _ name: String = "live/x") -> [UInt8]? {
    let reply = try? HTTPClient(daemon).request("GET", "/video/\(name)/snapshot.jpg")
    return reply?.status == 200 ? reply?.body : nil
  }

  /// That the picture of this number comes to be seen.
  private static func shows(_ number: Int, _ daemon: DaemonProcess) -> Bool {
    eventually { snapshot(daemon).map { TestPackets.number(of: $0) } == number }
  }

  @Test("packets become pictures, and each kind of bad packet costs a picture at most")
  func packets() throws {
    let daemon = try DaemonProcess()
    let steady = try SteadyViewer(daemon)
    let metric = try Scraper(daemon)
    let publisher = try RTSPPublishing(daemon, "live/x")
    try publisher.record()
    var packets = TestPackets()
    try publisher.send(packets.picture(packets: 3))
    #expect(Self.shows(1, daemon))
    func broken() throws -> Double {
      try metric("streamd_frames_broken_total{reason=\"incomplete\"}")
    }
    // A fragment is missing in the middle; the window gives it up when the next picture is whole.
    var second = packets.picture(packets: 3)
    second.remove(at: 1)
    try publisher.send(second + packets.picture())
    #expect(Self.shows(3, daemon))
    #expect(try broken() == 1)
    // Fragments that overlap, that reach far beyond, and that begin nowhere.
    for offset: [UInt8] in [[0, 0, 4], [0xFF, 0xFF, 0xFF], [0, 1, 0]] {
      var bad = packets.picture(packets: 2)
      bad[1].replaceSubrange(13..<16, with: offset)
      try publisher.send(bad)
    }
    try publisher.send([packets.undecodable()])
    try publisher.send(packets.picture())
    #expect(Self.shows(7, daemon))
    #expect(try broken() == 5)
    try steady.watch(frames: 5)
    #expect(try publisher.request("TEARDOWN") == 200)
  }

  @Test(
    "pictures still being normalised when their publisher has gone do not keep the source alive")
  func lateNormalised() async throws {
    let folder = try TemporaryFolder()
    try folder.write("a.jpg", try Repository.samplePictures()[0])
    let optimised = try await Tool.run("jpegtran", ["-optimize", "\(folder.path)/a.jpg"])
    #expect(optimised.status == 0 && !optimised.output.isEmpty)
    let daemon = try DaemonProcess(["--limits", "live_hold_s=3"])
    for _ in 0..<2 {
      let publisher = try HTTPClient(daemon)
      try publisher.send("PUT", "/live/x", ["Content-Length: \(optimised.output.count * 2)"])
      try publisher.socket.send(optimised.output + optimised.output)
      #expect(try publisher.readReply().status == 200)
      // Its last picture is there, is held, and then it is over.
      let shown = try HTTPClient(daemon).request("GET", "/video/live/x/snapshot.jpg")
      #expect(shown.status == 200 && shown.body.count > 1000, "\(shown.text)")
      let isOver = try eventually {
        try HTTPClient(daemon).request("GET", "/video/live/x/snapshot.jpg").status == 404
      }
      #expect(isOver)
    }
    #expect(daemon.terminate() == 0)
  }

  @Test("a source that ends takes a connection with two sessions of it along, reset or not")
  func twoSessions() throws {
    let daemon = try DaemonProcess(["--limits", "live_hold_s=0"])
    for _ in 0..<5 {
      var publisher: RTSPPublishing? = try RTSPPublishing(daemon, "live/x")
      try publisher?.record()
      var packets = TestPackets()
      try publisher?.send(packets.picture())
      #expect(Self.shows(1, daemon))
      var viewers = try (0..<20).map { _ in
        let viewer = try RTSPClient(port: daemon.port)
        for _ in 0..<2 {
          let setup = try viewer.request(
            "SETUP", daemon.url("live/x"), ["Transport: RTP/AVP/TCP;unicast"])
          let play = try viewer.request(
            "PLAY", daemon.url("live/x"), ["Session: \(setup.session)"])
          #expect(play.status == 200)
        }
        return viewer
      }
      // The daemon stands still while they hang up the hard way and the source goes.
      kill(daemon.pid, SIGSTOP)
      for viewer in viewers {
        var linger = Glibc.linger(l_onoff: 1, l_linger: 0)
        unsafe setsockopt(
          viewer.descriptor, SOL_SOCKET, SO_LINGER, &linger,
          socklen_t(MemoryLayout<Glibc.linger>.size))
      }
      (viewers, publisher) = ([], nil)
      kill(daemon.pid, SIGCONT)
      #expect(try eventually { try HTTPClient(daemon).request("GET", "/healthz").status == 200 })
    }
    let clients = { try HTTPClient(daemon).request("GET", "/api/v1/clients").json["items"] }
    #expect(try eventually { (try clients() as? [Any])?.isEmpty == true })
    #expect(daemon.isRunning && daemon.terminate() == 0)
  }

  @Test("a daemon that is ended while somebody publishes ends well")
  func ending() throws {
    for isHeld in [false, true] {
      let daemon = try DaemonProcess()
      let publisher = try RTSPPublishing(daemon, "live/x")
      try publisher.record()
      var packets = TestPackets()
      try publisher.send(packets.picture())
      #expect(Self.shows(1, daemon))
      if isHeld { #expect(try publisher.request("TEARDOWN") == 200) }
      #expect(daemon.terminate() == 0, "\(daemon.log.suffix(500))")
    }
  }

  @Test("other payload types, versions and short packets are not heard")
  func strangePackets() throws {
    let daemon = try DaemonProcess()
    let publisher = try RTSPPublishing(daemon, "live/x")
    try publisher.record()
    var packets = TestPackets()
    try publisher.send(packets.picture())
    for change: (inout [UInt8]) -> Void in [
      { $0[1] = 0x80 | 96 }, { $0[0] = 0x40 }, { $0 = Array($0.prefix(11)) }, { $0 = [] },
      { $0[0] = 0xBF }, { $0 = [UInt8](repeating: 0xFF, count: 65_535) },
    ] {
      var copy = packets
      var packet = copy.picture()[0]
      change(&packet)
      try publisher.send([packet])
    }
    // RTCP of no sense, and a goodbye, which is no end.
    try publisher.send([[], [0x80], [0x81, 203, 0, 1, 0, 0, 0x5E, 0xED]], channel: 1)
    try publisher.send(packets.picture())
    #expect(Self.shows(2, daemon))
    #expect(try publisher.request("TEARDOWN") == 200)
  }

  @Test("sequence numbers that jump and senders that change go on with their next picture")
  func jumps() throws {
    let daemon = try DaemonProcess()
    let publisher = try RTSPPublishing(daemon, "live/x")
    try publisher.record()
    var packets = TestPackets()
    try publisher.send(packets.picture())
    packets.sequence &+= 20_000
    packets.timestamp &+= 0x7000_0000
    try publisher.send(packets.picture(packets: 2))
    #expect(Self.shows(2, daemon))
    packets.ssrc = 1
    packets.sequence = 7
    packets.timestamp = 0
    try publisher.send(packets.picture(packets: 2))
    #expect(Self.shows(3, daemon))
  }

  @Test("a picture without an end costs no more than a picture may")
  func endless() throws {
    let daemon = try DaemonProcess(["--limits", "live_picture_bytes=65536"])
    let steady = try SteadyViewer(daemon)
    let publisher = try RTSPPublishing(daemon, "live/x")
    try publisher.record()
    var packets = TestPackets()
    var first = packets.picture()[0]
    first[1] = 26
    var sequence = packets.sequence
    for offset in stride(from: 8, to: 200_000, by: 1000) {
      var next = first
      next.replaceSubrange(2..<4, with: [UInt8(sequence >> 8), UInt8(sequence & 0xFF)])
      let place = [UInt8(offset >> 16), UInt8(offset >> 8 & 0xFF), UInt8(offset & 0xFF)]
      next.replaceSubrange(13..<16, with: place)
      next += [UInt8](repeating: 1, count: 992)
      try publisher.send(offset == 8 ? [first, next] : [next])
      sequence &+= 1
    }
    packets.sequence = sequence
    try publisher.send(packets.picture())
    #expect(Self.shows(2, daemon))
    try steady.watch(frames: 3)
  }

  @Test("pictures of any size, one after the other, do not end a viewer")
  func sizes() throws {
    let daemon = try DaemonProcess()
    let publisher = try RTSPPublishing(daemon, "live/x")
    try publisher.record()
    var packets = TestPackets()
    try publisher.send(packets.picture())
    let viewer = try HTTPClient(daemon)
    try viewer.send("GET", "/video/live/x/stream.mjpg")
    _ = try viewer.readHead()
    _ = try viewer.read(11)
    _ = try viewer.readPart()
    for (width, height): (UInt8, UInt8) in [(1, 1), (255, 255), (2, 200), (0, 0), (0, 9), (2, 2)] {
      var picture = packets.picture()
      picture[0].replaceSubrange(18..<20, with: [width, height])
      try publisher.send(picture)
    }
    // Those without a size are none.
    for number in [2, 3, 4, 7] {
      #expect(TestPackets.number(of: try viewer.readPart().jpeg) == number)
    }
  }

  @Test("only the client's own address and ports are heard over UDP")
  func strangers() throws {
    let daemon = try DaemonProcess()
    let rtp = try UDPReceiver()
    let transport = "RTP/AVP;unicast;client_port=\(rtp.port)-\(rtp.port + 1);mode=record"
    let publisher = try RTSPPublishing(daemon, "live/x", transport)
    try publisher.record()
    let port = try #require(publisher.serverPort)
    var packets = TestPackets()
    let other = try UDPReceiver(on: "127.0.0.2")
    for _ in 0..<3 { other.send(packets.picture()[0], to: port) }
    rtp.send(packets.picture()[0], to: port)
    #expect(Self.shows(4, daemon))
    let list = try HTTPClient(daemon).request("GET", "/api/v1/clients").json["items"]
    #expect((list as? [[String: Any]])?.first?["packets"] as? Int == 1)
  }

  @Test("more pictures a second than anybody is meant to see are left out and counted")
  func pace() throws {
    let daemon = try DaemonProcess(["--limits", "live_frames_per_s=20"])
    let steady = try SteadyViewer(daemon)
    let metric = try Scraper(daemon)
    let publisher = try RTSPPublishing(daemon, "live/x")
    try publisher.record()
    var packets = TestPackets()
    for _ in 0..<500 { try publisher.send(packets.picture()) }
    #expect(try publisher.request("PAUSE") == 200)
    let shown = try metric("streamd_frames_received_total{transport=\"tcp\"}")
    let excess = try metric("streamd_frames_broken_total{reason=\"excess\"}")
    #expect(shown + excess == 500 && shown >= 5 && excess > 300, "\(shown) \(excess)")
    try steady.watch(frames: 3)
  }

  @Test("a session without pictures ends, whatever is said on its connection")
  func timeout() throws {
    let daemon = try DaemonProcess(["--session-timeout", "3"])
    let publisher = try RTSPPublishing(daemon, "live/x")
    try publisher.record()
    #expect(try HTTPClient(daemon).request("GET", "/metrics").text.contains("tcp\"} 1"))
    let ended = try eventually {
      try publisher.client.request("OPTIONS", "*").status == 200
        && daemon.log.contains("live/x is not published any more")
    }
    #expect(ended && daemon.log.contains("reason=timeout"))
    #expect(try publisher.request("TEARDOWN") == 454)
  }

  @Test("RECORD is refused while somebody else publishes, and the name is free after a PAUSE")
  func races() throws {
    let daemon = try DaemonProcess()
    let first = try RTSPPublishing(daemon, "live/x")
    let second = try RTSPPublishing(daemon, "live/x")
    #expect(try first.record() == 200)
    #expect(try second.record() == 403)
    #expect(try first.request("PAUSE") == 200)
    #expect(try second.record() == 200)
    #expect(try first.record() == 403)
    #expect(try second.request("TEARDOWN") == 200)
    #expect(try first.record() == 200)
  }

  @Test("descriptions that are none, or of something else, are refused with what is wanted")
  func descriptions() throws {
    let daemon = try DaemonProcess()
    let client = try RTSPClient(port: daemon.port)
    for (body, status) in [
      ("hello", 400), ("v=0\r\n", 415), ("v=0\r\nm=video\r\n", 400),
      ("v=0\r\nm=video 0 RTP/AVP 96\r\na=rtpmap:96 H264/90000\r\n", 415),
      ("v=0\r\n" + String(repeating: "a=x\r\n", count: 1000), 400),
      ("v=0\r\nm=video 0 RTP/AVP 26\r\n", 403),
    ] {
      // A file's name cannot be published under.
      let target = status == 403 ? daemon.url() : daemon.url("live/x")
      let reply = try client.request(
        "ANNOUNCE", target, ["Content-Type: application/sdp"], body: body)
      #expect(reply.status == status, "\(reply.head)")
    }
    let large = try RTSPClient(port: daemon.port).request(
      "ANNOUNCE", daemon.url("live/x"), ["Content-Type: application/sdp"],
      body: "v=0\r\n" + String(repeating: "s=x\r\n", count: 20_000))
    #expect(large.status == 413)
  }

  @Test("ports and descriptors of publishers are given back")
  func leaks() throws {
    let daemon = try DaemonProcess(["--rtp-ports", "22000-22003"])
    let before = daemon.descriptors
    for round in 0..<5 {
      let rtp = try UDPReceiver()
      let publisher = try RTSPPublishing(
        daemon, "live/\(round)", "RTP/AVP;unicast;client_port=\(rtp.port);mode=record")
      #expect(try publisher.record() == 200)
      // The others just leave.
      if round % 2 == 0 { #expect(try publisher.request("TEARDOWN") == 200) }
    }
    #expect(eventually { daemon.descriptors <= before }, "\(daemon.descriptors) \(before)")
  }
}
