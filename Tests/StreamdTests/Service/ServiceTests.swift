import Foundation
import Testing

/// The installed service under a real systemd.
@Suite(
  "The service under systemd", .serialized, .timeLimit(.minutes(10)),
  .enabled(if: Machine.isPossible, "a machine needs root and namespaces"))
struct ServiceTests {
  func machine() async throws -> Machine {
    let machine = try await Machine.shared.value
    try await machine.reset()
    return machine
  }

  @Test("the unit is without fault, exposes next to nothing, and plays UDP and TCP under that")
  func sandbox() async throws {
    let machine = try await machine()
    // Without the manual's program systemd could not look for the pages.
    let verified = try await machine.attempt(
      "systemd-analyze", "verify", "--man=no", "streamd.service", "streamd.socket")
    #expect(verified.status == 0 && verified.errors.isEmpty && verified.output.isEmpty)
    let security = try await machine.run("systemd-analyze", "security", "--no-pager", "streamd")
    let words = try #require(security.split(separator: "\n").last).split(separator: " ")
    let exposure = try #require(words.compactMap { Double($0) }.first)
    print("systemd-analyze security: \(exposure)")
    #expect(exposure <= 1.5)

    let file = try await PlayerTests.checksumsOfFile()
    for transport in ["udp", "tcp"] {
      let played = try await machine.play(transport, frames: 60)
      let start = try #require(file.firstIndex(of: played.first ?? ""), "\(transport)")
      for (index, frame) in played.enumerated() {
        #expect(frame == file[(start + index) % file.count], "\(transport) \(index)")
      }
    }
    let page = try await machine.reach("curl", "-sS", "http://127.0.0.1:5000/")
    #expect(page.text.contains("<title>"), "\(page.errors)")
  }

  @Test("it runs as nobody in particular, writes nowhere, and needs nothing of Swift")
  func guest() async throws {
    let machine = try await machine()
    let pid = try await machine.property("MainPID")
    let status = try await machine.run("cat", "/proc/\(pid)/status")
    func value(_ name: String) -> Substring? {
      status.split(separator: "\n").first { $0.hasPrefix(name + ":") }?.split(separator: "\t").last
    }
    #expect(value("CapEff") == "0000000000000000" && value("CapBnd") == "0000000000000000")
    #expect(value("NoNewPrivs") == "1" && value("Seccomp") == "2")
    // systemd's range for users that exist while a service runs.
    #expect(value("Uid").flatMap { Int($0) }.map((61184...65519).contains) == true)
    #expect(try await machine.run("find", "/", "-xdev", "-name", "libswift*") == "")
    let libraries = try await machine.run("ldd", "/usr/bin/streamd", "/usr/bin/streamctl")
    #expect(!libraries.contains("not found") && !libraries.contains("swift"))
  }

  @Test("start returns when it serves, and not before; stop ends it cleanly and soon")
  func startAndStop() async throws {
    let machine = try await machine()
    let file = Set(try await PlayerTests.checksumsOfFile())
    try await machine.run("systemctl", "stop", "streamd")
    // The shell opens both ports in the very moment that systemctl returns.
    try await machine.run(
      "bash", "-c", "systemctl start streamd && </dev/tcp/127.0.0.1/8554 </dev/tcp/127.0.0.1/5000")
    #expect(try await machine.property("StatusText").hasPrefix("RTSP on 127.0.0.1:8554"))

    // A player that reads to the end: it is told that there is one.
    async let player = machine.reach(
      "ffmpeg", "-v", "error", "-rtsp_transport", "udp", "-i",
      "rtsp://127.0.0.1:8554/movie.Mjpeg", "-f", "framemd5", "-")
    #expect(try await machine.hasClient())
    let start = ContinuousClock.now
    try await machine.run("systemctl", "stop", "streamd")
    let duration = ContinuousClock.now - start
    #expect(duration < .seconds(5), "\(duration)")
    let (result, status) = try await (
      machine.property("Result"), machine.property("ExecMainStatus")
    )
    #expect(result == "success" && status == "0")
    let played = try await player
    let frames = PlayerTests.frames(played.output).map(\.checksum)
    #expect(played.status == 0 && !frames.isEmpty && file.isSuperset(of: frames))
  }

  @Test("streamctl starts, sets up, plays, pauses, tears down and stops")
  func control() async throws {
    let machine = try await machine()
    try await machine.run("streamctl", "stop")
    try await machine.run("streamctl", "start")
    try await machine.run("streamctl", "setup", "movie.Mjpeg")
    try await machine.run("streamctl", "play")
    let first = try await machine.frame(beyond: 20)
    #expect(try await machine.frame(beyond: first + 20) > first)
    try await machine.run("streamctl", "pause")
    let paused = try #require(try await machine.sessions().first)
    #expect(paused.state == "paused" && paused.lost == 0)
    #expect(paused.packets > paused.frame)
    // Its frames come every 50 ms.
    try await Task.sleep(nanoseconds: 500_000_000)
    #expect(try await machine.sessions().first?.frame == paused.frame)
    try await machine.run("streamctl", "play")
    _ = try await machine.frame(beyond: paused.frame + 10)
    try await machine.run("streamctl", "teardown")
    #expect(try await machine.sessions().isEmpty)
    try await machine.run("streamctl", "stop")
    let stopped = try await machine.attempt("streamctl", "setup", "movie.Mjpeg")
    #expect(stopped.status == 1 && stopped.errors.contains("start"), "\(stopped.errors)")
  }

