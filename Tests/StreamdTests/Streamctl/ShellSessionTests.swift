import Foundation
import Testing

/// What README and the manual promise, command by command, each in a process of its own.
@Suite("A shell session of streamctl")
struct ShellSessionTests {
  @Test("every command, from the start of the server to its end")
  func whole() async throws {
    let daemon = try DaemonProcess(start: false)
    let shell = try Shell(daemon.http(""))
    #expect(try await shell.text("status").contains("rtsp server      stopped\n"))
    try await shell.fails("setup", status: 1, saying: "stopped", "streamctl start")
    try await shell.fails("play", status: 1, saying: "no session", "streamctl setup")
    #expect(try await shell.text("start").hasPrefix("the RTSP server is running on 127.0.0.1:"))
    #expect(try await shell.text("start").hasPrefix("the RTSP server has been running on"))
    #expect(try await shell.text("videos").contains("movie.Mjpeg     200  20.00  640x480"))
    #expect(try await shell.text("sessions").contains("streamctl setup"))
    try await shell.fails("setup", "none.mjpeg", status: 1, saying: "none.mjpeg", "videos")
    let setup = try await shell.text("setup", "--transport", "tcp", "movie.Mjpeg")
    #expect(setup.contains(" is ready: movie.Mjpeg of 127.0.0.1:") && setup.hasSuffix("over tcp\n"))
    try await shell.fails("pause", status: 1, saying: "not playing")
    try await shell.fails("snapshot", status: 1, saying: "no picture", "streamctl play")
    #expect(try await shell.text("play").contains(" is playing: "))
    #expect(try await shell.text("play", "--at", "2.5").contains(" is playing: "))
    try await seen(shell)
    try await viewed(shell, daemon)
    #expect(try await shell.text("pause").contains(" is paused: "))
    let log = try await shell.text("log", "-n", "1000")
    #expect(log.contains("  info     the RTSP server runs (rtsp=127.0.0.1:"))
    #expect(try await shell.text("log", "--lines=1").split(separator: "\n").count == 1)
    #expect(try await shell.text("teardown").hasSuffix(" has ended\n"))
    try await shell.fails("teardown", status: 1, saying: "streamctl setup")
    #expect(try await shell.text("stop") == "the RTSP server is stopped\n")
    #expect(daemon.isRunning)
  }

  /// RTP writes a picture's headers anew; its data are the file's.
  private func isOfMovie(_ picture: [UInt8]) throws -> Bool {
    let tail = picture.suffix(4096)
    return try picture.starts(with: [0xFF, 0xD8]) && tail.count == 4096
      && Repository.samplePictures().contains { $0.suffix(4096) == tail }
  }

  /// While a session plays over TCP.
  private func seen(_ shell: Shell) async throws {
    var rows: [Substring] = []
    for _ in 0..<100 where !rows.contains(where: { $0.contains("  20.") }) {
      rows = try await shell.text("sessions").split(separator: "\n")
    }
    #expect(rows.count == 2 && rows[0].hasPrefix("SESSION"), "\(rows)")
    #expect(rows.last?.contains("*  playing  movie.Mjpeg  20.") == true, "\(rows)")
    let clients = try await shell.text("clients").split(separator: "\n")
    #expect(clients.count == 2 && clients[0].hasPrefix("ID"))
    #expect(clients[1].contains("playing") && clients[1].hasSuffix("streamd/0.1.0"))
    let lines = try await shell.text("watch", "-n", "2").split(separator: "\n")
    #expect(lines.count == 2 && lines.allSatisfy { $0.contains(" state=playing fps=") })
    let file = "\(shell.home.path)/now.jpg"
    #expect(try await shell.text("snapshot", "-o", file).hasPrefix("\(file): 1"))
    let picture = [UInt8](try Data(contentsOf: URL(filePath: file)))
    #expect(try isOfMovie(picture))
    let piped = try await shell.run("snapshot")
    #expect(piped.status == 0 && piped.output.starts(with: [0xFF, 0xD8]))
    try await shell.fails(
      "snapshot", "-o", "/nonexistent/x.jpg", status: 1, saying: "/nonexistent/x.jpg",
      "No such file")
  }

