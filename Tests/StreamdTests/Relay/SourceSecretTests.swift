import Foundation
import Testing
import Wire

/// What nobody is to see.
@Suite("Secrets of sources")
struct SourceSecretTests {
  private static let secrets = ["hunter2", "swordfish", "t0ken", "hunter%32"]

  private func expectNone(
    _ text: String, _ place: String, sourceLocation: SourceLocation = #_sourceLocation
  ) {
    for secret in Self.secrets where text.contains(secret) {
      Issue.record("\(place) tells \(secret): \(text)", sourceLocation: sourceLocation)
    }
  }

  @Test("passwords stand in no list, log, metric, page or error, whatever happens to the source")
  func nowhere() throws {
    let refused = try FakeRTSPServer(.garbage(Array("RTSP/1.0 404 hunter Not Found\r\n\r\n".utf8)))
    let daemon = try SourceDaemon(
      """
      {"one": {"url": "rtsp://bob:hunter2@127.0.0.1:1/x?key=t0ken", "mode": "always"},
       "two": {"url": "rtsp://bob:hunter%32@127.0.0.1:\(refused.port)/user=b&password=swordfish",
               "mode": "always"},
       "three": {"url": "http://bob@127.0.0.1:1/s?token=t0ken", "mode": "always"}}
      """, environment: ["STREAMD_SOURCE_THREE_PASSWORD": "swordfish"])
    for name in ["one", "two", "three"] { try daemon.expect(name, "retrying") }
    let client = try HTTPClient(daemon.daemon)
    for path in [
      "/api/v1/sources", "/api/v1/videos", "/api/v1/status", "/api/v1/log", "/metrics",
      "/api/v1/sessions", "/api/config", "/video/one/snapshot.jpg",
    ] {
      let reply = try client.request("GET", path)
      expectNone(reply.text, path)
      if path == "/api/v1/sources" { #expect(reply.text.contains("rtsp://127.0.0.1:1/x?key=…")) }
    }
    try daemon.use(#"{"one": {"url": "rtsp://bob:hunter2@127.0.0.1:2/x", "mode": "never"}}"#)
    #expect(eventually { daemon.daemon.log.contains("the configuration is kept as it was") })
    let command = try String(contentsOfFile: "/proc/\(daemon.daemon.pid)/cmdline", encoding: .utf8)
    expectNone(command, "the command line")
    #expect(daemon.daemon.terminate() == 0)
    expectNone(daemon.daemon.log, "the log")
  }

  @Test("no error of a configuration quotes a URL or a password")
  func errors() throws {
    for source in [
      #""rtsp:/bob:hunter2@cam/x""#, #"{"url": "https://bob:hunter2@cam/x"}"#,
      #"{"url": "rtsp://bob:hunter2@cam/x", "pasword": "swordfish"}"#,
      #"{"url": "rtsp://bob:hunter2@cam/x", "mode": "swordfish"}"#,
      #"{"url": "rtsp://bob:hunter2@cam/x", "grace_s": "swordfish"}"#,
      #"{"url": "rtsp://bob:hunter2@cam/x", "transport": ["swordfish"]}"#,
      #"["rtsp://bob:hunter2@cam/x"]"#,
    ] {
      let folder = try TemporaryFolder()
      try folder.write("s.json", Array("{\"sources\": {\"cam\": \(source)}}".utf8))
      let check = try Tool.runAtOnce(
        Repository.product("streamd").path, ["--check-config", "--config", "\(folder.path)/s.json"])
      #expect(check.status == 2)
      #expect(check.errors.contains("s.json: sources: cam: "), "\(check.errors)")
      expectNone(check.errors, source)
    }
  }

  @Test("who may not see a source is told nothing of it")
  func roles() throws {
    let entries = [
      UserEntry(name: "vera", role: .view, password: "vera:pw"),
      UserEntry(
        name: "olga", role: .view, password: "olga:pw", videos: [NamePattern("other*")]),
    ].compactMap { $0?.line }
    let daemon = try SourceDaemon(
      """
      {"other/cam": "rtsp://127.0.0.1:1/x", "private": {"url": "rtsp://127.0.0.1:1/y",
       "mode": "always"}}
      """, users: entries)
    #expect(try daemon.sources([GuardedDaemon.basic("vera")]).count == 2)
    let seen = try daemon.sources([GuardedDaemon.basic("olga")])
    #expect(seen.map { $0["name"] as? String } == ["other/cam"])
    let client = try HTTPClient(daemon.daemon)
    #expect(try client.request("GET", "/api/v1/sources").status == 401)
    let metrics = try client.request("GET", "/metrics", [GuardedDaemon.basic("olga")]).text
    #expect(metrics.contains("source=\"other/cam\"") && !metrics.contains("private"))
    #expect(
      try client.request("GET", "/video/private/snapshot.jpg", [GuardedDaemon.basic("olga")]).status
        == 404)
  }
}
