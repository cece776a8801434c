import Testing

@testable import Wire

@Suite("DigestChallenge")
struct DigestChallengeTests {
  @Test("reads what it writes")
  func roundTrip() {
    for isStale in [false, true] {
      let challenge = DigestChallenge(
        realm: "streamd", nonce: "0a", opaque: "o", isStale: isStale)
      #expect(DigestChallenge(challenge.description) == challenge)
      #expect(challenge.description.hasSuffix("stale=true") == isStale)
    }
  }

  @Test("reads RFC 7616's kinds: the options of qop, and an algorithm that is not named")
  func kinds() throws {
    let camera = try #require(
      DigestChallenge("DIGEST realm=\"IP Camera\",nonce=\"abc\",qop=\"auth-int, auth\",stale=FALSE")
    )
    #expect(camera.realm == "IP Camera" && camera.offersProtection && !camera.isStale)
    #expect(camera.opaque == nil && !camera.namesAlgorithm)
  }

  @Test(
    "refuses other schemes and algorithms",
    arguments: [
      "Basic realm=\"x\"", "Digest", "Digest realm=\"x\"", "Digest nonce=\"x\"",
      "Digest realm=\"x\",nonce=\"y\",algorithm=SHA-256",
      "Digest realm=\"x\",nonce=\"y\",qop=auth-int",
      "Digest realm=\"x\",nonce=\"y",
    ])
  func refuses(value: String) {
    #expect(DigestChallenge(value) == nil)
  }
}
