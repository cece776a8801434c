/// What a server wants signed (RFC 7616 §3.3): the value of a `WWW-Authenticate` header.
public struct DigestChallenge: Equatable, Sendable {
  // swift-format-ignore: AllPublicDeclarationsHaveDocumentation
  public var realm: String
  // swift-format-ignore: AllPublicDeclarationsHaveDocumentation
  public var nonce: String
  /// Comes back with the answer.
  public var opaque: String?
  /// The password was right, only the nonce too old: nobody has to be asked again.
  public var isStale = false
  /// `qop=auth` is offered. Ours does not: many players know only the form without.
  var offersProtection = false
  var namesAlgorithm = true

  /// A challenge of ours.
  public init(realm: String, nonce: String, opaque: String, isStale: Bool) {
    (self.realm, self.nonce, self.opaque, self.isStale) = (realm, nonce, opaque, isStale)
  }

  /// Reads a header's value; nil when it is of another scheme, malformed, or wants another
  /// algorithm than MD5.
  init?(_ value: String) {
    let scheme = "digest "
    guard value.utf8.count <= AuthorizationHeader.bytesMax,
      value.prefix(scheme.count).lowercased() == scheme,
      let parameters = AuthenticationParameters(value.dropFirst(scheme.count)),
      let realm = parameters["realm"], let nonce = parameters["nonce"]
    else { return nil }
    guard (parameters["algorithm"] ?? "MD5").lowercased() == "md5" else { return nil }
    (self.realm, self.nonce) = (realm, nonce)
    opaque = parameters["opaque"]
    isStale = parameters["stale"]?.lowercased() == "true"
    namesAlgorithm = parameters["algorithm"] != nil
    if let offered = parameters["qop"] {
      offersProtection = offered.split(at: ",").contains { trimmed($0) == "auth" }
      // Nothing that is understood is offered.
      if !offersProtection { return nil }
    }
  }

  /// The value of the header.
  public var description: String {
    let quoted = AuthenticationParameters.quoted
    var text = "Digest realm=\(quoted(realm)), nonce=\(quoted(nonce)), algorithm=MD5"
    if let opaque { text += ", opaque=\(quoted(opaque))" }
    return isStale ? text + ", stale=true" : text
  }
}
