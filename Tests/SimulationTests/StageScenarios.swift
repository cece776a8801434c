import Testing

/// A viewer shows what the server sent, whatever the network does between them.
@Suite("Viewers and a server on a network that fails")
struct StageScenarios {
  @Test("what is shown was sent, in order; on a fair network all of it; at the end nothing is left")
  func stages() throws {
    let film = Stage.Film()
    let count = Seeds.count(120)
    var shown = 0
    for seed in 0..<count {
      let stage = try Stage(film, choices: SplitMix64(seed: seed))
      if let complaint = stage.play() {
        Issue.record("seed \(seed): \(complaint)")
        return
      }
      shown += stage.picturesShown
    }
    #expect(shown > 100 * Int(count))
  }
}
