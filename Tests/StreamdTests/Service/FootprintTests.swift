import Foundation
import Testing

/// What the program that is shipped takes: out of the package, without the Swift runtime beside it.
@Suite("Footprint", .enabled(if: Machine.isPossible), .serialized)
struct FootprintTests {
  private struct Figures: Decodable {
    var readyMs: Double
    var residentKb: Double
    var residentPlayedKb: Double
  }

  @Test("it is ready within 50 ms and takes 12 MB at most, with the sample indexed")
  func footprint() async throws {
    let package = try await Machine.package.value
    let folder = try TemporaryFolder()
    let unpacked = try await Tool.run("dpkg-deb", ["-x", package, folder.path], seconds: 60)
    #expect(unpacked.status == 0, "\(unpacked.errors)")
    let result = try await Tool.run(
      Repository.root.appending(path: "Tests/Tools/footprint").path,
      [
        folder.path + "/usr/bin/streamd", "--start", "--http", "127.0.0.1:0", "--rtsp",
        "127.0.0.1:0",
      ], seconds: 120)
    #expect(result.status == 0, "\(result.errors)")
    let decoder = JSONDecoder()
    decoder.keyDecodingStrategy = .convertFromSnakeCase
    let figures = try decoder.decode(Figures.self, from: Data(result.output))
    print(
      "footprint: ready in \(figures.readyMs) ms, \(figures.residentKb / 1000) MB resident,",
      "\(figures.residentPlayedKb / 1000) MB once the sample has been played")
    #expect(figures.residentKb <= 12_000)
    #expect(figures.readyMs <= 50)
  }
}
