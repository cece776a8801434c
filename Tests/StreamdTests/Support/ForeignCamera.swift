import Foundation
import Testing

/// A camera with the sample movie's pictures, served by an RTSP server that somebody else wrote.
final class ForeignCamera {
  let port: UInt16
  private let folder: TemporaryFolder
  private let protection: [String]
  private var server: Companion?

  /// Starts it and waits until it listens.
  ///
  /// - Parameters:
  ///   - protection: nothing, or `digest` or `basic`, a name and a password.
  ///   - laps: how often the movie is shown, ten seconds each; then the stream ends.
  static func start(_ protection: String..., laps: Int = 1) async throws -> ForeignCamera {
    let folder = try TemporaryFolder()
    try folder.write("movie.mjpeg", Array(try Repository.samplePictures().joined()))
    let remux = try await Tool.run(
      "ffmpeg",
      ["-v", "error", "-stream_loop", String(laps - 1), "-framerate", "20", "-f", "mjpeg"]
        + ["-i", "\(folder.path)/movie.mjpeg", "-c", "copy", "\(folder.path)/movie.mkv"])
    #expect(remux.status == 0, "\(remux.errors)")
    return try ForeignCamera(folder, protection)
  }

  private init(_ folder: TemporaryFolder, _ protection: [String]) throws {
    (self.folder, self.protection) = (folder, protection)
    let server = try Self.run(folder, protection)
    self.server = server
    port = try #require(UInt16(server.read().trimmingCharacters(in: .whitespacesAndNewlines)))
  }

  private static func run(_ folder: TemporaryFolder, _ arguments: [String]) throws -> Companion {
    try Companion(
      Repository.root.appending(path: "Tests/Tools/gst-camera").path,
      ["\(folder.path)/movie.mkv"] + arguments)
  }

  /// Nobody listens there any more.
  func stop() { server = nil }

  /// Listens again where it did before.
  func restart() throws {
    let server = try Self.run(folder, ["--port", String(port)] + protection)
    self.server = server
    #expect(!server.read().isEmpty, "the camera does not start again")
  }

  var url: String { "rtsp://127.0.0.1:\(port)/camera" }
}
