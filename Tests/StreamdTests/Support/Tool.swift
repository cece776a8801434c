import Foundation
import Testing

/// A program from outside, run to its end.
enum Tool {
  struct Result {
    var status: Int32
    var output: [UInt8]
    var errors: String

    /// Whether gst-launch has played to its end. It has left with TEARDOWN then, and on a busy
    /// machine wants to pause on the connection that it has closed itself: its own affair.
    var gstreamerIsContent: Bool { status == 0 || errors.contains("gst_rtspsrc_pause ()") }
  }

  /// Runs a program by name; it is killed when it takes longer than `seconds`. Other tests go on
  /// meanwhile.
  static func run(
    _ name: String, _ arguments: [String], seconds: Double = 60
  ) async throws -> Result {
    let run = try Run(name, arguments, seconds: seconds)
    try await withCheckedThrowingContinuation { (ended: CheckedContinuation<Void, any Error>) in
      run.process.terminationHandler = { _ in ended.resume() }
      do { try run.begin() } catch { ended.resume(throwing: error) }
    }
    return try run.result()
  }

  /// The same for who is waited for elsewhere: whoever gives up the thread gets it back when all
  /// other tests have had a turn, which may take a minute.
  static func runAtOnce(
    _ name: String, _ arguments: [String], seconds: Double = 60
  ) throws -> Result {
    let run = try Run(name, arguments, seconds: seconds)
    let ended = DispatchSemaphore(value: 0)
    run.process.terminationHandler = { _ in ended.signal() }
    try run.begin()
    ended.wait()
    return try run.result()
  }

  /// A program that is to be run, and where its output goes.
  private struct Run {
    let process = Process()
    private let folder: TemporaryFolder
    private let files: [FileHandle]
    private var outURL: URL { folder.url.appending(path: "out") }
    private var errURL: URL { folder.url.appending(path: "err") }

    init(_ name: String, _ arguments: [String], seconds: Double) throws {
      folder = try TemporaryFolder()
      files = try ["out", "err"].map { [folder] name in
        let url = folder.url.appending(path: name)
        _ = FileManager.default.createFile(atPath: url.path, contents: nil)
        return try FileHandle(forWritingTo: url)
      }
      process.executableURL = URL(filePath: "/usr/bin/env")
      process.arguments = ["timeout", "-k", "5", String(Int(seconds)), name] + arguments
      process.standardInput = FileHandle.nullDevice
      (process.standardOutput, process.standardError) = (files[0], files[1])
    }

    /// Foundation keeps a process that has ended, with all it was given: thousands of files by the
    /// end of the tests, and past some 1,300 open ones its `run` reads beyond `readdir`'s buffer.
    func begin() throws {
      defer { for file in files { try? file.close() } }
      try process.run()
    }

    func result() throws -> Result {
      Result(
        status: process.terminationStatus, output: [UInt8](try Data(contentsOf: outURL)),
        errors: String(decoding: try Data(contentsOf: errURL), as: UTF8.self))
    }
  }
}
