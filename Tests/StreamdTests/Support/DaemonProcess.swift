import Foundation
import Testing

/// The real program, started for one test on a port of its own and ended with it.
final class DaemonProcess {
  /// Where RTSP listens; 0 when it was not started.
  let port: UInt16
  /// Where the dashboard is.
  let httpPort: UInt16
  let pid: Int32
  private let process: Process
  private let logURL: URL

  struct StartFailure: Error { var output: String }

  /// Starts `streamd --start` and waits until it has said where it listens.
  ///
  /// - Parameters:
  ///   - start: without it RTSP has to be started later.
  ///   - rtsp: where RTSP is to listen; any free port unless told otherwise.
  ///   - environment: variables beside those of the tests.
  ///   - pipe: takes the log; else it is gathered in ``log``.
  init(
    _ arguments: [String] = [], media: String = Repository.video, start: Bool = true,
    rtsp: String = "127.0.0.1:0", http: String = "127.0.0.1:0",
    environment: [String: String] = [:], complainingTo pipe: Pipe? = nil
  ) throws {
    logURL = FileManager.default.temporaryDirectory.appending(path: "streamd-\(UUID()).log")
    _ = FileManager.default.createFile(atPath: logURL.path, contents: nil)
    process = Process()
    process.executableURL = Repository.product("streamd")
    process.arguments =
      (start ? ["--start"] : []) + ["--rtsp", rtsp, "--http", http, "--media", media] + arguments
    process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
    let output = Pipe()
    process.standardOutput = output
    let complaints = try FileHandle(forWritingTo: logURL)
    defer { try? complaints.close() }
    process.standardError = pipe ?? complaints
    try process.run()
    pid = process.processIdentifier
    // It is the program that is tested, not what other tests leave of the machine. Only root may
    // say so; without, frames may be late.
    setpriority(__priority_which_t(PRIO_PROCESS.rawValue), id_t(pid), -10)
    var text = ""
    // It announces itself in one write: the dashboard first, then RTSP.
    while text.split(separator: "\n").count < 2 {
      let data = output.fileHandleForReading.availableData
      if data.isEmpty { break }
      text += String(decoding: data, as: UTF8.self)
    }
    let lines = text.split(separator: "\n").map(String.init)
    guard lines.count >= 2, let httpPort = Self.port(lines[0]) else {
      process.terminate()
      throw StartFailure(output: text)
    }
    self.httpPort = httpPort
    port = Self.port(lines[1]) ?? 0
  }

  /// The number behind a line's last colon.
  private static func port(_ line: String) -> UInt16? {
    line.split(separator: ":").last.flatMap { UInt16($0.prefix { $0.isNumber }) }
  }

  deinit {
    if process.isRunning { kill(process.processIdentifier, SIGKILL) }
    process.waitUntilExit()
    try? FileManager.default.removeItem(at: logURL)
  }

  func url(_ name: String = "movie.Mjpeg") -> String { "rtsp://127.0.0.1:\(port)/\(name)" }

  func http(_ path: String) -> String { "http://127.0.0.1:\(httpPort)\(path)" }

  /// What it wrote to standard error so far.
  var log: String { (try? String(contentsOf: logURL, encoding: .utf8)) ?? "" }

  var isRunning: Bool { process.isRunning }

  /// How many descriptors it has open.
  var descriptors: Int {
    (try? FileManager.default.contentsOfDirectory(atPath: "/proc/\(pid)/fd").count) ?? -1
  }

  /// How much memory it has.
  func residentBytes() throws -> Int {
    let fields = try String(contentsOfFile: "/proc/\(pid)/statm", encoding: .utf8).split(
      separator: " ")
    return (fields.count > 1 ? Int(fields[1]) ?? 0 : 0) * Int(getpagesize())
  }

  /// Asks it to end and returns its exit status.
  func terminate() -> Int32 {
    process.terminate()
    process.waitUntilExit()
    return process.terminationStatus
  }
}

/// Where things are.
enum Repository {
  static let root = URL(filePath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent()

  static let video = root.appending(path: "video").path

  /// A program that the build has put beside the tests.
  static func product(_ name: String) -> URL {
    let arguments = CommandLine.arguments
    if let flag = arguments.firstIndex(of: "--test-bundle-path"), flag + 1 < arguments.count {
      return URL(filePath: arguments[flag + 1]).deletingLastPathComponent().appending(path: name)
    }
    return URL(filePath: arguments[0]).deletingLastPathComponent().appending(path: name)
  }

  /// The sample movie's pictures, read by the format's definition alone.
  static func samplePictures() throws -> [[UInt8]] {
    let bytes = [UInt8](try Data(contentsOf: root.appending(path: "video/movie.Mjpeg")))
    var pictures: [[UInt8]] = []
    var offset = 0
    while offset < bytes.count {
      let digits = String(decoding: bytes[offset..<offset + 5], as: UTF8.self)
      let length = try #require(Int(digits))
      pictures.append(Array(bytes[offset + 5..<offset + 5 + length]))
      offset += 5 + length
    }
    return pictures
  }

  /// The first of them with a comment (JPEG's COM) that makes it so large, or a little more.
  static func largePicture(bytes count: Int) throws -> [UInt8] {
    let picture = try samplePictures()[0]
    let comment: [UInt8] = [0xFF, 0xFE, 0xFF, 0xFF] + [UInt8](repeating: 0x20, count: 65_533)
    let comments = Array(repeating: comment, count: count / comment.count + 1)
    return Array(picture.prefix(2) + comments.joined() + picture.dropFirst(2))
  }
}

/// A media folder for one test.
final class TemporaryFolder {
  let url: URL

  init() throws {
    url = FileManager.default.temporaryDirectory.appending(path: "streamd-\(UUID())")
    try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
  }

  deinit { try? FileManager.default.removeItem(at: url) }

  var path: String { url.path }

  /// Writes a file, and the folders on the way to it.
  func write(_ name: String, _ bytes: [UInt8]) throws {
    let file = url.appending(path: name)
    try FileManager.default.createDirectory(
      at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
    try Data(bytes).write(to: file)
  }
}

/// Waits for something to become true, looking often; false when it does not in time.
func eventually(seconds: Double = 10, _ condition: () throws -> Bool) rethrows -> Bool {
  let deadline = Date(timeIntervalSinceNow: seconds)
  repeat {
    if try condition() { return true }
    usleep(10_000)
  } while Date() < deadline
  return try condition()
}
