import Testing

@testable import Wire

@Suite("AuthenticationChallenges")
struct AuthenticationChallengesTests {
  @Test(
    "tells challenges from parameters (RFC 9110 §11.6.1)",
    arguments: [
      ("", []), (",, ,", []), ("Negotiate", ["Negotiate"]),
      ("Negotiate, NTLM", ["Negotiate", "NTLM"]),
      ("Basic realm=\"a\"", ["Basic realm=\"a\""]),
      ("Basic realm=\"a, Digest b\" , x = 1", ["Basic realm=\"a, Digest b\", x = 1"]),
      (
        "Digest realm=\"\\\"a\\\", \", nonce=n,Basic realm=b",
        ["Digest realm=\"\\\"a\\\", \", nonce=n", "Basic realm=b"]
      ),
      ("realm=x, Basic y=z", ["realm=x", "Basic y=z"]),
      ("Basic realm=\"never ends, Digest nonce=x", ["Basic realm=\"never ends, Digest nonce=x"]),
    ] as [(String, [String])])
  func splits(value: String, challenges: [String]) {
    #expect(AuthenticationChallenges.split(value) == challenges)
  }
}
