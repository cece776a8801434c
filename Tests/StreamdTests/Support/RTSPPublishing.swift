import Foundation
import Testing

/// A client that publishes over RTSP, on its connection, packet by packet as a test says.
final class RTSPPublishing {
  let client: RTSPClient
  let url: String
  private(set) var session = ""
  /// Where its RTP goes over UDP.
  private(set) var serverPort: UInt16?

  /// As FFmpeg writes it.
  static let description = """
    v=0\r
    o=- 0 0 IN IP4 127.0.0.1\r
    s=No Name\r
    m=video 0 RTP/AVP 26\r
    a=control:streamid=0\r

    """

  /// Announces and sets up.
  init(_ daemon: DaemonProcess, _ name: String, _ transport: String? = nil) throws {
    client = try RTSPClient(port: daemon.port)
    url = daemon.url(name)
    let announced = try client.request(
      "ANNOUNCE", url, ["Content-Type: application/sdp"], body: Self.description)
    #expect(announced.status == 200, "\(announced.head)")
    let transport = transport ?? "RTP/AVP/TCP;unicast;interleaved=0-1;mode=record"
    let setup = try client.request("SETUP", url + "/streamid=0", ["Transport: \(transport)"])
    #expect(setup.status == 200, "\(setup.head)")
    session = setup.session
    serverPort = setup.header("Transport")?.split(separator: ";")
      .first { $0.hasPrefix("server_port=") }
      .flatMap { UInt16($0.dropFirst("server_port=".count).prefix { $0.isNumber }) }
  }

  @discardableResult
  func record() throws -> Int { try request("RECORD") }

  func request(_ method: String) throws -> Int {
    try client.request(method, url, ["Session: \(session)"]).status
  }

  /// Sends RTP packets.
  func send(_ packets: [[UInt8]], channel: UInt8 = 0) throws {
    for packet in packets {
      let head = [0x24, channel, UInt8(packet.count >> 8), UInt8(packet.count & 0xFF)]
      try client.send(head + packet)
    }
  }
}
