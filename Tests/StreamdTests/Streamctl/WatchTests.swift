import Foundation
import Testing

/// What is followed until Ctrl-C: on a real terminal, of which `script` keeps the other end.
@Suite("streamctl on a terminal, and following")
struct WatchTests {
  /// A program on a terminal of 70 columns and 12 rows.
  private final class Terminal {
    private let process = Process()
    private let (input, output) = (Pipe(), Pipe())
    private(set) var text = ""

    init(_ shell: Shell, _ command: String) throws {
      process.executableURL = URL(filePath: "/usr/bin/env")
      process.arguments =
        shell.variables + ["timeout", "300", "script", "-qec"]
        + ["stty cols 70 rows 12; exec \(Shell.program) \(command)", "/dev/null"]
      process.standardInput = input
      process.standardOutput = output
      process.standardError = output
      try process.run()
    }

    /// Reads on until the text is as it should be; false when it ends before.
    func read(until isEnough: (String) -> Bool) -> Bool {
      while !isEnough(text) {
        let data = output.fileHandleForReading.availableData
        if data.isEmpty { return false }
        text += String(decoding: data, as: UTF8.self)
      }
      return true
    }

    func type(_ text: String) throws {
      try input.fileHandleForWriting.write(contentsOf: Data(text.utf8))
    }

    /// Reads to the end and returns the exit status.
    func finish() -> Int32 {
      _ = read { _ in false }
      process.waitUntilExit()
      return process.terminationStatus
    }
  }

