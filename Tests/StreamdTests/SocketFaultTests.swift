import Foundation
import Testing

/// A kernel that has no descriptor or no memory left, takes half of what it is given, or both: the
/// socket layer of the real program is made to fail by `Tests/Tools/faults.c`.
@Suite("A kernel that is short of everything")
struct SocketFaultTests {
  /// The page that the library and the test have in common: how often, the generator's state, and
  /// the numbers of faults by the call.
  private struct Kernel {
    static let calls = ["socket", "accept4", "connect", "epoll_ctl", "setsockopt", "send", "part"]
    private let folder: TemporaryFolder
    private let page: URL
    let environment: [String: String]

    init() throws {
      folder = try TemporaryFolder()
      page = folder.url.appending(path: "faults")
      try folder.write("faults", [UInt8](repeating: 0, count: 8 + 4 * Self.calls.count))
      let library = folder.path + "/faults.so"
      let source = Repository.root.appending(path: "Tests/Tools/faults.c").path
      let built = try Tool.runAtOnce(
        "cc", ["-O2", "-Wall", "-Werror", "-shared", "-fPIC", "-o", library, source])
      try #require(built.status == 0, "\(built.errors)")
      environment = [
        "LD_PRELOAD": library, "FAULTS": page.path,
        // A sanitizer wants to be the first, and need not be.
        "ASAN_OPTIONS": "verify_asan_link_order=0:detect_leaks=0",
      ]
    }

    /// From now on one call in so many fails; 0 for none.
    func fail(oneIn count: UInt32, seed: UInt32 = 1) throws {
      let file = try FileHandle(forUpdating: page)
      let words = [count == 0 ? 0 : 65_536 / count, seed]
      try file.write(
        contentsOf: Data(words.flatMap { word in (0..<4).map { UInt8(word >> ($0 * 8) & 0xFF) } }))
    }

    func counts() throws -> [String: Int] {
      let bytes = [UInt8](try Data(contentsOf: page))
      let numbers = stride(from: 8, to: bytes.count, by: 4).map { start in
        (0..<4).reduce(0) { $0 | Int(bytes[start + $1]) << ($1 * 8) }
      }
      return Dictionary(uniqueKeysWithValues: zip(Self.calls, numbers))
    }
  }

  @Test("whoever comes is served or sent away; when the kernel has recovered nothing is left")
  func shortage() throws {
    let kernel = try Kernel()
    let daemon = try DaemonProcess(["--rtp-ports", "23000-23099"], environment: kernel.environment)
    // What is made once is there before it is counted.
    for kind in 0..<5 { try visit(daemon, kind) }
    let before = daemon.descriptors
    var served = 0
    for number in 0..<150 {
      try kernel.fail(oneIn: [3, 8, 20][number % 3], seed: UInt32(number + 1))
      do {
        try visit(daemon, number % 5)
        served += 1
      } catch let failure as RTSPClient.Failure {
        // To be closed on is an answer; to be left waiting is none.
        #expect(failure.what != "recv: \(EAGAIN)", "visit \(number) hangs: \(failure.what)")
      }
      guard daemon.isRunning else { break }
    }
    try kernel.fail(oneIn: 0)
    #expect(daemon.isRunning, "\(daemon.log.suffix(2000))")
    #expect(served > 0)
    let counts = try kernel.counts()
    #expect(counts.allSatisfy { $0.value > 0 }, "\(counts)")

    // Sessions that were made, and whose making nobody was told of.
    let client = try HTTPClient(daemon)
    let items = try client.request("GET", "/api/v1/sessions").json["items"] as? [[String: Any]]
    for case let id as String in (items ?? []).map({ $0["session_id"] }) {
      #expect(try client.request("DELETE", "/api/v1/sessions/\(id)").status == 204)
    }
    let isAsBefore = eventually(seconds: 30) { daemon.descriptors <= before + 1 }
    #expect(isAsBefore, "\(daemon.descriptors) descriptors, \(before) before")
    let metric = try Scraper(daemon)
    for state in ["ready", "playing", "paused"] {
      for transport in ["udp", "tcp", "classroom"] {
        let name = "streamd_rtsp_sessions{state=\"\(state)\",transport=\"\(transport)\"}"
        #expect(try metric(name) == 0, "\(name)")
      }
    }
    // All ports can be had again.
    let players = try (0..<50).map { _ in
      let player = try RTSPClient(port: daemon.port)
      let ports = try UDPPair()
      #expect(try player.request("SETUP", daemon.url(), [ports.transport]).status == 200)
      return player
    }
    try withExtendedLifetime(players) { try SteadyViewer(daemon).watch() }
  }

  /// One client of a kind; throws when it is turned away.
  private func visit(_ daemon: DaemonProcess, _ kind: Int) throws {
    switch kind {
    case 0:
      let ports = try UDPPair()
      try play(daemon, ports.transport) { _ in _ = ports.rtp.receive() }
    case 1:
      try play(daemon, "Transport: RTP/AVP/TCP;unicast;interleaved=0-1") { client in
        for _ in 0..<20 { _ = try client.readPacket() }
      }
    case 2:
      let reply = try HTTPClient(daemon).request("GET", "/video/movie.Mjpeg/snapshot.jpg")
      guard reply.status == 200 else { throw RTSPClient.Failure(what: reply.head) }
    case 3:
      let client = try HTTPClient(daemon)
      try client.send("GET", "/video/movie.Mjpeg/stream.mjpg")
      _ = try client.readHead()
      _ = try client.read(60_000)
    default:
      let client = try HTTPClient(daemon)
      let made = try client.request("POST", "/api/v1/sessions", json: "{}")
      guard let id = made.json["session_id"] as? String else {
        throw RTSPClient.Failure(what: made.head)
      }
      _ = try client.request("POST", "/api/v1/sessions/\(id)/play")
      _ = try client.request("DELETE", "/api/v1/sessions/\(id)")
    }
  }

  private func play(
    _ daemon: DaemonProcess, _ transport: String, _ watch: (RTSPClient) throws -> Void
  ) throws {
    let client = try RTSPClient(port: daemon.port)
    let setup = try client.request("SETUP", daemon.url(), [transport])
    guard setup.status == 200 else { throw RTSPClient.Failure(what: setup.head) }
    let session = ["Session: \(setup.session)"]
    _ = try client.request("PLAY", daemon.url(), session)
    try watch(client)
    _ = try client.request("TEARDOWN", daemon.url(), session)
  }
}
