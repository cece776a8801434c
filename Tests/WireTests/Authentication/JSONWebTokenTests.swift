import Foundation
import Testing

@testable import Wire

@Suite("JSONWebToken")
struct JSONWebTokenTests {
  /// RFC 7515 appendix A.1, its signature made with A.1.1's key.
  private static let example =
    "eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0"
    + "dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ.dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
  private static let exampleKey =
    "AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow"

  @Test("RFC 7515's example is signed by its key and by no other")
  func example() throws {
    let key = try #require(Base64.decodeURL(Self.exampleKey))
    let token = try #require(JSONWebToken(Self.example))
    #expect(token.isSigned(by: key))
    #expect(!token.isSigned(by: Array(key.dropLast())) && !token.isSigned(by: []))
    #expect(String(decoding: token.payload, as: UTF8.self).contains("\"joe\""))
  }

  @Test("a change of any character makes it worthless")
  func changed() throws {
    let secret = Array("a secret of the test's own".utf8)
    let text = JSONWebToken.make(Array("{\"sub\":\"x\"}".utf8), secret: secret)
    #expect(try #require(JSONWebToken(text)).isSigned(by: secret))
    for index in text.indices {
      var other = text
      other.replaceSubrange(index...index, with: text[index] == "A" ? "B" : "A")
      #expect(JSONWebToken(other)?.isSigned(by: secret) != true, "\(other)")
    }
  }

  @Test(
    "refuses what is no compact form",
    arguments: ["", ".", "..", "a.b", "a.b.c.d", "e30=.e30.AA", "e30.e30.A", "e30 .e30.AA"])
  func refuses(text: String) {
    #expect(JSONWebToken(text)?.isSigned(by: [1]) != true)
  }

  @Test("refuses a long one unread")
  func long() {
    #expect(JSONWebToken(String(repeating: "A", count: 9000) + ".e30.AA") == nil)
  }

  @Test(
    "only HS256 is understood",
    arguments: [
      ("{\"alg\":\"HS256\"}", true), ("{\"alg\":\"HS256\",\"typ\":\"JWT\"}", true),
      ("{\"alg\":\"none\"}", false), ("{\"alg\":\"None\"}", false), ("{\"alg\":\"hs256\"}", false),
      ("{\"alg\":\"RS256\"}", false), ("{\"alg\":\"HS512\"}", false), ("{\"alg\":\"\"}", false),
      ("{\"alg\":\"HS256\",\"crit\":[\"b64\"],\"b64\":false}", false),
    ])
  func algorithms(header: String, isUnderstood: Bool) throws {
    let read = try JSONDecoder().decode(TokenHeader.self, from: Data(header.utf8))
    #expect(read.isUnderstood == isUnderstood)
  }

  @Test("claims: for whom, from when and until when")
  func claims() throws {
    let json =
      "{\"sub\":\"a\",\"role\":\"view\",\"aud\":[\"x\",\"streamd\"],\"exp\":100,\"nbf\":50}"
    let claims = try JSONDecoder().decode(TokenClaims.self, from: Data(json.utf8))
    for (audience, now, isGood) in [
      ("streamd", 60, true), ("streamd", 100, false), ("streamd", 99.9, true),
      ("streamd", 20, true), ("streamd", 19, false), ("other", 60, false), ("", 60, false),
    ] {
      #expect(claims.isGood(for: audience, at: now) == isGood, "\(audience) \(now)")
    }
    let made = TokenClaims(sub: "a", role: .admin, aud: .init("streamd"), exp: 7, videos: ["x*"])
    let text = try JSONEncoder().encode(made)
    #expect(try JSONDecoder().decode(TokenClaims.self, from: text) == made)
  }

  @Test(
    "a claim that is missing or of another kind makes it no token",
    arguments: [
      "{}", "[]", "{\"sub\":\"a\",\"role\":\"view\",\"aud\":\"streamd\"}",
      "{\"sub\":\"a\",\"role\":\"root\",\"aud\":\"streamd\",\"exp\":1}",
      "{\"sub\":\"a\",\"role\":\"view\",\"exp\":1}", "{\"role\":\"view\",\"aud\":\"s\",\"exp\":1}",
      "{\"sub\":\"a\",\"role\":\"view\",\"aud\":\"s\",\"exp\":\"1\"}",
    ])
  func incomplete(json: String) {
    #expect(throws: (any Error).self) {
      try JSONDecoder().decode(TokenClaims.self, from: Data(json.utf8))
    }
  }
}
