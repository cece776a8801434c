import Reactor
import Testing
import Wire

@testable import Streamd

@Suite("Arguments")
struct ArgumentsTests {
  private func configuration(
    _ arguments: String..., environment: [String: String] = [:]
  ) throws -> Configuration {
    guard case .run(let parsed) = try Arguments.parse(arguments, environment: environment) else {
      throw Configuration.Fault(message: "not a command line that runs")
    }
    return try parsed.configuration()
  }

  private func fault(_ arguments: [String], environment: [String: String] = [:]) -> String? {
    #expect(throws: Configuration.Fault.self) {
      guard case .run(let parsed) = try Arguments.parse(arguments, environment: environment) else {
        return
      }
      _ = try parsed.configuration()
    }?.message
  }

  @Test("without arguments everything has its documented default")
  func defaults() throws {
    let options = try configuration()
    #expect(!options.start)
    #expect(options.rtsp.description == "127.0.0.1:8554")
    #expect(options.http.description == "127.0.0.1:5000")
    #expect(options.allowedServers.isEmpty)
    #expect(options.media == nil && options.www == nil)
    #expect(options.rtpPorts == 25_000...44_999 && options.rtpPacketBytes == 1400)
    #expect(options.rate == .standard)
    #expect(options.limits.sessionTimeoutSeconds == 60)
  }

  @Test("every flag that takes a value takes it behind a space or an equals sign")
  func bothForms() throws {
    let flags = [
      ("--rtsp", "[::1]:9000"), ("--http", "0.0.0.0:80"), ("--allowed-servers", "10.0.0.1:8554"),
      ("--media", "/a=b c"), ("--www", "/w"), ("--rtp-ports", "30000-30001"),
      ("--rtp-packet-bytes", "1200"),
      ("--fps", "30000/1001"), ("--session-timeout", "7"),
    ]
    let spaced = flags.flatMap { [$0.0, $0.1] } + ["--start"]
    let joined = ["--start"] + flags.map { $0.0 + "=" + $0.1 }
    for arguments in [spaced, joined] {
      guard case .run(let parsed) = try Arguments.parse(arguments, environment: [:]) else {
        Issue.record("does not run: \(arguments)")
        continue
      }
      let options = try parsed.configuration()
      #expect(options.start)
      #expect(options.rtsp.description == "[::1]:9000")
      #expect(options.http.description == "0.0.0.0:80")
      #expect(options.allowedServers.map(\.description) == ["10.0.0.1:8554"])
      #expect(options.media == "/a=b c" && options.www == "/w")
      #expect(options.rtpPorts == 30_000...30_001 && options.rtpPacketBytes == 1200)
      #expect(options.rate == FrameRate(30_000, 1001))
      #expect(options.limits.sessionTimeoutSeconds == 7)
    }
  }

  @Test("the last of several values counts")
  func lastCounts() throws {
    #expect(try configuration("--fps", "5", "--fps=7").rate == FrameRate(7))
  }

  @Test("every server that is allowed is kept")
  func allowedServers() throws {
    let options = try configuration("--allowed-servers", "10.0.0.1:1", "--allowed-servers=[::1]:2")
    #expect(options.allowedServers.map(\.description) == ["10.0.0.1:1", "[::1]:2"])
  }

  @Test("help and version win over whatever else is right")
  func requests() throws {
    for arguments in [["--help"], ["-h"], ["--start", "--help"], ["--help", "--nonsense"]] {
      guard case .help = try Arguments.parse(arguments, environment: [:]) else {
        Issue.record("no help: \(arguments)")
        continue
      }
    }
    for arguments in [["--version"], ["--fps", "5", "--version"]] {
      guard case .version = try Arguments.parse(arguments, environment: [:]) else {
        Issue.record("no version: \(arguments)")
        continue
      }
    }
  }

  @Test(
    "values at the bounds are taken",
    arguments: [
      "--rtsp=127.0.0.1:0", "--rtsp=localhost:65535", "--rtsp=0.0.0.0:8554",
      "--rtp-ports=1024-1025", "--rtp-packet-bytes=256", "--rtp-packet-bytes=1400",
      "--rtp-ports=65534-65535", "--fps=0.1", "--fps=240", "--fps=29.97", "--session-timeout=1",
      "--session-timeout=86400",
    ])
  func withinBounds(_ argument: String) throws { _ = try configuration(argument) }

  @Test(
    "values beyond the bounds are refused, with the flag, the value and what is wanted",
    arguments: [
      ("--rtsp", ["8554", "127.0.0.1", "127.0.0.1:65536", "example.org:8554", "::1:8554", ""]),
      ("--http", ["5000", "127.0.0.1:+1", "127.0.0.1:-1", ""]),
      ("--allowed-servers", ["host:1"]),
      ("--rtp-packet-bytes", ["255", "1401", "0", "-1", "1,200", ""]),
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
      "--http", "--rtsp", "--media", "--www", "--allowed-servers", "--rtp-ports", "--fps",
      "--session-timeout",
    ])
  func missingValue(_ flag: String) {
    #expect(fault(["--start", flag]) == "\(flag) needs a value, see streamd --help")
  }

  @Test(
    "a value that is not wanted is refused",
    arguments: ["--help=me", "--version=", "-h=1", "--check-config=yes"])
  func needlessValue(_ argument: String) throws {
    let flag = argument.prefix { $0 != "=" }
    #expect(fault([argument]) == "\(flag) takes no value")
  }

  @Test(
    "a mistyped flag is answered with the nearest one",
    arguments: [
      ("--strat", "--start"), ("--stat", "--start"), ("--sstart", "--start"), ("start", "--start"),
      ("--htpp", "--http"), ("--allow-servers=x", "--allowed-servers"), ("--rstp", "--rtsp"),
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

  @Test("every setting is in the help, with its default")
  func helpIsComplete() {
    for setting in Setting.all {
      let isThere = Arguments.help.contains("\n  \(setting.flag) ")
      #expect(isThere == !setting.isSecret, "\(setting.flag)")
    }
    for flag in ["--config FILE", "--check-config", "--help", "--version"] {
      #expect(Arguments.help.contains("\n  \(flag) "), "\(flag)")
    }
    #expect(Arguments.help.contains("(127.0.0.1:8554)") && Arguments.help.contains("(25000-44999)"))
  }

  @Test("a switch is on by its name alone and takes true or false behind an equals sign")
  func switches() throws {
    #expect(try configuration("--start").start)
    #expect(try configuration("--start=true").start)
    #expect(try !configuration("--start", "--start=false").start)
    #expect(fault(["--start=yes"]) == "--start yes: want true or false")
  }

  @Test("every setting has a variable, and flags win over it")
  func variables() throws {
    let folder = try TemporaryFolder()
    try folder.write("key", [UInt8](repeating: 0x61, count: 32))
    // As an editor on Windows leaves it.
    let users = "# who may watch\r\na:view:5f4dcc3b5aa765d61d8327deb882cf99\r\n\r\n"
    try folder.write("users", Array(users.utf8))
    try folder.write("sources", Array(#"{"cam": "rtsp://cam/"}"#.utf8))
    let environment = [
      "STREAMD_HTTP": "127.0.0.1:1", "STREAMD_RTSP": "127.0.0.1:2", "STREAMD_START": "true",
      "STREAMD_MEDIA": "/m", "STREAMD_WWW": "/w", "STREAMD_RTP_PORTS": "30000-30009",
      "STREAMD_RTP_PACKET_BYTES": "1200",
      "STREAMD_FPS": "5", "STREAMD_SESSION_TIMEOUT": "9", "STREAMD_BIND": "::",
      "STREAMD_ALLOWED_SERVERS": "10.0.0.1:1, 10.0.0.2:2", "STREAMD_ALLOWED_HOSTS": "A.example",
      "STREAMD_LOG_LEVEL": "debug", "STREAMD_LOG_FORMAT": "json",
      "STREAMD_TOKEN_KEY": "\(folder.path)/key", "STREAMD_USERS": "\(folder.path)/users",
      "STREAMD_SOURCES": "\(folder.path)/sources", "STREAMD_RECORDINGS": "/r",
      "STREAMD_PUBLISH_TAKEOVER": "true", "STREAMD_REUSE_PORT": "true",
      "STREAMD_INSTANCES": "127.0.0.1:7", "STREAMD_INSTANCE": "0",
      "STREAMD_MULTICAST": "a=239.255.0.1:5004", "STREAMD_MULTICAST_INTERFACE": "eth0",
      "STREAMD_ALLOW": "10.0.0.0/8,::1", "STREAMD_DENY": "10.0.0.1",
      "STREAMD_TRUSTED_PROXIES": "127.0.0.1", "STREAMD_RTSP_PROXIES": "10.0.0.2,10.0.0.3",
      "STREAMD_HTTP_PROXIES": "10.0.0.4",
      "STREAMD_LIMITS": "connections=7,media_files=8", "HOME": "/root",
    ]
    #expect(Set(Setting.all.map(\.variable)).isSubset(of: environment.keys))
    let options = try configuration(environment: environment)
    #expect(options.http.port == 1 && options.rtsp.port == 2 && options.start)
    #expect(options.media == "/m" && options.www == "/w")
    #expect(options.rtpPorts == 30_000...30_009 && options.rtpPacketBytes == 1200)
    #expect(options.rate == FrameRate(5))
    #expect(options.limits.sessionTimeoutSeconds == 9 && options.limits.connectionsMax == 7)
    #expect(options.limits.mediaFilesMax == 8 && options.bind?.host == "::")
    #expect(options.allowedServers.map(\.description) == ["10.0.0.1:1", "10.0.0.2:2"])
    #expect(options.allowedHosts == ["a.example"])
    #expect(options.logLevel == .debug && options.logFormat == .json)
    #expect(options.users.map(\.name) == ["a"] && options.tokenKey?.count == 32)
    #expect(options.recordings == "/r" && options.publishTakeover)
    #expect(options.sources.map(\.name) == ["cam"])
    #expect(options.addresses.allowed.count == 2 && options.addresses.denied.count == 1)
    #expect(options.addresses.trustedProxies.map(\.description) == ["127.0.0.1"])
    #expect(options.addresses.rtspProxies.map(\.description) == ["10.0.0.2", "10.0.0.3"])
    #expect(options.addresses.httpProxies.map(\.description) == ["10.0.0.4"])

    let flags = try configuration(
      "--fps=7", "--allowed-servers", "10.0.0.3:3", environment: environment)
    #expect(flags.rate == FrameRate(7))
    #expect(flags.allowedServers.map(\.description) == ["10.0.0.3:3"])
    #expect(
      fault([], environment: ["STREAMD_FPS": "x"])?.hasPrefix("STREAMD_FPS x: want frames") == true)
  }

  @Test("variables that only look like ours are kept apart, since others set such ones")
  func strangers() throws {
    let environment = ["STREAMD_PORT_5000_TCP": "tcp://…", "STREAMD_FPS": "5", "STREAM": "x"]
    guard case .run(let parsed) = try Arguments.parse([], environment: environment) else {
      Issue.record("does not run")
      return
    }
    #expect(parsed.strangers == ["STREAMD_PORT_5000_TCP"])
  }

  @Test("bind is the address of what was not placed otherwise")
  func bind() throws {
    let both = try configuration("--bind", "0.0.0.0")
    #expect(both.http.description == "0.0.0.0:5000" && both.rtsp.description == "0.0.0.0:8554")
    let one = try configuration("--bind=::", "--http", "127.0.0.1:80")
    #expect(one.http.description == "127.0.0.1:80" && one.rtsp.description == "[::]:8554")
    #expect(fault(["--bind", "everywhere"])?.contains("want an address of this machine") == true)
  }

  @Test("a limit that is not there or out of range is told of with the way out")
  func limits() throws {
    let options = try configuration("--limits", "connections=5", "--limits=request_s=3")
    #expect(options.limits.connectionsMax == 5 && options.limits.requestSeconds == 3)
    #expect(
      fault(["--limits", "conections=5"])
        == "--limits: there is no limit conections, did you mean connections?")
    #expect(fault(["--limits", "quadrillions"])?.contains("there are connections, ") == true)
    for value in ["", "0", "-1", "1000001", "1e3", "9999999999999999999999"] {
      #expect(
        fault(["--limits", "connections=\(value)"])
          == "--limits: connections=\(value): want a number from 1 to 1000000")
    }
    for limit in Limit.all {
      let value = limit.range.upperBound
      #expect(
        try configuration("--limits", "\(limit.name)=\(value)").limits[keyPath: limit.path]
          == value)
      #expect(limit.range.contains(Limits()[keyPath: limit.path]), "\(limit.name)")
    }
  }
}
