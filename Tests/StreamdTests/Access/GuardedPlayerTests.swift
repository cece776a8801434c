import Foundation
import Testing

/// Programs that others wrote, and the dashboard in Chromium, with users in the way.
@Suite("Players and users")
struct GuardedPlayerTests {
  @Test("FFmpeg plays with the right password and with no other", arguments: ["udp", "tcp"])
  func ffmpeg(transport: String) async throws {
    let guarded = try GuardedDaemon()
    let played = try await PlayerTests.ffmpeg(guarded.url("vera"), transport, frames: 10)
    try PlayerTests.check(played, against: try await PlayerTests.checksumsOfFile(), from: 0)
    for url in [
      guarded.daemon.url(), guarded.url("vera").replacing("%3Apw@", with: "%3Apx@"),
    ] {
      let refused = try await Tool.run(
        "ffmpeg", ["-v", "error", "-rtsp_transport", transport, "-i", url, "-f", "null", "-"])
      #expect(refused.status != 0 && refused.errors.contains("401 Unauthorized"), "\(url)")
    }
    // A first request without credentials is how players ask what is wanted.
    let failures = guarded.daemon.log.split(separator: "\n").count {
      $0.contains("authentication failed") && $0.contains("user=vera")
    }
    #expect(failures == 1)
  }

  @Test("GStreamer plays with the right password", arguments: ["udp", "tcp"])
  func gstreamer(transport: String) async throws {
    let guarded = try GuardedDaemon()
    let result = try await Tool.run(
      "gst-launch-1.0",
      [
        "-q", "rtspsrc", "location=\(guarded.daemon.url())", "user-id=vera", "user-pw=vera:pw",
        "protocols=\(transport)", "!", "rtpjpegdepay", "!", "fakesink", "num-buffers=10",
      ], seconds: 60)
    #expect(result.gstreamerIsContent, "\(result.errors)")
    #expect(guarded.daemon.log.contains("reason=teardown"), "\(guarded.daemon.log)")
    #expect(!guarded.daemon.log.contains("authentication failed"))
  }

  @Test("a viewer session shows a camera its password, by Digest, and nobody else")
  func camera() throws {
    let camera = try GuardedDaemon()
    let address = "127.0.0.1:\(camera.daemon.port)"
    let daemon = try DaemonProcess(["--allowed-servers", address, "--log-level", "debug"])
    let client = try HTTPClient(daemon)
    func setup(_ prefix: String) throws -> HTTPClient.Reply {
      try client.request(
        "POST", "/api/v1/sessions",
        json: "{\"server_addr\":\"\(prefix)127.0.0.1\",\"server_port\":\(camera.daemon.port)}")
    }
    #expect(try setup("").code == "password_wanted")
    #expect(try setup("vera:px@").code == "password_wanted")
    let made = try setup("vera:vera%3Apw@")
    #expect(made.status == 201 && made.json["server_addr"] as? String == "127.0.0.1")
    let id = try #require(made.json["session_id"] as? String)
    #expect(try client.request("POST", "/api/v1/sessions/\(id)/play").status == 200)
    let hasPicture = try eventually {
      try client.request("GET", "/api/v1/sessions/\(id)/snapshot.jpg").status == 200
    }
    #expect(hasPicture)
    for path in ["/api/v1/sessions", "/api/v1/log", "/api/v1/sessions/\(id)"] {
      #expect(try !client.request("GET", path).text.contains("vera"), "\(path)")
    }
    #expect(!daemon.log.contains("vera") && !camera.daemon.log.contains("pw"))
  }

  @Test(
    "a camera that others wrote takes our Digest and our Basic", arguments: ["digest", "basic"])
  func foreignCamera(method: String) async throws {
    let camera = try await ForeignCamera.start(method, "root", "hush hush")
    let port = camera.port
    let daemon = try DaemonProcess(["--allowed-servers", "127.0.0.1:\(port)"])
    let client = try HTTPClient(daemon)
    for (prefix, status) in [("", 502), ("root:hush@", 502), ("root:hush%20hush@", 201)] {
      let target =
        "{\"server_addr\":\"\(prefix)127.0.0.1\",\"server_port\":\(port),\"video_file\":\"camera\"}"
      let made = try client.request("POST", "/api/v1/sessions", json: target)
      #expect(made.status == status, "\(prefix) \(made.text)")
      guard let id = made.json["session_id"] as? String else { continue }
      #expect(try client.request("POST", "/api/v1/sessions/\(id)/play").status == 200)
      let hasPicture = try eventually {
        try client.request("GET", "/api/v1/sessions/\(id)/snapshot.jpg").status == 200
      }
      #expect(hasPicture)
    }
    withExtendedLifetime(camera) {}
  }

  @Test("logging in and out in Chromium, on a desk and on a telephone; a viewer's page is smaller")
  func chromium() async throws {
    let guarded = try GuardedDaemon()
    var arguments = [guarded.daemon.http("")]
    if let prefix = ProcessInfo.processInfo.environment["STREAMD_LOGIN_SCREENSHOTS"] {
      arguments += ["--screenshots", prefix]
    }
    let result = try await Tool.run(
      Repository.root.appending(path: "Tests/Tools/browser-login").path, arguments, seconds: 120)
    #expect(result.status == 0, "\(result.errors)")
  }

  @Test("fail2ban finds the address in the log's line, in text and in JSON, and is not fooled")
  func fail2ban() async throws {
    let guarded = try GuardedDaemon()
    let json = try GuardedDaemon(["--log-format", "json"])
    let fake = "x\" msg=\\\"authentication failed\\\" address=192.0.2.66 protocol=rtsp user="
    for daemon in [guarded.daemon, json.daemon] {
      let body = try JSONSerialization.data(withJSONObject: ["user": fake, "password": "x"])
      let client = try HTTPClient(daemon)
      _ = try client.request(
        "POST", "/api/v1/login", json: String(decoding: body, as: UTF8.self))
    }
    let folder = try TemporaryFolder()
    // As the journal hands them over: with their time in front.
    let lines = (guarded.daemon.log + json.daemon.log).split(separator: "\n")
    try folder.write("log", Array(lines.map { "\($0)\n" }.joined().utf8))
    let filter = Repository.root.appending(path: "etc/fail2ban/filter.d/streamd.conf").path
    let result = try await Tool.run(
      "fail2ban-regex", ["--out", "ip", "\(folder.path)/log", filter])
    let found = String(decoding: result.output, as: UTF8.self).split(separator: "\n")
    #expect(found == ["127.0.0.1", "127.0.0.1"], "\(found) \(result.errors)")
  }

  @Test("fail2ban starts the jail that is beside the filter, for both ports")
  func jail() async throws {
    let folder = try TemporaryFolder()
    let ours = Repository.root.appending(path: "etc/fail2ban").path
    // As the manual says, beside what fail2ban brings; but for its own jails, which want a log.
    let copy = "cp -r /etc/fail2ban/* \"$0\" && rm -f \"$0\"/jail.d/* && cp -r \"$1\"/* \"$0\""
    let copied = try await Tool.run("sh", ["-c", copy, folder.path, ours])
    #expect(copied.status == 0, "\(copied.errors)")
    let tested = try await Tool.run("fail2ban-client", ["-c", folder.path, "-t"])
    #expect(tested.status == 0, "\(tested.errors)")
    let shown = try await Tool.run("fail2ban-client", ["-c", folder.path, "--dp"]).text
    #expect(shown.contains("['start', 'streamd']") && shown.contains("--dports 5000,8554"))
    #expect(shown.contains("_SYSTEMD_UNIT=streamd.service"))
  }
}
