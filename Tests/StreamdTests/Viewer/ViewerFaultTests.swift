import Foundation
import Testing

/// What the viewer does about servers that fail, from end to end: it says so, goes on where it can,
/// and gives up where it cannot.
@Suite("Viewers of servers that fail")
struct ViewerFaultTests {
  private func target(_ server: FakeRTSPServer, _ more: String = "") -> String {
    "\"server_addr\":\"127.0.0.1\",\"server_port\":\(server.port),\"video_file\":\"x.Mjpeg\"\(more)"
  }

  private func log(_ daemon: DaemonProcess) throws -> [String] {
    let items = try HTTPClient(daemon).request("GET", "/api/v1/log").json["items"]
    return try #require(items as? [[String: Any]]).compactMap { $0["message"] as? String }
  }

  private func play(_ socket: WebSocketClient, _ target: String) throws {
    let setup = try socket.command("setup", target)
    #expect(setup["success"] as? Bool == true, "\(setup)")
    #expect(try socket.command("play")["success"] as? Bool == true)
  }

  @Test("UDP that stays silent is given up for TCP within three seconds, and said so")
  func silentUDP() throws {
    let server = try FakeRTSPServer(.silentOverUDP)
    let daemon = try DaemonProcess(server.allowed, start: false)
    let socket = try WebSocketClient(daemon)
    let begin = Date()
    try play(socket, target(server))
    let pictures = try [socket.next(.binary), socket.next(.binary)]
    #expect(pictures.map { TestPackets.number(of: $0) } == [1, 2])
    let duration = Date().timeIntervalSince(begin)
    print("a viewer fell back to TCP after \(Int(duration * 1000)) ms")
    #expect(duration > 1.5, "it did not wait for UDP")
    // Two seconds, and what a busy machine needs; the next thing that would help takes ten.
    #expect(duration < 9)
    let stats = try socket.event("stats") { $0["frame"] as? Int ?? 0 > 3 }
    #expect(stats["state"] as? String == "playing")
    #expect(try log(daemon).contains { $0.hasPrefix("viewer falls back to TCP") })
    let items = try HTTPClient(daemon).request("GET", "/api/v1/sessions").json["items"]
    #expect((items as? [[String: Any]])?.first?["transport"] as? String == "tcp")
  }

  @Test("a server that goes while it plays is tried again, more and more seldom, until it is back")
  func comesBack() throws {
    let server = try FakeRTSPServer(.dies(afterPictures: 10))
    let daemon = try DaemonProcess(server.allowed, start: false)
    let socket = try WebSocketClient(daemon)
    try play(socket, target(server, ",\"transport\":\"tcp\""))
    // Told of each attempt as it is made.
    for (attempt, delay) in [(1, 500), (2, 1000)] {
      let line = try socket.event("log") {
        ($0["message"] as? String ?? "").hasPrefix("viewer lost its server, tries again")
      }
      let text = try #require(line["message"] as? String)
      #expect(text.contains("in_ms=\(delay) attempt=\(attempt)"), "\(text)")
      #expect(line["level"] as? String == "warning")
    }
    // Meanwhile nothing else can be asked of it, but it can be told so.
    let pause = try socket.command("pause")
    #expect(pause["success"] as? Bool == false && pause["code"] as? String == "reconnecting")
    let second = try FakeRTSPServer(.silentOverUDP, port: server.port)
    let picture = try socket.next(.binary)
    #expect(TestPackets.number(of: picture) == 1)
    let stats = try socket.event("stats") { $0["frame"] as? Int ?? 0 > 3 }
    #expect(stats["state"] as? String == "playing")
    #expect(try socket.command("pause")["success"] as? Bool == true)
    withExtendedLifetime(second) {}
  }

  @Test("a session whose server hangs up instead of an answer can be ended in the same breath")
  func pipelined() throws {
    let server = try FakeRTSPServer(.hangsUpOnPause)
    let daemon = try DaemonProcess(server.allowed, start: false)
    for ending in ["DELETE /api/v1/sessions/ID", "POST /api/v1/sessions/ID/play"] {
      let client = try HTTPClient(daemon)
      let made = try client.request(
        "POST", "/api/v1/sessions", json: "{\(target(server, ",\"transport\":\"tcp\""))}")
      let id = try #require(made.json["session_id"] as? String, "\(made.text)")
      #expect(try client.request("POST", "/api/v1/sessions/\(id)/play").status == 200)
      let words = ending.replacing("ID", with: id).split(separator: " ").map(String.init)
      try client.send("POST", "/api/v1/sessions/\(id)/pause", ["Content-Length: 0"])
      try client.send(words[0], words[1], ["Content-Length: 0"])
      #expect(try client.readReply().status >= 400)
      let last = try client.readReply()
      // It is said to be playing all the time, and so it is.
      #expect(last.status == (words[0] == "DELETE" ? 204 : 200), "\(last.head)")
      _ = try HTTPClient(daemon).request("DELETE", "/api/v1/sessions/\(id)")
    }
    #expect(daemon.terminate() == 0)
  }

  @Test("a session that waits for its server to come back can be torn down")
  func teardownMeanwhile() throws {
    let server = try FakeRTSPServer(.dies(afterPictures: 3))
    let daemon = try DaemonProcess(server.allowed, start: false)
    let socket = try WebSocketClient(daemon)
    try play(socket, target(server, ",\"transport\":\"tcp\""))
    _ = try socket.event("log") {
      ($0["message"] as? String ?? "").hasPrefix("viewer lost its server, tries again")
    }
    #expect(try socket.command("teardown")["success"] as? Bool == true)
    let items = try HTTPClient(daemon).request("GET", "/api/v1/sessions").json["items"]
    #expect((items as? [Any])?.isEmpty == true)
  }

  @Test("pictures that cannot be decoded are skipped and counted, the others shown")
  func undecodable() throws {
    let server = try FakeRTSPServer(.undecodable)
    let daemon = try DaemonProcess(server.allowed, start: false)
    let socket = try WebSocketClient(daemon)
    try play(socket, target(server, ",\"transport\":\"tcp\""))
    var numbers: [Int] = []
    for _ in 0..<10 { numbers.append(TestPackets.number(of: try socket.next(.binary))) }
    #expect(numbers == Array(numbers[0]..<numbers[0] + 10))
    let stats = try socket.event("stats") { $0["frame"] as? Int ?? 0 >= 10 }
    let (shown, skipped) = (stats["frame"] as? Int ?? 0, stats["frames_skipped"] as? Int ?? 0)
    #expect(abs(shown - skipped) <= 1 && stats["lost"] as? Int == 0, "\(stats)")
  }

  @Test(
    "a server that answers with garbage is no RTSP server",
    arguments: [
      [0x16, 0x03, 0x01, 0x00, 0xFF, 0x80], Array("hello\r\n\r\n".utf8),
      Array("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n".utf8),
      Array("RTSP/1.0 200 OK\r\nCSeq: 1\r\nContent-Length: 99999999\r\n\r\n".utf8),
    ] as [[UInt8]])
  func garbage(bytes: [UInt8]) throws {
    let server = try FakeRTSPServer(.garbage(bytes))
    let daemon = try DaemonProcess(server.allowed, start: false)
    let socket = try WebSocketClient(daemon)
    let setup = try socket.command("setup", target(server))
    #expect(setup["success"] as? Bool == false)
    #expect(setup["code"] as? String == "protocol_error", "\(setup)")
    #expect(try log(daemon).contains { $0.hasPrefix("viewer failed") })
  }
}
