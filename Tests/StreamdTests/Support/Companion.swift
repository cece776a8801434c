import Foundation
import Testing

/// A program from outside that runs beside a test and talks to it through its output.
final class Companion {
  private let process = Process()
  private let output = Pipe()
  private let ended = DispatchSemaphore(value: 0)
  private let errorURL: URL

  init(_ path: String, _ arguments: [String]) throws {
    errorURL = FileManager.default.temporaryDirectory.appending(path: "companion-\(UUID()).log")
    _ = FileManager.default.createFile(atPath: errorURL.path, contents: nil)
    process.executableURL = URL(filePath: path)
    process.arguments = arguments
    process.standardInput = FileHandle.nullDevice
    process.standardOutput = output
    let complaints = try FileHandle(forWritingTo: errorURL)
    defer { try? complaints.close() }
    process.standardError = complaints
    process.terminationHandler = { [ended] _ in ended.signal() }
    try process.run()
  }

  deinit {
    if process.isRunning { kill(process.processIdentifier, SIGKILL) }
    try? FileManager.default.removeItem(at: errorURL)
  }

  var pid: Int32 { process.processIdentifier }

  /// What it writes next; empty when it has ended.
  func read() -> String {
    String(decoding: output.fileHandleForReading.availableData, as: UTF8.self)
  }

  /// Its exit status and what it complained about, once its output has ended.
  func finish() -> (status: Int32, errors: String) {
    ended.wait()
    return (
      process.terminationStatus, (try? String(contentsOf: errorURL, encoding: .utf8)) ?? ""
    )
  }
}
