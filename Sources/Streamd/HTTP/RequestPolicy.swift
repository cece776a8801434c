internal import Reactor
internal import Wire

/// Which requests a page of somebody else's may not make through a visitor's browser.
struct RequestPolicy {
  /// Names of this machine besides localhost, in lower case.
  var allowedHosts: [String] = []

  /// The first rule that a request breaks; nil when it may go on.
  func refusal(of request: HTTPRequest) -> Problem? {
    guard let host = request.headers["Host"] else {
      return request.minorVersion == 0
        ? nil : Problem(.badRequest, "no_host", "Host is missing (RFC 9112 §3.2)")
    }
    guard request.headers.all("Host").count == 1, isOwn(host) else {
      return Problem(
        .misdirected, "foreign_host", "this server is not \(host.prefix(100))",
        hint: "use an IP address or localhost, or start streamd with --allowed-hosts NAME")
    }
    let isChange = !["GET", "HEAD", "OPTIONS"].contains(request.method)
    guard isChange || WebSocketHandshake.isUpgrade(request) else { return nil }
    if let origin = request.headers["Origin"], !Self.isSame(origin, host) {
      return Problem(
        .forbidden, "foreign_origin", "pages of \(origin.prefix(100)) may not do this",
        hint: "open the dashboard of this server")
    }
    if isChange, !request.body.isEmpty, request.contentType != "application/json" {
      return Problem(
        .unsupportedMediaType, "json_wanted", "the body is to be application/json",
        hint: "send Content-Type: application/json")
    }
    return nil
  }

  /// What belongs to one instance, where several share a port. Files, streams and sockets are the
  /// same of each.
  static func isOfOneInstance(_ path: String) -> Bool {
    [
      "/api/v1/sessions", "/api/v1/clients", "/api/v1/viewers", "/api/v1/server", "/api/v1/drain",
      "/api/v1/log", "/api/v1/recordings", "/metrics",
    ].contains { path == $0 || path.hasPrefix($0 + "/") }
  }

  /// Loopback names, address literals and what was configured. Any other name may be one that
  /// somebody has pointed at us (DNS rebinding).
  private func isOwn(_ host: String) -> Bool {
    var name = host[...]
    if let bracket = name.lastIndex(of: "]") {
      name = name[...bracket]
      guard name.hasPrefix("[") else { return false }
      name = name.dropFirst().dropLast()
    } else if let colon = name.lastIndex(of: ":") {
      name = name[..<colon]
    }
    let known = name.lowercased()
    return known == "localhost" || allowedHosts.contains(known)
      || SocketAddress(host: String(name), port: 0) != nil
  }

  private static func isSame(_ origin: String, _ host: String) -> Bool {
    let origin = origin.lowercased()
    return origin == "http://\(host.lowercased())" || origin == "https://\(host.lowercased())"
  }
}
