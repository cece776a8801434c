import Foundation
import Testing

/// Cameras that others wrote, relayed from end to end.
@Suite("Cameras", .serialized)
struct CameraTests {
  /// Pictures that follow one another in the movie, perhaps not all of them.
  private func expectOrder(_ numbers: [Int], sourceLocation: SourceLocation = #_sourceLocation) {
    let steps = zip(numbers, numbers.dropFirst()).map { ($1 - $0 + 200) % 200 }
    #expect(
      steps.allSatisfy { (1...60).contains($0) }, "\(numbers)", sourceLocation: sourceLocation)
  }

  @Test(
    "one with Digest credentials is relayed to players and browsers, bit by bit",
    arguments: ["udp", "tcp"])
  func digest(_ transport: String) async throws {
    let camera = try await ForeignCamera.start("digest", "admin", "open:sesame")
    let daemon = try SourceDaemon(
      """
      {"front/door": {"url": "rtsp://admin@127.0.0.1:\(camera.port)/camera",
                      "transport": "\(transport)", "grace_s": 600}}
      """, environment: ["STREAMD_SOURCE_FRONT_DOOR_PASSWORD": "open:sesame"])
    #expect(try daemon.source("front/door")["state"] as? String == "idle")
    // The first viewer starts it.
    expectOrder(try daemon.watch("front/door", pictures: 20))
    for way in ["udp", "tcp"] {
      let player = try await Tool.run(
        "ffmpeg",
        [
          "-v", "error", "-rtsp_transport", way, "-i", daemon.daemon.url("front/door"),
          "-frames:v", "20", "-f", "null", "-",
        ], seconds: 60)
      #expect(player.status == 0, "\(player.errors)")
    }
    // One look may fall into a second that the machine has slept through.
    #expect(try eventually { try daemon.source("front/door")["fps"] as? Double ?? 0 > 15 })
    let source = try daemon.source("front/door")
    #expect(source["state"] as? String == "playing" && source["reconnects"] as? Int == 0)
    #expect(source["transport"] as? String == transport, "\(source)")
    #expect(source["lost"] as? Int == 0 && source["last_error"] as? String == "")
    #expect((source["packets"] as? Int ?? 0) > 200)
  }

  @Test("one that goes and comes back is found again by itself, and a viewer over HTTP sees it all")
  func comesBack() async throws {
    let camera = try await ForeignCamera.start()
    let daemon = try SourceDaemon(#"{"camera": "\#(camera.url)"}"#)
    let client = try HTTPClient(daemon.daemon)
    try client.send("GET", "/video/camera/stream.mjpg")
    _ = try client.readHead()
    _ = try client.read(11)
    for _ in 0..<10 { _ = try client.readPart() }
    camera.stop()
    try daemon.expect("camera", "retrying")
    let away = try daemon.source("camera")
    #expect(away["last_error"] as? String != "" && away["retry_in_s"] is Double, "\(away)")
    let frames = try #require(away["frames"] as? Int)
    try camera.restart()
    try daemon.expect("camera", "playing")
    // The same connection goes on, with new pictures.
    let isNew = try eventually {
      _ = try client.readPart()
      return try daemon.source("camera")["frames"] as? Int ?? 0 > frames + 5
    }
    #expect(isNew)
    #expect(try daemon.source("camera")["reconnects"] as? Int ?? 0 >= 1)
    #expect(daemon.daemon.log.contains("source lost, tries again"))
  }

  @Test("a wrong password shows as such and is tried again only after a long while")
  func wrongPassword() async throws {
    let camera = try await ForeignCamera.start("digest", "admin", "sesame")
    let url = "admin@127.0.0.1:\(camera.port)/camera"
    let daemon = try SourceDaemon(
      """
      {"wrong": {"url": "rtsp://\(url)", "mode": "always"},
       "nobody": {"url": "\(camera.url)", "mode": "always"}}
      """, environment: ["STREAMD_SOURCE_WRONG_PASSWORD": "guess"])
    for (name, hint) in [("wrong", "does not let this user in"), ("nobody", "wants a user")] {
      try daemon.expect(name, "unauthorised")
      let source = try daemon.source(name)
      #expect((source["last_error"] as? String)?.contains(hint) == true, "\(source)")
      #expect(source["retry_in_s"] as? Double ?? 0 > 30, "\(source)")
    }
    let viewer = try HTTPClient(daemon.daemon).request("GET", "/video/wrong/snapshot.jpg")
    #expect(viewer.status == 503 && viewer.text.contains("does not let this user in"))
    // The right one is taken with the next configuration.
    try daemon.use(#"{"wrong": {"url": "rtsp://admin:sesame@127.0.0.1:\#(camera.port)/camera"}}"#)
    // The variable stands before the URL.
    #expect(try eventually { try daemon.sources().count == 1 })
    #expect(try daemon.source("wrong")["mode"] as? String == "on_demand")
  }

  @Test("one whose RTP does not come over UDP is asked for TCP")
  func silentUDP() throws {
    let server = try FakeRTSPServer(.silentOverUDP)
    let daemon = try SourceDaemon(
      #"{"camera": {"url": "rtsp://127.0.0.1:\#(server.port)/x", "mode": "always"}}"#)
    try daemon.expect("camera", "playing")
    #expect(try daemon.source("camera")["transport"] as? String == "tcp")
    #expect(daemon.daemon.log.contains("source falls back to TCP"))
  }

  @Test(
    "one that speaks HTTP is relayed, whatever its multipart looks like",
    arguments: [
      ("parts", []), ("chunked", ["basic", "bob", "p w"]), ("bare", ["digest", "bob", "p w"]),
      ("stills", []),
    ])
  func http(_ form: String, _ guardian: [String]) async throws {
    let camera = try Companion(
      Repository.root.appending(path: "Tests/Tools/http-camera").path,
      [Repository.video + "/movie.Mjpeg", form] + guardian)
    let port = try #require(UInt16(camera.read().trimmingCharacters(in: .whitespacesAndNewlines)))
    let daemon = try SourceDaemon(
      #"{"hall": {"url": "http://\#(guardian.isEmpty ? "" : "bob@")127.0.0.1:\#(port)/s?x=1"}}"#,
      environment: guardian.isEmpty ? [:] : ["STREAMD_SOURCE_HALL_PASSWORD": guardian[2]])
    expectOrder(try daemon.watch("hall", pictures: 20))
    let player = try await Tool.run(
      "ffmpeg",
      ["-v", "error", "-i", daemon.daemon.url("hall"), "-frames:v", "10", "-f", "null", "-"],
      seconds: 60)
    #expect(player.status == 0, "\(player.errors)")
    let source = try daemon.source("hall")
    #expect(source["state"] as? String == "playing" && source["transport"] as? String == "http")
    #expect(source["frames_skipped"] as? Int == 0 && source["reconnects"] as? Int == 0)
  }

  @Test("another streamd is relayed over both, by a user with a password")
  func streamd() async throws {
    let other = try GuardedDaemon()
    let daemon = try SourceDaemon(
      """
      {"rtsp": "rtsp://vera@127.0.0.1:\(other.daemon.port)/movie.Mjpeg",
       "http": "http://vera@127.0.0.1:\(other.daemon.httpPort)/video/movie.Mjpeg/stream.mjpg"}
      """,
      environment: [
        "STREAMD_SOURCE_RTSP_PASSWORD": "vera:pw", "STREAMD_SOURCE_HTTP_PASSWORD": "vera:pw",
      ])
    for name in ["rtsp", "http"] { expectOrder(try daemon.watch(name, pictures: 20)) }
    let player = try await Tool.run(
      "gst-launch-1.0",
      [
        "-q", "rtspsrc", "location=\(daemon.daemon.url("rtsp"))", "protocols=tcp", "latency=0", "!",
        "rtpjpegdepay", "!", "jpegdec", "!", "fakesink", "num-buffers=10",
      ], seconds: 60)
    #expect(player.gstreamerIsContent, "\(player.errors)")
    #expect(daemon.daemon.log.contains("reason=teardown"), "\(daemon.daemon.log)")
  }

  @Test("SIGHUP begins and ends sources, and leaves alone what has not changed")
  func hangup() async throws {
    let camera = try await ForeignCamera.start()
    let always = #"{"url": "\#(camera.url)", "mode": "always"}"#
    let daemon = try SourceDaemon(#"{"a": \#(always), "b": \#(always)}"#)
    try daemon.expect("a", "playing")
    try daemon.expect("b", "playing")
    let frames = try #require(daemon.source("a")["frames"] as? Int)
    try daemon.use(#"{"a": \#(always), "c": \#(always)}"#)
    #expect(try eventually { try daemon.sources().map { $0["name"] as? String } == ["a", "c"] })
    try daemon.expect("c", "playing")
    let source = try daemon.source("a")
    #expect(source["reconnects"] as? Int == 0 && source["state"] as? String == "playing")
    #expect(try eventually { try daemon.source("a")["frames"] as? Int ?? 0 > frames })
    #expect(try HTTPClient(daemon.daemon).request("GET", "/video/b/snapshot.jpg").status == 404)
    // A mistake changes nothing.
    try daemon.use(#"{"a": {"url": "x"}}"#)
    #expect(eventually { daemon.daemon.log.contains("the configuration is kept as it was") })
    #expect(try daemon.sources().count == 2)
    #expect(daemon.daemon.terminate() == 0)
  }

  @Test("a source stands before a file of its name, and says so")
  func hidesFile() async throws {
    let server = try FakeRTSPServer(.silentOverUDP)
    let daemon = try SourceDaemon(
      #"{"movie.Mjpeg": {"url": "rtsp://127.0.0.1:\#(server.port)/x", "transport": "tcp"}}"#)
    #expect(daemon.daemon.log.contains("a source hides the file of its name"))
    let items = try HTTPClient(daemon.daemon).request("GET", "/api/v1/videos").json["items"]
    let videos = try #require(items as? [[String: Any]])
    #expect(videos.count == 1 && videos[0]["live"] as? Bool == true)
    let snapshot = try HTTPClient(daemon.daemon).request(
      "GET", "/video/movie.Mjpeg/snapshot.jpg")
    #expect(snapshot.status == 200 && TestPackets.number(of: snapshot.body) > 0)
  }
}
