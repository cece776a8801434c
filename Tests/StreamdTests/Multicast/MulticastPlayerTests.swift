import Foundation
import Testing

/// In network namespaces of their own, with a cable between them that everything has to go over.
@Suite("Multicast to players", .enabled(if: Machine.isPossible), .serialized)
struct MulticastPlayerTests {
  private struct Seen: Decodable {
    struct FFmpeg: Decodable {
      var status: Int
      var sums: [String]
    }
    struct Viewer: Decodable {
      var lost: Int
      var framesSkipped: Int
      var transport: String
    }
    struct Client: Decodable {
      var transport: String
      var lost: Int
      var userAgent: String
    }
    var ffmpeg: FFmpeg
    var gstreamer: Int
    var viewer: Viewer
    var clients: [Client]
    var packets: Int
    var datagrams: Int
    var longest: Int
    var repeated: Int
  }

  @Test(
    "FFmpeg, GStreamer and streamd itself take part; each packet is on the wire once",
    arguments: ["4", "6"])
  func three(internetProtocol: String) async throws {
    let result = try await Tool.run(
      Repository.root.appending(path: "Tests/Tools/multicast").path,
      [
        internetProtocol, Repository.product("streamd").path, Repository.product("streamctl").path,
        Repository.video,
      ], seconds: 90)
    try #require(result.status == 0, "\(result.errors)")
    let decoder = JSONDecoder()
    decoder.keyDecodingStrategy = .convertFromSnakeCase
    let seen = try decoder.decode(Seen.self, from: Data(result.output))
    #expect(seen.datagrams == seen.packets && seen.packets > 500)
    #expect(seen.repeated == 0 && seen.longest <= 1400)
    #expect(seen.gstreamer >= 60)
    #expect(seen.viewer.transport == "multicast")
    #expect(seen.viewer.lost == 0 && seen.viewer.framesSkipped == 0)
    #expect(seen.clients.count == 3)
    #expect(seen.clients.allSatisfy { $0.transport == "multicast" && $0.lost == 0 })
    try await expectMovie(seen.ffmpeg)
  }

  /// FFmpeg's pixels are the movie's, from some picture on.
  private func expectMovie(_ ffmpeg: Seen.FFmpeg) async throws {
    #expect(ffmpeg.status == 0 && ffmpeg.sums.count == 60)
    let movie = try await PlayerTests.checksumsOfFile()
    let sum = try #require(ffmpeg.sums.first)
    let first = try #require(movie.firstIndex(of: sum))
    let wanted = (0..<ffmpeg.sums.count).map { movie[(first + $0) % movie.count] }
    #expect(ffmpeg.sums == wanted)
  }
}
