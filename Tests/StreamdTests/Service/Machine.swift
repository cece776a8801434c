import Foundation
import Testing

/// A minimal Debian under a real systemd, with the package in it and without Swift: what an
/// operator has. `Tests/Tools/machine` boots it and cleans up when this process ends.
final class Machine: @unchecked Sendable {
  /// One for all tests, since making the package and booting take their time.
  static let shared = Task { try await Machine() }

  /// The process identifier of its systemd.
  private let leader: Int
  /// Its files, seen from here.
  private let root: String
  private let tool = Process()
  /// The tool's standard input: the machine lives for as long as it is open.
  private let life = Pipe()

  struct Failure: Error, CustomStringConvertible { var description: String }

  /// Whether one can be had here. In CI it has to be.
  static let isPossible: Bool = {
    if ProcessInfo.processInfo.environment["CI"] == "true" { return true }
    let probe = Process()
    probe.executableURL = URL(filePath: "/usr/bin/unshare")
    probe.arguments = ["--mount", "--pid", "--net", "--fork", "true"]
    probe.standardError = FileHandle.nullDevice
    guard geteuid() == 0, (try? probe.run()) != nil else { return false }
    probe.waitUntilExit()
    return probe.terminationStatus == 0
  }()

  private init() async throws {
    let package = try await Self.package.value
    let (output, errors) = (Pipe(), Pipe())
    tool.executableURL = Repository.root.appending(path: "Tests/Tools/machine")
    tool.arguments = ["--copy", package, "/root/streamd.deb"]
    tool.standardInput = life
    tool.standardOutput = output
    tool.standardError = errors
    try tool.run()
    // One line, or nothing but a complaint. Other tests go on meanwhile.
    let line = await withCheckedContinuation { answer in
      Thread.detachNewThread {
        answer.resume(returning: output.fileHandleForReading.availableData)
      }
    }
    guard let boot = try? JSONDecoder().decode(Boot.self, from: line) else {
      let complaint = errors.fileHandleForReading.readDataToEndOfFile()
      throw Failure(description: String(decoding: complaint, as: UTF8.self))
    }
    (leader, root) = (boot.leader, boot.root)
    try await run("dpkg", "--install", "/root/streamd.deb")
    try write("root/streamd.json", try read("etc/streamd/streamd.json"))
  }

  private struct Boot: Decodable {
    var leader: Int
    var root: String
  }

  /// The package's path; made once.
  static let package = Task { try await makePackage() }

  /// By the one command that everybody uses.
  private static func makePackage() async throws -> String {
    let folder = Repository.root.appending(path: ".build").path
    let result = try await Tool.run(
      Repository.root.appending(path: "etc/debian/build").path, [folder], seconds: 1200)
    guard result.status == 0 else { throw Failure(description: "no package: \(result.errors)") }
    return String(decoding: result.output, as: UTF8.self).trimmingCharacters(in: .newlines)
  }

  /// Runs a command in the machine as root.
  func attempt(_ command: String..., seconds: Double = 60) async throws -> Tool.Result {
    try await enter("-m -u -i -n -p", command, seconds)
  }

  /// Runs a command that has to succeed, and returns what it said.
  @discardableResult
  func run(
    _ command: String..., seconds: Double = 60,
    at location: SourceLocation = #_sourceLocation
  ) async throws -> String {
    let result = try await enter("-m -u -i -n -p", command, seconds)
    #expect(result.status == 0, "\(command): \(result.errors)", sourceLocation: location)
    return result.text
  }

  /// Runs a program of this computer in the machine's network.
  func reach(_ command: String..., seconds: Double = 60) async throws -> Tool.Result {
    try await enter("-n", command, seconds)
  }

  private func enter(
    _ namespaces: String, _ command: [String], _ seconds: Double
  ) async throws -> Tool.Result {
    let entrance = ["-t", String(leader)] + namespaces.split(separator: " ").map(String.init)
    let environment = ["env", "-i", "HOME=/root", "LC_ALL=C.UTF-8", "PATH=/usr/sbin:/usr/bin"]
    return try await Tool.run("nsenter", entrance + environment + command, seconds: seconds)
  }

