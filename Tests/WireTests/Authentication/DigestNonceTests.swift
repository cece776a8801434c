import Testing

@testable import Wire

@Suite("DigestNonce")
struct DigestNonceTests {
  private let nonces = DigestNonce(secret: [1, 2, 3], lifetime: 1000)

  @Test("is good for its connection and its time")
  func good() {
    let nonce = nonces.make(at: 5000, for: 7)
    #expect(nonces.standing(of: nonce, at: 5000, for: 7) == .good)
    #expect(nonces.standing(of: nonce, at: 5999, for: 7) == .good)
    #expect(nonces.standing(of: nonce, at: 6000, for: 7) == .stale)
    #expect(nonces.standing(of: nonce, at: 4999, for: 7) == .stale)
    #expect(nonces.standing(of: nonce, at: 5000, for: 8) == .stale)
  }

  @Test("a lifetime that is changed counts for what is made already")
  func lifetime() {
    var nonces = nonces
    let nonce = nonces.make(at: 5000, for: 7)
    nonces.lifetime = 10
    #expect(nonces.standing(of: nonce, at: 5009, for: 7) == .good)
    #expect(nonces.standing(of: nonce, at: 5010, for: 7) == .stale)
    nonces.lifetime = 2000
    #expect(nonces.standing(of: nonce, at: 6999, for: 7) == .good)
  }

  @Test("of another process, or made up: never good")
  func forged() {
    let other = DigestNonce(secret: [1, 2, 4], lifetime: 1000).make(at: 5000, for: 7)
    #expect(nonces.standing(of: other, at: 5000, for: 7) == .stale)
    let mine = nonces.make(at: 5000, for: 7)
    for index in mine.indices {
      var forged = mine
      forged.replaceSubrange(index...index, with: mine[index] == "0" ? "1" : "0")
      #expect(nonces.standing(of: forged, at: 5000, for: 7) == .stale)
    }
    for text in ["", "x", String(mine.dropLast()), mine + "0", String(repeating: "f", count: 48)] {
      #expect(nonces.standing(of: text, at: .max, for: 7) == .stale)
      #expect(nonces.standing(of: text, at: .min, for: 7) == .stale)
    }
  }
}
