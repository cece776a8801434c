import Foundation
import Testing

@testable import streamctl

@Suite("streamctl bench")
struct BenchTests {
  private func bench(_ pid: Int32, _ arguments: String...) async throws -> [String: Any] {
    let options = ["--json", "bench", "--seconds", "2", "--pid", String(pid)]
    let result = try await Tool.run(Shell.program, options + arguments)
    #expect(result.status == 0 && result.errors.isEmpty, "\(result.errors)")
    return try #require(JSONSerialization.jsonObject(with: Data(result.output)) as? [String: Any])
  }

  private func check(_ report: [String: Any], viewers: Int) throws {
    func number(_ key: String) throws -> Double { try #require(report[key] as? Double, "\(key)") }
    #expect(try number("playing") == Double(viewers) && number("failed") == 0)
    #expect(try number("ended") == 0 && number("silent") == 0)
    // How punctual a busy machine is, is not to be judged here; that all are counted, is.
    #expect(try number("fps_mean") > 1 && number("fps_mean") < 25 && number("frames") > 10)
    #expect(try number("fps_min") <= number("fps_mean"))
    #expect(try number("jitter_p50_us") <= number("jitter_p99_us"))
    #expect(try number("jitter_p99_us") <= number("jitter_max_us"))
    #expect(try number("resident_kb") > 1000 && number("cpu_percent") >= 0)
    #expect(try number("setup_s") > 0)
    #expect((report["faults"] as? [String: Int])?.isEmpty == true)
  }

  @Test("viewers over UDP and TCP get every packet", arguments: ["udp", "tcp"])
  func rtsp(transport: String) async throws {
    let daemon = try DaemonProcess()
    let report = try await bench(
      daemon.pid, "--clients", "20", "--transport", transport, daemon.url())
    try check(report, viewers: 20)
    #expect(report["lost"] as? Int == 0 && report["misplaced"] as? Int == 0)
    let frames = try #require(report["frames"] as? Int)
    #expect(report["packets"] as? Int ?? 0 > 8 * frames)
    // They have said goodbye.
    let haveLeft = try eventually {
      let clients = try HTTPClient(daemon).request("GET", "/api/v1/clients").json
      return (clients["items"] as? [Any])?.isEmpty == true
    }
    #expect(haveLeft)
  }

  @Test("viewers of a multipart stream")
  func multipart() async throws {
    let daemon = try DaemonProcess()
    let url = daemon.http("/video/movie.Mjpeg/stream.mjpg")
    let report = try await bench(daemon.pid, "--clients", "20", url)
    try check(report, viewers: 20)
    #expect(report["transport"] as? String == "http" && report["lost"] == nil)
  }

  @Test("WebSockets watch one viewer session together, or one each")
  func webSockets() async throws {
    let daemon = try DaemonProcess()
    let url = daemon.http("/").replacing("http:", with: "ws:")
    let pid = daemon.pid
    async let together = bench(pid, "--clients", "10", url)
    async let alone = bench(pid, "--clients", "3", "--own-sessions", url)
    try check(try await together, viewers: 10)
    try check(try await alone, viewers: 3)
    // The first of those ten, and those three.
    let metrics = try HTTPClient(daemon).request("GET", "/metrics").text
    #expect(metrics.contains("method=\"SETUP\",code=\"200\"} 4\n"), "\(metrics)")
  }

  @Test("a server that somebody else wrote is watched as well")
  func camera() async throws {
    let camera = try await ForeignCamera.start()
    let result = try await Tool.run(
      Shell.program,
      ["bench", "-n", "2", "--seconds", "1", camera.url, "--json"])
    let report = try #require(
      JSONSerialization.jsonObject(with: Data(result.output)) as? [String: Any])
    #expect(result.status == 0 && result.errors.isEmpty, "\(result.errors)")
    #expect(report["playing"] as? Int == 2 && report["lost"] as? Int == 0)
    #expect(report["cpu_percent"] == nil && report["gap_max_ms"] == nil)
  }

  @Test("who cannot be watched is told in one line, with the exit status of its kind")
  func refusals() async throws {
    let daemon = try DaemonProcess()
    let shell = try Shell("http://127.0.0.1:1")
    try await shell.fails("bench", daemon.url("none"), status: 1, saying: "100 viewers", "404")
    try await shell.fails("bench", daemon.http("/"), status: 1, saying: "text/html")
    try await shell.fails("bench", "rtsp://127.0.0.1:1/x", status: 3, saying: "refused")
    try await shell.fails(
      "bench", "--transport", "udp", daemon.http("/"), status: 2, saying: "rtsp://")
    try await shell.fails(
      "bench", "--transport", "pigeon", daemon.url(), status: 2, saying: "udp, tcp, http or ws")
    try await shell.fails("bench", "--clients", "0", daemon.url(), status: 2, saying: "1 to")
    try await shell.fails(
      "bench", "--ports", "45000-45009", "-n", "6", daemon.url(), status: 2, saying: "5 pairs")
    try await shell.fails("bench", "--ports", "1-2", daemon.url(), status: 2, saying: "FIRST-LAST")
    try await shell.fails(
      "bench", "--pid", "2147483647", daemon.url(), status: 2, saying: "no such")
    for pid in ["0", "-1", "x", "1,", "1,x"] {
      try await shell.fails(
        "bench", "--pid", pid, daemon.url(), status: 2, saying: "process' number")
    }
    try await shell.fails(
      "bench", "--silence", "2", daemon.url(), status: 2, saying: "--reconnect")
    try await shell.fails("bench", "rtsp://u@h/", status: 2, saying: "no user")
    for url in ["movie.Mjpeg", "ftp://h/x", "rtsp://", "rtsp://h:99999/"] {
      try await shell.fails("bench", url, status: 2, saying: url, "want")
    }
  }

  @Test(
    "a URL's parts",
    arguments: [
      ("rtsp://h/x", "h", 554, "/x"), ("http://[::1]", "::1", 80, "/"),
      ("ws://1.2.3.4:5000/ws?a=/b", "1.2.3.4", 5000, "/ws?a=/b"),
      ("RTSP://[fe80::1]:8554/a/b?c", "fe80::1", 8554, "/a/b?c"),
      ("http://h?x=1", "h", 80, "/?x=1"),
    ])
  func urls(text: String, host: String, port: Int, path: String) throws {
    let target = try BenchTarget(text)
    #expect(target.host == host && Int(target.port) == port && target.path == path)
    #expect(target.url == text)
  }
}
