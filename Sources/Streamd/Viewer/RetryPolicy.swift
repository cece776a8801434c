internal import Reactor

/// How long a viewer waits for its server, and how often it tries again.
///
/// Whoever asks for a setup waits for the answer, so all of it is bounded: three attempts of at
/// most 7 s and delays of 0.5 and 1 s make 22.5 s. A server that says nothing at all is given up
/// after 16.5 s, because each answer is waited for only 5 s. A camera that drops a packet, or that
/// wakes up, answers well within that; one that is switched off never does. A viewer that plays
/// keeps nobody waiting: its five retries are spread over 15.5 s and more, enough for a server or a
/// switch to start anew.
struct RetryPolicy: Equatable {
  /// Attempts to set up until silence is the answer.
  var attemptsMax = 3
  /// Attempts to reach a server anew that was lost while it played.
  var retriesMax = 5
  /// For the connection, and then for each answer.
  var answerNanoseconds: Instant = 5_000_000_000
  /// For one attempt as a whole, however slowly its answers come.
  var attemptNanoseconds: Instant = 7_000_000_000
  /// Before the first retry; it doubles with each.
  var firstDelayNanoseconds: Instant = 500_000_000

  /// The time between an attempt that has failed and the next one; `retry` counts from 1.
  func delay(before retry: Int) -> Instant {
    // Ten doublings are far more than the bounds above lead to.
    firstDelayNanoseconds << Instant(min(max(retry, 1), 11) - 1)
  }
}
