import Foundation
import Testing
import Wire

/// Crashes of other servers came from sequences of requests, not from single ones.
///
/// `STREAMD_SEEDS=1000000` in the environment plays so many of them.
@Suite("Random conversations")
struct SequenceScenarios {
  @Test("nothing traps, every request has one reply, every session one end, no deadline stays")
  func random() {
    for seed in 0..<Seeds.count(5000) {
      var house = House(choices: SplitMix64(seed: seed), seed: seed &+ 1)
      if let complaint = house.play() {
        Issue.record("seed \(seed): \(complaint)")
        return
      }
    }
  }
}

/// How many simulations are run.
enum Seeds {
  /// What `STREAMD_SEEDS` says, or `standard`.
  static func count(_ standard: UInt64) -> UInt64 {
    ProcessInfo.processInfo.environment["STREAMD_SEEDS"].flatMap { UInt64($0) } ?? standard
  }
}
