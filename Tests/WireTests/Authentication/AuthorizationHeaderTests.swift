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

  @Test("refuses longer ones unread")
  func tooLong() {
    let password = String(repeating: "x", count: 65_536)
    #expect(AuthorizationHeader(AuthorizationHeader.basic("a", password)) == nil)
    #expect(AuthorizationHeader("Bearer \(password)") == nil)
  }
}
