import Foundation
import Testing

/// The short version of `Tests/attack/run`, on the program that is shipped: no build for debugging
/// serves 300 viewers beside an attack as it would in earnest.
@Suite("Attacks", .enabled(if: Machine.isPossible), .serialized)
struct AttackTests {
  @Test("300 viewers and the controls notice nothing of an attack")
  func attacks() async throws {
    let package = try await Machine.package.value
    let folder = try TemporaryFolder()
    let unpacked = try await Tool.run("dpkg-deb", ["-x", package, folder.path], seconds: 60)
    #expect(unpacked.status == 0, "\(unpacked.errors)")
    let result = try await Tool.run(
      Repository.root.appending(path: "Tests/attack/run").path,
      [
        "--streamd", folder.path + "/usr/bin/streamd", "--seconds", "2", "slowloris", "connections",
        "pipelined", "local", "unread", "passwords",
      ], seconds: 600)
    let output = String(decoding: result.output, as: UTF8.self)
    print(output)
    #expect(result.status == 0, "\(output)\(result.errors)")
  }
}
