import Testing

@testable import Wire

@Suite("HTTPParser, what it refuses")
struct HTTPParserBoundsTests {
  @Test(
    "refuses request lines that are not METHOD TARGET HTTP/1.x with 400",
    arguments: [
      "GET", "GET ", "GET /", "GET / ", "GET  HTTP/1.1", "GET /  HTTP/1.1", "GET  / HTTP/1.1",
      " GET / HTTP/1.1", "GET / HTTP/1.1 ", "GET / / HTTP/1.1", "GET\t/\tHTTP/1.1",
      "get / HTTP/1.1", "G\u{E9}T / HTTP/1.1", "G(T / HTTP/1.1", "GET / http/1.1",
      "GET / RTSP/1.0", "GET / HTTP", "/ GET HTTP/1.1", ":", "\u{16}\u{3}\u{1}", "{\"json\": 1}",
      "GET /a\0b HTTP/1.1", "GET /a\u{7F} HTTP/1.1", "GET /a\rb HTTP/1.1", "GET / HTTP/1.1\r",
      "\rGET / HTTP/1.1", "OPTIONS rtsp://h/m RTSP/1.0",
    ])
  func refusesRequestLines(line: String) {
    #expect(HTTPRun.failure(line + "\r\nHost: h\r\n\r\n") == .badRequest)
  }

  @Test(
    "refuses targets that are no path, or not UTF-8 with whole escapes, with 400",
    arguments: [
      "a", "h:80", "ftp://h/a", "?a=b", "#a", "**", "/%", "/%4", "/%zz", "/%-1", "/%FF", "/%C3",
      "/%ED%A0%80", "/a?b=%", "/a?%F0%28=b", "/a?b=c&d=%1", "http:/a", "http//h/a",
    ])
  func refusesTargets(target: String) {
    #expect(HTTPRun.failure("GET \(target) HTTP/1.1\r\n\r\n") == .badRequest)
  }

  @Test(
    "refuses other versions with 505",
    arguments: [
      "HTTP/2.0", "HTTP/0.9", "HTTP/1.2", "HTTP/1.", "HTTP/1", "HTTP/", "HTTP/1.10", "HTTP/01.1",
      "HTTP/1.1x", "HTTP/3",
    ])
  func refusesVersions(version: String) {
    #expect(HTTPRun.failure("GET / \(version)\r\nHost: h\r\n\r\n") == .versionNotSupported)
  }

  @Test(
    "refuses header lines that are folded or without a proper name with 400",
    arguments: [
      "A", ": b", " A: b", "A : b", "A\t: b", "A b: c", "A: b\r\n c: d", "A: b\r\n\tc", "\u{E9}: b",
      "A: b\r\nC", "A\0: b", "A: \0", "A: \u{8}", "A: \u{7F}", "A: b\rc", "A: b\rC: d", "A: b\r",
      "A(: b", "A/B: c", "\"A\": b", "\rA: b", "A\r: b", " ", "\t", "A: b\r\n \r\nC: d",
    ])
  func refusesHeaders(lines: String) {
    #expect(HTTPRun.failure("GET / HTTP/1.1\r\n\(lines)\r\n\r\n") == .badRequest)
  }

  @Test("accepts every byte but control bytes in a value", arguments: 0...255 as ClosedRange<UInt8>)
  func values(byte: UInt8) {
    let bytes = Array("GET / HTTP/1.1\r\nA: x".utf8) + [byte] + Array("y\r\n\r\n".utf8)
    // A newline ends the line, and `y` alone is no header.
    let isAllowed = byte == 9 || (byte >= 32 && byte != 127)
    #expect((HTTPRun.failure(bytes) == nil) == isAllowed)
  }

