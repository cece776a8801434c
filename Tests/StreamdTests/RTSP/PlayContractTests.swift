import Foundation
import Testing
import Wire

/// What a session does on the wire, packet by packet.
@Suite("The playing session")
struct PlayContractTests {
  /// A client with its own UDP ports and a session.
  private final class Viewer {
    let client: RTSPClient
    let ports: UDPPair
    let target: String
    let session: String
    let serverPorts: (rtp: UInt16, rtcp: UInt16)
    let ssrc: String
    var reader: PictureReader

    init(_ daemon: DaemonProcess) throws {
      client = try RTSPClient(port: daemon.port)
      ports = try UDPPair()
      target = daemon.url()
      let reply = try client.request("SETUP", target + "/stream=0", [ports.transport])
      #expect(reply.status == 200)
      session = reply.session
      let header = try #require(reply.header("Transport"))
      let transport = try #require(TransportHeader.parse(header)?.first)
      let server = try #require(transport.serverPorts)
      serverPorts = (server.rtp, server.rtcp)
      ssrc = String(try #require(transport.ssrc), radix: 16)
      reader = try PictureReader()
    }

    func request(_ method: String, _ headers: String...) throws -> RTSPClient.Reply {
      try client.request(method, target, ["Session: \(session)"] + headers)
    }

    func pictures(_ count: Int) throws -> [PictureReader.Picture] {
      var pictures: [PictureReader.Picture] = []
      while pictures.count < count {
        let packet = try #require(ports.rtp.receive(), "no packet for five seconds")
        if let picture = try reader.receive(packet) { pictures.append(picture) }
      }
      return pictures
    }

    /// Throws away what has arrived already.
    func drain() { while ports.rtp.receiveNow() != nil {} }
  }

  private static func info(_ reply: RTSPClient.Reply) throws -> RTPInfo {
    let header = try #require(reply.header("RTP-Info"))
    return try #require(RTPInfo(header))
  }

  @Test("plays from the first frame, and RTP-Info tells the first packet")
  func first() throws {
    let daemon = try DaemonProcess()
    let viewer = try Viewer(daemon)
    #expect(viewer.serverPorts.rtp % 2 == 0 && viewer.serverPorts.rtp >= 25_000)
    #expect(viewer.serverPorts.rtcp == viewer.serverPorts.rtp + 1)
    let reply = try viewer.request("PLAY", "Range: npt=0-10")
    #expect(reply.header("Range") == "npt=0-")
    let info = try Self.info(reply)
    #expect(info.url == "\(daemon.url())/stream=0")
    let pictures = try viewer.pictures(5)
    #expect(pictures.map(\.number) == [0, 1, 2, 3, 4])
    #expect(pictures[0].firstSequence == info.sequence)
    #expect(pictures[0].timestamp == info.timestamp)
    #expect(viewer.reader.lostPackets == 0)
  }

  @Test("goes on with the next frame after a pause, sequence and timestamps running on")
  func pause() throws {
    let daemon = try DaemonProcess()
    let viewer = try Viewer(daemon)
    _ = try viewer.request("PLAY")
    let before = try viewer.pictures(7)
    #expect(try viewer.request("PAUSE").status == 200)
    // What was under way before the pause still counts as before.
    var last = before[6]
    while let packet = viewer.ports.rtp.receiveNow() {
      if let picture = try viewer.reader.receive(packet) { last = picture }
    }
    #expect(try viewer.request("OPTIONS").status == 200)
    #expect(viewer.ports.rtp.receiveNow() == nil, "a paused session sends")
    let reply = try viewer.request("PLAY")
    let after = try viewer.pictures(3)
    #expect(after.map(\.number) == [1, 2, 3].map { last.number + $0 })
    #expect(after[0].timestamp == last.timestamp &+ 4500)
    #expect(viewer.reader.lostPackets == 0)
    #expect(reply.header("Range") == "npt=\(Self.seconds(last.number + 1))-")
    #expect(try Self.info(reply).sequence == after[0].firstSequence)
    #expect(try Self.info(reply).timestamp == after[0].timestamp)
  }

