import Foundation
import Testing
import Wire

/// Nothing is had without credentials, nothing with too small a role, and nothing that is not for
/// whoever asks: the OpenAPI document and the list of RTSP methods are walked.
@Suite("Access")
struct AccessContractTests {
  private struct Operation {
    var method: String
    var path: String
    var wantsNobody: Bool
    var wantsRole: Bool
  }

  private func operations() throws -> [Operation] {
    let url = Repository.root.appending(path: "www/openapi.json")
    let document = try #require(
      JSONSerialization.jsonObject(with: Data(contentsOf: url)) as? [String: Any])
    let paths = try #require(document["paths"] as? [String: [String: [String: Any]]])
    return paths.flatMap { path, methods in
      methods.map { method, operation in
        let responses = operation["responses"] as? [String: [String: Any]] ?? [:]
        return Operation(
          method: method.uppercased(),
          path: path.replacing("{id}", with: "1").replacing("{name}", with: "movie.Mjpeg"),
          wantsNobody: (operation["security"] as? [Any])?.isEmpty ?? false,
          wantsRole: responses["403"] != nil)
      }
    }
  }

  @Test("without credentials every path of the document but the exemptions is 401")
  func everyPath() throws {
    let guarded = try GuardedDaemon()
    let operations = try operations()
    #expect(operations.count > 20)
    let open = operations.filter(\.wantsNobody).map { "\($0.method) \($0.path)" }
    #expect(Set(open) == ["GET /healthz", "GET /readyz", "POST /api/v1/login"])
    for operation in operations {
      let reply = try HTTPClient(guarded.daemon).request(
        operation.method, operation.path, ["Content-Length: 0"])
      #expect((reply.status == 401) == !operation.wantsNobody, "\(operation) \(reply.head)")
      if reply.status == 401 {
        #expect(reply.code == "not_authorised")
        #expect(reply.header("WWW-Authenticate") == "Basic realm=\"streamd\"")
      }
    }
    #expect(
      try HTTPClient(guarded.daemon).request("GET", "/ws", WebSocketClient.upgrade).status == 401)
    #expect(!guarded.daemon.log.contains("authentication failed"))
  }

  @Test("of the dashboard, only what the page to log in is made of is there for anybody")
  func pages() throws {
    let guarded = try GuardedDaemon()
    let client = try HTTPClient(guarded.daemon)
    let open = ["login.html", "login.js", "api.js", "dom.js", "style.css", "favicon.svg"]
    let folder = Repository.root.appending(path: "www").path
    for name in try FileManager.default.contentsOfDirectory(atPath: folder) + ["", "none.js"] {
      let status = try client.request("GET", "/\(name)").status
      #expect(status == (open.contains(name) ? 200 : 401), "/\(name)")
      #expect(try client.request("POST", "/\(name)").status == 401)
    }
    let browser = ["User-Agent: Mozilla/5.0", "Accept: text/html,*/*"]
    let page = try client.request("GET", "/index.html", browser)
    #expect(page.status == 401 && page.text.contains("<form id=\"login\""))
    #expect(page.header("WWW-Authenticate") == "Bearer realm=\"streamd\"")
    #expect(page.header("Content-Security-Policy")?.hasPrefix("default-src 'self'") == true)
  }

  @Test("what a user may not see is the same as what is not there, and is not even looked for")
  func unseen() throws {
    let camera = try FakeRTSPServer(.silent)
    let folder = try TemporaryFolder()
    let entry = try #require(
      UserEntry(name: "vic", role: .control, password: "vic:pw", videos: [NamePattern("video*")]))
    try folder.write(
      "streamd.json",
      Array(
        """
        {"users": ["\(entry.line)"],
         "sources": {"door": "rtsp://127.0.0.1:\(camera.port)/x"}}
        """.utf8))
    let media = try TemporaryFolder()
    try media.write("broken.mjpeg", Array("no picture".utf8))
    try media.write("video-1.mjpeg", Array(try Repository.samplePictures().prefix(3).joined()))
    let daemon = try DaemonProcess(
      ["--config", "\(folder.path)/streamd.json"], media: media.path)
    let login = GuardedDaemon.basic("vic")
    let rtsp = try RTSPClient(port: daemon.port)
    func described(_ name: String) throws -> RTSPClient.Reply {
      try rtsp.request("DESCRIBE", daemon.url(name), [login])
    }
    #expect(try described("video-1.mjpeg").status == 200)
    #expect(try described("video/video-1.mjpeg").status == 200)
    let missing = try described("none")
    #expect(missing.status == 404)
    for name in ["door", "video/door", "broken.mjpeg", "video/broken.mjpeg", "live/none"] {
      let reply = try described(name)
      #expect(
        reply.status == 404 && reply.header("Warning") == missing.header("Warning"), "\(name)")
    }
    let web = try HTTPClient(daemon)
    for name in ["door", "video/door", "video/broken.mjpeg", "video/live/none"] {
      for what in ["stream.mjpg", "snapshot.jpg"] {
        let reply = try web.request("GET", "/video/\(name)/\(what)", [login])
        #expect(reply.status == 404 && reply.code == "no_such_video", "\(name)")
      }
      let recording = try web.request(
        "POST", "/api/v1/recordings", json: "{\"source\":\"\(name)\"}", [login])
      #expect(recording.status >= 400 && !recording.text.contains("\"state\""), "\(name)")
    }
    let source = try HTTPClient(daemon).request("GET", "/api/v1/sources", [login])
    #expect((source.json["items"] as? [Any])?.isEmpty == true)
    // That it is there is said when the daemon starts; nothing else.
    let lines = daemon.log.split(separator: "\n").filter { $0.contains("source=door") }
    #expect(lines.count == 1, "the camera was asked: \(lines)")
  }

  @Test(
    "a token that ends while it watches over RTSP ends the session, whenever that would",
    arguments: [3, 3600])
  func tokenEnds(timeout: Int) throws {
    let guarded = try GuardedDaemon(["--session-timeout", "\(timeout)"])
    let end = Int(Date().timeIntervalSince1970) + 4
    let token = GuardedDaemon.bearer(
      "{\"sub\":\"t\",\"aud\":\"streamd\",\"role\":\"view\",\"exp\":\(end)}")
    let viewer = try RTSPClient(port: guarded.daemon.port)
    let setup = try viewer.request(
      "SETUP", guarded.daemon.url(), [token, "Transport: RTP/AVP/TCP;unicast"])
    let play = try viewer.request(
      "PLAY", guarded.daemon.url(), [token, "Session: \(setup.session)"])
    #expect(play.status == 200)
    // It reads all the time, and so is alive.
    #expect(throws: (any Error).self) { for _ in 0..<5000 { _ = try viewer.readPacket() } }
    let late = Date().timeIntervalSince1970 - Double(end)
    #expect((0..<10).contains(late), "\(late) s")
  }

  @Test("a token that ends ends what is watched with it over HTTP and the WebSocket, too")
  func tokenEndsOverHTTP() throws {
    let guarded = try GuardedDaemon(["--limits", "http_idle_s=3600"])
    let end = Int(Date().timeIntervalSince1970) + 4
    let token = GuardedDaemon.bearer(
      "{\"sub\":\"t\",\"aud\":\"streamd\",\"role\":\"view\",\"exp\":\(end)}")
    let viewer = try HTTPClient(guarded.daemon)
    try viewer.send("GET", "/video/movie.Mjpeg/stream.mjpg", [token])
    #expect(try viewer.readHead().contains(" 200 "))
    let socket = try WebSocketClient(guarded.daemon, [token])
    #expect(try socket.command("check_server_status")["state"] as? String == "running")
    while try !viewer.socket.receive().isEmpty {}
    #expect(try socket.next(.close).prefix(2) == [0x03, 0xF0])
    let late = Date().timeIntervalSince1970 - Double(end)
    #expect((0..<10).contains(late), "\(late) s")
  }

  @Test("who shows they are somebody else on a connection has what is open only if they may")
  func secondIdentity() throws {
    let guarded = try GuardedDaemon()
    for (user, goesOn) in [("carl", true), ("olga", false)] {
      let viewer = try RTSPClient(port: guarded.daemon.port)
      let login = GuardedDaemon.basic("vera")
      let setup = try viewer.request(
        "SETUP", guarded.daemon.url(), [login, "Transport: RTP/AVP/TCP;unicast"])
      let session = "Session: \(setup.session)"
      #expect(try viewer.request("PLAY", guarded.daemon.url(), [login, session]).status == 200)
      let other = [GuardedDaemon.basic(user), session]
      let reply = try? viewer.request("GET_PARAMETER", guarded.daemon.url(), other)
      #expect((reply?.status == 200) == goesOn, "\(user)")
    }
    #expect(guarded.daemon.log.contains("somebody else asks who may not have what is open"))
    // Whose connection it is now decides how long it goes on.
    let viewer = try RTSPClient(port: guarded.daemon.port)
    let transport = "Transport: RTP/AVP/TCP;unicast"
    let setup = try viewer.request(
      "SETUP", guarded.daemon.url(), [GuardedDaemon.basic("vera"), transport])
    let other = [GuardedDaemon.basic("carl"), "Session: \(setup.session)"]
    #expect(try viewer.request("GET_PARAMETER", guarded.daemon.url(), other).status == 200)
    try guarded.keep("alice", "vera")
    #expect(try viewer.receive().isEmpty)
  }

  @Test("a login that is ended ends what was opened with it in other tabs")
  func logout() throws {
    let guarded = try GuardedDaemon()
    let client = try HTTPClient(guarded.daemon)
    let reply = try client.request("POST", "/api/v1/login", json: GuardedDaemon.login)
    let cookie = "Cookie: \(try #require(reply.header("Set-Cookie")).prefix { $0 != ";" })"
    let tab = try WebSocketClient(guarded.daemon, [cookie])
    let stream = try HTTPClient(guarded.daemon)
    try stream.send("GET", "/video/movie.Mjpeg/stream.mjpg", [cookie])
    #expect(try stream.readHead().contains(" 200 "))
    let others = try WebSocketClient(guarded.daemon, [GuardedDaemon.basic("alice")])
    #expect(try client.request("POST", "/api/v1/logout", [cookie]).status == 204)
    #expect(try tab.readClose() == 1008)
    let isOver = try eventually { try stream.socket.receive().isEmpty }
    #expect(isOver, "it streams on")
    #expect(try client.request("GET", "/api/v1/status", [cookie]).status == 401)
    // Who has shown a password stays.
    #expect(try others.command("check_server_status")["state"] as? String == "running")
  }

  @Test("a viewer session that is torn down says so with a pass that is still good")
  func ownFarewell() throws {
    let guarded = try GuardedDaemon()
    let client = try HTTPClient(guarded.daemon)
    let login = GuardedDaemon.basic("carl")
    let made = try client.request("POST", "/api/v1/sessions", [login])
    let id = try #require(made.json["session_id"] as? String)
    #expect(try client.request("DELETE", "/api/v1/sessions/\(id)", [login]).status == 204)
    let alice = GuardedDaemon.basic("alice")
    let isTornDown = try eventually {
      try client.request("GET", "/metrics", [alice]).text
        .contains("streamd_rtsp_sessions_ended_total{reason=\"teardown\"} 1")
    }
    #expect(isTornDown)
    #expect(!guarded.daemon.log.contains("authentication failed"))
  }

  @Test("a viewer session tries no passwords on the daemon's own server")
  func ownServer() throws {
    let guarded = try GuardedDaemon()
    let client = try HTTPClient(guarded.daemon)
    for user in ["alice:x", "vera:vera%3Apw"] {
      let made = try client.request(
        "POST", "/api/v1/sessions",
        json: "{\"server_addr\":\"\(user)@127.0.0.1\",\"server_port\":\(guarded.daemon.port)}",
        [GuardedDaemon.basic("carl")])
      #expect(made.status == 201, "\(made.text)")
    }
    #expect(!guarded.daemon.log.contains("authentication failed"))
  }

  @Test("without credentials every RTSP method is 401, those of no use and of none too")
  func everyMethod() throws {
    let guarded = try GuardedDaemon()
    let client = try RTSPClient(port: guarded.daemon.port)
    let methods = RTSPMethod.supported.map(\.name) + ["REDIRECT", "FLY"]
    for method in methods {
      for target in [guarded.daemon.url(), guarded.daemon.url("none"), "*"] {
        let reply = try client.request(
          method, target, ["Transport: RTP/AVP/TCP;interleaved=0-1", "Session: 1"])
        #expect(reply.status == 401, "\(method) \(target)")
        #expect(reply.header("WWW-Authenticate")?.hasPrefix("Digest realm=\"streamd\"") == true)
        #expect(reply.head.contains("WWW-Authenticate: Basic realm=\"streamd\"\r\n"))
      }
    }
    let clients = try HTTPClient(guarded.daemon).request(
      "GET", "/api/v1/clients", [GuardedDaemon.basic("alice")])
    #expect((clients.json["items"] as? [Any])?.isEmpty == true)
  }

  @Test("each role may do what the document says, and all that a smaller one may")
  func roles() throws {
    let guarded = try GuardedDaemon(start: false)
    for operation in try operations() where !operation.wantsNobody {
      for user in ["vera", "carl", "alice"] {
        let reply = try HTTPClient(guarded.daemon).request(
          operation.method, operation.path,
          [GuardedDaemon.basic(user), "Connection: close", "Content-Length: 0"])
        #expect(reply.status != 401, "\(user) \(operation)")
        let mayNot = reply.code == "not_permitted"
        let isAdmins =
          operation.path.contains("clients") || operation.path.contains("viewers")
          || operation.path.contains("log?") || operation.path == "/api/v1/log"
        let isSmall = user == "vera" ? operation.wantsRole : user == "carl" && isAdmins
        #expect(mayNot == isSmall, "\(user) \(operation)")
        if mayNot { #expect(reply.status == 403) }
      }
    }
  }

  @Test("over the WebSocket each command is checked; a session of one's own is watching")
  func commands() throws {
    let guarded = try GuardedDaemon()
    let vera = try WebSocketClient(guarded.daemon, [GuardedDaemon.basic("vera")])
    #expect(try vera.event("connected")["role"] as? String == "view")
    for command in ["start_server", "stop_server"] {
      let answer = try vera.command(command)
      #expect(answer["code"] as? String == "not_permitted", "\(answer)")
    }
    #expect(try vera.command("setup")["success"] as? Bool == true)
    #expect(try vera.command("play")["success"] as? Bool == true)
    #expect(try vera.next(.binary).starts(with: [0xFF, 0xD8]))
    #expect(try vera.command("teardown")["success"] as? Bool == true)
    let made = try HTTPClient(guarded.daemon).request(
      "POST", "/api/v1/sessions", [GuardedDaemon.basic("carl")])
    let id = try #require(made.json["session_id"] as? String)
    #expect(try vera.command("setup", "\"session_id\":\"\(id)\"")["success"] as? Bool == true)
    for command in ["play", "pause", "teardown"] {
      #expect(try vera.command(command)["code"] as? String == "not_permitted")
    }
    #expect(!vera.passed.contains("log"))
  }

  @Test("what a user may not watch does not exist: not in lists, not over HTTP, not over RTSP")
  func patterns() async throws {
    let media = try TemporaryFolder()
    let pictures = try Repository.samplePictures()
    for name in ["movie.mjpeg", "other.mjpeg", "video/other.mjpeg"] {
      try media.write(name, pictures[0] + pictures[1])
    }
    let guarded = try GuardedDaemon(media: media.path)
    let olga = GuardedDaemon.basic("olga")
    let client = try HTTPClient(guarded.daemon)
    let items = try client.request("GET", "/api/v1/videos", [olga]).json["items"]
    #expect((items as? [[String: Any]])?.map { $0["name"] as? String } == ["other.mjpeg"])
    let target = try client.request("GET", "/api/config", [olga]).json["video_file"]
    #expect(target as? String == "other.mjpeg")
    for (name, status) in [
      ("other.mjpeg", 200), ("movie.mjpeg", 404), ("video/movie.mjpeg", 404),
      ("video/other.mjpeg", 404), ("none", 404),
    ] {
      let path = "/video/\(name)/snapshot.jpg"
      #expect(try client.request("GET", path, [olga]).status == status, "\(path)")
      let rtsp = try RTSPClient(port: guarded.daemon.port)
      #expect(
        try rtsp.request("DESCRIBE", guarded.daemon.url(name), [olga]).status == status, "\(name)")
    }
    let made = try client.request("POST", "/api/v1/sessions", [GuardedDaemon.basic("carl")])
    let id = try #require(made.json["session_id"] as? String)
    #expect(made.json["video_file"] as? String == "movie.mjpeg")
    #expect(try client.request("GET", "/api/v1/sessions/\(id)", [olga]).status == 404)
    let browser = try WebSocketClient(guarded.daemon, [olga])
    #expect(try browser.command("setup", "\"session_id\":\"\(id)\"")["success"] as? Bool == false)
    let answer = try browser.command("setup", "\"video_file\":\"movie.mjpeg\"")
    #expect(answer["code"] as? String == "no_such_video")
  }
}
