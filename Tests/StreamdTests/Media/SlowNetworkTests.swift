import Foundation
import Testing

/// In network namespaces of their own, with a cable between them that is slower than our sends.
@Suite("Slow network", .enabled(if: Machine.isPossible), .serialized)
struct SlowNetworkTests {
  private struct Seen: Decodable {
    struct Client: Decodable {
      var frames: Int
      var skipped: Int
      var lost: Int
    }
    var smallest: Int
    var film: [String]
    var received: [String]
    var client: Client
    var dropped: Int
    var overflowed: Int
  }

  @Test("pictures of half a megabyte over UDP come to FFmpeg whole, at the film's pace")
  func largePictures() async throws {
    let result = try await Tool.run(
      Repository.root.appending(path: "Tests/Tools/slow-network").path,
      [Repository.product("streamd").path], seconds: 90)
    try #require(result.status == 0, "\(result.errors)")
    let seen = try JSONDecoder().decode(Seen.self, from: Data(result.output))
    #expect(seen.smallest > 400_000 && Set(seen.film).count == 20)
    // All are pixels of the film's; FFmpeg shows nothing of a picture that lacks a packet.
    #expect(seen.received.count == 40 && Set(seen.received).isSubset(of: seen.film))
    // The network's queue never had too much at once; what is missing FFmpeg did not fetch.
    #expect(seen.dropped == 0 && seen.client.lost <= seen.overflowed)
    // Every second one would be half the pace.
    #expect(seen.client.frames + seen.client.skipped < 80, "\(seen.client)")
  }
}
