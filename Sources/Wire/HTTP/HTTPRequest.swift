/// A request as it came off the wire (RFC 9112 §3).
public struct HTTPRequest: Equatable, Sendable {
  /// Case-sensitive.
  public var method: String
  /// The request target as it was written.
  public var target: String
  /// The target's path, its percent escapes resolved; begins with a slash.
  public var path: String
  /// The query's parameters, resolved.
  public var query: [String: String]
  /// 1 for HTTP/1.1, 0 for HTTP/1.0.
  public var minorVersion: Int
  /// Header lines.
  public var headers: HeaderFields
  /// As many bytes as Content-Length says.
  public var body: [UInt8]
  /// The body is not here: it is handed out as it comes.
  public var bodyFollows = false

  /// Nothing ends its body, so that it has none: neither a length, nor chunks, nor the connection.
  public var lacksLength: Bool {
    headers["Content-Length"] == nil && headers["Transfer-Encoding"] == nil && isPersistent
  }

  /// It waits for `100 Continue` before it sends its body (RFC 9110 §10.1.1).
  public var expectsContinue: Bool {
    minorVersion >= 1 && headers["Expect"].map { equalIgnoringCase($0, "100-continue") } ?? false
  }

  /// The connection may be used for another request (RFC 9112 §9.3).
  public var isPersistent: Bool {
    let options = headers.all("Connection").joined(separator: ",").split(at: ",")
    if options.contains(where: { equalIgnoringCase(trimmed($0), "close") }) { return false }
    return minorVersion >= 1
      || options.contains { equalIgnoringCase(trimmed($0), "keep-alive") }
  }

  /// The value of a cookie (RFC 6265 §4.2).
  public func cookie(_ name: String) -> String? {
    for pair in headers.all("Cookie").flatMap({ $0.split(at: ";") }) {
      let parts = trimmed(pair).split(
        at: "=", maxSplits: 1, omittingEmptySubsequences: false)
      if parts.count == 2, parts[0] == name { return String(parts[1]) }
    }
    return nil
  }

  /// The body's media type in lower case, without parameters.
  public var contentType: String? {
    headers["Content-Type"].map {
      trimmed($0.split(at: ";", maxSplits: 1, omittingEmptySubsequences: false)[0]).lowercased()
    }
  }
}

/// Why bytes are no HTTP request, or one that is refused unread; the connection ends after it.
public struct HTTPError: Error, Equatable, Sendable {
  /// What to answer.
  public let status: HTTPStatus
  /// What is wrong, in words for the person who wrote the client.
  public let reason: String

  init(_ status: HTTPStatus, _ reason: String) {
    self.status = status
    self.reason = reason
  }
}
