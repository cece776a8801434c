import Foundation
import Testing

/// A camera with the sample movie's pictures, served by an RTSP server that somebody else wrote.
final class ForeignCamera {
  let port: UInt16
  private let folder: TemporaryFolder
  private let server: Companion

  /// Starts it and waits until it listens.
  static func start() async throws -> ForeignCamera {
    let folder = try TemporaryFolder()
    let movie = "\(folder.path)/movie.mkv"
    try folder.write("movie.mjpeg", Array(try Repository.samplePictures().joined()))
    let remux = try await Tool.run(
      "ffmpeg",
      ["-v", "error", "-framerate", "20", "-i", "\(folder.path)/movie.mjpeg", "-c", "copy", movie])
    #expect(remux.status == 0, "\(remux.errors)")
    return try ForeignCamera(folder, movie)
  }

  private init(_ folder: TemporaryFolder, _ movie: String) throws {
    self.folder = folder
    server = try Companion(
      Repository.root.appending(path: "Tests/Tools/gst-camera").path, [movie])
    port = try #require(UInt16(server.read().trimmingCharacters(in: .whitespacesAndNewlines)))
  }

  var url: String { "rtsp://127.0.0.1:\(port)/camera" }
}
