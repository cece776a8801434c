import Testing

@testable import Wire

@Suite("DigestCredentials")
struct DigestCredentialsTests {
  /// RFC 2617 §3.5.
  static let example = """
    Digest username="Mufasa", realm="testrealm@host.com", \
    nonce="dcd98b7102dd2f0e8b11d0f600bfb0c093", uri="/dir/index.html", qop=auth, nc=00000001, \
    cnonce="0a4f113b", response="6629fae49393a05397450978507c4ef1", \
    opaque="5ccc069c403ebaf9f0171e9517f40e41"
    """

  /// As FFmpeg writes it, for the password `secret`.
  static let ffmpeg = """
    Digest username="alice", realm="streamd", nonce="0123456789abcdef", \
    uri="rtsp://127.0.0.1:8554/movie.Mjpeg", response="b7db121ee5272966bcc02a225135f828", \
    algorithm="MD5", opaque="streamd"
    """

  private static func read(_ value: String) -> DigestCredentials? {
    guard case .digest(let credentials)? = AuthorizationHeader(value) else { return nil }
    return credentials
  }

  @Test("RFC 2617's example is signed by its password, method and URI, and by no other")
  func example() throws {
    let credentials = try #require(Self.read(Self.example))
    let ha1 = DigestCredentials.ha1(
      user: "Mufasa", realm: "testrealm@host.com", password: "Circle Of Life")
    #expect(ha1 == "939e7578ed9e3c518a452acee763bce9")
    #expect(credentials.isSigned(method: "GET", ha1: ha1))
    #expect(!credentials.isSigned(method: "PUT", ha1: ha1))
    #expect(!credentials.isSigned(method: "GET", ha1: String(ha1.reversed())))
    let elsewhere = Self.example.replacing("index.html", with: "other.html")
    #expect(try #require(Self.read(elsewhere)).isSigned(method: "GET", ha1: ha1) == false)
  }

  @Test("without qop, as most players sign")
  func withoutProtection() throws {
    let credentials = try #require(Self.read(Self.ffmpeg))
    let ha1 = DigestCredentials.ha1(user: "alice", realm: "streamd", password: "secret")
    #expect(credentials.isSigned(method: "DESCRIBE", ha1: ha1))
    #expect(!credentials.isSigned(method: "SETUP", ha1: ha1))
  }

  @Test("what a client of ours answers, a server of ours takes", arguments: [true, false])
  func roundTrip(offersProtection: Bool) throws {
    var challenge = DigestChallenge(
      realm: "cam \"7\"", nonce: "abc", opaque: "o", isStale: false)
    challenge.offersProtection = offersProtection
    let value = DigestCredentials.answer(
      to: challenge, UserInfo(user: "al\"ice", password: "p:w"), method: "PLAY", uri: "rtsp://h/x",
      count: 10, clientNonce: "ffff0000")
    let credentials = try #require(Self.read(value))
    #expect(credentials.user == "al\"ice" && credentials.nonce == "abc")
    #expect(value.contains("nc=0000000a") == offersProtection)
    let ha1 = DigestCredentials.ha1(user: "al\"ice", realm: "cam \"7\"", password: "p:w")
    #expect(credentials.isSigned(method: "PLAY", ha1: ha1))
  }

  @Test(
    "refuses what it does not understand, and what lacks a part",
    arguments: [
      ("qop=auth", "qop=auth-int"), ("nc=00000001", "nc=1"), ("qop=auth", "algorithm=SHA-256"),
      ("nc=00000001, ", ""), ("cnonce=\"0a4f113b\", ", ""), ("uri=\"/dir/index.html\", ", ""),
      ("6629fae49393a05397450978507c4ef1", "6629"), ("opaque", "nonce"),
    ])
  func refuses(part: String, other: String) {
    #expect(Self.read(Self.example.replacing(part, with: other)) == nil)
  }
}
