import Foundation
import Testing

/// A camera with the sample movie's pictures, served by an RTSP server that somebody else wrote.
final class ForeignCamera {
  let port: UInt16
  private let folder: TemporaryFolder
  private let server: Companion

  /// Starts it and waits until it listens.
  ///
  /// - Parameter protection: nothing, or `digest` or `basic`, a name and a password.
  static func start(_ protection: String...) async throws -> ForeignCamera {
    let folder = try TemporaryFolder()
    let movie = "\(folder.path)/movie.mkv"
    try folder.write("movie.mjpeg", Array(try Repository.samplePictures().joined()))
    let remux = try await Tool.run(
      "ffmpeg",
      ["-v", "error", "-framerate", "20", "-i", "\(folder.path)/movie.mjpeg", "-c", "copy", movie])
    #expect(remux.status == 0, "\(remux.errors)")
    return try ForeignCamera(folder, [movie] + protection)
  }

  private init(_ folder: TemporaryFolder, _ arguments: [String]) throws {
    self.folder = folder
    server = try Companion(
      Repository.root.appending(path: "Tests/Tools/gst-camera").path, arguments)
    port = try #require(UInt16(server.read().trimmingCharacters(in: .whitespacesAndNewlines)))
  }

  var url: String { "rtsp://127.0.0.1:\(port)/camera" }
}
