import Testing

@testable import Wire

/// Drives a parser over bytes that arrive in pieces.
enum HTTPRun {
  /// All requests of `bytes` fed in these pieces.
  static func requests(
    _ pieces: [ArraySlice<UInt8>], bounds: HTTPParser.Bounds = HTTPParser.Bounds()
  ) throws(HTTPError) -> [HTTPRequest] {
    var parser = HTTPParser(bounds: bounds)
    var requests: [HTTPRequest] = []
    for piece in pieces {
      parser.feed(piece.span)
      while let request = try parser.next() { requests.append(request) }
    }
    return requests
  }

  static func requests(_ text: String) throws(HTTPError) -> [HTTPRequest] {
    try requests([Array(text.utf8)[...]])
  }

  /// What is thrown, whole and byte by byte; a difference is an issue.
  static func failure(
    _ bytes: [UInt8], bounds: HTTPParser.Bounds = HTTPParser.Bounds()
  ) -> HTTPStatus? {
    let whole = thrown([bytes[...]], bounds)
    let single = thrown(bytes.indices.map { bytes[$0...$0] }, bounds)
    #expect(whole == single)
    return whole?.status
  }

  static func failure(_ text: String) -> HTTPStatus? { failure(Array(text.utf8)) }

  private static func thrown(
    _ pieces: [ArraySlice<UInt8>], _ bounds: HTTPParser.Bounds
  ) -> HTTPError? {
    do throws(HTTPError) {
      _ = try requests(pieces, bounds: bounds)
      return nil
    } catch { return error }
  }
}

