import Foundation
import Testing

/// A server that takes connections and says nothing, from end to end. What happens when is told by
/// ``ViewerRetryTests``.
@Suite("A server that says nothing")
struct SilentServerTests {
  private func target(_ server: FakeRTSPServer) -> String {
    "{\"server_addr\":\"127.0.0.1\",\"server_port\":\(server.port),\"video_file\":\"x\"}"
  }

  private func sessions(_ daemon: DaemonProcess) throws -> [[String: Any]] {
    let json = try HTTPClient(daemon).request("GET", "/api/v1/sessions").json
    return try #require(json["items"] as? [[String: Any]])
  }

  /// curl waits beside other tests, not in the way of them.
  @Test("over HTTP the setup waits through three attempts, and its answer says so")
  func overHTTP() async throws {
    let server = try FakeRTSPServer(.silent)
    let daemon = try DaemonProcess(server.allowed, start: false)
    let result = try await Tool.run(
      "curl",
      [
        "-s", "-w", "\n%{http_code} %{time_total}", "-H", "Content-Type: application/json", "-d",
        target(server), daemon.http("/api/v1/sessions"),
      ])
    let lines = String(decoding: result.output, as: UTF8.self).split(separator: "\n")
    let numbers = try #require(lines.last).split(separator: " ").compactMap { Double($0) }
    try #require(result.status == 0 && numbers.count == 2, "\(result)")
    #expect(numbers[0] == 502)
    #expect((16...23).contains(numbers[1]), "\(numbers[1]) s")
    let body = try JSONSerialization.jsonObject(with: Data(lines[0].utf8)) as? [String: Any]
    #expect(body?["code"] as? String == "timeout")
    #expect((body?["detail"] as? String)?.hasSuffix("does not answer (3 attempts)") == true)
    let tries = daemon.log.split(separator: "\n").filter { $0.contains("tries again") }
    #expect(tries.count == 2, "\(daemon.log)")
    #expect(try sessions(daemon).isEmpty)
    withExtendedLifetime(server) {}
  }

  @Test("a script that leaves while it waits takes its session along")
  func scriptLeaves() throws {
    let server = try FakeRTSPServer(.silent)
    let daemon = try DaemonProcess(server.allowed, start: false)
    var script: HTTPClient? = try HTTPClient(daemon)
    try script?.send("POST", "/api/v1/sessions", json: target(server))
    #expect(try eventually { try sessions(daemon).count == 1 })
    let session = try #require(try sessions(daemon).first)
    #expect(session["state"] as? String == "init")
    #expect(session["attempt"] as? Int == 1 && session["attempts_max"] as? Int == 3)
    script = nil
    #expect(try eventually(seconds: 3) { try sessions(daemon).isEmpty })
    withExtendedLifetime((server, script)) {}
  }

  @Test("a browser that leaves while it waits takes its session along")
  func browserLeaves() throws {
    let server = try FakeRTSPServer(.silent)
    let daemon = try DaemonProcess(server.allowed, start: false)
    var socket: WebSocketClient? = try WebSocketClient(daemon)
    try socket?.say("{\"event\":\"setup\"," + target(server).dropFirst())
    #expect(try eventually { try sessions(daemon).count == 1 })
    socket = nil
    #expect(try eventually(seconds: 3) { try sessions(daemon).isEmpty })
    withExtendedLifetime((server, socket)) {}
  }

  @Test("a browser is told of the next attempt, and may give the setup up")
  func browserGivesUp() throws {
    let server = try FakeRTSPServer(.silent)
    let daemon = try DaemonProcess(server.allowed, start: false)
    let socket = try WebSocketClient(daemon)
    try socket.say("{\"event\":\"setup\",\"id\":\"s\"," + target(server).dropFirst())
    let retry = try socket.event("session_retry")
    #expect(retry["attempt"] as? Int == 2 && retry["attempts_max"] as? Int == 3, "\(retry)")
    #expect((retry["message"] as? String)?.contains("attempt 2 of 3 follows in 0.5 s") == true)
    try socket.say("{\"event\":\"teardown\",\"id\":\"t\"}")
    let setup = try socket.event("setup_response")
    #expect(setup["success"] as? Bool == false && setup["id"] as? String == "s", "\(setup)")
    #expect(try socket.event("teardown_response")["success"] as? Bool == true)
    #expect(try sessions(daemon).isEmpty)
    withExtendedLifetime(server) {}
  }

  @Test("who watches a session that is not set up yet is told that it is given up")
  func watchersMeanwhile() throws {
    let server = try FakeRTSPServer(.silent)
    let daemon = try DaemonProcess(server.allowed, start: false)
    let script = try HTTPClient(daemon)
    try script.send("POST", "/api/v1/sessions", json: target(server))
    #expect(try eventually { try sessions(daemon).count == 1 })
    let id = try #require(try sessions(daemon).first?["session_id"] as? String)
    let stream = try HTTPClient(daemon)
    try stream.send("GET", "/api/v1/sessions/\(id)/stream.mjpg")
    let browser = try WebSocketClient(daemon)
    let watch = "\"session_id\":\"\(id)\""
    // A page has nothing to show of it yet.
    let refused = try browser.command("setup", watch)
    #expect(refused["success"] as? Bool == false && refused["code"] as? String == "wrong_state")
    // One leaves before.
    var leaver: HTTPClient? = try HTTPClient(daemon)
    try leaver?.send("GET", "/api/v1/sessions/\(id)/stream.mjpg")
    _ = try leaver?.readHead()
    leaver = nil
    let end = try HTTPClient(daemon).request("DELETE", "/api/v1/sessions/\(id)")
    #expect(end.status == 204, "\(end)")
    #expect(try script.readReply().status == 409)
    // Its head, and then nothing more.
    while try !stream.socket.receive().isEmpty {}
    withExtendedLifetime((server, leaver)) {}
  }
}