  @Test("seeks while it plays and while it is paused")
  func seek() throws {
    let daemon = try DaemonProcess()
    let viewer = try Viewer(daemon)
    _ = try viewer.request("PLAY", "Range: npt=9.8-")
    // Across the seam.
    #expect(try viewer.pictures(8).map(\.number) == [196, 197, 198, 199, 0, 1, 2, 3])
    let info = try Self.info(try viewer.request("PLAY", "Range: npt=5-"))
    var picture = try viewer.pictures(1)[0]
    while picture.firstSequence != info.sequence { picture = try viewer.pictures(1)[0] }
    #expect(picture.number == 100)
    #expect(picture.timestamp == info.timestamp)
    _ = try viewer.request("PAUSE")
    viewer.drain()
    let resumed = try Self.info(try viewer.request("PLAY", "Range: npt=2.5-"))
    // Packets that were drained above are missing in the reader's sequence; begin a new one.
    viewer.reader = try PictureReader()
    let pictures = try viewer.pictures(3)
    #expect(pictures.map(\.number) == [50, 51, 52])
    #expect(pictures[0].firstSequence == resumed.sequence)
    #expect(viewer.reader.lostPackets == 0)
  }

  @Test("stops at the requested end with a BYE, and can be played again")
  func requestedEnd() throws {
    let daemon = try DaemonProcess()
    let viewer = try Viewer(daemon)
    let reply = try viewer.request("PLAY", "Range: npt=1-1.5")
    #expect(reply.header("Range") == "npt=1-1.500")
    #expect(try viewer.pictures(10).map(\.number) == Array(20..<30))
    #expect(try Self.readGoodbye(viewer.ports.rtcp) == viewer.ssrc)
    #expect(viewer.ports.rtp.receiveNow() == nil)
    // Whoever has said goodbye comes back under another name.
    _ = try viewer.request("PLAY", "Range: npt=2-2.1")
    let packet = try #require(viewer.ports.rtp.receive())
    #expect(String(try RTPHeader(parsing: packet.span).ssrc, radix: 16) != viewer.ssrc)
  }

  @Test("sends SR and SDES at PLAY that map the wall clock to the media's, and BYE at TEARDOWN")
  func reports() throws {
    let daemon = try DaemonProcess()
    let viewer = try Viewer(daemon)
    let info = try Self.info(try viewer.request("PLAY"))
    let compound = try #require(viewer.ports.rtcp.receive())
    let packets = try RTCPPacket.parse(compound.span)
    guard case .senderReport(let report, let blocks) = packets.first,
      case .sourceDescription(let names) = packets.last
    else {
      Issue.record("\(packets)")
      return
    }
    #expect(blocks.isEmpty)
    #expect(String(report.ssrc, radix: 16) == viewer.ssrc)
    #expect(names[report.ssrc] == "streamd")
    #expect(report.packets == 0 && report.octets == 0)
    let now = Int64(Date().timeIntervalSince1970 * 1e9)
    #expect(abs(report.time.realtime - now) < 2_000_000_000)
    // It leaves with the first frame, a moment after that was due; a busy machine's moment.
    let late = report.timestamp &- info.timestamp
    #expect(late <= 90_000, "\(late) ticks")
    _ = try viewer.pictures(3)
    _ = try viewer.request("TEARDOWN")
    #expect(try Self.readGoodbye(viewer.ports.rtcp) == viewer.ssrc)
  }

