import Foundation
import Testing

/// Who watches over HTTP, with the real program.
@Suite("Viewers over HTTP")
struct ViewersTests {
  private static func viewers(_ client: HTTPClient) throws -> [[String: Any]] {
    try client.request("GET", "/api/v1/viewers").json["items"] as? [[String: Any]] ?? []
  }

  @Test("streams and sockets are listed with what they are shown, and can be ended")
  func listed() throws {
    let daemon = try DaemonProcess()
    let client = try HTTPClient(daemon)
    #expect(try Self.viewers(client).isEmpty)
    let stream = try HTTPClient(daemon)
    try stream.send("GET", "/video/movie.Mjpeg/stream.mjpg", ["User-Agent: scope/1"])
    #expect(try eventually { try Self.viewers(client).count == 1 })
    let browser = try WebSocketClient(daemon)
    // A socket that watches nothing is no viewer.
    let idle = try WebSocketClient(daemon)
    let setup = try browser.command("setup")
    _ = try browser.command("play")
    _ = try (browser.next(.binary), browser.next(.binary))
    let isShown = try eventually {
      try Self.viewers(client).filter { $0["frames"] as? Int ?? 0 > 0 }.count == 2
    }
    #expect(isShown)
    let all = try Self.viewers(client)
    #expect(all.map { $0["transport"] as? String } == ["multipart", "websocket"])
    #expect(all.allSatisfy { $0["video_file"] as? String == "movie.Mjpeg" })
    #expect(all.map { $0["session_id"] as? String } == ["", setup["session_id"] as? String])
    #expect(all[0]["user_agent"] as? String == "scope/1")
    #expect((all[0]["peer"] as? String)?.hasPrefix("127.0.0.1:") == true)
    let sent = try Scraper(daemon)("streamd_http_frames_sent_total{transport=\"websocket\"}")
    #expect(sent > 0)
    let id = try #require(all[0]["id"] as? String)
    #expect(try client.request("DELETE", "/api/v1/viewers/\(id)").status == 204)
    _ = try stream.socket.readToEnd()
    #expect(try Self.viewers(client).count == 1)
    let gone = try client.request("DELETE", "/api/v1/viewers/\(id)")
    #expect(gone.status == 404 && gone.code == "no_such_viewer")
    #expect(try client.request("DELETE", "/api/v1/viewers/7").status == 404)
    withExtendedLifetime(idle) {}
  }

  @Test("what somebody is too slow to take is counted", arguments: ["multipart", "websocket"])
  func slow(_ transport: String) throws {
    let daemon = try DaemonProcess(["--limits", "send_buffer_bytes=4096"])
    let client = try HTTPClient(daemon)
    // Nothing is read from here on.
    let stream = try HTTPClient(daemon, receiveBufferBytes: 4096)
    let browser = try WebSocketClient(daemon)
    if transport == "multipart" {
      try stream.send("GET", "/video/movie.Mjpeg/stream.mjpg")
    } else {
      let made = try client.request("POST", "/api/v1/sessions", json: "{}").json
      let session = made["session_id"] as? String ?? ""
      _ = try client.request("POST", "/api/v1/sessions/\(session)/play")
      _ = try browser.command("setup", "\"session_id\":\"\(session)\"")
    }
    let isCounted = try eventually {
      try Self.viewers(client).contains {
        $0["transport"] as? String == transport && $0["skipped"] as? Int ?? 0 > 5
      }
    }
    #expect(isCounted)
    let skipped = "streamd_http_frames_skipped_total{transport=\"\(transport)\"}"
    #expect(try Scraper(daemon)(skipped) > 5)
    withExtendedLifetime((stream, browser)) {}
  }
}
