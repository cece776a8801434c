import Reactor
import Testing
import Wire

@testable import Streamd

@Suite("Options")
struct OptionsTests {
  private func options(_ arguments: String...) throws -> Options {
    guard case .run(let options) = try Options.parse(arguments) else {
      throw Options.UsageError(message: "not a command line that runs")
    }
    return options
  }

  private func fault(_ arguments: [String]) -> String? {
    #expect(throws: Options.UsageError.self) { try Options.parse(arguments) }?.message
  }

  @Test("without arguments everything has its documented default")
  func defaults() throws {
    let options = try options()
    #expect(!options.start)
    #expect(options.rtsp.description == "127.0.0.1:8554")
    #expect(options.http.description == "127.0.0.1:5000")
    #expect(options.allowedServers.isEmpty)
    #expect(options.media == nil && options.www == nil)
    #expect(options.rtpPorts == 25_000...44_999)
    #expect(options.rate == .standard)
    #expect(options.sessionTimeoutSeconds == 60)
  }

  @Test("every flag that takes a value takes it behind a space or an equals sign")
  func bothForms() throws {
    let flags = [
      ("--rtsp", "[::1]:9000"), ("--http", "0.0.0.0:80"), ("--allow-server", "10.0.0.1:8554"),
      ("--media", "/a=b c"), ("--www", "/w"), ("--rtp-ports", "30000-30001"),
      ("--fps", "30000/1001"), ("--session-timeout", "7"),
    ]
    let spaced = flags.flatMap { [$0.0, $0.1] } + ["--start"]
    let joined = ["--start"] + flags.map { $0.0 + "=" + $0.1 }
    for arguments in [spaced, joined] {
      guard case .run(let options) = try Options.parse(arguments) else {
        Issue.record("does not run: \(arguments)")
        continue
      }
      #expect(options.start)
      #expect(options.rtsp.description == "[::1]:9000")
      #expect(options.http.description == "0.0.0.0:80")
      #expect(options.allowedServers.map(\.description) == ["10.0.0.1:8554"])
      #expect(options.media == "/a=b c" && options.www == "/w")
      #expect(options.rtpPorts == 30_000...30_001)
      #expect(options.rate == FrameRate(30_000, 1001))
      #expect(options.sessionTimeoutSeconds == 7)
    }
  }

  @Test("the last of several values counts")
  func lastCounts() throws {
    #expect(try options("--fps", "5", "--fps=7").rate == FrameRate(7))
  }

  @Test("every server that is allowed is kept")
  func allowedServers() throws {
    let options = try options("--allow-server", "10.0.0.1:1", "--allow-server=[::1]:2")
    #expect(options.allowedServers.map(\.description) == ["10.0.0.1:1", "[::1]:2"])
  }

  @Test("help and version win over whatever else is right")
  func requests() throws {
    for arguments in [["--help"], ["-h"], ["--start", "--help"], ["--help", "--nonsense"]] {
      guard case .help = try Options.parse(arguments) else {
        Issue.record("no help: \(arguments)")
        continue
      }
    }
    for arguments in [["--version"], ["--fps", "5", "--version"]] {
      guard case .version = try Options.parse(arguments) else {
        Issue.record("no version: \(arguments)")
        continue
      }
    }
  }

  @Test(
    "values at the bounds are taken",
    arguments: [
      "--rtsp=127.0.0.1:0", "--rtsp=localhost:65535", "--rtsp=0.0.0.0:8554",
      "--rtp-ports=1024-1025",
      "--rtp-ports=65534-65535", "--fps=0.1", "--fps=240", "--fps=29.97", "--session-timeout=1",
      "--session-timeout=86400",
    ])
  func withinBounds(_ argument: String) throws { _ = try options(argument) }

  @Test(
    "values beyond the bounds are refused, with the flag, the value and what is wanted",
    arguments: [
      ("--rtsp", ["8554", "127.0.0.1", "127.0.0.1:65536", "example.org:8554", "::1:8554", ""]),
      ("--http", ["5000", "127.0.0.1:+1", "127.0.0.1:-1", ""]), ("--allow-server", ["host:1", ""]),
      (
        "--rtp-ports",
        [
          "1022-1030", "25001-25010", "25000-25000", "25000-24000", "65536-65537", "25000",
          "25000-25010-25020", "-25000", "",
        ]
      ),
      ("--fps", ["0", "0.09", "240.1", "-1", "1e3", "1/0", "fast", ""]),
      ("--session-timeout", ["0", "-1", "86401", "1.5", "99999999999999999999", "soon", ""]),
    ])
  func beyondBounds(_ flag: String, _ values: [String]) throws {
    for value in values {
      for arguments in [[flag, value], ["\(flag)=\(value)"]] {
        let message = try #require(fault(arguments))
        #expect(message.hasPrefix("\(flag) \(value): want "), "\(message)")
      }
    }
  }

  @Test(
    "a value that is not there is missed",
    arguments: [
      "--http", "--rtsp", "--media", "--www", "--allow-server", "--rtp-ports", "--fps",
      "--session-timeout",
    ])
  func missingValue(_ flag: String) {
    #expect(fault(["--start", flag]) == "\(flag) needs a value, see streamd --help")
  }

  @Test(
    "a value that is not wanted is refused",
    arguments: ["--start=yes", "--help=me", "--version=", "-h=1"])
  func needlessValue(_ argument: String) throws {
    let flag = argument.prefix { $0 != "=" }
    #expect(fault([argument]) == "\(flag) takes no value")
  }

  @Test(
    "a mistyped flag is answered with the nearest one",
    arguments: [
      ("--strat", "--start"), ("--stat", "--start"), ("--sstart", "--start"), ("start", "--start"),
      ("--htpp", "--http"), ("--allow-servers=x", "--allow-server"), ("--rstp", "--rtsp"),
      ("--rtps=x", "--rtsp"), ("--fsp", "--fps"), ("--FPS", "--fps"),
      ("--medai", "--media"), ("--rtp-port", "--rtp-ports"), ("--rtpports", "--rtp-ports"),
      ("--session-timout", "--session-timeout"), ("--hlep", "--help"), ("--versoin", "--version"),
    ])
  func nearest(_ argument: String, _ flag: String) {
    let shown = argument.prefix { $0 != "=" }
    #expect(fault([argument]) == "unknown argument \(shown), did you mean \(flag)?")
  }

  @Test(
    "what resembles no flag is sent to the help",
    arguments: ["--frobnicate", "-v", "movie.Mjpeg", "rtsp://127.0.0.1/movie.Mjpeg", ""])
  func unlike(_ argument: String) {
    #expect(fault([argument]) == "unknown argument \(argument), see streamd --help")
  }

  @Test("every flag that is understood is in the help")
  func helpIsComplete() {
    for flag in [
      "--start", "--http", "--rtsp", "--media", "--www", "--allow-server", "--rtp-ports", "--fps",
      "--session-timeout", "--help", "--version",
    ] {
      #expect(Options.help.contains("\n  \(flag) "), "\(flag)")
    }
  }
}