  @Test("over TCP packets of a session stay on its channels, behind the reply to PLAY")
  func interleaved() throws {
    let daemon = try DaemonProcess()
    let client = try RTSPClient(port: daemon.port)
    var reader = try PictureReader()
    let setup = try client.request(
      "SETUP", daemon.url(), ["Transport: RTP/AVP/TCP;unicast;interleaved=6-9"])
    #expect(setup.header("Transport")?.contains("interleaved=6-9") == true)
    let play = try client.request("PLAY", daemon.url(), ["Session: \(setup.session)"])
    #expect(client.interleaved.isEmpty)
    let info = try Self.info(play)
    var numbers: [Int] = []
    var controls = 0
    while numbers.count < 5 {
      let (channel, packet) = try client.readPacket()
      #expect(channel == 6 || channel == 9)
      if channel == 9 { controls += 1 }
      guard channel == 6 else { continue }
      if let picture = try reader.receive(packet) {
        if numbers.isEmpty { #expect(picture.firstSequence == info.sequence) }
        numbers.append(picture.number)
      }
    }
    #expect(numbers == [0, 1, 2, 3, 4])
    #expect(controls == 1)
    #expect(reader.lostPackets == 0)
  }

  @Test("a player that does not read loses whole frames only, and sees now when it reads again")
  func slowReader() throws {
    let daemon = try DaemonProcess(["--fps", "100"])
    let client = try RTSPClient(port: daemon.port, receiveBufferBytes: 8192)
    let setup = try client.request(
      "SETUP", daemon.url(), ["Transport: RTP/AVP/TCP;interleaved=0-1"])
    _ = try client.request("PLAY", daemon.url(), ["Session: \(setup.session)"])
    var reader = try PictureReader()
    var pictures: [PictureReader.Picture] = []
    // Reads so slowly that most frames cannot be sent: one packet of ten every few milliseconds.
    let start = Date()
    while pictures.count < 60 {
      let (channel, packet) = try client.readPacket()
      if channel == 0, let picture = try reader.receive(packet) { pictures.append(picture) }
      usleep(4000)
    }
    #expect(reader.lostPackets == 0, "a torn frame")
    let elapsed = Date().timeIntervalSince(start)
    let media = Double(pictures[59].timestamp &- pictures[0].timestamp) / 90_000
    // Frames were left out, and what is shown is no older than what the kernel's buffers hold.
    #expect(zip(pictures, pictures.dropFirst()).contains { $1.timestamp &- $0.timestamp > 900 })
    #expect(media > elapsed - 1.5, "\(media) s of media in \(elapsed) s")
  }

  @Test("a session can change to another transport before it plays and while it is paused")
  func changesTransport() throws {
    let daemon = try DaemonProcess()
    let viewer = try Viewer(daemon)
    _ = try viewer.request("PLAY")
    let last = try #require(try viewer.pictures(4).last)
    _ = try viewer.request("PAUSE")
    let setup = try viewer.request("SETUP", "Transport: RTP/AVP/TCP;unicast;interleaved=0-1")
    #expect(setup.status == 200)
    #expect(try viewer.request("PLAY").status == 200)
    var reader = try PictureReader()
    var picture: PictureReader.Picture?
    while picture == nil {
      let (channel, packet) = try viewer.client.readPacket()
      if channel == 0 { picture = try reader.receive(packet) }
    }
    #expect((1...2).contains((picture?.number ?? 0) - last.number))
  }

  /// Reads RTCP until a BYE and returns its source in hexadecimal.
  private static func readGoodbye(_ socket: UDPReceiver) throws -> String {
    while true {
      let compound = try #require(socket.receive(), "no BYE for five seconds")
      for case .goodbye(let sources, _) in try RTCPPacket.parse(compound.span) {
        return String(try #require(sources.first), radix: 16)
      }
    }
  }

  private static func seconds(_ frame: Int) -> String {
    let thousandths = frame * 50
    let fraction = String(1000 + thousandths % 1000).dropFirst()
    return thousandths % 1000 == 0
      ? "\(thousandths / 1000)" : "\(thousandths / 1000).\(fraction)"
  }
}