  @Test("watch redraws in place, in colour, within the screen, and Ctrl-C leaves it in order")
  func watch() async throws {
    let daemon = try DaemonProcess()
    let shell = try Shell(daemon.http(""))
    _ = try await shell.text("setup")
    _ = try await shell.text("play")
    let terminal = try Terminal(shell, "watch")
    #expect(terminal.read { $0.components(separatedBy: "\u{1B}[J").count > 4 })
    try terminal.type("\u{3}")
    #expect(terminal.finish() == 0)
    let text = terminal.text.replacing("\r\n", with: "\n")
    #expect(text.hasPrefix("\u{1B}[32mrunning\u{1B}[0m  rtsp 127.0.0.1:"), "\(text.prefix(200))")
    #expect(text.contains("\u{1B}[32mplaying\u{1B}[0m") && text.hasSuffix("\r\u{1B}[K"))
    // Each picture goes back over the lines of the one before.
    let pictures = text.components(separatedBy: "\u{1B}[J")
    #expect(pictures.count > 3)
    for (before, picture) in zip(pictures, pictures.dropFirst().dropLast()) {
      let lines = before.count { $0 == "\n" }
      #expect(picture.hasPrefix("\r\u{1B}[\(lines)A"), "\(picture.debugDescription)")
    }
    let marks = /\u{1B}\[[0-9]*[A-Za-z]|\r/
    for line in text.replacing(marks, with: "").split(separator: "\n") {
      #expect(line.count < 70, "\(line)")
    }
  }

  @Test("a picture goes to no terminal, and colours only where they are wanted")
  func terminal() async throws {
    let daemon = try DaemonProcess()
    let shell = try Shell(daemon.http(""))
    _ = try await shell.text("setup")
    let snapshot = try Terminal(shell, "snapshot")
    #expect(snapshot.finish() == 2 && snapshot.text.contains("-o FILE"))
    let status = try Terminal(shell, "status")
    #expect(status.finish() == 0 && status.text.contains("\u{1B}[32mrunning\u{1B}[0m"))
    for variable in ["NO_COLOR=1", "TERM=dumb"] {
      let plain = try Terminal(shell.with(variable), "status")
      #expect(plain.finish() == 0 && plain.text.contains("running"))
      #expect(!plain.text.contains("\u{1B}"), "\(variable)")
    }
  }

  @Test("what takes longer than a second says so on a terminal")
  func progress() async throws {
    let server = try CannedServer(["HTTP/1.1 100 Continue\r\n\r\n"], hangsUp: false)
    let shell = try Shell(server.url)
    let terminal = try Terminal(shell, "status")
    #expect(terminal.read { $0.contains("waiting for \(server.url) (2 s)") })
    try terminal.type("\u{3}")
    #expect(terminal.finish() != 0)
    withExtendedLifetime(server) {}
  }

  @Test("log -f goes on with each new line, and says none of them twice")
  func follow() async throws {
    let daemon = try DaemonProcess(start: false)
    let shell = try Shell(daemon.http(""))
    let follower = try Companion(
      "/usr/bin/env", shell.variables + ["timeout", "-s", "INT", "300", Shell.program, "log", "-f"])
    func wait(for words: String) {
      var text = ""
      while !text.contains(words) {
        let more = follower.read()
        if more.isEmpty { break }
        text += more
      }
      #expect(text.contains(words), "\(text)")
      #expect(text.components(separatedBy: words).count == 2, "said once")
    }
    _ = try await shell.text("start")
    wait(for: "the RTSP server runs")
    _ = try await shell.text("stop")
    wait(for: "the RTSP server is stopped")
    _ = try await shell.text("start")
    wait(for: "the RTSP server runs")
  }

  /// A page of the log, as the daemon answers.
  private static func page(_ lines: (Int, String)...) -> String {
    let items = lines.map { seq, message in
      "{\"seq\":\(seq),\"time\":\"t\",\"level\":\"info\",\"message\":\"\(message)\"}"
    }
    let body = "{\"items\":[\(items.joined(separator: ","))],\"next\":null}"
    return "HTTP/1.1 200 OK\r\nContent-Length: \(body.utf8.count)\r\n\r\n\(body)"
  }

  /// The last letters of the lines that `log -f` prints, to one of them.
  private static func follow(
    _ server: CannedServer, to last: Character, _ options: String...
  ) throws -> String {
    let shell = try Shell(server.url)
    let follower = try Companion(
      "/usr/bin/env", shell.variables + ["timeout", "300", Shell.program, "log", "-f"] + options)
    var text = ""
    while !text.contains("  \(last)\n") {
      let more = follower.read()
      if more.isEmpty { break }
      text += more
    }
    return String(text.split(separator: "\n").compactMap { $0.last })
  }

  @Test("log -f notices that the daemon was started anew, and that lines were forgotten meanwhile")
  func restarted() throws {
    // Each is asked for with the line before the newest known one, or from the beginning.
    let server = try CannedServer([
      Self.page((1, "a"), (2, "b")), Self.page((2, "b"), (3, "c")), Self.page((9, "d")),
      Self.page(), Self.page((1, "e")), Self.page((1, "f")), Self.page((1, "f")),
      Self.page((1, "f"), (2, "g")), Self.page((2, "g")),
    ])
    #expect(try Self.follow(server, to: "g") == "abcdefg")
    let cursors = server.requests.prefix(5).map { $0.contains("after=") }
    #expect(cursors == [false, true, true, true, false])
  }

  @Test("log -f of no line that there is goes on with the next one")
  func followedFromNow() throws {
    let server = try CannedServer([
      Self.page((1, "a"), (2, "b")), Self.page((2, "b")), Self.page((2, "b"), (3, "c")),
    ])
    #expect(try Self.follow(server, to: "c", "-n", "0") == "c")
  }

  @Test("watch is for those, too, who may not be told of other clients")
  func watchedByViewer() async throws {
    let guarded = try GuardedDaemon()
    let vera = try Shell(guarded.daemon.http("")).with(
      "STREAMCTL_PASSWORD=vera:pw", "STREAMCTL_USER=vera")
    #expect(try await vera.text("watch", "-n", "1").contains(" server=running clients=0 "))
  }

  @Test("a signal ends following with status 0", arguments: ["INT", "TERM"])
  func signal(_ name: String) async throws {
    let daemon = try DaemonProcess()
    let shell = try Shell(daemon.http(""))
    for command in [["watch"], ["watch", "--json"], ["log", "-f"]] {
      // The signal goes out when the first line has come.
      let script =
        "exec 3< <(exec \"$@\"); pid=$!; read -r line <&3; echo \"$line\"; "
        + "kill -\(name) $pid; cat <&3; wait $pid; echo $?"
      let result = try await Tool.run(
        "env", shell.variables + ["bash", "-c", script, "bash", Shell.program] + command,
        seconds: 20)
      let lines = String(decoding: result.output, as: UTF8.self).split(separator: "\n")
      #expect(lines.count >= 2 && lines.last == "0", "\(command): \(lines) \(result.errors)")
      #expect(result.errors.isEmpty)
      #expect(!result.output.contains(0x1B), "no marks where there is no terminal")
    }
  }

  @Test("a session that is watched and ends is told; without one all of them are watched")
  func ends() async throws {
    let daemon = try DaemonProcess()
    let shell = try Shell(daemon.http(""))
    let idle = try #require(try await shell.json("watch", "-n", "1").first)
    #expect((idle["sessions"] as? [Any])?.isEmpty == true)
    #expect(try await shell.text("watch", "-n", "1").contains(" server=running clients=0 "))
    for _ in 0..<2 { _ = try HTTPClient(daemon).request("POST", "/api/v1/sessions") }
    let both = try #require(try await shell.json("watch", "-n", "1").first)
    let sessions = try #require(both["sessions"] as? [[String: Any]])
    #expect(sessions.count == 2)
    let id = try #require(sessions.first?["session_id"] as? String)
    let watcher = try Companion(
      "/usr/bin/env", shell.variables + [Shell.program, "watch", "--session", id])
    #expect(watcher.read().contains(" session=\(id) state=ready "))
    _ = try HTTPClient(daemon).request("DELETE", "/api/v1/sessions/\(id)")
    while !watcher.read().isEmpty {}
    let (status, errors) = watcher.finish()
    #expect(status == 1 && errors.contains("no such session"))
    let orphan = try Companion("/usr/bin/env", shell.variables + [Shell.program, "watch"])
    _ = orphan.read()
    #expect(daemon.terminate() == 0)
    while !orphan.read().isEmpty {}
    #expect(orphan.finish().status == 3)
  }
}
