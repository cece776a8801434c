import Foundation
import Testing
import Wire

/// Entries and tokens that `streamctl` makes, and its own way in.
@Suite("streamctl and users")
struct ShellAccessTests {
  /// Runs a command with a line on standard input.
  private func say(_ line: String, _ command: String) async throws -> Tool.Result {
    try await Tool.run(
      "/bin/sh",
      ["-c", "printf '%s\\n' \"$1\" | \(Shell.program) \(command)", "sh", line], seconds: 30)
  }

  @Test("passwd makes an entry that the daemon takes from the file that STREAMD_USERS names")
  func passwd() async throws {
    let made = try await say("s3cret: x", "passwd alice --role admin --videos 'movie*,x'")
    let line = String(decoding: made.output, as: UTF8.self)
    let entry = try #require(UserEntry(line.trimmingCharacters(in: .newlines)), "\(made.errors)")
    #expect(entry.name == "alice" && entry.role == .admin && entry.isPassword("s3cret: x"))
    #expect(entry.videos?.map(\.text) == ["movie*", "x"] && !line.contains("s3cret"))
    for (password, name, word) in [("", "bob", "no password"), ("x", "a:b", "colons")] {
      let refused = try await say(password, "passwd '\(name)'")
      #expect(refused.status == 2 && refused.errors.contains(word), "\(refused.errors)")
    }
    #expect(try await say("x", "passwd bob --role root").errors.contains("view, control or admin"))
    let folder = try TemporaryFolder()
    try folder.write("users", Array("# ours\r\n\n\(line)".utf8))
    for name in ["STREAMD_USERS=\(folder.path)/users", "CREDENTIALS_DIRECTORY=\(folder.path)"] {
      let check = try await Tool.run(
        "env", [name, Repository.product("streamd").path, "--check-config"])
      #expect(check.status == 0, "\(check.errors)")
    }
    // Without an entry everybody would be let in.
    try folder.write("users", Array("# nobody yet\n".utf8))
    let empty = try await Tool.run(
      "env",
      ["STREAMD_USERS=\(folder.path)/users", Repository.product("streamd").path, "--check-config"])
    #expect(empty.status == 2 && empty.errors.contains("there is no user in it"))
    try folder.write("users", Array("\(line)alice:admin:5ecret".utf8))
    let bad = try await Tool.run(
      "env",
      ["STREAMD_USERS=\(folder.path)/users", Repository.product("streamd").path, "--check-config"])
    #expect(bad.status == 2 && bad.errors.contains("users: line 2: want NAME:ROLE:HASH"))
    #expect(!bad.errors.contains("5ecret"))
  }

  @Test(
    "a terminal shows nothing of what is typed; it is typed twice, and may be given up",
    arguments: [
      (["s3crex\\x7ft\\n", "s3cret\\n"], Int32(0), "alice:view:"),
      (["s3cret\\n", "other\\n"], 2, "the two passwords differ"),
      (["s3cr\\x03"], 2, "no password"),
    ])
  func typed(texts: [String], status: Int32, shown: String) async throws {
    let result = try await Tool.run(
      Repository.root.appending(path: "Tests/Tools/type-password").path,
      texts + ["--", Shell.program, "passwd", "alice"], seconds: 30)
    let screen = String(decoding: result.output, as: UTF8.self)
    #expect(result.status == status && screen.contains(shown), "\(screen) \(result.errors)")
    #expect(screen.hasPrefix("Password: \r\n") && !screen.contains("s3cr"), "\(screen)")
    if status == 0 {
      let entry = screen.split(whereSeparator: \.isNewline).last.flatMap { UserEntry(String($0)) }
      #expect(entry?.isPassword("s3cret") == true)
    }
  }

  @Test("a person's name and password, and a token of its own making, let it in; else status 4")
  func ways() async throws {
    let guarded = try GuardedDaemon()
    let shell = try Shell(guarded.daemon.http(""))
    try await shell.fails("status", status: 4, saying: "--user", "--token-file")
    let alice = shell.with("STREAMCTL_PASSWORD=alice:pw")
    #expect(try await alice.text("--user", "alice", "clients").contains("no RTSP clients"))
    #expect(try await alice.with("STREAMCTL_USER=alice").text("stop").contains("stopped"))
    try await alice.fails("--user", "vera", "status", status: 4, saying: "wrong name")
    try await shell.fails("--user", "alice", "status", status: 2, saying: "STREAMCTL_PASSWORD")
    let vera = shell.with("STREAMCTL_PASSWORD=vera:pw", "STREAMCTL_USER=vera")
    #expect(try await vera.text("videos").contains("movie.Mjpeg"))
    try await vera.fails("start", status: 4, saying: "takes the role control")
    let url = guarded.daemon.http("").replacing("http://", with: "http://carl:carl%3Apw@")
    #expect(try await shell.text("--url", url, "start").contains("running"))
    // What is typed goes before what variables say.
    let old = alice.with("STREAMCTL_TOKEN=old", "STREAMCTL_USER=bob")
    #expect(try await old.text("--user", "alice", "clients").contains("no RTSP clients"))
    #expect(try await old.text("--url", url, "start").contains("running"))
    let key = "\(guarded.folder.path)/key"
    let token = try await shell.text(
      "token", "--key", key, "--sub", "nvr", "--role", "control", "--expires", "15m")
    try guarded.folder.write("token", Array(token.utf8))
    #expect(
      try await shell.text("--token-file", "\(guarded.folder.path)/token", "sessions")
        .contains("no viewer sessions"))
    try await shell.fails("token", status: 2, saying: "--key FILE")
    try await shell.fails("token", "--key", key, "--expires", "1y", status: 2, saying: "12h")
    try guarded.folder.write("short", Array("short\n".utf8))
    try await shell.fails(
      "token", "--key", "\(guarded.folder.path)/short", status: 2, saying: "32 bytes")
  }
}
