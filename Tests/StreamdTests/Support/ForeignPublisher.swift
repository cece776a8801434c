import Foundation
import Testing

/// An encoder that others wrote, which publishes until it is ended.
final class ForeignPublisher {
  /// The ways in.
  enum Way: String, CaseIterable {
    case tcp, udp, put, post
  }

  private let process = Process()
  private let folder: TemporaryFolder
  private var errorURL: URL { folder.url.appending(path: "errors") }

  /// FFmpeg with the sample movie's pictures as they are, round and round, 20 a second.
  ///
  /// - Parameters:
  ///   - user: whose name and password it shows.
  ///   - codec: what FFmpeg is to do with the pictures.
  static func ffmpeg(
    _ daemon: DaemonProcess, _ name: String, _ way: Way, user: String? = nil,
    codec: [String] = ["-c", "copy"]
  ) throws -> ForeignPublisher {
    let folder = try TemporaryFolder()
    let film = try SampleFilm.write(to: folder)
    let login = user.map { "\($0):\($0)%3Apw@" } ?? ""
    let target =
      switch way {
      case .tcp, .udp:
        [
          "-f", "rtsp", "-rtsp_transport", way.rawValue,
          "rtsp://\(login)127.0.0.1:\(daemon.port)/\(name)",
        ]
      case .put, .post:
        [
          "-f", "mpjpeg", "-method", way.rawValue.uppercased(),
          "http://\(login)127.0.0.1:\(daemon.httpPort)/\(name)",
        ]
      }
    return try ForeignPublisher(
      "ffmpeg", ["-nostdin", "-v", "error", "-re"] + film + codec + target, folder)
  }

  /// GStreamer with a picture of its own that moves.
  static func gstreamer(_ daemon: DaemonProcess, _ name: String, _ way: Way) throws
    -> ForeignPublisher
  {
    try ForeignPublisher(
      "gst-launch-1.0",
      [
        "-q", "videotestsrc", "is-live=true", "pattern=ball", "!",
        "video/x-raw,width=320,height=240,format=I420,framerate=20/1", "!", "jpegenc", "!",
        "rtspclientsink", "location=\(daemon.url(name))", "protocols=\(way.rawValue)",
      ], try TemporaryFolder())
  }

  private init(_ program: String, _ arguments: [String], _ folder: TemporaryFolder) throws {
    self.folder = folder
    // A child begins with the signals blocked that the thread of a test blocks.
    process.executableURL = URL(filePath: "/usr/bin/env")
    process.arguments = ["--default-signal", program] + arguments
    process.standardInput = FileHandle.nullDevice
    process.standardOutput = FileHandle.nullDevice
    _ = FileManager.default.createFile(atPath: folder.path + "/errors", contents: nil)
    process.standardError = try FileHandle(forWritingTo: folder.url.appending(path: "errors"))
    try process.run()
  }

  deinit { kill() }

  var isRunning: Bool { process.isRunning }

  /// What it complained about.
  var errors: String { (try? String(contentsOf: errorURL, encoding: .utf8)) ?? "" }

  /// Ends it as a power failure would.
  func kill() {
    if process.isRunning { Glibc.kill(process.processIdentifier, SIGKILL) }
    process.waitUntilExit()
  }

  /// Asks it to end and waits until it has.
  func stop() {
    process.interrupt()
    process.waitUntilExit()
  }
}