@Suite("HTTPParser")
struct HTTPParserTests {
  @Test("reads a request with headers and body, and leaves what follows")
  func readsRequest() throws {
    let requests = try HTTPRun.requests(
      "POST /api/x?n=1 HTTP/1.1\r\nHost: h:8080\r\nX:\ty  z \r\nContent-Length: 4\r\n\r\n"
        + "a:\r\nGET / HTTP/1.0\r\n\r\nGET")
    var headers = HeaderFields()
    headers.append("Host", "h:8080")
    headers.append("X", "y  z")
    headers.append("Content-Length", "4")
    #expect(
      requests == [
        HTTPRequest(
          method: "POST", target: "/api/x?n=1", path: "/api/x", query: ["n": "1"],
          minorVersion: 1, headers: headers, body: Array("a:\r\n".utf8)),
        HTTPRequest(
          method: "GET", target: "/", path: "/", query: [:], minorVersion: 0,
          headers: HeaderFields(), body: []),
      ])
  }

  private static let stream = Array(
    ("\r\n\r\nGET /a?b=c HTTP/1.1\r\nHost: h\r\n\r\n\r\n"
      + "PUT /b HTTP/1.1\nHost: h\nContent-Length: 5\n\n\r\n\r\nx"
      + "OPTIONS * HTTP/1.1\r\nHost: h\r\nA: \r\n\r\n"
      + "POST /c HTTP/1.1\r\nContent-Length: 0\r\n\r\nHEAD /%C3%A9 HTTP/1.0\r\n\r\n").utf8)

  @Test("reads pipelined requests, cut at every byte and byte by byte")
  func everySplit() throws {
    let bytes = Self.stream
    let whole = try HTTPRun.requests([bytes[...]])
    #expect(whole.map(\.method) == ["GET", "PUT", "OPTIONS", "POST", "HEAD"])
    #expect(whole.map(\.path) == ["/a", "/b", "*", "/c", "/é"])
    #expect(whole[1].body == [0x0D, 0x0A, 0x0D, 0x0A, 0x78])
    for split in 0...bytes.count {
      let pieces = [bytes[..<split], bytes[split...]]
      #expect((try? HTTPRun.requests(pieces)) == whole, "cut at \(split)")
    }
    #expect((try? HTTPRun.requests(bytes.indices.map { bytes[$0...$0] })) == whole)
  }

  @Test("waits at every truncation, and says whether a request has begun")
  func everyTruncation() throws {
    let bytes = Array("POST /a HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\n\r\nab".utf8)
    for length in 0..<bytes.count {
      var parser = HTTPParser()
      let cut = bytes[..<length]
      parser.feed(cut.span)
      #expect(try parser.next() == nil, "cut to \(length)")
      #expect(parser.isInsideRequest == (length > 0))
      let rest = bytes[length...]
      parser.feed(rest.span)
      #expect(try parser.next()?.body == [0x61, 0x62])
      #expect(!parser.isInsideRequest)
      #expect(try parser.next() == nil)
    }
  }

  @Test("hands over what follows the request that switches protocols")
  func takesRest() throws {
    var parser = HTTPParser()
    let bytes = Array("GET /ws HTTP/1.1\r\nUpgrade: websocket\r\n\r\n".utf8) + [0x81, 0x80]
    parser.feed(bytes.span)
    #expect(try parser.next()?.path == "/ws")
    #expect(parser.isInsideRequest)
    #expect(parser.takeRest() == [0x81, 0x80])
    #expect(parser.takeRest() == [])
    #expect(!parser.isInsideRequest)
  }

  @Test(
    "splits a target into path and query and resolves escapes",
    arguments: [
      ("/", "/", [:]), ("/a/b.html", "/a/b.html", [:]), ("/a?", "/a", [:]),
      ("/a?b", "/a", ["b": ""]), ("/a?b=", "/a", ["b": ""]),
      ("/a?b=c&d=e", "/a", ["b": "c", "d": "e"]),
      ("/a?b=c=d?e", "/a", ["b": "c=d?e"]), ("/a?&&b=c&", "/a", ["b": "c"]),
      ("/a?=b", "/a", ["": "b"]), ("/a?b=1&b=2", "/a", ["b": "2"]),
      ("/%61%2Fb%3f?%3D=%26", "/a/b?", ["=": "&"]), ("/a+b?c=d+e", "/a+b", ["c": "d+e"]),
      ("/%E2%82%AC", "/€", [:]), ("//h/a", "//h/a", [:]), ("/../a", "/../a", [:]),
    ] as [(String, String, [String: String])])
  func targets(target: String, path: String, query: [String: String]) throws {
    let request = try HTTPRun.requests("GET \(target) HTTP/1.1\r\n\r\n").first
    #expect(request?.target == target)
    #expect(request?.path == path)
    #expect(request?.query == query)
  }

  @Test(
    "reads the absolute form, as RFC 9112 §3.2.2 obliges every server to",
    arguments: [
      ("http://h/a?b=c", "/a", ["b": "c"]), ("https://h:8443/a/b", "/a/b", [:]),
      ("http://h", "/", [:]), ("http://h/", "/", [:]), ("http://[::1]:80/a", "/a", [:]),
      ("http://h?b=/c", "/", ["b": "/c"]), ("HTTP://h/a", "/a", [:]),
      ("http://h/a?u=http://x/y", "/a", ["u": "http://x/y"]),
    ] as [(String, String, [String: String])])
  func absoluteForm(target: String, path: String, query: [String: String]) throws {
    let request = try HTTPRun.requests("GET \(target) HTTP/1.1\r\n\r\n").first
    #expect(request?.path == path)
    #expect(request?.query == query)
  }

  @Test("reads 32 parameters of a query and passes over the others")
  func manyParameters() throws {
    let query = (0..<40).map { "p\($0)=\($0)" }.joined(separator: "&")
    let request = try HTTPRun.requests("GET /?\(query) HTTP/1.1\r\n\r\n").first
    #expect(request?.query.count == 32)
    #expect(request?.query["p31"] == "31")
    #expect(request?.query["p32"] == nil)
  }

  @Test(
    "reads a body of as many bytes as Content-Length says",
    arguments: [
      ("0", 0), ("1", 1), ("00002", 2), ("65535", 65_535), ("65536", 65_536), (" 5\t", 5),
    ])
  func bodyLength(value: String, length: Int) throws {
    let body = String(repeating: "x", count: length)
    let text = "POST / HTTP/1.1\r\nContent-Length:\(value)\r\n\r\n\(body)GET /b HTTP/1.1\r\n\r\n"
    let requests = try HTTPRun.requests(text)
    #expect(requests.map(\.body.count) == [length, 0])
    #expect(requests.last?.path == "/b")
  }

  @Test("accepts a Content-Length that is repeated alike (RFC 9110 §8.6)")
  func repeatedLength() throws {
    let requests = try HTTPRun.requests(
      "POST / HTTP/1.1\r\nContent-Length: 2\r\ncontent-length: 2\r\n\r\nab")
    #expect(requests.first?.body == [0x61, 0x62])
  }

  private func parser(_ text: String) throws -> HTTPParser {
    var parser = HTTPParser()
    let bytes = Array(text.utf8)
    parser.feed(bytes.span)
    #expect(try parser.next() == nil)
    return parser
  }

  private func expects(_ text: String) throws -> Bool {
    var parser = try parser(text)
    return parser.takeExpectation()
  }

  @Test("says that a client waits for 100 Continue until the first byte of the body has come")
  func expectation() throws {
    let head = "POST / HTTP/1.1\r\nContent-Length: 2\r\nExpect: 100-Continue\r\n"
    #expect(try !expects(head))
    var parser = try parser(head + "\r\n")
    var late = parser
    let first = parser.takeExpectation()
    #expect(first)
    #expect(parser.isInsideRequest)
    let again = parser.takeExpectation()
    #expect(!again, "only once for each request")
    for byte: [UInt8] in [[0x61], [0x62]] {
      late.feed(byte.span)
      let expects = late.takeExpectation()
      #expect(!expects)
    }
    #expect(try late.next()?.body == [0x61, 0x62])
    let next = Array((head + "\r\n").utf8)
    late.feed(next.span)
    #expect(try late.next() == nil)
    let expectsAnew = late.takeExpectation()
    #expect(expectsAnew)
  }

  @Test("takes nothing else for such an expectation, and none of HTTP/1.0 (RFC 9110 §10.1.1)")
  func noExpectation() throws {
    let rest = "Content-Length: 2\r\n\r\n"
    #expect(try !expects("POST / HTTP/1.1\r\n" + rest))
    #expect(try !expects("POST / HTTP/1.1\r\nExpect: 200-ok\r\n" + rest))
    #expect(try !expects("POST / HTTP/1.0\r\nExpect: 100-continue\r\n" + rest))
    #expect(try !expects(""))
    // Without a body there is nothing to wait for.
    let text = "GET / HTTP/1.1\r\nExpect: 100-continue\r\n\r\n"
    #expect(try HTTPRun.requests(text).count == 1)
  }

  @Test("reads 2,000 pipelined requests that arrive at once")
  func pipelined() throws {
    let one = Array("GET /a HTTP/1.1\r\nHost: h\r\n\r\n".utf8)
    let all = [[UInt8]](repeating: one, count: 2000).flatMap { $0 }
    #expect(try HTTPRun.requests([all[...]]).count == 2000)
  }

  @Test("passes over any number of empty lines before a request")
  func emptyLines() throws {
    let bytes = Array((String(repeating: "\r\n", count: 20_000) + "GET / HTTP/1.1\r\n\r\n").utf8)
    #expect(try HTTPRun.requests([bytes[...]]).count == 1)
    #expect(HTTPRun.failure(bytes) == nil)
  }
}
