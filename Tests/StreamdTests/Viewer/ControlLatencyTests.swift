import Foundation
import Testing

/// How long a command takes while many watch. What is measured in milliseconds may fail because the
/// machine was busy with something else: it is measured several times, and the best round counts.
@Suite("Control while a crowd watches", .serialized)
struct ControlLatencyTests {
  private static let viewers = 200
  private static let commands = 300
  private static let rounds = 5

  @Test("commands over the WebSocket are answered in less than 10 ms while 200 viewers stream")
  func commands() throws {
    // A debug build may be full long before a release build is.
    let daemon = try DaemonProcess(["--limits", "load_percent=100"])
    let ports = try UDPPair()
    // All of them play into one pair of ports, which nobody reads: only the daemon has work.
    let crowd = try (0..<Self.viewers).map { _ in
      let client = try RTSPClient(port: daemon.port)
      let setup = try client.request("SETUP", daemon.url(), [ports.transport])
      let play = try client.request("PLAY", daemon.url(), ["Session: \(setup.session)"])
      try #require(setup.status == 200 && play.status == 200)
      return client
    }
    let socket = try WebSocketClient(daemon)
    var best: (median: Double, worst: Double) = (.infinity, .infinity)
    for _ in 0..<Self.rounds {
      let before = try framesSent(daemon)
      let times = try Self.round(socket)
      let sent = try framesSent(daemon) - before
      let (median, worst) = (times[Self.commands / 2], times[Self.commands * 99 / 100])
      print(
        "\(Self.commands) commands while \(Self.viewers) viewers stream: p50 \(Self.text(median)),"
          + " p99 \(Self.text(worst)) ms; \(sent) frames sent meanwhile")
      #expect(sent >= Self.viewers, "nobody streams")
      if worst < best.worst { best = (median, worst) }
      if best.worst < 10 { break }
    }
    #expect(best.worst < 10, "\(best.worst) ms")
    withExtendedLifetime(crowd) {}
  }

  /// Milliseconds from a command to its answer, the shortest first.
  private static func round(_ socket: WebSocketClient) throws -> [Double] {
    var times: [Double] = []
    for number in 0..<commands {
      let mark = "\"id\":\"r\(number)\""
      let begin = ContinuousClock.now
      try socket.say("{\"event\":\"check_server_status\",\(mark)}")
      while try !socket.readFrame().text.contains(mark) {}
      let duration = ContinuousClock.now - begin
      times.append(duration / .milliseconds(1))
      // Over several of the viewers' frames, not between two of them.
      usleep(2000)
    }
    return times.sorted()
  }

  private func framesSent(_ daemon: DaemonProcess) throws -> Int {
    let json = try HTTPClient(daemon).request("GET", "/api/v1/clients?limit=500").json
    let items = try #require(json["items"] as? [[String: Any]])
    #expect(items.count == Self.viewers)
    return items.reduce(0) { $0 + ($1["frames"] as? Int ?? 0) }
  }

  private static func text(_ value: Double) -> String { String(format: "%.2f", value) }
}
