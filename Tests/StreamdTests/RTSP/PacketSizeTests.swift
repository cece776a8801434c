import Testing
import Wire

/// `rtp_packet_bytes`: what a path carries that is narrower than others.
@Suite("The size of RTP packets")
struct PacketSizeTests {
  private enum Transport: CaseIterable {
    case udp, tcp
  }

  private static let bytes = 700

  /// A viewer that reads packets one by one.
  private struct Viewer {
    let client: RTSPClient
    let ports: UDPPair?

    init(_ daemon: DaemonProcess, _ url: String, over transport: Transport) throws {
      client = try RTSPClient(port: daemon.port)
      ports = transport == .udp ? try UDPPair() : nil
      let header = ports?.transport ?? "Transport: RTP/AVP/TCP;unicast;interleaved=0-1"
      let setup = try client.request("SETUP", url, [header])
      let play = try client.request("PLAY", url, ["Session: \(setup.session)"])
      #expect(setup.status == 200 && play.status == 200)
    }

    func packet() throws -> [UInt8] {
      if let ports { return try #require(ports.rtp.receive(), "no packet for five seconds") }
      while true {
        let (channel, packet) = try client.readPacket()
        if channel == 0 { return packet }
      }
    }
  }

  @Test("pictures of a file are cut as was asked for", arguments: Transport.allCases)
  private func file(_ transport: Transport) throws {
    let daemon = try DaemonProcess(["--rtp-packet-bytes", "\(Self.bytes)"])
    let viewer = try Viewer(daemon, daemon.url(), over: transport)
    #expect(try pictures(3, of: viewer) == [0, 1, 2])
  }

  @Test("so are those of a live source", arguments: Transport.allCases)
  private func live(_ transport: Transport) throws {
    let daemon = try DaemonProcess(["--rtp-packet-bytes", "\(Self.bytes)"])
    let publisher = try HTTPClient(daemon)
    let film = try Repository.samplePictures()
    let length = film[..<3].reduce(0) { $0 + $1.count }
    try publisher.send("PUT", "/live/x", ["Content-Length: \(length)"])
    try publisher.socket.send(film[0])
    let viewer = try Viewer(daemon, daemon.url("live/x"), over: transport)
    try publisher.socket.send(film[1] + film[2])
    // Which of them it comes in time for is the machine's affair.
    let number = try #require(try pictures(1, of: viewer).first)
    #expect((0...2).contains(number))
    #expect(try publisher.readReply().status == 200)
  }

  /// Reads pictures, each packet of which has the size but the last.
  private func pictures(_ count: Int, of viewer: Viewer) throws -> [Int] {
    var reader = try PictureReader()
    var numbers: [Int] = []
    while numbers.count < count {
      let packet = try viewer.packet()
      let isLast = try RTPHeader(parsing: packet.span).marker
      #expect(isLast ? packet.count <= Self.bytes : packet.count == Self.bytes)
      if let picture = try reader.receive(packet) { numbers.append(picture.number) }
    }
    // So that a size which is not what was asked for would have shown.
    #expect(reader.packets > 5 * count && reader.lostPackets == 0)
    return numbers
  }
}
