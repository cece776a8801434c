import Foundation
import Testing

/// The dashboard in a real headless Chromium, clicked by `Tests/Tools/browser`.
@Suite("The dashboard in Chromium", .serialized)
struct BrowserTests {
  private static let tool = Repository.root.appending(path: "Tests/Tools/browser").path

  private func browse(
    _ scenario: String, _ daemon: DaemonProcess, _ arguments: [String] = []
  ) async throws -> String {
    let result = try await Tool.run(
      Self.tool, [scenario, daemon.http("")] + arguments, seconds: 120)
    #expect(result.status == 0, "\(result.errors)")
    return String(decoding: result.output, as: UTF8.self)
  }

  @Test("start, setup, play, pause, play, teardown, stop: the pixels are the file's, at 20 FPS")
  func flow() async throws {
    let daemon = try DaemonProcess(start: false)
    var arguments: [String] = []
    if let path = ProcessInfo.processInfo.environment["STREAMD_SCREENSHOT"] {
      arguments = ["--screenshot", path, "--height", "860"]
    }
    let output = try await browse("flow", daemon, arguments)
    print("browser: \(output)")
    let measured =
      try JSONSerialization.jsonObject(with: Data(output.utf8)) as? [String: Double] ?? [:]
    #expect(measured["glass_to_glass_ms_p50"] ?? .infinity < 100)
  }

  @Test(
    """
    a taken port, a stopped server, an unplayable file and a hostile name are all told plainly \
    (CVE-2024-29191, CVE-2024-29193)
    """
  )
  func refusals() async throws {
    let folder = try TemporaryFolder()
    let pictures = try Repository.samplePictures()
    try folder.write("<img src=x onerror=document.title='hit'>.Mjpeg", pictures[0] + pictures[1])
    try folder.write("odd.mjpeg", Array("00005hello".utf8))
    let other = try DaemonProcess()
    let daemon = try DaemonProcess(
      media: folder.path, start: false, rtsp: "127.0.0.1:\(other.port)")
    _ = try await browse("refusals", daemon)
  }

  @Test("what is watched is recorded at the press of a button, and the recording is watched")
  func record() async throws {
    let folder = try TemporaryFolder()
    let movie = try Data(contentsOf: URL(filePath: Repository.video + "/movie.Mjpeg"))
    try folder.write("movie.Mjpeg", Array(movie))
    let daemon = try DaemonProcess(
      ["--recordings", folder.path, "--limits", "recording_free_bytes=0"], media: folder.path)
    _ = try await browse("record", daemon)
  }

  @Test("the page says when the daemon is gone, and comes back to the truth when it is back")
  func restart() throws {
    var daemon: DaemonProcess? = try DaemonProcess()
    let (port, rtsp) = (try #require(daemon).httpPort, try #require(daemon).port)
    let (status, errors) = try direct("restart", "http://127.0.0.1:\(port)") { word in
      daemon =
        word == "kill"
        ? nil : try DaemonProcess(rtsp: "127.0.0.1:\(rtsp)", http: "127.0.0.1:\(port)")
    }
    #expect(status == 0, "\(errors)")
    withExtendedLifetime(daemon) {}
  }

  @Test("what is published is watched, held while its publisher is away, and goes on with it")
  func live() throws {
    let daemon = try DaemonProcess()
    var publisher: ForeignPublisher? = try .ffmpeg(daemon, "live/door", .put)
    let client = try HTTPClient(daemon)
    #expect(
      try eventually {
        try client.request("GET", "/video/live/door/snapshot.jpg").status == 200
      })
    // Others watch at the same time.
    let url = daemon.url("live/door")
    let players = [
      ["ffmpeg", "-v", "error", "-i", url, "-frames:v", "100", "-f", "null", "-"],
      [
        "gst-launch-1.0", "-q", "rtspsrc", "location=\(url)", "!", "rtpjpegdepay", "!", "jpegdec",
        "!", "fakesink", "num-buffers=100",
      ],
    ]
    let others = try players.map { try Companion("/usr/bin/env", $0) }
    let (status, errors) = try direct("live", daemon.http("")) { word in
      publisher = word == "kill" ? nil : try .ffmpeg(daemon, "live/door", .put)
    }
    #expect(status == 0, "\(errors)")
    for other in others {
      let (status, errors) = other.finish()
      let result = Tool.Result(status: status, output: [], errors: errors)
      #expect(result.gstreamerIsContent, "\(errors)")
    }
    withExtendedLifetime(publisher) {}
  }

