/// A name and a password, as they stand in front of a URL's host (RFC 3986 §3.2.1).
public struct UserInfo: Equatable, Sendable {
  // swift-format-ignore: AllPublicDeclarationsHaveDocumentation
  public let user: String
  // swift-format-ignore: AllPublicDeclarationsHaveDocumentation
  public let password: String

  /// Both parts.
  public init(user: String, password: String) { (self.user, self.password) = (user, password) }

  /// Reads `USER:PASSWORD`, each with percent escapes; nil when an escape is broken or hides a
  /// control character.
  public init?(_ text: some StringProtocol) {
    let parts = text.split(at: ":", maxSplits: 1, omittingEmptySubsequences: false)
    guard let user = PercentEncoding.decode(parts[0]),
      let password = PercentEncoding.decode(parts.count == 2 ? parts[1] : ""),
      (user + password).utf8.allSatisfy({ $0 >= 0x20 && $0 != 0x7F })
    else { return nil }
    self.init(user: user, password: password)
  }

  /// Takes the part in front of `@` out of a URL's authority: what is left may be shown to anybody.
  ///
  /// - Returns: the URL without it, and what it said; nil where there was none, or none to read.
  public static func separate(from url: String) -> (url: String, userInfo: UserInfo?) {
    guard let scheme = url.firstRange(of: "://") else { return (url, nil) }
    let authority = url[scheme.upperBound...].prefix { $0 != "/" && $0 != "?" && $0 != "#" }
    guard let at = authority.lastIndex(of: "@") else { return (url, nil) }
    let rest = url[url.index(after: at)...]
    return (String(url[..<scheme.upperBound] + rest), UserInfo(authority[..<at]))
  }
}
