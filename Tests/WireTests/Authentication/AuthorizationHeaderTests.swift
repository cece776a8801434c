import Testing

@testable import Wire

@Suite("AuthorizationHeader")
struct AuthorizationHeaderTests {
  @Test("reads Basic: RFC 7617's examples, and a password with colons")
  func basic() {
    #expect(
      AuthorizationHeader("Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==")
        == .basic(user: "Aladdin", password: "open sesame"))
    #expect(
      AuthorizationHeader("bAsIc   dGVzdDoxMjPCow==") == .basic(user: "test", password: "123£"))
    #expect(
      AuthorizationHeader(AuthorizationHeader.basic("a", ":b:"))
        == .basic(user: "a", password: ":b:"))
  }

  @Test("a password may begin with a combining mark, and a name end with a prepended one")
  func marks() {
    #expect(
      AuthorizationHeader(AuthorizationHeader.basic("a\u{600}", "\u{301}b"))
        == .basic(user: "a\u{600}", password: "\u{301}b"))
  }

  @Test("reads Bearer")
  func bearer() {
    #expect(AuthorizationHeader("Bearer mF_9.B5f-4.1JqM") == .bearer("mF_9.B5f-4.1JqM"))
  }

  @Test("reads Digest: RFC 2617's example")
  func digest() {
    guard case .digest(let credentials)? = AuthorizationHeader(DigestCredentialsTests.example)
    else {
      Issue.record("no Digest")
      return
    }
    #expect(credentials.user == "Mufasa" && credentials.uri == "/dir/index.html")
  }

  @Test(
    "refuses what is empty, malformed, of another scheme, or no text",
    arguments: [
      "", "Basic", "Basic ", "Digest ", "Digest", "Bearer ", "Bearer a b", "Bearer \u{e9}",
      "Basic QWxhZGRpbg==", "Basic QWxhZGRpbjpvcGVu!", "Basic /zo=", "Basic ADo=", "NTLM abc",
      "Digest username=\"a\"", "\u{0}",
    ])
  func refuses(value: String) {
    #expect(AuthorizationHeader(value) == nil)
  }

  @Test("takes credentials of any length up to its bound", arguments: [0, 1, 1000, 6000])
  func long(length: Int) {
    let password = String(repeating: "x", count: length)
    #expect(
      AuthorizationHeader(AuthorizationHeader.basic("a", password))
        == .basic(user: "a", password: password))
  }

  @Test("whatever becomes of a header on its way, reading it ends well")
  func mutated() {
    var random = SplitMix64(seed: 7)
    let good = [
      DigestCredentialsTests.example, AuthorizationHeader.basic("alice", "p:w"), "Bearer a.b.c",
    ]
    for _ in 0..<5_000 {
      var bytes = Array((good.randomElement(using: &random) ?? "").utf8)
      for _ in 0..<Int.random(in: 1...4, using: &random) {
        let place = Int.random(in: 0..<max(bytes.count, 1), using: &random)
        switch Int.random(in: 0...2, using: &random) {
        case 0 where !bytes.isEmpty: bytes[place] = UInt8.random(in: 0...255, using: &random)
        case 1: bytes.insert(UInt8.random(in: 0...255, using: &random), at: min(place, bytes.count))
        default: bytes = Array(bytes.prefix(place))
        }
      }
      let value = String(decoding: bytes, as: UTF8.self)
      if case .digest(let credentials)? = AuthorizationHeader(value) {
        #expect(!credentials.isSigned(method: "GET", ha1: ""))
      }
      if case .bearer(let word)? = AuthorizationHeader(value) {
        #expect(JSONWebToken(word)?.isSigned(by: [1]) != true)
      }
      _ = DigestChallenge(value)
    }
  }

  @Test("refuses longer ones unread")
  func tooLong() {
    let password = String(repeating: "x", count: 65_536)
    #expect(AuthorizationHeader(AuthorizationHeader.basic("a", password)) == nil)
    #expect(AuthorizationHeader("Bearer \(password)") == nil)
  }
}
