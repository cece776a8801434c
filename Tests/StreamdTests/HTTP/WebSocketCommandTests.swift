import Foundation
import Testing

/// What a browser says and hears (DESIGN.md §5).
@Suite("The WebSocket's commands")
struct WebSocketCommandTests {
  private func sessions(_ daemon: DaemonProcess) throws -> [String] {
    let json = try HTTPClient(daemon).request("GET", "/api/v1/sessions").json
    let items = try #require(json["items"] as? [[String: Any]])
    return items.compactMap { $0["session_id"] as? String }
  }

  private func expect(
    _ answer: [String: Any], _ event: String, code: String? = nil, hint: String? = nil,
    sourceLocation: SourceLocation = #_sourceLocation
  ) {
    #expect(answer["event"] as? String == event, "\(answer)", sourceLocation: sourceLocation)
    let isGood = code == nil
    #expect(answer["success"] as? Bool == isGood, "\(answer)", sourceLocation: sourceLocation)
    #expect(answer["code"] as? String == code, "\(answer)", sourceLocation: sourceLocation)
    #expect(answer["hint"] as? String == hint, "\(answer)", sourceLocation: sourceLocation)
    let first = (answer["message"] as? String ?? "").prefix(1)
    if isGood {
      #expect(first != "" && first == first.uppercased(), sourceLocation: sourceLocation)
    }
  }

  @Test("from the start of the server to its end, each answer with the command's id")
  func wholeFlow() throws {
    let daemon = try DaemonProcess(start: false)
    let socket = try WebSocketClient(daemon)
    #expect(try socket.command("check_server_status")["running"] as? Bool == false)
    expect(
      try socket.command("setup"), "setup_response", code: "server_stopped",
      hint: "Start Server first")
    expect(try socket.command("start_server"), "server_output")
    #expect(try socket.command("check_server_status")["running"] as? Bool == true)
    // Starting what runs is no failure.
    expect(try socket.command("start_server"), "server_output")
    let setup = try socket.command("setup", "\"video_file\":\"movie.Mjpeg\"")
    expect(setup, "setup_response")
    let id = try #require(setup["session_id"] as? String)
    #expect(try sessions(daemon) == [id])
    let play = try socket.command("play")
    expect(play, "play_response")
    #expect(play["session_id"] as? String == id && play["message"] as? String == "Playing")
    _ = try socket.next(.binary)
    let pause = try socket.command("pause")
    expect(pause, "pause_response")
    #expect(pause["message"] as? String == "Paused")
    expect(try socket.command("play"), "play_response")
    expect(try socket.command("play", "\"range_s\":3"), "play_response")
    _ = try socket.next(.binary)
    let teardown = try socket.command("teardown")
    expect(teardown, "teardown_response")
    #expect(teardown["message"] as? String == "Torn down")
    #expect(try sessions(daemon) == [])
    expect(try socket.command("stop_server"), "server_output")
    #expect(try socket.command("check_server_status")["running"] as? Bool == false)
    // A session passes through its states, and says so.
    #expect(socket.passed.count { $0 == "session_state" } >= 5, "\(socket.passed)")
  }

  @Test("what a state does not permit is refused with the way out, and changes nothing")
  func wrongStates() throws {
    let daemon = try DaemonProcess()
    let socket = try WebSocketClient(daemon)
    for name in ["play", "pause", "teardown"] {
      expect(
        try socket.command(name), "\(name)_response", code: "no_session", hint: "Setup first")
    }
    expect(try socket.command("setup"), "setup_response")
    expect(
      try socket.command("pause"), "pause_response", code: "wrong_state", hint: "Play first")
    expect(
      try socket.command("setup"), "setup_response", code: "wrong_state", hint: "Teardown first")
    #expect(try sessions(daemon).count == 1)
    expect(try socket.command("play"), "play_response")
    expect(
      try socket.command("setup"), "setup_response", code: "wrong_state", hint: "Teardown first")
    // Once more what is done already is no failure.
    expect(try socket.command("play"), "play_response")
    expect(try socket.command("pause"), "pause_response")
    expect(try socket.command("pause"), "pause_response")
    expect(try socket.command("teardown"), "teardown_response")
    expect(
      try socket.command("teardown"), "teardown_response", code: "no_session", hint: "Setup first")
  }

