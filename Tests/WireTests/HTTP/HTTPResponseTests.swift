import Testing

@testable import Wire

@Suite("HTTPResponse")
struct HTTPResponseTests {
  private func text(_ response: HTTPResponse, isHead: Bool = false) -> String {
    var bytes: [UInt8] = []
    response.emit(isHead: isHead, into: &bytes)
    return String(decoding: bytes, as: UTF8.self)
  }

  @Test("writes status line, headers in their order, length and body")
  func emits() {
    var response = HTTPResponse(.ok, "text/plain", Array("hé".utf8))
    response.headers.append("Cache-Control", "no-store")
    #expect(
      text(response)
        == "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nCache-Control: no-store\r\n"
        + "Content-Length: 3\r\n\r\nhé")
  }

  @Test("says that an empty body is empty, so that the client does not wait for one")
  func emptyBody() {
    #expect(text(HTTPResponse(.notFound)) == "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n")
  }

  @Test("answers HEAD with the length of the body that is left out (RFC 9110 §9.3.2)")
  func head() {
    #expect(
      text(HTTPResponse(.ok, nil, [1, 2, 3]), isHead: true)
        == "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n")
  }

  @Test("writes neither length nor body with 101, 204 and 304 (RFC 9110 §8.6)")
  func withoutBody() {
    #expect(
      text(HTTPResponse(.switchingProtocols)) == "HTTP/1.1 101 Switching Protocols\r\n\r\n")
    #expect(text(HTTPResponse(.noContent, nil, [1])) == "HTTP/1.1 204 No Content\r\n\r\n")
    #expect(text(HTTPResponse(.notModified, nil, [1])) == "HTTP/1.1 304 Not Modified\r\n\r\n")
  }

  @Test("counts the body itself, whatever Content-Length it is given")
  func ownLength() {
    var response = HTTPResponse(.ok, nil, [0x61])
    response.headers.append("content-length", "7")
    response.headers.append("A", "b")
    #expect(text(response) == "HTTP/1.1 200 OK\r\nA: b\r\nContent-Length: 1\r\n\r\na")
  }

  @Test("keeps a value on its line, so that it cannot begin a header of its own")
  func oneLine() {
    var response = HTTPResponse(.noContent)
    response.headers.append("Location", "/\r\nSet-Cookie: a\nb\rc")
    #expect(
      text(response)
        == "HTTP/1.1 204 No Content\r\nLocation: /  Set-Cookie: a b c\r\n\r\n")
  }

  @Test("appends to what is there, so that replies to pipelined requests follow one another")
  func appends() {
    var bytes: [UInt8] = [0x2A]
    HTTPResponse(.noContent).emit(into: &bytes)
    HTTPResponse(.noContent).emit(into: &bytes)
    let once = "HTTP/1.1 204 No Content\r\n\r\n"
    #expect(bytes == Array(("*" + once + once).utf8))
  }
}
