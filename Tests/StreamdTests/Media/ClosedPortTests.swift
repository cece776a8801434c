import Reactor
import Testing

@testable import Streamd

@Suite("ClosedPort")
struct ClosedPortTests {
  /// What a port with a grace of so many seconds says to refusals at these seconds.
  private func verdicts(grace: Int, _ seconds: some Sequence<Int>) -> [Bool] {
    var port = ClosedPort(graceSeconds: grace)
    return seconds.map { port.refused(at: Instant($0) * 1_000_000_000) }
  }

  @Test("refusals for longer than the grace mean that nobody will come back")
  func gone() {
    #expect(verdicts(grace: 10, 0...10) == [Bool](repeating: false, count: 10) + [true])
  }

  @Test("a port that was closed for a moment has all of the grace again")
  func returned() {
    // Four seconds without a refusal: somebody listens.
    let seconds = Array(0..<9) + Array(12...22)
    #expect(verdicts(grace: 10, seconds) == [Bool](repeating: false, count: 19) + [true])
  }

  @Test("one refusal is none, whenever it comes")
  func single() {
    let minutes = stride(from: 0, to: 6000, by: 60)
    #expect(!verdicts(grace: 1, minutes).contains(true))
  }
}
