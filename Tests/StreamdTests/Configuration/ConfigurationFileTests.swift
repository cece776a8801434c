import Foundation
import Reactor
import Testing
import Wire

@testable import Streamd

@Suite("The configuration file")
struct ConfigurationFileTests {
  private func configuration(_ text: String) throws -> Configuration {
    try Configuration(ConfigurationFile(Array(text.utf8), name: "f.json").assignments)
  }

  private func fault(_ text: String) -> String? {
    #expect(throws: Configuration.Fault.self) { try configuration(text) }?.message
  }

  @Test("an empty object is the defaults")
  func empty() throws {
    let (read, defaults) = (try configuration(" {} \n"), Configuration())
    for setting in Setting.all { #expect(setting.show(read) == setting.show(defaults)) }
  }

  @Test("every key is taken")
  func everything() throws {
    let options = try configuration(
      """
      {"start": true, "http": "[::1]:1", "rtsp": "127.0.0.1:2", "bind": "0.0.0.0", "media": "/m",
       "recordings": "/r",
       "www": "/w", "rtp_ports": "30000-30009", "rtp_packet_bytes": 1200,
       "fps": "30000/1001", "session_timeout": 9,
       "allowed_servers": ["10.0.0.1:1", "[::1]:2"], "allowed_hosts": ["tv.example"],
       "users": ["a:view:5f4dcc3b5aa765d61d8327deb882cf99:x*"], "token_key": "/k",
       "sources": {"cam": "rtsp://cam/x"},
       "allow": ["10.0.0.0/8"], "deny": ["::1"], "trusted_proxies": ["10.0.0.1"],
       "rtsp_proxies": ["10.0.0.2"], "http_proxies": ["10.0.0.3"],
       "log_level": "error", "log_format": "json",
       "limits": {"connections": 7, "viewer_sessions": 0}}
      """)
    #expect(options.start && options.http.description == "[::1]:1" && options.rtsp.port == 2)
    #expect(
      options.media == "/m" && options.recordings == "/r" && options.www == "/w"
        && options.rtpPorts == 30_000...30_009 && options.rtpPacketBytes == 1200)
    #expect(options.rate == FrameRate(30_000, 1001) && options.limits.sessionTimeoutSeconds == 9)
    #expect(options.allowedServers.count == 2 && options.allowedHosts == ["tv.example"])
    #expect(options.users.first?.videos?.map(\.text) == ["x*"] && options.tokenKeyFile == "/k")
    #expect(options.sources.map(\.url.shown) == ["rtsp://cam/x"])
    #expect(options.addresses.allowed.count == 1 && options.addresses.denied.count == 1)
    #expect(options.logLevel == .error && options.logFormat == .json)
    #expect(options.limits.connectionsMax == 7 && options.limits.viewerSessionsMax == 0)
    #expect(try configuration(#"{"fps": 12.5}"#).rate == FrameRate(25, 2))
  }

