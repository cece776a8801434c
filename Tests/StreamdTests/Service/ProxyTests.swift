import Foundation
import Testing

/// HTTPS, WSS and RTSPS through nginx, with the configurations of `etc/nginx`.
@Suite("Behind nginx", .serialized)
struct ProxyTests {
  @Test("Chromium plays over HTTPS and WSS: the pixels are the file's, at 20 FPS")
  func browser() async throws {
    let daemon = try DaemonProcess(start: false)
    let proxy = try await Proxy(of: daemon)
    let result = try await Tool.run(
      Repository.root.appending(path: "Tests/Tools/browser").path,
      ["flow", "https://127.0.0.1:\(proxy.httpsPort)"], seconds: 120)
    #expect(result.status == 0, "\(result.errors)")
    print("browser behind nginx: \(result.text)")
  }

  @Test("FFmpeg plays rtsps:// to the last pixel")
  func player() async throws {
    let daemon = try DaemonProcess()
    let proxy = try await Proxy(of: daemon)
    let url = "rtsps://127.0.0.1:\(proxy.rtspsPort)/movie.Mjpeg"
    let played = try await PlayerTests.ffmpeg(url, "tcp", frames: 100)
    let file = try await PlayerTests.checksumsOfFile()
    let start = try #require(file.firstIndex(of: played.first?.checksum ?? ""))
    for (index, frame) in played.enumerated() {
      #expect(frame.checksum == file[(start + index) % file.count], "frame \(index)")
    }
    #expect(played.count == 100)
  }

  @Test("over RTSPS the player's own address is known, when the proxy tells it")
  func introduced() async throws {
    let daemon = try DaemonProcess(["--rtsp-proxies", "127.0.0.2"])
    let proxy = try await Proxy(of: daemon, introduces: true)
    let url = "rtsps://127.0.0.1:\(proxy.rtspsPort)/movie.Mjpeg"
    let played = try await PlayerTests.ffmpeg(url, "tcp", frames: 20)
    #expect(played.count == 20)
    #expect(daemon.log.contains("msg=\"client left\" peer=127.0.0.1:"))
    // It is asked by nobody else.
    #expect(!daemon.log.contains("127.0.0.2"))
  }

  @Test("a stream over HTTPS comes picture by picture, and the metrics stay inside")
  func stream() async throws {
    let daemon = try DaemonProcess()
    let proxy = try await Proxy(of: daemon)
    let base = "https://localhost:\(proxy.httpsPort)"
    // A minute of buffering would be seen: 40 pictures are due within two seconds.
    let start = ContinuousClock.now
    let played = try await Tool.run(
      "ffmpeg",
      [
        "-v", "error", "-ca_file", proxy.certificate, "-tls_verify", "1", "-f", "mpjpeg", "-i",
        "\(base)/video/movie.Mjpeg/stream.mjpg", "-frames:v", "40", "-f", "framemd5", "-",
      ])
    #expect(played.status == 0, "\(played.errors)")
    let frames = PlayerTests.frames(played.output).map(\.checksum)
    #expect(Set(try await PlayerTests.checksumsOfFile()).isSuperset(of: frames))
    #expect(frames.count == 40 && ContinuousClock.now - start < .seconds(20))

    func status(_ path: String, _ arguments: [String] = []) async throws -> String {
      let curl = ["-sS", "--cacert", proxy.certificate, "-o", "/dev/null", "-w", "%{http_code}"]
      return try await Tool.run("curl", curl + arguments + [base + path]).text
    }
    #expect(try await status("/healthz") == "200")
    #expect(try await status("/metrics") == "403")
    // Its pages may change things, those of others may not.
    let change = ["-X", "POST", "-H"]
    #expect(try await status("/api/v1/server/stop", change + ["Origin: \(base)"]) == "200")
    let foreign = change + ["Origin: https://example.org"]
    #expect(try await status("/api/v1/server/start", foreign) == "403")
  }

  @Test("what is published over HTTPS is seen while it is sent")
  func published() async throws {
    let daemon = try DaemonProcess()
    let proxy = try await Proxy(of: daemon)
    // Paced by FFmpeg, for as long as somebody takes it.
    let publisher = try Companion(
      "/bin/sh",
      [
        "-c",
        "ffmpeg -v error -re -stream_loop -1 -i \"$1\" -c copy -f mpjpeg - | "
          + "curl -sS --cacert \"$2\" -H 'Content-Type: multipart/x-mixed-replace; "
          + "boundary=ffmpeg' -T - \"$3\"", "sh", Repository.video + "/movie.Mjpeg",
        proxy.certificate, "https://localhost:\(proxy.httpsPort)/live/door",
      ])
    let isSeen = try eventually(seconds: 30) {
      try HTTPClient(daemon).request("GET", "/video/live/door/snapshot.jpg").status == 200
    }
    #expect(isSeen, "\(daemon.log)")
    withExtendedLifetime(publisher) {}
  }

  @Test("a name is served when the configuration knows it")
  func names() async throws {
    for (arguments, expected) in [([], "421"), (["--allowed-hosts", "streamd.test"], "200")] {
      let daemon = try DaemonProcess(arguments)
      let proxy = try await Proxy(of: daemon)
      let result = try await Tool.run(
        "curl",
        [
          "-sS", "--cacert", proxy.certificate, "-o", "/dev/null", "-w", "%{http_code}",
          "--resolve", "streamd.test:\(proxy.httpsPort):127.0.0.1",
          "https://streamd.test:\(proxy.httpsPort)/healthz",
        ])
      #expect(result.text == expected, "\(result.errors)")
    }
  }
}