  @Test("a setup that fails says why, and leaves nothing behind")
  func badSetups() throws {
    let daemon = try DaemonProcess()
    let socket = try WebSocketClient(daemon)
    for (fields, code) in [
      ("\"video_file\":\"none.Mjpeg\"", "no_such_video"), ("\"video_file\":\"\"", "no_video"),
      ("\"server_addr\":\"192.0.2.1\"", "server_not_allowed"),
      ("\"transport\":\"pigeon\"", "bad_transport"), ("\"session_id\":\"x\"", "no_such_session"),
    ] {
      let answer = try socket.command("setup", fields)
      #expect(answer["success"] as? Bool == false && answer["code"] as? String == code)
    }
    #expect(try sessions(daemon) == [])
    expect(try socket.command("setup"), "setup_response")
  }

  @Test("two sockets see each other's effects: the server's state and the log")
  func twoSockets() throws {
    let daemon = try DaemonProcess(start: false)
    let (first, second) = (try WebSocketClient(daemon), try WebSocketClient(daemon))
    expect(try first.command("start_server"), "server_output")
    let running = try second.event("rtsp_server_status") { $0["running"] as? Bool == true }
    #expect(running["state"] as? String == "running")
    expect(try first.command("setup"), "setup_response")
    let line = try second.event("log") { ($0["message"] as? String ?? "").contains("set up") }
    #expect(line["level"] as? String == "info" && line["time"] as? String != nil)
    let known = try HTTPClient(daemon).request("GET", "/api/v1/log").json["items"]
    let items = try #require(known as? [[String: Any]])
    let seq = try #require(line["seq"] as? Int)
    #expect(items.contains { $0["seq"] as? Int == seq && $0["message"] as? String != nil })
    expect(try second.command("stop_server"), "server_output")
    // The first one's session ends with the server, then the server.
    let state = try first.event("session_state") { $0["state"] as? String == "init" }
    #expect(state["message"] as? String == "The RTSP server is stopped")
    _ = try first.event("rtsp_server_status") { $0["state"] as? String == "stopped" }
    expect(try first.command("play"), "play_response", code: "no_session", hint: "Setup first")
  }