  @Test("what `etc/streamd.json` shows are the defaults")
  func example() throws {
    let path = Repository.root.appending(path: "etc/streamd.json").path
    let assignments = try ConfigurationFile(path: path).assignments
    let (read, defaults) = (try Configuration(assignments), Configuration())
    for setting in Setting.all {
      #expect(setting.show(read) == setting.show(defaults), "\(setting.name)")
    }
    // What has no default to show is left out.
    let unset = ["bind", "media", "recordings", "www", "multicast_interface", "token_key"]
    #expect(
      assignments.map(\.setting.name) == Setting.all.map(\.name).filter { !unset.contains($0) })
    let limits = assignments.first { $0.setting.name == "limits" }
    #expect(limits?.values.count == Limit.all.count)
  }

  @Test(
    "what cannot be is told with file, key, value and what is wanted",
    arguments: [
      (#"{"fsp": 20}"#, "f.json: unknown key fsp, did you mean fps?"),
      (#"{"frobnicate": 1}"#, "f.json: unknown key frobnicate, see streamd.json(5)"),
      (#"{"fps": "fast"}"#, "f.json: fps fast: want frames per second from 0.1 to 240"),
      (#"{"fps": true}"#, "f.json: fps: want a number or a string (frames per second"),
      (#"{"start": "true"}"#, #"f.json: start: want true or false, not the string "true""#),
      (#"{"session_timeout": 1.5}"#, "f.json: session_timeout 1.5: want seconds from 1 to 86400"),
      (#"{"session_timeout": "60"}"#, #"f.json: session_timeout: want a number (seconds"#),
      (#"{"session_timeout": 1e300}"#, "f.json: session_timeout 1e+300: want seconds"),
      (#"{"media": null}"#, "f.json: media: want a string (a folder), not null"),
      (#"{"media": ""}"#, "f.json: media : want a folder"),
      (#"{"allowed_servers": "10.0.0.1:1"}"#, "f.json: allowed_servers: want a list of strings"),
      (#"{"allowed_servers": [1]}"#, "f.json: allowed_servers: want a list of strings, each ADD"),
      (#"{"allowed_hosts": ["a b"]}"#, "f.json: allowed_hosts a b: want a host name"),
      (#"{"limits": {"conections": 1}}"#, "f.json: limits: there is no limit conections, did"),
      (#"{"limits": {"connections": "1"}}"#, "f.json: limits: connections: want a number, not"),
      (#"{"limits": {"connections": 0}}"#, "f.json: limits: connections=0: want a number from 1"),
      (#"{"limits": [1]}"#, "f.json: limits: want an object of numbers, such as"),
      (#"{"users": ["a:root:hush"]}"#, "f.json: users: want NAME:ROLE:HASH or"),
      (#"{"users": "a:root:hush"}"#, "f.json: users: want a list of strings (each NAME:ROLE"),
      (
        #"{"users": ["a:view:5f4dcc3b5aa765d61d8327deb882cf99","#
          + #""a:admin:5f4dcc3b5aa765d61d8327deb882cf99"]}"#, "users: a is there twice"
      ),
      (#"{"deny": ["10.0.0.1/8"]}"#, "f.json: deny 10.0.0.1/8: want an address or a range"),
      ("[1]", "f.json: want a JSON object, {…}"), ("", "f.json: this is no JSON, from line 1, co"),
      ("{\n \"fps\": 25\n \"start\": true\n}", "f.json: this is no JSON, from line 3, column 2 on"),
      (
        "{\n \"fps\": 25,\n \"start\": yes\n}", "f.json: this is no JSON, from line 3, column 11 on"
      ),
      ("{\"fps\": 25", "f.json: this is no JSON, from line 1, column 11 on"),
      ("{\"fps\": \"25}", "f.json: this is no JSON, from line 1, column 13 on"),
    ])
  func faults(_ text: String, _ message: String) throws {
    let shown = try #require(fault(text))
    #expect(shown.hasPrefix(message), "\(shown)")
  }

  @Test("no text can end the program: every truncation, every byte changed")
  func mutations() throws {
    let path = Repository.root.appending(path: "etc/streamd.json").path
    let text = Array(try Data(contentsOf: URL(filePath: path)))
    for count in 0..<text.count {
      _ = try? ConfigurationFile(Array(text[..<count]), name: "f")
      var changed = text
      changed[count] = UInt8(truncatingIfNeeded: count &* 37)
      _ = try? ConfigurationFile(changed, name: "f")
    }
    let nested = String(repeating: "[", count: 100_000)
    #expect(throws: Configuration.Fault.self) {
      try ConfigurationFile(Array(nested.utf8), name: "f")
    }
  }
}

@Suite("JSON's syntax")
struct JSONSyntaxTests {
  @Test(
    "finds no fault in JSON",
    arguments: [
      "{}", "[]", "1", "-1.5e3", "\"\\\"\"", " {\"a\": [1, {\"b\": null}], \"c\": true} ",
      "\"ä\"",
    ])
  func good(_ text: String) { #expect(JSONSyntax.fault(in: Array(text.utf8)) == nil) }

  @Test(
    "says where JSON ends",
    arguments: [
      ("{\"a\" 1}", 6), ("{a: 1}", 2), ("[1 2]", 4), ("nul", 1), ("{} {}", 4), ("\"a", 3),
      ("[1,,2]", 4), ("\"a\\", 4), ("+1", 1), ("{\"a\":}", 6),
    ])
  func bad(_ text: String, _ column: Int) {
    #expect(JSONSyntax.fault(in: Array(text.utf8)) == "line 1, column \(column)")
  }
}
