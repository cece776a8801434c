import Testing

@testable import Wire

@Suite("ClientAuthentication")
struct ClientAuthenticationTests {
  private let userInfo = UserInfo(user: "alice", password: "secret")
  private var random = SplitMix64(seed: 3)

  private func learns(_ client: inout ClientAuthentication, _ values: String...) -> Bool {
    var headers = HeaderFields()
    for value in values { headers.append("WWW-Authenticate", value) }
    return client.learn(from: headers)
  }

  private func header(_ client: inout ClientAuthentication) -> String? {
    var random = random
    return client.header(method: "PLAY", uri: "rtsp://h/x", random: &random)
  }

  @Test("shows nothing unasked, and nothing when it has nothing")
  func unasked() {
    var client = ClientAuthentication(userInfo, token: nil)
    #expect(header(&client) == nil)
    var nobody = ClientAuthentication(nil, token: nil)
    #expect(!learns(&nobody, "Basic realm=\"x\""))
    #expect(header(&nobody) == nil)
  }

  @Test("prefers Digest, whatever the order; the password is never in it")
  func digest() throws {
    var client = ClientAuthentication(userInfo, token: nil)
    #expect(
      learns(
        &client, "Basic realm=\"x\"", "Digest realm=\"x\",nonce=\"a\",algorithm=SHA-256",
        "Digest realm=\"x\",nonce=\"n\",qop=\"auth\""))
    let first = try #require(header(&client))
    #expect(first.contains("nonce=\"n\"") && first.contains("nc=00000001"))
    #expect(!first.contains("secret"))
    #expect(try #require(header(&client)).contains("nc=00000002"))
  }

  @Test("asks again after a refusal only when the nonce was too old")
  func again() {
    var client = ClientAuthentication(userInfo, token: nil)
    #expect(learns(&client, "Digest realm=\"x\",nonce=\"1\""))
    #expect(learns(&client, "Digest realm=\"x\",nonce=\"2\",stale=true"))
    #expect(header(&client)?.contains("nonce=\"2\"") == true)
    #expect(!learns(&client, "Digest realm=\"x\",nonce=\"3\""))
  }

  @Test("Basic, when nothing better is wanted, and once")
  func basic() {
    var client = ClientAuthentication(userInfo, token: nil)
    #expect(learns(&client, "Basic realm=\"x\""))
    #expect(header(&client) == "Basic YWxpY2U6c2VjcmV0")
    #expect(!learns(&client, "Basic realm=\"x\""))
    var other = ClientAuthentication(userInfo, token: nil)
    #expect(!learns(&other, "NTLM") && !learns(&other))
  }

  @Test("a token is shown unasked")
  func token() {
    var client = ClientAuthentication(nil, token: "t")
    #expect(header(&client) == "Bearer t")
    #expect(!learns(&client, "Basic realm=\"x\""))
  }

  @Test("a server that calls every nonce too old is not asked for ever")
  func alwaysStale() {
    var client = ClientAuthentication(userInfo, token: nil)
    let stale = "Digest realm=\"x\",nonce=\"1\",stale=true"
    #expect(learns(&client, stale) && learns(&client, stale))
    #expect(!learns(&client, stale))
    client.forgetRefusals()
    #expect(learns(&client, stale))
  }

  @Test("of several challenges in one field the best is taken")
  func several() {
    for value in [
      "Digest realm=\"c\", nonce=\"n\", Basic realm=\"c\"",
      "Basic realm=\"c, d\", Digest realm=\"c\", nonce=\"n\"",
    ] {
      var client = ClientAuthentication(userInfo, token: nil)
      #expect(learns(&client, value))
      #expect(header(&client)?.hasPrefix("Digest ") == true, "\(value)")
    }
  }

  @Test(
    "the password goes out by Basic to nobody who asks in another way",
    arguments: ["Token", "OAuth", "Basis x=1"])
  func otherSchemes(value: String) {
    var client = ClientAuthentication(userInfo, token: nil)
    #expect(!learns(&client, value))
    #expect(header(&client) == nil)
  }
}
