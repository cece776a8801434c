import Foundation
import Testing

/// A viewer over interleaved TCP that watches while others misbehave, and tells whether it lost
/// anything meanwhile.
final class SteadyViewer {
  private let client: RTSPClient
  private let session: String
  private let target: String
  private var last: [UInt8]?
  private var frames = 0

  init(_ daemon: DaemonProcess) throws {
    client = try RTSPClient(port: daemon.port)
    target = daemon.url()
    let setup = try client.request(
      "SETUP", target, ["Transport: RTP/AVP/TCP;unicast;interleaved=0-1"])
    session = setup.session
    let play = try client.request("PLAY", target, ["Session: \(session)"])
    #expect(play.status == 200)
  }

  /// Reads on until so many more frames have come, and checks that every packet since the beginning
  /// has come in order and every frame 50 ms after the one before by its timestamp.
  func watch(frames count: Int = 2, sourceLocation: SourceLocation = #_sourceLocation) throws {
    let goal = frames + count
    while frames < goal {
      let (channel, packet) = try client.readPacket()
      guard channel == 0 else { continue }
      if let last { check(last, packet, sourceLocation) }
      last = packet
      if Self.isLast(packet) { frames += 1 }
    }
  }

  private func check(_ a: [UInt8], _ b: [UInt8], _ location: SourceLocation) {
    let step = Self.timestamp(b) &- Self.timestamp(a)
    #expect(Self.sequence(b) == Self.sequence(a) &+ 1, "a packet is lost", sourceLocation: location)
    #expect(step == (Self.isLast(a) ? 4500 : 0), "a frame is lost", sourceLocation: location)
  }

  private static func isLast(_ packet: [UInt8]) -> Bool { packet[1] & 0x80 != 0 }

  private static func sequence(_ packet: [UInt8]) -> UInt16 {
    UInt16(packet[2]) << 8 | UInt16(packet[3])
  }

  private static func timestamp(_ packet: [UInt8]) -> UInt32 {
    packet[4..<8].reduce(0) { $0 << 8 | UInt32($1) }
  }
}