  @Test("instances that share ports are shown together, and which one says nothing")
  func instances() throws {
    let instances = try Instances()
    let base = "http://127.0.0.1:\(instances.ownPorts[0])"
    let (status, errors) = try direct("instances", base) { _ in instances.kill(1) }
    #expect(status == 0, "\(errors)")
  }

  /// Does what a scenario asks for on the way.
  private func direct(
    _ scenario: String, _ base: String, _ act: (_ word: String) throws -> Void
  ) throws -> (status: Int32, errors: String) {
    let browser = try Companion(Self.tool, [scenario, base])
    while true {
      let text = browser.read()
      if text.isEmpty { break }
      for word in ["kill", "start"] where text.contains(word) { try act(word) }
    }
    return browser.finish()
  }

  @Test("a silent server is tried again before everyone's eyes, and may be given up")
  func silent() async throws {
    let server = try FakeRTSPServer(.silent)
    let daemon = try DaemonProcess(server.allowed)
    _ = try await browse("silent", daemon, ["--port", "\(server.port)", "--file", "x"])
    withExtendedLifetime(server) {}
  }

  @Test("a server that others wrote is watched over the real protocols, on UDP ports from 25000 up")
  func foreign() async throws {
    let camera = try await ForeignCamera.start()
    let port = String(camera.port)
    let daemon = try DaemonProcess(["--allowed-servers", "127.0.0.1:\(port)"])
    let bystander = Bystander(daemon)
    _ = try await browse("foreign", daemon, ["--port", port, "--file", "camera"])
    let seen = bystander.finish()
    withExtendedLifetime(camera) {}
    #expect(seen.count >= 2 && seen.allSatisfy { (25_000..<45_000).contains($0) }, "\(seen)")
  }

  /// Watches which UDP ports the daemon receives on meanwhile.
  private final class Bystander: @unchecked Sendable {
    private let pid: Int32
    private let lock = NSLock()
    private var ports: Set<Int> = []
    private var isDone = false

    init(_ daemon: DaemonProcess) {
      pid = daemon.pid
      Thread.detachNewThread { [self] in
        while !lock.withLock({ isDone }) {
          let ports = Self.boundPorts(pid)
          lock.withLock { self.ports.formUnion(ports) }
          usleep(50_000)
        }
      }
    }

    func finish() -> [Int] {
      lock.withLock {
        isDone = true
        return ports.sorted()
      }
    }

    /// Local ports of the process's own UDP sockets: the kernel's table, by the inodes that the
    /// process has open.
    private static func boundPorts(_ pid: Int32) -> [Int] {
      let folder = "/proc/\(pid)/fd"
      let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
      let inodes = Set(
        names.compactMap { name -> Substring? in
          let link = try? FileManager.default.destinationOfSymbolicLink(atPath: "\(folder)/\(name)")
          return link?.hasPrefix("socket:[") == true ? link?.dropFirst(8).dropLast() : nil
        })
      // A page at a time, until there is nothing more.
      let file = FileHandle(forReadingAtPath: "/proc/\(pid)/net/udp")
      let table = String(decoding: (try? file?.readToEnd()) ?? Data(), as: UTF8.self)
      return table.split(separator: "\n").dropFirst().compactMap { line in
        let fields = line.split(separator: " ")
        guard fields.count > 9, inodes.contains(fields[9]) else { return nil }
        return fields[1].split(separator: ":").last.flatMap { Int($0, radix: 16) }
      }
    }
  }
}
