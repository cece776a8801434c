import Testing

@testable import Wire

@Suite("WebSocketHandshake")
struct WebSocketHandshakeTests {
  /// RFC 6455 §1.2, changed by `change`.
  private func request(
    method: String = "GET", minor: Int = 1, _ change: (inout HeaderFields) -> Void = { _ in }
  ) -> HTTPRequest {
    var headers = HeaderFields()
    headers.append("Host", "server.example.com")
    headers.append("Upgrade", "websocket")
    headers.append("Connection", "Upgrade")
    headers.append("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ==")
    headers.append("Origin", "http://example.com")
    headers.append("Sec-WebSocket-Version", "13")
    change(&headers)
    return HTTPRequest(
      method: method, target: "/chat", path: "/chat", query: [:], minorVersion: minor,
      headers: headers, body: [])
  }

  @Test("answers the RFC's example as the RFC does")
  func example() {
    var bytes: [UInt8] = []
    WebSocketHandshake.respond(to: request()).emit(into: &bytes)
    #expect(
      String(decoding: bytes, as: UTF8.self)
        == "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        + "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n")
  }

  @Test(
    "recognises the wish to switch",
    arguments: [
      ("websocket", true), ("WebSocket", true), ("h2c, websocket", true), ("h2c", false),
      ("", false), ("websockets", false),
    ])
  func isUpgrade(value: String, expected: Bool) {
    #expect(WebSocketHandshake.isUpgrade(request { $0["Upgrade"] = value }) == expected)
    #expect(!WebSocketHandshake.isUpgrade(request { $0["Upgrade"] = nil }))
  }

  @Test("accepts what browsers and proxies add", arguments: ["upgrade", "keep-alive, Upgrade"])
  func variants(connection: String) {
    let request = request {
      $0["Connection"] = connection
      $0.append("Sec-WebSocket-Extensions", "permessage-deflate")
    }
    let response = WebSocketHandshake.respond(to: request)
    #expect(response.status == .switchingProtocols)
    // No extension is agreed upon.
    #expect(response.headers.fields.count == 3)
  }

  @Test("refuses a request that is not GET of HTTP/1.1 with 400")
  func refusesMethods() {
    for method in ["POST", "HEAD", "get"] {
      #expect(WebSocketHandshake.respond(to: request(method: method)).status == .badRequest)
    }
    #expect(WebSocketHandshake.respond(to: request(minor: 0)).status == .badRequest)
  }

  @Test("refuses a Connection that does not name Upgrade with 400")
  func refusesConnections() {
    for value in [nil, "", "keep-alive", "upgraded"] {
      let response = WebSocketHandshake.respond(to: request { $0["Connection"] = value })
      #expect(response.status == .badRequest)
    }
  }

  @Test(
    "refuses a key that is not 16 bytes in Base64 with 400",
    arguments: [
      nil, "", "dGhlIHNhbXBsZSBub25jZQ", "dGhlIHNhbXBsZSBub25jZQ=", "dGhlIHNhbXBsZSBub25jZQ===",
      "dGhlIHNhbXBsZSBub25jZXM=", "dGhlIHNhbXBsZSBub25jZXN0", "dGhlIHNhbXBsZSBub25jZ-==",
      "dGhlIHNhbXBs SBub25jZQ==", "dGhlIHNhbXBsZSBub25\u{E9}Q==", "========================",
    ])
  func refusesKeys(key: String?) {
    let response = WebSocketHandshake.respond(to: request { $0["Sec-WebSocket-Key"] = key })
    #expect(response.status == .badRequest)
  }

  @Test(
    "names the version that it speaks to those of another one", arguments: [nil, "", "8", "14"])
  func refusesVersions(version: String?) {
    let response = WebSocketHandshake.respond(to: request { $0["Sec-WebSocket-Version"] = version })
    #expect(response.status == .upgradeRequired)
    #expect(response.headers["Sec-WebSocket-Version"] == "13")
  }
}
