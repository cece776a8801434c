/// The proof that somebody knows a password, without the password (RFC 7616 §3.4, RFC 2617 §3.2.2),
/// as players of RTSP give it: with MD5, and with `qop=auth` or none.
public struct DigestCredentials: Equatable, Sendable {
  /// Who it is said to be.
  public let user: String
  // swift-format-ignore: AllPublicDeclarationsHaveDocumentation
  public let realm: String
  /// The challenge's.
  public let nonce: String
  /// What is asked for, as the client signs it.
  public let uri: String
  private let response: String
  /// Of `qop=auth`; nil where the client knows only RFC 2069's form.
  private let protection: Protection?

  private struct Protection: Equatable {
    var count: String
    var clientNonce: String
  }

  /// Reads what stands behind `Digest`; nil when something is missing, malformed or not understood.
  init?(_ text: some StringProtocol) {
    guard let parameters = AuthenticationParameters(text), let user = parameters["username"],
      let realm = parameters["realm"], let nonce = parameters["nonce"],
      let uri = parameters["uri"], let response = parameters["response"],
      Hexadecimal.isEncoding(response, ofBytes: 16)
    else { return nil }
    guard (parameters["algorithm"] ?? "MD5").lowercased() == "md5" else { return nil }
    switch parameters["qop"] {
    case nil: protection = nil
    case "auth":
      guard let count = parameters["nc"], Hexadecimal.isEncoding(count, ofBytes: 4),
        let clientNonce = parameters["cnonce"]
      else { return nil }
      protection = Protection(count: count, clientNonce: clientNonce)
    case .some: return nil
    }
    (self.user, self.realm, self.nonce, self.uri) = (user, realm, nonce, uri)
    self.response = response.lowercased()
  }

  /// Whether whoever signed knows the password that `ha1` was made of.
  public func isSigned(method: String, ha1: String) -> Bool {
    ConstantTime.isEqual(
      response, Self.response(method, uri, nonce, ha1: ha1, protection))
  }

  /// The hash that stands for a password: HA1 of RFC 7616 §3.4.2. Who has it can log in by Digest.
  public static func ha1(user: String, realm: String, password: String) -> String {
    MD5.hexadecimal("\(user):\(realm):\(password)")
  }

  private static func response(
    _ method: String, _ uri: String, _ nonce: String, ha1: String, _ protection: Protection?
  ) -> String {
    let ha2 = MD5.hexadecimal("\(method):\(uri)")
    let middle = protection.map { ":\($0.count):\($0.clientNonce):auth" } ?? ""
    return MD5.hexadecimal("\(ha1):\(nonce)\(middle):\(ha2)")
  }

  /// The value of an `Authorization` header that answers a challenge.
  ///
  /// - Parameters:
  ///   - count: how often the nonce has been used, this time included.
  ///   - clientNonce: something new each time.
  static func answer(
    to challenge: DigestChallenge, _ userInfo: UserInfo, method: String, uri: String, count: UInt32,
    clientNonce: String
  ) -> String {
    let protection =
      challenge.offersProtection
      ? Protection(count: hexadecimal(count).lowercased(), clientNonce: clientNonce) : nil
    let ha1 = ha1(user: userInfo.user, realm: challenge.realm, password: userInfo.password)
    let quoted = AuthenticationParameters.quoted
    var text = "Digest username=\(quoted(userInfo.user)), realm=\(quoted(challenge.realm))"
    text += ", nonce=\(quoted(challenge.nonce)), uri=\(quoted(uri))"
    text +=
      ", response=\"\(response(method, uri, challenge.nonce, ha1: ha1, protection))\""
    if challenge.namesAlgorithm { text += ", algorithm=MD5" }
    if let opaque = challenge.opaque { text += ", opaque=\(quoted(opaque))" }
    if let protection {
      text += ", qop=auth, nc=\(protection.count), cnonce=\(quoted(protection.clientNonce))"
    }
    return text
  }
}