  // MARK: The service

  /// What systemd knows of the service.
  func property(_ name: String, of unit: String = "streamd.service") async throws -> String {
    try await run("systemctl", "show", "--value", "-p", name, unit)
  }

  /// Begins a test: the service as it was installed, running, with a journal of its own.
  func reset() async throws {
    try await run(
      "systemctl", "stop", "streamd.socket", "streamd.service", "streamd.target", "streamd@*")
    _ = try await attempt("systemctl", "reset-failed", "streamd.service")
    try remove("etc/systemd/system/streamd.service.d")
    try write("etc/streamd/streamd.json", try configuration())
    try await run("systemctl", "daemon-reload")
    try await run("systemctl", "start", "streamd.service")
  }

  /// The configuration as it was installed.
  func configuration() throws -> String { try read("root/streamd.json") }

  /// Waits, looking often, for the service to be another process that serves.
  func isAnother(than pid: String, seconds: Double = 90) async throws -> Bool {
    let deadline = Date(timeIntervalSinceNow: seconds)
    while Date() < deadline {
      let now = try await property("MainPID")
      if now != pid, now != "0", try await property("ActiveState") == "active" { return true }
      try await Task.sleep(nanoseconds: 100_000_000)
    }
    return false
  }

  /// Waits, looking often, for a unit to be in a state.
  func `is`(_ unit: String, _ state: String, seconds: Double = 60) async throws -> Bool {
    let deadline = Date(timeIntervalSinceNow: seconds)
    while try await property("ActiveState", of: unit) != state {
      guard Date() < deadline else { return false }
      try await Task.sleep(nanoseconds: 100_000_000)
    }
    return true
  }

  struct Entry: Decodable {
    var message: String
    var priority: String
    var sender: String

    private enum CodingKeys: String, CodingKey {
      case message = "MESSAGE"
      case priority = "PRIORITY"
      case sender = "_COMM"
    }
  }

  /// The journal of the service's current or last run.
  func journal(ofRun invocation: String) async throws -> [Entry] {
    try await run("journalctl", "--sync")
    let text = try await run(
      "journalctl", "_SYSTEMD_INVOCATION_ID=\(invocation)", "+", "INVOCATION_ID=\(invocation)",
      "-o", "json")
    return try text.split(separator: "\n").map {
      try JSONDecoder().decode(Entry.self, from: Data($0.utf8))
    }
  }

  /// Checksums of the first frames that FFmpeg gets from the service.
  func play(_ transport: String = "tcp", frames count: Int = 10) async throws -> [String] {
    let result = try await reach(
      "ffmpeg", "-v", "error", "-rtsp_transport", transport, "-i",
      "rtsp://127.0.0.1:8554/movie.Mjpeg", "-frames:v", String(count), "-f", "framemd5", "-")
    #expect(result.status == 0, "\(result.errors)")
    return PlayerTests.frames(result.output).map(\.checksum)
  }

  // MARK: Files

  /// Where one of the machine's files is on this computer.
  func path(_ path: String) -> String { URL(filePath: root).appending(path: path).path }

  func write(_ path: String, _ text: String) throws {
    let url = URL(filePath: root).appending(path: path)
    try FileManager.default.createDirectory(
      at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
    try Data(text.utf8).write(to: url)
  }

  func read(_ path: String) throws -> String {
    try String(contentsOf: URL(filePath: root).appending(path: path), encoding: .utf8)
  }

  func remove(_ path: String) throws {
    let url = URL(filePath: root).appending(path: path)
    if exists(path) { try FileManager.default.removeItem(at: url) }
  }

  func exists(_ path: String) -> Bool {
    FileManager.default.fileExists(atPath: URL(filePath: root).appending(path: path).path)
  }
}

extension Tool.Result {
  /// What the program said, without the last line's end.
  var text: String {
    String(decoding: output, as: UTF8.self).trimmingCharacters(in: .newlines)
  }
}