  @Test(
    "refuses every shape in which a second request is smuggled past a proxy",
    arguments: [
      ("Content-Length: 2\r\nContent-Length: 3", .badRequest),
      ("Content-Length: 2\r\nContent-Length: 02", .badRequest),
      ("Content-Length: 2\r\nContent-Length:", .badRequest),
      ("Content-Length: 2, 2", .badRequest), ("Content-Length: 2 2", .badRequest),
      ("Content-Length : 2", .badRequest), ("Content-Length:\r\n 2", .badRequest),
      ("X: a\r\n Content-Length: 2", .badRequest), ("X: a\rContent-Length: 2", .badRequest),
      ("Transfer-Encoding: chunked", .notImplemented),
      ("transfer-encoding: identity", .notImplemented), ("Transfer-Encoding:", .notImplemented),
      ("Content-Length: 2\r\nTransfer-Encoding: chunked", .notImplemented),
      ("Transfer-Encoding: chunked\r\nContent-Length: 2", .notImplemented),
      ("Transfer-Encoding : chunked", .badRequest), (" Transfer-Encoding: chunked", .badRequest),
      ("Transfer-Encoding\0: chunked", .badRequest), ("X: a\rTransfer-Encoding: b", .badRequest),
    ] as [(String, HTTPStatus)])
  func smuggling(lines: String, status: HTTPStatus) {
    #expect(HTTPRun.failure("POST / HTTP/1.1\r\n\(lines)\r\n\r\nab") == status)
  }

  @Test(
    "refuses a Content-Length that is no number with 400",
    arguments: ["", "-1", "-0", "+5", "1e9", "0x5", "5,5", "5;5", "٥", "1.0", "five", "\"5\""])
  func refusesLength(value: String) {
    #expect(HTTPRun.failure("POST / HTTP/1.1\r\nContent-Length: \(value)\r\n\r\n") == .badRequest)
  }

  @Test(
    "refuses a body that is too large with 413, before any of it has come",
    arguments: [
      "65537", "2147483648", "4294967296", "9223372036854775807", "9223372036854775808",
      "18446744073709551616", "99999999999999999999999999999999999999",
    ])
  func refusesLargeBody(value: String) {
    let failure = HTTPRun.failure("POST / HTTP/1.1\r\nContent-Length: \(value)\r\n\r\n")
    #expect(failure == .contentTooLarge)
  }

  private func head(bytes: Int) -> [UInt8] {
    let frame = "GET / HTTP/1.1\r\nA: \r\n\r\n".utf8.count
    let value = String(repeating: "x", count: bytes - frame)
    return Array("GET / HTTP/1.1\r\nA: \(value)\r\n\r\n".utf8)
  }

  @Test("accepts a head of 16,384 bytes and refuses a longer one with 431 (CVE-2008-2654)")
  func headBytes() {
    #expect(HTTPRun.failure(head(bytes: 16_383)) == nil)
    #expect(HTTPRun.failure(head(bytes: 16_384)) == nil)
    #expect(HTTPRun.failure(head(bytes: 16_385)) == .fieldsTooLarge)
    #expect(HTTPRun.failure(head(bytes: 40_000)) == .fieldsTooLarge)
  }

