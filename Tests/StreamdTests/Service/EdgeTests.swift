import Foundation
import Testing

/// Origin, edges and HAProxy in network namespaces of their own, with the program that is shipped:
/// what viewers notice when one of them goes.
@Suite("Edges", .enabled(if: Machine.isPossible), .serialized)
struct EdgeTests {
  @Test("500 viewers: an edge is drained, killed, unplugged; the origin comes and goes")
  func edges() async throws {
    let package = try await Machine.package.value
    let folder = try TemporaryFolder()
    let unpacked = try await Tool.run("dpkg-deb", ["-x", package, folder.path], seconds: 60)
    #expect(unpacked.status == 0, "\(unpacked.errors)")
    let result = try await Tool.run(
      Repository.root.appending(path: "Tests/edges/run").path,
      ["--built", folder.path + "/usr/bin"], seconds: 400)
    print(result.text)
    #expect(result.status == 0, "\(result.text)\(result.errors)")
  }
}
