import Testing

@testable import Wire

@Suite("AuthenticationParameters")
struct AuthenticationParametersTests {
  @Test("reads tokens, quoted strings and escapes, with any space between")
  func reads() throws {
    let text = " Realm=\"a \\\"b\\\", c\\\\\" ,qop=auth,\tnc = 00000001, empty=\"\",, "
    let parameters = try #require(AuthenticationParameters(text))
    #expect(parameters["realm"] == "a \"b\", c\\")
    #expect(parameters["qop"] == "auth" && parameters["nc"] == "00000001")
    #expect(parameters["empty"] == "" && parameters["other"] == nil)
    #expect(AuthenticationParameters.quoted("a \"b\", c\\") == "\"a \\\"b\\\", c\\\\\"")
  }

  @Test(
    "refuses what is malformed or said twice",
    arguments: [
      "realm", "=x", "a=", "a=\"", "a=\"b\\", "a=\"b\u{0}\"", "a=\"b\nc\"", "a=1, A=2", "a b=c",
      "a==\"b\"c", "\"a\"=b",
    ])
  func refuses(text: String) {
    #expect(AuthenticationParameters(text) == nil)
  }

  @Test("refuses more parameters than any scheme has")
  func many() {
    let list: (Int) -> String = { (0..<$0).map { "p\($0)=x" }.joined(separator: ",") }
    #expect(AuthenticationParameters(list(32)) != nil)
    #expect(AuthenticationParameters(list(33)) == nil)
  }
}