  @Test("refuses a head that does not end, whatever it is made of")
  func endlessHeads() {
    for line in ["A: b\r\n", "A: b\n", "A:", " ", "\r"] {
      let endless = String(repeating: line, count: 17_000 / line.utf8.count)
      #expect(
        HTTPRun.failure("GET / HTTP/1.1\r\n\(endless)") == .fieldsTooLarge,
        "lines \(line.debugDescription)")
    }
    #expect(HTTPRun.failure(String(repeating: "A", count: 17_000)) == .uriTooLong)
  }

  @Test("accepts a target of 4096 bytes and refuses a longer one with 414")
  func targetBytes() {
    for (count, status) in [(4095, nil), (4096, nil), (4097, .uriTooLong), (10_000, .uriTooLong)]
      as [(Int, HTTPStatus?)]
    {
      let target = "/" + String(repeating: "x", count: count - 1)
      #expect(HTTPRun.failure("GET \(target) HTTP/1.1\r\n\r\n") == status, "\(count)")
    }
    let endless = "GET /" + String(repeating: "x", count: 20_000)
    #expect(HTTPRun.failure(endless) == .uriTooLong)
    #expect(HTTPRun.failure(endless + " HTTP/1.1\r\n\r\n") == .uriTooLong)
  }

  @Test("accepts 100 header lines and refuses one more with 431")
  func headerCount() {
    let lines = String(repeating: "A: b\r\n", count: 100)
    #expect(HTTPRun.failure("GET / HTTP/1.1\r\n\(lines)\r\n") == nil)
    #expect(HTTPRun.failure("GET / HTTP/1.1\r\n\(lines)A: b\r\n\r\n") == .fieldsTooLarge)
  }

  @Test("accepts a method of 32 bytes and refuses a longer one")
  func methodBytes() throws {
    let method = String(repeating: "M", count: 32)
    #expect(try HTTPRun.requests("\(method) / HTTP/1.1\r\n\r\n").first?.method == method)
    #expect(HTTPRun.failure("\(method)M / HTTP/1.1\r\n\r\n") == .badRequest)
  }

  @Test("keeps to the bounds that it is given")
  func givenBounds() {
    var bounds = HTTPParser.Bounds()
    bounds.headBytesMax = 40
    bounds.targetBytesMax = 4
    bounds.headerCountMax = 1
    bounds.bodyBytesMax = 1
    let cases: [(String, HTTPStatus?)] = [
      ("GET /abc HTTP/1.1\nA: b\n\n", nil), ("GET /abcd HTTP/1.1\n\n", .uriTooLong),
      ("GET /abc HTTP/1.1\nA: b\nB: c\n\n", .fieldsTooLarge),
      ("GET /abc HTTP/1.1\nA: bbbbbbbbbbbbbbbbbbbbbbbb\n\n", .fieldsTooLarge),
      ("GET / HTTP/1.1\nContent-Length: 1\n\na", nil),
      ("GET / HTTP/1.1\nContent-Length: 2\n\n", .contentTooLarge),
    ]
    for (text, status) in cases {
      #expect(HTTPRun.failure(Array(text.utf8), bounds: bounds) == status, "\(text)")
    }
  }

  @Test("survives 20,000 rounds of damaged requests in random pieces")
  func survivesGarbage() {
    let seed: UInt64 = 9112_9110
    var random = SplitMix64(seed: seed)
    let whole = [
      "GET /a?b=%20c HTTP/1.1\r\nHost: h\r\nConnection: keep-alive\r\n\r\n",
      "POST /x HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\n{\r\n1}",
      "GET http://h/é HTTP/1.0\r\nRange: bytes=0-9\r\n\r\n", "\r\nOPTIONS * HTTP/1.1\n\n",
    ].map { Array($0.utf8) }
    let odd: [UInt8] = [0, 9, 10, 13, 32, 37, 58, 127, 128, 255]
    var (read, refused) = (0, 0)
    for round in 0..<20_000 {
      var bytes = whole[random.below(4)] + whole[random.below(4)]
      bytes.removeLast(random.below(bytes.count))
      if round % 4 == 0 { bytes = random.bytes(1 + random.below(64)) }
      for _ in 0..<random.below(4) { bytes[random.below(bytes.count)] = odd[random.below(10)] }
      var parser = HTTPParser()
      var position = 0
      do throws(HTTPError) {
        while position < bytes.count {
          let end = min(bytes.count, position + 1 + random.below(40))
          let piece = bytes[position..<end]
          parser.feed(piece.span)
          while try parser.next() != nil { read += 1 }
          _ = parser.takeExpectation()
          position = end
        }
      } catch {
        refused += 1
        // Nothing can be read any more, but asking is harmless.
        _ = try? parser.next()
      }
    }
    #expect(read > 2000 && refused > 2000, "seed \(seed): read \(read), refused \(refused)")
  }
}
