import Foundation
import Testing

/// Many at once, and those who vanish.
@Suite("Crowds and vanishing players", .serialized)
struct CrowdTests {
  /// A player that only counts what it is sent.
  final class Counter {
    let client: RTSPClient
    let ports: UDPPair
    let session: String
    let serverControlPort: UInt16
    var packets = 0
    var frames = 0
    var lost = 0
    var last: UInt16?
    var firstFrame: UInt32?
    var lastFrame: UInt32 = 0

    init(_ daemon: DaemonProcess) throws {
      client = try RTSPClient(port: daemon.port)
      ports = try UDPPair()
      let setup = try client.request("SETUP", daemon.url(), [ports.transport])
      #expect(setup.status == 200)
      session = setup.session
      let ports = setup.header("Transport")?.split(separator: ";")
        .first { $0.hasPrefix("server_port=") }?.split(separator: "-").last
      serverControlPort = try #require(ports.flatMap { UInt16($0) })
    }

    /// An empty receiver report, as players send it.
    func report() { ports.rtcp.send([0x80, 201, 0, 1, 0, 0, 0, 1], to: serverControlPort) }

    func play(_ url: String) throws {
      #expect(try client.request("PLAY", url, ["Session: \(session)"]).status == 200)
    }

    func take() {
      while let packet = ports.rtp.receiveNow() {
        let sequence = UInt16(packet[2]) << 8 | UInt16(packet[3])
        if let last { lost += Int(sequence &- last &- 1) }
        last = sequence
        packets += 1
        #expect(packet.count <= 1400)
        if packet[1] & 0x80 != 0 {
          frames += 1
          lastFrame = packet[4..<8].reduce(0) { $0 << 8 | UInt32($1) }
          if firstFrame == nil { firstFrame = lastFrame }
        }
      }
    }
  }

  @Test("three hundred players each get every frame at 20 a second, in packets of 1,400 bytes")
  func threeHundred() throws {
    let daemon = try DaemonProcess()
    let players = try (0..<300).map { _ in try Counter(daemon) }
    for player in players { try player.play(daemon.url()) }
    for player in players { player.take() }
    let start = Date()
    let before = players.map(\.frames)
    while Date().timeIntervalSince(start) < 5 {
      for player in players { player.take() }
      usleep(5000)
    }
    let elapsed = Date().timeIntervalSince(start)
    for player in players { player.take() }
    for (player, before) in zip(players, before) {
      #expect(player.lost == 0)
      let rate = Double(player.frames - before) / elapsed
      #expect(abs(rate - 20) < 0.5, "\(rate) frames a second")
      // By its own timestamps no frame is left out either.
      let span = Int(player.lastFrame &- (player.firstFrame ?? 0)) / 4500
      #expect(span == player.frames - 1)
    }
  }

  @Test("a burst of 500 connections is set up within a second")
  func burst() throws {
    let daemon = try DaemonProcess()
    // The first viewer of all makes the packets; the burst is about connections.
    _ = try Counter(daemon)
    let start = Date()
    let clients = try (0..<500).map { _ in try RTSPClient(port: daemon.port) }
    for client in clients {
      try client.send(
        "SETUP \(daemon.url()) RTSP/1.0\r\nCSeq: 1\r\nTransport: RTP/AVP;client_port=9-10\r\n\r\n")
    }
    for client in clients { #expect(try client.readReply().status == 200) }
    let elapsed = Date().timeIntervalSince(start)
    print("500 connections set up in \(Int(elapsed * 1000)) ms")
    #expect(elapsed < 1)
  }

  @Test("players that hang up leave no descriptor behind")
  func hangUp() throws {
    let daemon = try DaemonProcess()
    let before = daemon.descriptors
    do {
      let players = try (0..<50).map { _ in try Counter(daemon) }
      for player in players { try player.play(daemon.url()) }
      #expect(daemon.descriptors == before + 50 * 3)
    }
    #expect(eventually { daemon.descriptors == before }, "\(daemon.descriptors) of \(before)")
  }

  @Test(
    "players that fall silent without hanging up are gone after the timeout, those that speak stay")
  func silence() throws {
    let daemon = try DaemonProcess(["--session-timeout", "2"])
    let before = daemon.descriptors
    let silent = try (0..<20).map { _ in try Counter(daemon) }
    for player in silent { try player.play(daemon.url()) }
    // Over TCP, and neither reading nor saying anything.
    let stuck = try RTSPClient(port: daemon.port, receiveBufferBytes: 4096)
    let setup = try stuck.request("SETUP", daemon.url(), ["Transport: RTP/AVP/TCP"])
    _ = try stuck.request("PLAY", daemon.url(), ["Session: \(setup.session)"])
    let speaker = try Counter(daemon)
    try speaker.play(daemon.url())
    let reporter = try Counter(daemon)
    try reporter.play(daemon.url())
    let gone = try eventually(seconds: 15) {
      _ = try speaker.client.request("GET_PARAMETER", daemon.url(), ["Session: \(speaker.session)"])
      reporter.report()
      usleep(200_000)
      return daemon.descriptors == before + 2 * 3
    }
    #expect(gone, "\(daemon.descriptors) descriptors, \(before) before")
    speaker.take()
    let frames = speaker.frames
    #expect(
      eventually {
        speaker.take(); return speaker.frames > frames
      })
    withExtendedLifetime((silent, stuck, reporter)) {}
  }
}