  @Test(
    "reload takes a new configuration without another process, and keeps the old before a bad one")
  func reload() async throws {
    let machine = try await machine()
    let pid = try await machine.property("MainPID")
    let invocation = try await machine.property("InvocationID")
    async let player = machine.play(frames: 60)
    #expect(try await machine.hasClient())
    try await machine.configure(["log_level": "debug"])
    try await machine.run("systemctl", "reload", "streamd")
    try machine.write("etc/streamd/streamd.json", #"{"log_levle": "info"}"#)
    try await machine.run("systemctl", "reload", "streamd")
    #expect(try await machine.property("MainPID") == pid)
    #expect(try await machine.property("ActiveState") == "active")
    #expect(try await player.count == 60)

    let journal = try await machine.journal(ofRun: invocation).filter { $0.sender == "streamd" }
    let taken = journal.first { $0.message.contains("changed=log_level") }
    #expect(taken?.priority == "6")
    let refused = journal.first { $0.message.contains("log_levle") }
    #expect(refused?.priority == "3" && refused?.message.contains("did you mean") == true)
  }

  @Test("a configuration that cannot be ends the start at once, with the reason in the journal")
  func badConfiguration() async throws {
    let machine = try await machine()
    try machine.write("etc/streamd/streamd.json", #"{"fps": "quick"}"#)
    let start = try await machine.attempt("systemctl", "restart", "streamd")
    #expect(start.status != 0)
    #expect(try await machine.property("NRestarts") == "0")
    #expect(try await machine.property("ExecMainStatus") == "2")
    #expect(try await machine.property("ActiveState") == "failed")
    let invocation = try await machine.property("InvocationID")
    let journal = try await machine.journal(ofRun: invocation)
    #expect(journal.contains { $0.sender == "streamd" && $0.message.contains("fps") })
  }

  @Test("a loop that hangs is ended by the watchdog and begun anew")
  func watchdog() async throws {
    let machine = try await machine()
    #expect(try await machine.property("WatchdogUSec") == "10s")
    // Long enough for a busy computer, short enough for a test.
    try machine.write(
      "etc/systemd/system/streamd.service.d/test.conf", "[Service]\nWatchdogSec=6s\n")
    try await machine.run("systemctl", "daemon-reload")
    try await machine.run("systemctl", "restart", "streamd")
    let pid = try await machine.property("MainPID")
    let invocation = try await machine.property("InvocationID")
    #expect(try await machine.play().count == 10)
    try await machine.run("bash", "-c", "kill -STOP \(pid)")
    #expect(try await machine.isAnother(than: pid))
    #expect(try await machine.property("NRestarts") == "1")
    let journal = try await machine.journal(ofRun: invocation)
    #expect(journal.contains { $0.message.contains("Watchdog timeout") && $0.priority == "3" })
    #expect(try await machine.play().count == 10)
    // The other one is watched, and lives.
    let next = try await machine.property("MainPID")
    try await Task.sleep(nanoseconds: 7_000_000_000)
    #expect(try await machine.property("MainPID") == next)
  }

  @Test("kill -9 is not the end of it")
  func killed() async throws {
    let machine = try await machine()
    let pid = try await machine.property("MainPID")
    try await machine.run("bash", "-c", "kill -KILL \(pid)")
    #expect(try await machine.isAnother(than: pid))
    #expect(try await machine.property("NRestarts") == "1")
    #expect(try await machine.play().count == 10)
  }

  @Test(
    "the first connection to either port starts it, and is served", arguments: ["rtsp", "http"])
  func activation(_ first: String) async throws {
    let machine = try await machine()
    try await machine.run("systemctl", "stop", "streamd.service")
    try await machine.run("systemctl", "start", "streamd.socket")
    #expect(try await machine.property("ActiveState") == "inactive")
    if first == "rtsp" {
      #expect(try await machine.play().count == 10)
    } else {
      let ready = try await machine.reach("curl", "-sS", "-f", "http://127.0.0.1:5000/readyz")
      #expect(ready.status == 0, "\(ready.errors)")
    }
    #expect(try await machine.property("ActiveState") == "active")
    // The other port is its own, too.
    let health = try await machine.reach("curl", "-sS", "-f", "http://127.0.0.1:5000/healthz")
    #expect(health.status == 0, "\(health.errors)")
    #expect(try await machine.play("udp").count == 10)
    // The socket stays when the service goes, and starts it once more.
    try await machine.run("systemctl", "stop", "streamd.service")
    #expect(try await machine.play().count == 10)
  }

  @Test("the journal has each line under its priority")
  func priorities() async throws {
    let machine = try await machine()
    try await machine.configure(["log_level": "debug"])
    // A variable that nobody knows is worth a warning.
    try machine.write(
      "etc/systemd/system/streamd.service.d/test.conf",
      "[Service]\nEnvironment=STREAMD_COLOUR=red\n")
    try await machine.run("systemctl", "daemon-reload")
    try await machine.run("systemctl", "restart", "streamd")
    let invocation = try await machine.property("InvocationID")
    let lines = try await machine.journal(ofRun: invocation).filter { $0.sender == "streamd" }
    let levels = ["error": "3", "warning": "4", "info": "6", "debug": "7"]
    for line in lines {
      guard line.message.hasPrefix("level=") else { continue }
      let level = String(line.message.dropFirst(6).prefix { $0 != " " })
      #expect(levels[level] == line.priority, "\(line.message)")
    }
    #expect(lines.contains { $0.message.hasPrefix("level=info") })
    #expect(lines.contains { $0.priority == "4" && $0.message.contains("STREAMD_COLOUR") })
    #expect(lines.allSatisfy { !$0.message.hasPrefix("<") })
  }
}
