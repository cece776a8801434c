/// The switch from HTTP to WebSocket (RFC 6455 §4.2).
public enum WebSocketHandshake {
  /// Whether a request wants to switch.
  public static func isUpgrade(_ request: HTTPRequest) -> Bool {
    let protocols = request.headers.all("Upgrade").joined(separator: ",").split(at: ",")
    return protocols.contains { equalIgnoringCase(trimmed($0), "websocket") }
  }

  /// The reply to a request to switch: 101, or what is wrong with it.
  public static func respond(to request: HTTPRequest) -> HTTPResponse {
    let options = request.headers.all("Connection").joined(separator: ",").split(at: ",")
    guard request.method == "GET", request.minorVersion >= 1,
      options.contains(where: { equalIgnoringCase(trimmed($0), "upgrade") }),
      let key = request.headers["Sec-WebSocket-Key"], isKey(key)
    else { return HTTPResponse(.badRequest) }
    guard request.headers["Sec-WebSocket-Version"] == "13" else {
      var response = HTTPResponse(.upgradeRequired)
      response.headers.append("Sec-WebSocket-Version", "13")
      return response
    }
    var response = HTTPResponse(.switchingProtocols)
    response.headers.append("Upgrade", "websocket")
    response.headers.append("Connection", "Upgrade")
    response.headers.append("Sec-WebSocket-Accept", accept(key))
    return response
  }

  static func accept(_ key: String) -> String {
    Base64.encode(SHA1.digest(Array((key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11").utf8)))
  }

  /// Sixteen bytes in Base64.
  private static func isKey(_ key: String) -> Bool {
    key.utf8.count == 24 && key.hasSuffix("==")
      && key.utf8.dropLast(2).allSatisfy(Base64.alphabet.contains)
  }
}
