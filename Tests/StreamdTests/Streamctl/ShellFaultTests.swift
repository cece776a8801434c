import Foundation
import Testing

/// Every way in which a command can fail: one line, what happened, what to do, and the status.
@Suite("What streamctl says when it cannot")
struct ShellFaultTests {
  @Test(
    "bad usage is status 2 and names the way out",
    arguments: [
      (["statsu"], "did you mean status?"), (["xyzzyxyzzy"], "see streamctl --help"),
      ([], "see streamctl --help"), (["play", "--ta", "5"], "did you mean --at?"),
      (["--jsno", "status"], "did you mean --json?"), (["play", "--xyzzy"], "play --help"),
      (["--at", "5", "play"], "streamctl play --at"), (["play", "--at"], "SECONDS"),
      (["play", "--at", "-1"], "want seconds"), (["play", "--at", "nan"], "want seconds"),
      (["play", "--at=1e400"], "want seconds"), (["play", "5"], "play takes no argument"),
      (["kick"], "streamctl kick ID"), (["kick", "1", "2"], "one argument"),
      (["--json=yes", "status"], "--json takes no value"),
      (["setup", "--transport", "sctp"], "udp, tcp or multicast"),
      (["setup", "--server", "8554"], "want HOST:PORT"),
      (["setup", "--server", "h:99999"], "want HOST:PORT"),
      (["setup", "--server", "u@h:1"], "want HOST:PORT"),
      (["setup", "--server", "h:1/x"], "want HOST:PORT"), (["watch", "-n", "0"], "want a number"),
      (["log", "--lines", "many"], "want a number"), (["probe"], "streamctl probe"),
      (["probe", "--fps", "0", "x"], "want frames per second"), (["completions", "tcsh"], "zsh"),
      (["--url", "ftp://h", "status"], "want http://HOST:PORT"),
      (["--url", "https://user:secret@h", "status"], "ssh -L"),
      (["--token", "a b", "status"], "no spaces"), (["--token=", "status"], "not empty"),
      (["--token-file", "/nonexistent", "status"], "No such file"),
      (["snapshot", "--json"], "-o FILE"), (["help", "plya"], "did you mean play?"),
    ])
  func usage(_ arguments: [String], _ words: String) async throws {
    let shell = try Shell("http://127.0.0.1:1")
    let result = try await Tool.run("env", shell.variables + [Shell.program] + arguments)
    #expect(result.status == 2 && result.output.isEmpty)
    #expect(result.errors.hasPrefix("streamctl: ") && result.errors.contains(words))
    #expect(result.errors.split(separator: "\n").count == 1, "\(result.errors)")
    #expect(!result.errors.contains("secret"))
  }

  @Test("a daemon that is not there is status 3, and how to start it")
  func unreachable() async throws {
    let shell = try Shell("http://127.0.0.1:1")
    for command in Self.asking {
      try await shell.fails(
        command, status: 3, saying: "http://127.0.0.1:1 (Connection refused): start it with")
    }
    try await shell.with("STREAMCTL_URL=http://no-such-name.invalid:5000").fails(
      "status", status: 3, saying: "no-such-name.invalid: ", "--url")
  }

  private static let asking = [
    "start", "stop", "drain", "status", "videos", "sources", "setup", "sessions", "clients",
    "viewers", "watch", "log",
  ]

  @Test(
    "what answers and is no streamd is status 3",
    arguments: [
      "SSH-2.0-OpenSSH_9.2\r\n", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello", "",
      "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}", "HTTP/1.1 200 OK\r\n\r\n[1",
      "HTTP/1.1 404 Not Found\r\nContent-Length: 6\r\n\r\n<html>",
      "HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\n\r\n",
      "HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\n{\"version\":",
      "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
      "HTTP/1.1 301 Moved Permanently\r\nLocation: https://h/\r\nContent-Length: 0\r\n\r\n",
      "HTTP/1.1 200 OK\r\nContent-Length: 30\r\n\r\n{\"items\":null,\"next\":{\"a\":[]}}",
    ])
  func strangers(_ answer: String) async throws {
    let server = try CannedServer([answer])
    let shell = try Shell(server.url)
    for command in Self.asking {
      try await shell.fails(command, status: 3, saying: server.url)
    }
    withExtendedLifetime(server) {}
  }

