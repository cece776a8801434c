/// Where a source is: `rtsp://` or `http://`, with or without a user in front of its host
/// (RFC 3986 §3). What may be shown to anybody is told apart from what may not.
public struct SourceURL: Equatable, Sendable, CustomStringConvertible {
  /// How a source is pulled.
  public enum Scheme: String, Sendable {
    // swift-format-ignore: AllPublicDeclarationsHaveDocumentation
    case rtsp, http

    /// RFC 2326 §3.2 and RFC 9110 §4.2.1.
    var standardPort: UInt16 { self == .rtsp ? 554 : 80 }
  }

  // swift-format-ignore: AllPublicDeclarationsHaveDocumentation
  public let scheme: Scheme
  /// A name or an address; that of an IPv6 address without its brackets.
  public let host: String
  // swift-format-ignore: AllPublicDeclarationsHaveDocumentation
  public let port: UInt16
  /// Path and query as they were written, at least a slash.
  public let path: String
  /// What the source is to be shown when it asks; the password is empty where the URL has none.
  public var userInfo: UserInfo?

  private static let bytesMax = 2048
  /// RFC 1035 §2.3.4.
  private static let hostBytesMax = 253

  /// Reads a URL; nil when it is none, or one of another scheme.
  public init?(_ text: String) {
    // Nothing may begin a line of its own, or a word.
    guard text.utf8.count <= Self.bytesMax, text.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F }),
      let mark = text.firstRange(of: "://"),
      let scheme = Scheme(rawValue: text[..<mark.lowerBound].lowercased())
    else { return nil }
    let rest = text[mark.upperBound...].prefix { $0 != "#" }
    let slash = rest.firstIndex { $0 == "/" || $0 == "?" } ?? rest.endIndex
    // A password may have an `@` that nobody has escaped.
    let at = rest[..<slash].lastIndex(of: "@")
    if let at {
      guard let userInfo = UserInfo(rest[..<at]) else { return nil }
      self.userInfo = userInfo.user.isEmpty && userInfo.password.isEmpty ? nil : userInfo
    }
    let authority = rest[(at.map { rest.index(after: $0) } ?? rest.startIndex)..<slash]
    guard let (host, port) = Self.split(authority) else { return nil }
    self.scheme = scheme
    self.host = host
    self.port = port ?? scheme.standardPort
    let path = rest[slash...]
    self.path = path.hasPrefix("/") ? String(path) : "/\(path)"
  }

  private static func split(_ authority: Substring) -> (host: String, port: UInt16?)? {
    var host = authority
    var digits: Substring?
    if authority.hasPrefix("[") {
      guard let end = authority.firstIndex(of: "]") else { return nil }
      host = authority[authority.index(after: authority.startIndex)..<end]
      let rest = authority[authority.index(after: end)...]
      guard rest.isEmpty || rest.hasPrefix(":") else { return nil }
      digits = rest.isEmpty ? nil : rest.dropFirst()
      guard host.contains(":"), host.utf8.allSatisfy({ isHost($0) || $0 == UInt8(ascii: ":") })
      else { return nil }
    } else {
      if let colon = authority.firstIndex(of: ":") {
        host = authority[..<colon]
        digits = authority[authority.index(after: colon)...]
      }
      guard host.utf8.allSatisfy(isHost) else { return nil }
    }
    guard (1...hostBytesMax).contains(host.utf8.count) else { return nil }
    guard let digits else { return (String(host), nil) }
    guard let port = decimal(digits, limit: 65_535), port > 0 else { return nil }
    return (String(host), UInt16(port))
  }

  private static func isHost(_ byte: UInt8) -> Bool {
    (0x61...0x7A).contains(byte | 0x20) || (0x30...0x39).contains(byte) || byte == 0x2D
      || byte == 0x2E || byte == 0x5F
  }

  /// Host and port, as a URL has them.
  public var authority: String {
    let host = host.contains(":") ? "[\(host)]" : host
    return port == scheme.standardPort ? host : "\(host):\(port)"
  }

  /// The URL as the source itself is asked for it: without the user.
  public var requested: String { "\(scheme.rawValue)://\(authority)\(path)" }

  /// What is printed is what may be shown.
  public var description: String { shown }

  /// The URL for everybody's eyes: without the user, and without what stands behind an equals sign,
  /// where many cameras have their passwords.
  public var shown: String {
    var text = "\(scheme.rawValue)://\(authority)"
    var isValue = false
    for character in path {
      if ["/", "?", "&", ";"].contains(character) { isValue = false }
      if !isValue { text.append(character) }
      if character == "=", !isValue {
        isValue = true
        text += "…"
      }
    }
    return text
  }
}
