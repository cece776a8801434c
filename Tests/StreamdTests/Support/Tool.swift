import Foundation
import Testing

/// A program from outside, run to its end.
enum Tool {
  struct Result {
    var status: Int32
    var output: [UInt8]
    var errors: String
  }

  /// Runs a program by name; it is killed when it takes longer than `seconds`. Other tests go on
  /// meanwhile.
  static func run(
    _ name: String, _ arguments: [String], seconds: Double = 60
  ) async throws -> Result {
    let folder = try TemporaryFolder()
    let (outURL, errURL) = (folder.url.appending(path: "out"), folder.url.appending(path: "err"))
    for url in [outURL, errURL] {
      _ = FileManager.default.createFile(atPath: url.path, contents: nil)
    }
    let process = Process()
    process.executableURL = URL(filePath: "/usr/bin/env")
    process.arguments = ["timeout", "-k", "5", String(Int(seconds)), name] + arguments
    process.standardInput = FileHandle.nullDevice
    process.standardOutput = try FileHandle(forWritingTo: outURL)
    process.standardError = try FileHandle(forWritingTo: errURL)
    try await withCheckedThrowingContinuation { (ended: CheckedContinuation<Void, any Error>) in
      process.terminationHandler = { _ in ended.resume() }
      do { try process.run() } catch { ended.resume(throwing: error) }
    }
    return Result(
      status: process.terminationStatus, output: [UInt8](try Data(contentsOf: outURL)),
      errors: String(decoding: try Data(contentsOf: errURL), as: UTF8.self))
  }
}