  @Test("a missing or wrong token is status 4; a right one goes out as the server wants it")
  func authorisation() async throws {
    let problem =
      "{\"type\":\"about:blank\",\"title\":\"x\",\"status\":401,\"detail\":\"who are you?\","
      + "\"code\":\"x\",\"hint\":\"\"}"
    for answer in [
      "HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: Bearer\r\nContent-Length: 0\r\n\r\n",
      "HTTP/1.1 401 Unauthorized\r\nContent-Length: \(problem.utf8.count)\r\n\r\n\(problem)",
      "HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n",
      "HTTP/1.1 403 Forbidden\r\nContent-Length: 113\r\n\r\n"
        + "{\"type\":\"about:blank\",\"title\":\"x\",\"status\":403,\"detail\":\"viewers may not\","
        + "\"code\":\"not_authorised\",\"hint\":\"xxxxx\"}",
    ] {
      let server = try CannedServer([answer])
      let shell = try Shell(server.url)
      try await shell.fails("stop", status: 4, saying: "STREAMCTL_TOKEN", "--token-file")
      try shell.home.write("token", Array("from-file\n".utf8))
      for (arguments, header) in [
        (["--token", "from-option"], "Bearer from-option"),
        (["--token-file", "\(shell.home.path)/token"], "Bearer from-file"),
        (["--url", "http://us%65r:p%20w@127.0.0.1:\(server.port)"], "Basic dXNlcjpwIHc="),
      ] {
        let result = try await Tool.run(
          "env", shell.variables + [Shell.program] + arguments + ["stop"])
        #expect(result.status == 4 && !result.errors.contains("p%20w"), "\(result.errors)")
        #expect(server.requests.last?.contains("\r\nAuthorization: \(header)\r\n") == true)
      }
      try await shell.with("STREAMCTL_TOKEN=from-variable").fails("stop", status: 4)
      let last = try #require(server.requests.last)
      #expect(last.contains("\r\nAuthorization: Bearer from-variable\r\n"))
      #expect(last.hasPrefix("POST /api/v1/server/stop HTTP/1.1\r\nHost: 127.0.0.1:"))
    }
  }

  @Test("what is kept for the daemon is shown to no other server, and needed where none is asked")
  func kept() async throws {
    let server = try CannedServer(["HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\n\r\n"])
    let shell = try Shell("http://localhost:1").with("STREAMCTL_TOKEN=kept")
    let bench = ["bench", "--clients", "1", "--seconds", "1"]
    let url = "http://127.0.0.1:\(server.port)/stream"
    for (arguments, header) in [
      ([], nil), (["--token", "meant"], "Bearer meant"), (["--url", server.url], "Bearer kept"),
    ] as [([String], String?)] {
      let result = try await Tool.run(
        "env", shell.variables + [Shell.program] + arguments + bench + [url])
      #expect(result.status == 4, "\(result.errors)")
      let request = try #require(server.requests.last)
      #expect(request.contains("Authorization: \(header ?? "")") == (header != nil), "\(request)")
    }
    let other = shell.with("STREAMCTL_URL=https://x", "STREAMCTL_TOKEN=a b")
    #expect(try await other.text("completions", "bash").contains("complete"))
    try await shell.fails("bench", "rtsps://u:secret@h/x", status: 2, saying: "rtsps://…@h/x")
  }

  @Test("a refusal is status 1 with the daemon's reason and way out")
  func refusals() async throws {
    let first = try DaemonProcess()
    let second = try DaemonProcess(start: false, rtsp: "127.0.0.1:\(first.port)")
    try await Shell(second.http("")).fails("start", status: 1, saying: "in use", "--rtsp HOST:PORT")
    let shell = try Shell(first.http(""))
    try await shell.fails(
      "setup", "--server", "127.0.0.1:1", status: 1, saying: "--allowed-servers 127.0.0.1:1")
    try await shell.fails(
      "setup", "--server", "[::1]:9", status: 1, saying: "--allowed-servers [::1]:9")
    try await shell.fails(
      "setup", "--server", "example.org:9", status: 1, saying: "write an IP address")
    try await shell.fails("kick", "a b", status: 1, saying: "no such client")
    try await shell.fails("kick", "a/../b", status: 1, saying: "there is nothing at")
  }

