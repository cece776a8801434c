import Testing

@testable import Wire

@Suite("DiscreteCosine")
struct DiscreteCosineTests {
  @Test("there and back is the same")
  func roundTrip() {
    var random = SplitMix64(seed: 1)
    for _ in 0..<100 {
      let block = (0..<64).map { _ in Float.random(in: -128...127, using: &random) }
      let back = DiscreteCosine.inverse(DiscreteCosine.forward(block))
      for (a, b) in zip(block, back) { #expect(abs(a - b) < 0.001) }
    }
  }

  @Test("a flat block is its mean times eight, and nothing else")
  func flat() {
    let transformed = DiscreteCosine.forward(Array(repeating: 50, count: 64))
    #expect(abs(transformed[0] - 400) < 0.001)
    #expect(transformed.dropFirst().allSatisfy { abs($0) < 0.001 })
  }

  @Test("a wave across is in the first row, a wave down in the first column")
  func waves() {
    let slope = (0..<64).map { Float($0 % 8) - 3.5 }
    let across = DiscreteCosine.forward(slope)
    #expect(abs(across[1]) > 10 && across[8...].allSatisfy { abs($0) < 0.001 })
    let turned = (0..<64).map { slope[$0 % 8 * 8 + $0 / 8] }
    let down = DiscreteCosine.forward(turned)
    #expect(abs(down[8]) > 10 && down[1...7].allSatisfy { abs($0) < 0.001 })
  }

  @Test("zigzag visits every place once, to the next diagonal")
  func zigzag() {
    #expect(DiscreteCosine.zigzag.sorted() == Array(0..<64))
    for (a, b) in zip(DiscreteCosine.zigzag, DiscreteCosine.zigzag.dropFirst()) {
      #expect(abs(a / 8 - b / 8) <= 1 && abs(a % 8 - b % 8) <= 1)
    }
  }
}