  @Test("a browser's own session ends with its socket, one made over HTTP outlives those who watch")
  func owners() throws {
    let daemon = try DaemonProcess()
    let http = try HTTPClient(daemon)
    let made = try http.request("POST", "/api/v1/sessions").json
    let shared = try #require(made["session_id"] as? String)
    #expect(try http.request("POST", "/api/v1/sessions/\(shared)/play").status == 200)
    do {
      let watcher = try WebSocketClient(daemon)
      let answer = try watcher.command("setup", "\"session_id\":\"\(shared)\"")
      expect(answer, "setup_response")
      #expect(answer["session_id"] as? String == shared)
      _ = try watcher.next(.binary)
      let owner = try WebSocketClient(daemon)
      expect(try owner.command("setup"), "setup_response")
      #expect(try sessions(daemon).count == 2)
      try watcher.close()
      _ = try watcher.readClose()
      // The owner just hangs up.
    }
    let isGone = try eventually { try sessions(daemon) == [shared] }
    #expect(isGone, "the browser's own session has outlived it")
    #expect(
      try http.request("GET", "/api/v1/sessions/\(shared)").json["state"] as? String == "playing")
    #expect(try http.request("DELETE", "/api/v1/sessions/\(shared)").status == 204)
  }

  @Test("to name one's own session does not end it; to name another one leaves it")
  func ownByName() throws {
    let daemon = try DaemonProcess()
    let made = try HTTPClient(daemon).request("POST", "/api/v1/sessions").json
    let shared = try #require(made["session_id"] as? String)
    let socket = try WebSocketClient(daemon)
    let setup = try socket.command("setup")
    let own = try #require(setup["session_id"] as? String)
    let again = try socket.command("setup", "\"session_id\":\"\(own)\"")
    #expect(again["success"] as? Bool == true && again["session_id"] as? String == own)
    #expect(Set(try sessions(daemon)) == [own, shared])
    expect(try socket.command("play"), "play_response")
    expect(try socket.command("setup", "\"session_id\":\"\(shared)\""), "setup_response")
    #expect(try sessions(daemon) == [shared])
  }

  @Test("a place that is not in the video is refused, and it plays on")
  func refusedPlace() throws {
    let daemon = try DaemonProcess()
    let socket = try WebSocketClient(daemon)
    expect(try socket.command("setup"), "setup_response")
    expect(try socket.command("play"), "play_response")
    let refused = try socket.command("play", "\"range_s\":1000000")
    #expect(refused["success"] as? Bool == false && refused["code"] as? String == "refused")
    #expect((refused["message"] as? String)?.contains("457") == true, "\(refused)")
    _ = try socket.next(.binary)
    #expect(try sessions(daemon).count == 1)
    expect(try socket.command("pause"), "pause_response")
  }

  @Test("a session whose live source has ended is over, for the reason that the server gives")
  func sourceEnds() throws {
    let daemon = try DaemonProcess(["--limits", "live_hold_s=0"])
    var publisher: RTSPPublishing? = try RTSPPublishing(daemon, "live/x")
    try publisher?.record()
    var packets = TestPackets()
    try publisher?.send(packets.picture())
    let socket = try WebSocketClient(daemon)
    expect(try socket.command("setup", "\"video_file\":\"live/x\""), "setup_response")
    expect(try socket.command("play"), "play_response")
    _ = try socket.next(.binary)
    publisher = nil
    let retry = try socket.event("session_retry")
    #expect((retry["message"] as? String)?.contains("has ended the stream") == true, "\(retry)")
    let end = try socket.event("session_state") { $0["state"] as? String == "init" }
    #expect((end["message"] as? String)?.contains("has no live/x") == true, "\(end)")
    #expect(try sessions(daemon).isEmpty)
  }

  @Test("whoever watches another's session learns when it ends")
  func watchedEnds() throws {
    let daemon = try DaemonProcess()
    let (owner, watcher) = (try WebSocketClient(daemon), try WebSocketClient(daemon))
    let id = try #require(try owner.command("setup")["session_id"] as? String)
    expect(try watcher.command("setup", "\"session_id\":\"\(id)\""), "setup_response")
    // Anyone may play it, and all see it.
    expect(try watcher.command("play"), "play_response")
    _ = try owner.next(.binary)
    try owner.close()
    let state = try watcher.event("session_state") { $0["state"] as? String == "init" }
    #expect(state["message"] as? String == "The browser has left")
    expect(try watcher.command("setup"), "setup_response")
  }

  @Test(
    "two clients that others wrote set up, play, receive twenty pictures and tear down",
    arguments: ["websockets", "websocket"])
  func foreignClients(library: String) async throws {
    let daemon = try DaemonProcess()
    let tool = Repository.root.appending(path: "Tests/Tools/websocket-clients").path
    let url = "ws://127.0.0.1:\(daemon.httpPort)/ws"
    let result = try await Tool.run(tool, [library, url])
    #expect(result.status == 0 && result.errors.isEmpty, "\(result.errors)\n\(daemon.log)")
    let reader = try PictureReader()
    var numbers: [Int] = []
    for line in String(decoding: result.output, as: UTF8.self).split(separator: "\n") {
      let jpeg = try #require(Data(base64Encoded: String(line)))
      numbers.append(try #require(reader.number(of: Array(jpeg))))
    }
    let first = try #require(numbers.first)
    #expect(numbers == Array(first..<first + 20))
    #expect(try sessions(daemon) == [])
  }
}