  @Test("no number that a server says can end the program")
  func numbers() async throws {
    for number in [Int.min, -1, Int.max] {
      let status =
        "{\"version\":\"x\",\"state\":\"x\",\"rtsp\":\"x\",\"uptime_s\":\(number),"
        + "\"clients\":\(number),\"sessions\":\(number),\"viewers\":\(number)}"
      let client =
        "{\"id\":\"x\",\"peer\":\"x\",\"user_agent\":\"x\",\"transport\":\"x\",\"state\":\"x\","
        + "\"video_file\":\"x\",\"frames\":\(number),\"packets\":\(number),\"lost\":\(~number),"
        + "\"jitter_ms\":1e308,\"skipped\":\(number),\"since\":\"x\"}"
      let session =
        "{\"session_id\":\"x\",\"state\":\"x\",\"server_addr\":\"x\",\"server_port\":\(number),"
        + "\"video_file\":\"x\",\"transport\":\"x\",\"frame\":\(number),\"packets\":\(number),"
        + "\"lost\":\(number),\"frames_skipped\":\(number),\"data_rate_kbps\":-1e308,"
        + "\"fps\":1e308,\"latency_ms\":\(number),\"jitter_ms\":\(number),"
        + "\"attempt\":\(number),\"attempts_max\":\(number)}"
      let video =
        "{\"name\":\"x\",\"frames\":\(number),\"fps\":1e300,\"width\":\(number),"
        + "\"height\":\(number),\"duration_s\":-1e300,\"bytes\":\(number),\"playable\":true,"
        + "\"container\":\"x\",\"normalised\":[],\"damaged\":0,\"reason\":\"\","
        + "\"opening\":1e300,"
        + "\"live\":false}"
      let source =
        "{\"name\":\"x\",\"url\":\"x\",\"mode\":\"x\",\"state\":\"x\",\"transport\":\"x\","
        + "\"frames\":\(number),\"frames_skipped\":\(number),\"packets\":\(number),"
        + "\"lost\":\(number),\"fps\":-1e308,\"data_rate_kbps\":1e308,\"jitter_ms\":1e308,"
        + "\"viewers\":\(number),\"reconnects\":\(number),\"last_error\":\"x\","
        + "\"retry_in_s\":1e308}"
      let line = "{\"seq\":\(number),\"time\":\"x\",\"level\":\"x\",\"message\":\"x\"}"
      let viewer =
        "{\"id\":\"h1\",\"peer\":\"x\",\"user_agent\":\"x\",\"transport\":\"x\","
        + "\"video_file\":\"x\",\"session_id\":\"\","
        + "\"frames\":\(number),\"skipped\":\(number),\"since\":\"x\"}"
      for (command, item) in [
        ("status", nil), ("drain", nil), ("clients", client), ("sessions", session),
        ("videos", video), ("viewers", viewer),
        ("sources", source), ("log", line),
      ] {
        let body = item.map { "{\"items\":[\($0)],\"next\":null}" } ?? status
        let server = try CannedServer([
          "HTTP/1.1 200 OK\r\nContent-Length: \(body.utf8.count)\r\n\r\n\(body)"
        ])
        let text = try await Shell(server.url).text(command)
        #expect(text.contains(command == "drain" ? "viewers" : "x"), "\(command)")
        withExtendedLifetime(server) {}
      }
    }
  }

  @Test("help and version are no errors and go to standard output")
  func help() async throws {
    let shell = try Shell("http://127.0.0.1:1")
    let help = try await shell.text("--help")
    #expect(try await shell.text("help") == help)
    #expect(help.split(separator: "\n").allSatisfy { $0.count <= 80 }, "\(help)")
    for command in ["setup", "probe", "watch"] {
      #expect(help.contains("  \(command) "))
      #expect(try await shell.text(command, "-h").contains("usage: streamctl \(command)"))
      #expect(try await shell.text("help", command) == (try await shell.text("--help", command)))
    }
    #expect(try await shell.text("version").hasPrefix("streamctl 0."))
    #expect(try await shell.json("version").first?["version"] is String)
    #expect(try await shell.text("--version") == (try await shell.text("version")))
  }

  @Test("whoever stops reading is no error")
  func brokenPipe() async throws {
    let daemon = try DaemonProcess()
    let shell = try Shell(daemon.http(""))
    // It goes on writing after `head` has gone: the second line meets a pipe that nobody reads.
    let line =
      "\(Shell.program) --url \(daemon.http("")) watch -n 50 --json | head -n 1; "
      + "echo ${PIPESTATUS[0]}"
    let result = try await Tool.run("env", shell.variables + ["bash", "-c", line], seconds: 30)
    let text = String(decoding: result.output, as: UTF8.self)
    #expect(text.hasSuffix("}\n0\n") && result.errors.isEmpty, "\(text) \(result.errors)")
    let full = try await Tool.run(
      "env", shell.variables + ["bash", "-c", "\(Shell.program) --help > /dev/full"])
    #expect(full.status == 1 && full.errors.contains("No space left"))
  }

  @Test(
    "what the parent has closed of the standard descriptors is no connection, and ends nothing",
    arguments: ["<&-", ">&-", "2>&-", "<&- >&- 2>&-"])
  func closedDescriptors(_ closed: String) async throws {
    let daemon = try DaemonProcess()
    let shell = try Shell(daemon.http(""))
    for (program, arguments, status) in [
      (Shell.program, "version", 0), (Shell.program, "status", 0),
      (Shell.program, "no-command", 2), (Repository.product("streamd").path, "--version", 0),
      (Repository.product("streamd").path, "--no-option", 2),
    ] {
      let line = "\(program) \(arguments) \(closed); echo $? > \(shell.home.path)/status"
      let result = try await Tool.run("env", shell.variables + ["bash", "-c", line])
      let text = try String(contentsOfFile: "\(shell.home.path)/status", encoding: .utf8)
      #expect(result.status == 0 && text == "\(status)\n", "\(arguments): \(text)")
    }
    #expect(try HTTPClient(daemon).request("GET", "/healthz").status == 200)
  }
}
