import Foundation
import Testing

@testable import Streamd

@Suite("Log")
struct LogTests {
  @Test("values that are more than a word are quoted, and none can begin a line of its own")
  func text() {
    #expect(
      Log.text(.info, "client left", ["peer": "127.0.0.1:4", "file": "a b"])
        == "level=info msg=\"client left\" peer=127.0.0.1:4 file=\"a b\"")
    #expect(
      Log.text(.error, "x", ["a": "1\nlevel=info", "b": "q\"\\", "c": "\u{1B}[31m", "d": ""])
        == #"level=error msg=x a="1\nlevel=info" b="q\"\\" c="?[31m" d="""#)
  }

  @Test("a line of JSON has level, message, time and the fields")
  func json() throws {
    let line = Log.json(.warning, "not \"playable\"", ["file": "a\nb<ä>", "n": "1"])
    #expect(!line.contains("\n"))
    let object = try #require(
      try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: String])
    #expect(object["level"] == "warning" && object["msg"] == "not \"playable\"")
    #expect(object["file"] == "a\nb<ä>" && object["n"] == "1")
    let time = try Date(
      #require(object["time"]),
      strategy: .iso8601.year().month().day()
        .time(includingFractionalSeconds: true))
    #expect(abs(time.timeIntervalSinceNow) < 5)
  }

  /// Runs the program with its errors in a file and stops it once it is up.
  private func log(_ arguments: [String], asJournal: Bool = false) async throws -> [String] {
    let folder = try TemporaryFolder()
    let path = folder.url.appending(path: "log").path
    let variable = asJournal ? "JOURNAL_STREAM=$(stat -Lc %d:%i /proc/self/fd/2) " : ""
    let words = [
      Repository.product("streamd").path, "--media", Repository.video, "--http", "127.0.0.1:0",
      "--rtsp", "127.0.0.1:0", "--start",
    ]
    let command = (words + arguments).joined(separator: " ")
    let script = """
      exec 2>\(path)
      coproc daemon { \(variable) exec \(command); }
      read -r line <&"${daemon[0]}"
      curl -s "${line##* }healthz"
      kill $daemon_PID
      wait $daemon_PID
      """
    let result = try await Tool.run("/bin/bash", ["-c", script], seconds: 20)
    #expect(result.status == 0)
    return try String(contentsOfFile: path, encoding: .utf8).split(separator: "\n").map(String.init)
  }

  @Test("the level says what is written")
  func levels() async throws {
    #expect(try await log(["--log-level", "warning"]).isEmpty)
    let info = try await log([])
    #expect(info.contains { $0.hasPrefix("level=info msg=playable") })
    #expect(!info.contains { $0.contains("level=debug") })
    let debug = try await log(["--log-level=debug"])
    #expect(debug.contains { $0.contains("level=debug msg=\"HTTP request\"") })
    #expect(debug.contains { $0.contains("method=GET path=/healthz") })
  }

  @Test("for the journal each line begins with its priority, and only for the journal")
  func priorities() async throws {
    let lines = try await log(["--log-level=debug", "--bind=127.0.0.2"], asJournal: true)
    #expect(lines.contains { $0.hasPrefix("<6>level=info msg=playable") })
    #expect(lines.contains { $0.hasPrefix("<7>level=debug") })
    #expect(lines.allSatisfy { $0.hasPrefix("<") })
    #expect(try await log([]).allSatisfy { $0.hasPrefix("level=") })
  }

  @Test("JSON by configuration")
  func jsonLines() async throws {
    let lines = try await log(["--log-format", "json"])
    #expect(lines.count >= 2)
    for line in lines {
      #expect(try JSONSerialization.jsonObject(with: Data(line.utf8)) is [String: String])
    }
  }

  @Test("whoever stops reading the log does not stop the daemon, and hears what they missed")
  func unread() throws {
    let pipe = Pipe()
    let daemon = try DaemonProcess(["--log-level", "debug"], complainingTo: pipe)
    let client = try RTSPClient(port: daemon.port)
    // Some 80 bytes each; a pipe holds 65,536.
    for _ in 0..<1500 { #expect(try client.ask("OPTIONS", "*").status == 200) }
    let before = pipe.fileHandleForReading.availableData.count
    #expect(before > 4096)
    #expect(try client.ask("OPTIONS", "*").status == 200)
    var text = ""
    var place = pollfd(
      fd: pipe.fileHandleForReading.fileDescriptor, events: Int16(POLLIN), revents: 0)
    while !text.contains("lines of the log are missing"), unsafe poll(&place, 1, 10_000) == 1 {
      text += String(decoding: pipe.fileHandleForReading.availableData, as: UTF8.self)
    }
    #expect(text.contains("level=warning msg=\"lines of the log are missing"), "\(text)")
  }
}
