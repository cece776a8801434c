import Foundation
import Testing

/// A camera with the sample movie's pictures, served by an RTSP server that somebody else wrote.
final class ForeignCamera {
  let port: UInt16
  private let folder: TemporaryFolder
  private let protection: [String]
  private var server: Companion?

  /// Starts it and waits until it listens. Each client sees the film from its beginning; it is
  /// longer than any test takes.
  ///
  /// - Parameter protection: nothing, or `digest` or `basic`, a name and a password.
  static func start(_ protection: String...) async throws -> ForeignCamera {
    let folder = try TemporaryFolder()
    let film = try SampleFilm.write(to: folder)
    let remux = try await Tool.run(
      "ffmpeg",
      ["-v", "error"] + film + ["-t", "300", "-c", "copy", "\(folder.path)/movie.mkv"])
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
