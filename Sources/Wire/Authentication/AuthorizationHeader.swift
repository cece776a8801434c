/// What a client shows of itself: the value of an `Authorization` header (RFC 9110 §11.6.2).
public enum AuthorizationHeader: Equatable, Sendable {
  /// A name and a password in plain (RFC 7617).
  case basic(user: String, password: String)
  /// The proof that a password is known (RFC 7616).
  case digest(DigestCredentials)
  /// A token, whatever it stands for (RFC 6750).
  case bearer(String)

  /// Nobody's password or token is longer than this, in bytes.
  static let bytesMax = 8192

  /// Reads a header's value; nil when it is too long, malformed, or of another scheme.
  public init?(_ value: String) {
    guard value.utf8.count <= Self.bytesMax,
      let space = value.utf8.firstIndex(of: UInt8(ascii: " "))
    else {
      return nil
    }
    let scheme = value[..<space].lowercased()
    let rest = trimmed(value[space...])
    switch scheme {
    case "basic":
      guard let bytes = Base64.decode(rest),
        let text = String(validating: bytes, as: UTF8.self),
        let colon = text.utf8.firstIndex(of: UInt8(ascii: ":")), !text.utf8.contains(0)
      else { return nil }
      self = .basic(
        user: String(text[..<colon]), password: String(text[text.utf8.index(after: colon)...]))
    case "digest":
      guard let credentials = DigestCredentials(rest) else { return nil }
      self = .digest(credentials)
    case "bearer":
      // RFC 6750 §2.1, b64token.
      guard !rest.isEmpty,
        rest.utf8.allSatisfy({ isToken($0) || $0 == UInt8(ascii: "/") || $0 == UInt8(ascii: "=") })
      else { return nil }
      self = .bearer(rest)
    default: return nil
    }
  }

  /// The value of a header that shows a name and a password in plain.
  public static func basic(_ user: String, _ password: String) -> String {
    "Basic \(Base64.encode(Array("\(user):\(password)".utf8)))"
  }
}
