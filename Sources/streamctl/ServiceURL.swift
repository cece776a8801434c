internal import Reactor
internal import Wire

/// Where a daemon's API is: `http://HOST:PORT`, perhaps with a path before the API's own, and
/// perhaps with a user's name and password in front.
struct ServiceURL: Equatable, CustomStringConvertible {
  let host: String
  let port: UInt16
  /// Without a slash at its end; empty without a path.
  let path: String
  /// `NAME:PASSWORD`, resolved.
  let userInfo: String?

  static let standard = "http://127.0.0.1:5000"

  /// Reads a URL (RFC 3986 §3), or `HOST:PORT` alone.
  init(_ text: String) throws(Failure) {
    let lowered = text.prefix(8).lowercased()
    if lowered == "https://" {
      throw Failure(
        .usage,
        "streamctl speaks no TLS: for \(Self.shown(text)) name the plain side behind the proxy, "
          + "or a tunnel (ssh -L 5000:127.0.0.1:5000 HOST)")
    }
    var rest = text[...]
    if lowered.hasPrefix("http://") {
      rest = rest.dropFirst(7)
    } else if text.contains("://") {
      throw Self.failure(text)
    }
    let authority = rest.prefix { $0 != "/" }
    let path = rest.dropFirst(authority.count)
    guard let (userInfo, host, port) = Self.parts(authority), !path.contains("?"),
      !path.contains("#"),
      (host + path).utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F })
    else { throw Self.failure(text) }
    self.userInfo = userInfo
    self.host = host
    self.port = port
    var trimmedPath = path
    while trimmedPath.hasSuffix("/") { trimmedPath = trimmedPath.dropLast() }
    self.path = String(trimmedPath)
  }

  private static func parts(
    _ authority: Substring
  ) -> (userInfo: String?, host: String, port: UInt16)? {
    var (rest, userInfo) = (authority, String?.none)
    if let at = rest.lastIndex(of: "@") {
      guard let resolved = PercentEncoding.decode(rest[..<at]) else { return nil }
      userInfo = resolved
      rest = rest[rest.index(after: at)...]
    }
    var (host, port) = (rest, Substring("80"))
    if rest.hasPrefix("[") {
      guard let end = rest.firstIndex(of: "]") else { return nil }
      host = rest[rest.index(after: rest.startIndex)..<end]
      let behind = rest[rest.index(after: end)...]
      guard host.contains(":"), behind.isEmpty || behind.hasPrefix(":") else { return nil }
      if !behind.isEmpty { port = behind.dropFirst() }
    } else if let colon = rest.lastIndex(of: ":") {
      (host, port) = (rest[..<colon], rest[rest.index(after: colon)...])
      guard !host.contains(":") else { return nil }
    }
    // UInt16 alone would take a sign.
    guard !host.isEmpty, let number = UInt16(port), port.first?.isNumber == true, number > 0 else {
      return nil
    }
    return (userInfo, String(host), number)
  }

  private static func failure(_ text: String) -> Failure {
    Failure(.usage, "\(shown(text)) is no URL of streamd: want http://HOST:PORT")
  }

  /// A password does not belong into an error message.
  static func shown(_ text: String) -> String {
    guard let at = text.lastIndex(of: "@") else { return text }
    let scheme = text.firstRange(of: "://").map { text[..<$0.upperBound] } ?? "http://"
    return scheme + "…" + text[at...]
  }

  /// The value of the Host header (RFC 9110 §7.2).
  var authority: String {
    let shown = host.contains(":") ? "[\(host)]" : host
    return port == 80 ? shown : "\(shown):\(port)"
  }

  /// Without the password.
  var description: String { "http://\(authority)\(path)" }
}
