import Foundation
import Testing

@Suite("Tools that tests run")
struct ToolTests {
  @Test("what they said and complained about is read, and no file of theirs stays open")
  func files() async throws {
    for number in 0..<10 {
      let command = ["-c", "echo said \(number); echo complained \(number) >&2; exit \(number)"]
      for result in [
        try await Tool.run("sh", command), try Tool.runAtOnce("sh", command),
      ] {
        #expect(result.text == "said \(number)" && result.errors == "complained \(number)\n")
        #expect(result.status == number)
      }
    }
    // A file is taken away after it has been read; who has it open still sees it as deleted.
    let folder = "/proc/self/fd"
    let kept = try FileManager.default.contentsOfDirectory(atPath: folder).compactMap {
      try? FileManager.default.destinationOfSymbolicLink(atPath: "\(folder)/\($0)")
    }.filter { $0.hasSuffix("/out (deleted)") || $0.hasSuffix("/err (deleted)") }
    #expect(kept.isEmpty, "\(kept.count)")
  }
}
