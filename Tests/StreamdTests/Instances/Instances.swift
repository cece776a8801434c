import Foundation
import Testing

/// Two real programs that share the ports of RTSP and HTTP.
final class Instances {
  let rtspPort: UInt16
  /// The one that they share; each has another one of its own.
  let httpPort: UInt16
  /// By their own ports; nil for one that has been ended.
  private(set) var all: [DaemonProcess?] = []
  let ownPorts: [UInt16]

  init(_ arguments: [String] = []) throws {
    let ports = try FreePorts.take(4)
    (rtspPort, httpPort) = (ports[0], ports[1])
    ownPorts = [ports[2], ports[3]]
    let addresses = ownPorts.map { "127.0.0.1:\($0)" }.joined(separator: ",")
    for number in 1...2 {
      all.append(
        try DaemonProcess(
          ["--reuse-port", "--instances", addresses, "--instance", "\(number)"] + arguments,
          rtsp: "127.0.0.1:\(rtspPort)", http: "127.0.0.1:\(httpPort)"))
    }
  }

  subscript(index: Int) -> DaemonProcess {
    get throws { try #require(all[index]) }
  }

  func kill(_ index: Int) { all[index] = nil }

  /// How many RTSP sessions one of them has.
  func sessions(_ index: Int) throws -> Int {
    try HTTPClient(port: ownPorts[index]).request("GET", "/api/v1/status").json["clients"] as? Int
      ?? -1
  }

  /// A session over TCP, wherever its connection lands.
  func setup() throws -> RTSPClient {
    let client = try RTSPClient(port: rtspPort)
    let reply = try client.request(
      "SETUP", "rtsp://127.0.0.1:\(rtspPort)/movie.Mjpeg/stream=0",
      ["Transport: RTP/AVP/TCP;unicast;interleaved=0-1"])
    #expect(reply.status == 200)
    return client
  }
}
