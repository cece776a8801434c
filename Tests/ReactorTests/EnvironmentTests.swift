import Glibc
import Testing

@testable import Reactor

@Suite("Environment")
struct EnvironmentTests {
  @Test("a variable is its value; an empty one counts as not set")
  func values() async {
    await #expect(processExitsWith: .exitCode(7)) {
      unsafe setenv("STREAMD_TEST_VARIABLE", "a b=ü", 1)
      unsafe setenv("STREAMD_TEST_EMPTY", "", 1)
      unsafe unsetenv("STREAMD_TEST_ABSENT")
      let isRight =
        Environment["STREAMD_TEST_VARIABLE"] == "a b=ü"
        && Environment["STREAMD_TEST_EMPTY"] == nil && Environment["STREAMD_TEST_ABSENT"] == nil
      exit(isRight ? 7 : 1)
    }
  }
}