  /// While a browser watches that session, and is kicked.
  private func viewed(_ shell: Shell, _ daemon: DaemonProcess) async throws {
    #expect(try await shell.text("viewers").contains("nobody watches over HTTP"))
    let browser = try WebSocketClient(daemon)
    let rows = try await shell.text("sessions").split(separator: "\n")
    let watched = try #require(rows.last?.split(whereSeparator: { " *".contains($0) }).first)
    _ = try browser.command("setup", "\"session_id\":\"\(watched)\"")
    let viewers = try await shell.text("viewers").split(separator: "\n")
    #expect(viewers.count == 2 && viewers.last?.contains("websocket") == true, "\(viewers)")
    let viewer = String(try #require(viewers.last?.split(separator: " ").first))
    #expect(try await shell.text("kick", viewer).contains(viewer))
    #expect(try await shell.text("viewers").contains("nobody watches over HTTP"))
    withExtendedLifetime(browser) {}
  }

  @Test("what goes to programs is JSON, as the API has it")
  func json() async throws {
    let daemon = try DaemonProcess()
    let shell = try Shell(daemon.http(""))
    func one(_ objects: [[String: Any]]) throws -> [String: Any] {
      #expect(objects.count == 1)
      return try #require(objects.first)
    }
    func items(_ objects: [[String: Any]]) throws -> [[String: Any]] {
      let page = try one(objects)
      #expect(page["next"] is NSNull)
      return try #require(page["items"] as? [[String: Any]])
    }
    #expect(try one(try await shell.json("start"))["state"] as? String == "running")
    #expect(try one(try await shell.json("status"))["sessions"] as? Int == 0)
    let video = try #require(try items(try await shell.json("videos")).first)
    #expect(video["frames"] as? Int == 200 && video["duration_s"] as? Double == 10)
    let setup = try one(try await shell.json("setup", "movie.Mjpeg"))
    let id = try #require(setup["session_id"] as? String)
    #expect(setup["state"] as? String == "ready" && setup["transport"] as? String == "udp")
    let play = try one(try await shell.json("play"))
    #expect(play["session_id"] as? String == id && play["state"] as? String == "playing")
    let session = try #require(try items(try await shell.json("sessions")).first)
    #expect(session["session_id"] as? String == id)
    let client = try #require(try items(try await shell.json("clients")).first)
    let clientId = try #require(client["id"] as? String)
    for moment in try await shell.json("watch", "--count=2") {
      let sessions = try #require(moment["sessions"] as? [[String: Any]])
      #expect(sessions.count == 1 && sessions[0]["state"] as? String == "playing")
      #expect((moment["status"] as? [String: Any])?["clients"] as? Int == 1)
    }
    let file = "\(shell.home.path)/now.jpg"
    let picture = try one(try await shell.json("snapshot", "-o", file))
    #expect(picture["file"] as? String == file && picture["bytes"] as? Int ?? 0 > 1000)
    #expect(try one(try await shell.json("pause"))["state"] as? String == "paused")
    let log = try await shell.json("log")
    #expect(log.compactMap { $0["seq"] as? Int } == Array(1...log.count))
    #expect(try one(try await shell.json("kick", clientId))["id"] as? String == clientId)
    try await shell.fails("kick", clientId, status: 1, saying: "streamctl clients")
    #expect(try one(try await shell.json("stop"))["state"] as? String == "stopped")
    try await shell.fails("teardown", status: 1, saying: "has ended", "streamctl setup")
  }

  @Test("lists longer than a page are complete")
  func pages() async throws {
    let folder = try TemporaryFolder()
    let picture = try Repository.samplePictures()[0]
    for number in 0..<510 { try folder.write("\(1000 + number).mjpeg", picture) }
    let daemon = try DaemonProcess(media: folder.path, start: false)
    let shell = try Shell(daemon.http(""))
    #expect(try await shell.text("videos").split(separator: "\n").count == 511)
    let page = try #require(try await shell.json("videos").first)
    #expect((page["items"] as? [Any])?.count == 510)
  }

  @Test("a session made in one process is driven from another, and seen in the browser")
  func browser() async throws {
    let daemon = try DaemonProcess()
    let shell = try Shell(daemon.http(""))
    let setup = try #require(try await shell.json("setup").first)
    let id = try #require(setup["session_id"] as? String)
    let socket = try WebSocketClient(daemon)
    let joined = try socket.command("setup", "\"session_id\":\"\(id)\"")
    #expect(joined["success"] as? Bool == true)
    _ = try await shell.text("play")
    for _ in 0..<10 { #expect(try isOfMovie(try socket.next(.binary))) }
    _ = try await shell.text("pause")
    #expect(try socket.event("session_state") { $0["state"] as? String == "paused" }.count > 0)
    _ = try await shell.text("play", "--at", "5")
    #expect(try isOfMovie(try socket.next(.binary)))
    _ = try await shell.text("teardown")
    #expect(try socket.event("session_state") { $0["state"] as? String == "init" }.count > 0)
  }

  @Test("a session is remembered for its daemon; another can be named; one that is gone is told")
  func remembered() async throws {
    let (first, second) = (try DaemonProcess(), try DaemonProcess())
    let shell = try Shell(first.http(""))
    let id = try #require(try await shell.json("setup").first?["session_id"] as? String)
    let other = try #require(
      try await shell.json("--url", second.http(""), "setup").first?["session_id"] as? String)
    #expect(try await shell.json("play").first?["session_id"] as? String == id)
    let url = "--url=" + second.http("/")
    #expect(try await shell.json(url, "play").first?["session_id"] as? String == other)
    let later = try #require(try await shell.json("setup").first?["session_id"] as? String)
    #expect(try await shell.json("pause", "--session", id).first?["session_id"] as? String == id)
    _ = try await shell.text("teardown", "--session", id)
    try await shell.fails("play", "--session", id, status: 1, saying: "no such session")
    try await shell.fails("play", "--session", "../..", status: 1, saying: "there is nothing at")
    #expect(try await shell.json("play").first?["session_id"] as? String == later)
    let file = "\(shell.home.path)/run/streamctl/session.json"
    let attributes = try FileManager.default.attributesOfItem(atPath: file)
    #expect(attributes[.posixPermissions] as? Int == 0o600)
    // Somebody else has ended it.
    _ = try HTTPClient(first).request("DELETE", "/api/v1/sessions/\(later)")
    try await shell.fails("play", status: 1, saying: later, "has ended", "streamctl setup")
    try await shell.fails("play", status: 1, saying: "no session has been set up")
    #expect(try await shell.json(url, "pause").first?["session_id"] as? String == other)
    // A file that is damaged is one that remembers nothing.
    try Data("[{\"url\":7".utf8).write(to: URL(filePath: file))
    try await shell.fails(url, "pause", status: 1, saying: "no session has been set up")
    #expect(try await shell.json(url, "setup").count == 1)
  }

  @Test("without a runtime folder the state folder is used, and without any the id is printed")
  func stateFolders() async throws {
    let daemon = try DaemonProcess()
    let shell = try Shell(daemon.http(""))
    let bare = shell.with("XDG_RUNTIME_DIR=relative")
    _ = try await bare.text("setup")
    let state = "\(shell.home.path)/.local/state/streamctl/session.json"
    #expect(FileManager.default.fileExists(atPath: state))
    _ = try await bare.text("teardown")
    _ = try await bare.with("XDG_STATE_HOME=\(shell.home.path)/s").text("setup")
    #expect(FileManager.default.fileExists(atPath: "\(shell.home.path)/s/streamctl/session.json"))
    let homeless = try await bare.with("HOME=").run("setup")
    #expect(homeless.status == 0 && homeless.errors.contains("--session ID"))
    #expect(String(decoding: homeless.output, as: UTF8.self).hasPrefix("session "))
    let full = try await shell.with("XDG_RUNTIME_DIR=/proc").run("setup")
    #expect(full.status == 0 && full.errors.contains("/proc/streamctl"))
  }

  @Test("names of files cannot command the terminal, nor break lines or JSON")
  func hostileNames() async throws {
    let folder = try TemporaryFolder()
    let name = "\u{1B}[31mred\u{9B}2J\u{202E}\n.mjpeg"
    try folder.write(name, try Repository.samplePictures()[0])
    let daemon = try DaemonProcess(media: folder.path)
    let shell = try Shell(daemon.http(""))
    let shown = "\\u{1b}[31mred\\u{9b}2J\\u{202e}\\n.mjpeg"
    for arguments in [["videos"], ["setup", name]] {
      let result = try await Tool.run(
        "env", shell.variables + [Shell.program] + arguments)
      let text = String(decoding: result.output, as: UTF8.self)
      #expect(result.status == 0 && text.contains(shown), "\(result.errors)")
      #expect(!text.unicodeScalars.contains { (0x7F..<0xA0).contains($0.value) })
      #expect(!text.contains("\u{1B}"))
    }
    let json = try await shell.run("videos", "--json")
    #expect(!json.output.contains(0x1B))
    #expect(!String(decoding: json.output, as: UTF8.self).contains("\u{9B}"))
    let page = try #require(try await shell.json("videos").first)
    let items = try #require(page["items"] as? [[String: Any]])
    #expect(items.first?["name"] as? String == name)
  }
}
