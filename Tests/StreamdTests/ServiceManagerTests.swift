import Foundation
import Testing

/// The daemon under something that starts it as systemd does; systemd itself has its own test.
@Suite("Under a service manager")
struct ServiceManagerTests {
  /// What `Tests/Tools/as-service` prints, line by line.
  private final class Manager {
    private let companion: Companion
    private var text = ""
    private(set) var lines: [String] = []

    init(_ options: [String], _ arguments: [String]) throws {
      companion = try Companion(
        Repository.root.appending(path: "Tests/Tools/as-service").path,
        options + [Repository.product("streamd").path, "--media", Repository.video] + arguments)
    }

    /// Reads until a line begins so, and returns the rest of it.
    func next(_ prefix: String) throws -> String {
      while true {
        while let end = text.firstIndex(of: "\n") {
          let line = String(text[..<end])
          text = String(text[text.index(after: end)...])
          lines.append(line)
          if line.hasPrefix(prefix) { return String(line.dropFirst(prefix.count)) }
        }
        let more = companion.read()
        try #require(!more.isEmpty, "ended before \(prefix): \(lines) \(companion.finish())")
        text += more
      }
    }

    func signal(_ number: Int32) { kill(companion.pid, number) }
    func finish() -> (status: Int32, errors: String) { companion.finish() }
  }

  private let free = ["--http", "127.0.0.1:0", "--rtsp", "127.0.0.1:0", "--start"]

  @Test("is ready when its ports are open, gives signs of life, says that it stops")
  func notifies() throws {
    let manager = try Manager(["--watchdog", "0.2"], free)
    let ready = try manager.next("READY=1;STATUS=RTSP on 127.0.0.1:")
    #expect(ready.hasSuffix(" 0 clients, 0 sessions"))
    let port = try #require(UInt16(ready.prefix { $0.isNumber }))
    let client = try RTSPClient(port: port)
    #expect(try client.request("OPTIONS", "*", []).status == 200)
    for _ in 0..<3 { _ = try manager.next("WATCHDOG=1") }
    manager.signal(SIGTERM)
    _ = try manager.next("STOPPING=1")
    #expect(manager.finish().status == 0)
  }

  @Test("sockets that were opened for it are used, by name, and the RTSP one is never given up")
  func activation() throws {
    let manager = try Manager(["--sockets", "rtsp,http,other"], [])
    let rtsp = try #require(UInt16(try manager.next("rtsp=")))
    let http = try #require(UInt16(try manager.next("http=")))
    _ = try manager.next("READY=1")
    // The server is stopped: who comes is told so.
    let early = try RTSPClient(port: rtsp)
    let refusal = String(decoding: try early.receive(), as: UTF8.self)
    #expect(refusal.hasPrefix("RTSP/1.0 503 "))
    #expect(refusal.contains("the RTSP server is stopped"))
    for round in 1...2 {
      let control = try HTTPClient(port: http)
      #expect(try control.request("POST", "/api/v1/server/start").status == 200, "\(round)")
      let client = try RTSPClient(port: rtsp)
      let url = "rtsp://127.0.0.1:\(rtsp)/movie.Mjpeg"
      #expect(try client.request("DESCRIBE", url, []).status == 200, "\(round)")
      #expect(try control.request("POST", "/api/v1/server/stop").status == 200, "\(round)")
      #expect(try client.receive().isEmpty, "the connection is closed")
      let late = try RTSPClient(port: rtsp)
      #expect(String(decoding: try late.receive(), as: UTF8.self).hasPrefix("RTSP/1.0 503 "))
    }
    manager.signal(SIGTERM)
    let end = manager.finish()
    #expect(end.status == 0)
    #expect(end.errors.contains("msg=\"an inherited socket is not wanted\" name=other"))
  }

  @Test("SIGHUP takes a good configuration over and keeps the old one when the new is bad")
  func reload() throws {
    let folder = try TemporaryFolder()
    let path = folder.url.appending(path: "streamd.json").path
    func write(_ text: String) throws { try folder.write("streamd.json", Array(text.utf8)) }
    try write(#"{"fps": 10, "allowed_hosts": []}"#)
    let manager = try Manager(
      ["--sockets", "http"], ["--rtsp", "127.0.0.1:0", "--start", "--config", path])
    let http = try #require(UInt16(try manager.next("http=")))
    _ = try manager.next("READY=1")
    func rate() throws -> String {
      let videos = try HTTPClient(port: http).request("GET", "/api/v1/videos")
      return String(decoding: videos.body, as: UTF8.self)
    }
    func named() throws -> Int {
      try HTTPClient(port: http).request("GET", "/healthz", ["Host: tv.example"]).status
    }
    #expect(try rate().contains("\"fps\":10,"))
    #expect(try named() == 421)

    try write(#"{"fps": 12.5, "allowed_hosts": ["tv.example"], "http": "127.0.0.1:1"}"#)
    manager.signal(SIGHUP)
    _ = try manager.next("RELOADING=1;MONOTONIC_USEC=")
    _ = try manager.next("READY=1")
    #expect(try rate().contains("\"fps\":12.5,"))
    #expect(try named() == 200)

    try write(#"{"fps": 15, "alowed_hosts": []}"#)
    manager.signal(SIGHUP)
    _ = try manager.next("RELOADING=1")
    _ = try manager.next("READY=1")
    #expect(try rate().contains("\"fps\":12.5,"))
    #expect(try named() == 200)

    manager.signal(SIGTERM)
    let log = manager.finish().errors
    #expect(log.contains("msg=\"the configuration was read again\" changed=http,fps,allowed_hosts"))
    #expect(log.contains("msg=\"this change takes effect after a restart\" key=http"))
    #expect(
      log.contains("msg=\"the configuration is kept as it was\" reason=\"\(path): unknown key"))
  }
}
