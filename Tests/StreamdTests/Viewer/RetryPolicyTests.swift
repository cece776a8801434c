import Testing

@testable import Streamd

@Suite("RetryPolicy")
struct RetryPolicyTests {
  private let policy = RetryPolicy()

  @Test("the delays double from half a second on, and never overflow")
  func delays() {
    #expect((1...5).map { policy.delay(before: $0) / 1_000_000 } == [500, 1000, 2000, 4000, 8000])
    #expect(policy.delay(before: 0) == policy.delay(before: 1))
    #expect(policy.delay(before: .max) == policy.delay(before: 11))
    #expect(policy.delay(before: .min) == policy.delay(before: 1))
  }

  @Test("whoever waits for a setup has an answer within 25 seconds, whatever the server does")
  func bound() {
    let delays = (1..<policy.attemptsMax).map { policy.delay(before: $0) }.reduce(0, +)
    let longest = Int64(policy.attemptsMax) * policy.attemptNanoseconds + delays
    #expect(policy.attemptsMax > 1)
    #expect(longest == 22_500_000_000)
    #expect(policy.answerNanoseconds < policy.attemptNanoseconds)
  }
}
