import Glibc
import Testing

@testable import Reactor

@Suite("SecretInput")
struct SecretInputTests {
  /// Puts what somebody says in the place of standard input.
  private static func say(_ text: String) {
    var ends: [Int32] = [0, 0]
    guard unsafe pipe(&ends) == 0 else { exit(1) }
    let bytes = Array(text.utf8)
    guard unsafe write(ends[1], bytes, bytes.count) == bytes.count else { exit(1) }
    close(ends[1])
    dup2(ends[0], STDIN_FILENO)
  }

  @Test("from a pipe: line after line, without its end, and nothing is asked")
  func pipes() async throws {
    let result = await #expect(
      processExitsWith: .exitCode(7), observing: [\.standardErrorContent]
    ) {
      Self.say("p\u{e4}ss w:ord\r\nsecond")
      guard SecretInput.line(prompt: "Password: ") == "p\u{e4}ss w:ord",
        SecretInput.line(prompt: "Password: ") == "second",
        SecretInput.line(prompt: "Password: ") == nil, !SecretInput.isInteractive
      else { exit(1) }
      exit(7)
    }
    let errors = String(decoding: try #require(result).standardErrorContent, as: UTF8.self)
    #expect(!errors.contains("Password"))
  }
}
