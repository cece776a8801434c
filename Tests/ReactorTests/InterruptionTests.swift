import Glibc
import Testing

@testable import Reactor

@Suite("Interruption")
struct InterruptionTests {
  @Test(
    "a signal ends the waiting and not the process",
    arguments: [SIGINT, SIGTERM])
  func signals(_ number: Int32) async {
    await #expect(processExitsWith: .exitCode(7)) { [number] in
      let interruption = try Interruption()
      let clock = SystemClock()
      guard Wait.until(clock.now(), unless: interruption) == .deadline else { exit(1) }
      // To this thread: a test's process has others, which have not blocked it.
      raise(number)
      let start = clock.now()
      guard Wait.until(start + 10_000_000_000, unless: interruption) == .interrupted else {
        exit(2)
      }
      exit(clock.now() - start < 5_000_000_000 ? 7 : 3)
    }
  }

  @Test("a pipe that nobody reads is an error and not the end")
  func brokenPipe() async {
    await #expect(processExitsWith: .exitCode(7)) {
      Interruption.ignoreBrokenPipes()
      var ends: [Int32] = [0, 0]
      guard unsafe pipe(&ends) == 0 else { exit(1) }
      close(ends[0])
      do throws(SystemError) {
        try WholeFile.write([1], to: ends[1])
      } catch {
        exit(error.isBrokenPipe ? 7 : 2)
      }
    }
  }
}
