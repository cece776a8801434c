import Testing

@testable import Wire

@Suite("HTTP responses")
struct HTTPResponseParserTests {
  typealias Event = HTTPResponseParser.Event

  /// What a parser said of some bytes; pieces of bodies are joined.
  private struct Outcome: Equatable {
    var heads: [HTTPResponseParser.Head] = []
    var bodies: [[UInt8]] = []
    var ends = 0
    var error: HTTPResponseError?
  }

  /// Feeds pieces one after the other, and then the end of the connection where that is wanted.
  private func parse(
    _ pieces: [[UInt8]], methods: [String] = ["GET"], closes: Bool = false,
    bounds: HTTPResponseParser.Bounds = .init()
  ) -> Outcome {
    var (parser, outcome) = (HTTPResponseParser(bounds: bounds), Outcome())
    for method in methods { parser.expect(method) }
    func note(_ event: Event) {
      switch event {
      case .head(let head):
        outcome.heads.append(head)
        outcome.bodies.append([])
      case .body(let bytes):
        #expect(!bytes.isEmpty && !outcome.bodies.isEmpty)
        outcome.bodies[outcome.bodies.count - 1] += bytes
      case .end: outcome.ends += 1
      }
    }
    do throws(HTTPResponseError) {
      for piece in pieces {
        parser.feed(piece.span)
        while let event = try parser.next() { note(event) }
      }
      if closes, let event = try parser.finish() { note(event) }
    } catch {
      outcome.error = error
    }
    return outcome
  }

  private func parse(
    _ text: String, methods: [String] = ["GET"], closes: Bool = false,
    bounds: HTTPResponseParser.Bounds = .init()
  ) -> Outcome {
    parse([Array(text.utf8)], methods: methods, closes: closes, bounds: bounds)
  }

  /// A reply that is complete, its status, its body, and whether the connection lives on.
  struct Case: Sendable, CustomTestStringConvertible {
    var text: String
    var methods = ["GET"]
    var closes = false
    var statuses = [200]
    var bodies = ["hello"]
    var isPersistent = true
    var testDescription: String { String(text.prefix(60)) }
  }

  static let cases = [
    Case(text: "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello"),
    Case(text: "HTTP/1.1 200 OK\nContent-Length:5\n\nhello"),
    Case(text: "HTTP/1.1 200\r\nContent-Length: 5\r\nContent-Length: 5\r\n\r\nhello"),
    Case(
      text: "HTTP/1.1 200 OK\r\nConnection: Upgrade, Close\r\nContent-Length: 5\r\n\r\nhello",
      isPersistent: false),
    Case(text: "HTTP/1.0 200 OK\r\nContent-Length: 5\r\n\r\nhello", isPersistent: false),
    Case(text: "HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nContent-Length: 5\r\n\r\nhello"),
    Case(text: "HTTP/1.1 200 OK\r\n\r\nhello", closes: true, isPersistent: false),
    Case(text: "HTTP/1.1 200 OK\r\n\r\n", closes: true, bodies: [""], isPersistent: false),
    Case(
      text: "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
        + "2\r\nhe\r\n00003;a=\"b\"\r\nllo\r\n0\r\n\r\n"),
    Case(
      text: "HTTP/1.1 200 OK\r\nTransfer-Encoding: Chunked\r\n\r\n"
        + "5 \r\nhello\r\n0\r\nETag: x\r\nB: y\r\n\r\n"),
    Case(
      text: "HTTP/1.1 200 OK\nTransfer-Encoding: chunked\n\na\n0123456789\n0\n\n",
      bodies: ["0123456789"]),
    Case(text: "HTTP/1.1 204 No Content\r\n\r\n", statuses: [204], bodies: [""]),
    Case(
      text: "HTTP/1.1 304 Not Modified\r\nContent-Length: 99\r\n\r\n", statuses: [304],
      bodies: [""]),
    Case(text: "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", bodies: [""]),
    Case(
      text: "HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n", methods: ["HEAD"], bodies: [""]),
    Case(
      text: "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n"
        + "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello"),
    Case(
      text: "HTTP/1.1 404 Not Found\r\nContent-Length: 2\r\n\r\nno\r\n"
        + "HTTP/1.1 200 OK\r\nContent-Length: 7\r\n\r\n"
        + "HTTP/1.1 201 Created\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\n\r\n",
      methods: ["GET", "HEAD", "POST"], statuses: [404, 200, 201], bodies: ["no", "", "x"]),
  ]

  @Test("bodies of every framing, whole and cut at every byte", arguments: cases)
  func framings(_ given: Case) {
    let bytes = Array(given.text.utf8)
    let whole = parse([bytes], methods: given.methods, closes: given.closes)
    #expect(whole.error == nil)
    #expect(whole.heads.map(\.status) == given.statuses)
    #expect(whole.bodies.map { String(decoding: $0, as: UTF8.self) } == given.bodies)
    #expect(whole.ends == given.statuses.count)
    #expect(whole.heads.allSatisfy { $0.isPersistent == given.isPersistent })
    for cut in bytes.indices {
      let parts = [Array(bytes[..<cut]), Array(bytes[cut...])]
      #expect(parse(parts, methods: given.methods, closes: given.closes) == whole, "cut at \(cut)")
    }
    let drops = bytes.map { [$0] }
    #expect(parse(drops, methods: given.methods, closes: given.closes) == whole)
  }

  @Test("a reply that is cut off is no reply, wherever that happens", arguments: cases)
  func truncations(_ given: Case) {
    let bytes = Array(given.text.utf8)
    for count in bytes.indices where !given.closes {
      let outcome = parse([Array(bytes[..<count])], methods: given.methods, closes: true)
      let missing = given.statuses.count - outcome.ends
      // Only what stands between two replies, or nothing but an interim reply, is no part of one.
      #expect(missing > 0 && outcome.error != nil || missing == 0, "\(count) bytes")
      #expect(outcome.ends < given.statuses.count || count >= bytes.count - 2, "\(count) bytes")
    }
  }

  @Test("heads keep what they say: folded lines, odd bytes, types")
  func heads() throws {
    let outcome = parse(
      "HTTP/1.1 404 It is not here \r\nA: 1\r\nX-Long: a\r\n  b\r\n\tc\r\n"
        + "Content-Type: Text/HTML; charset=x\r\nB:\r\nContent-Length: 0\r\n\r\n")
    let head = try #require(outcome.heads.first)
    #expect(head.phrase == "It is not here" && head.minorVersion == 1)
    #expect(head.headers["x-long"] == "a b c")
    #expect(head.headers["B"]?.isEmpty == true)
    #expect(head.contentType == "text/html")
  }

  @Test("body bytes are handed out as they come, and nothing is kept of them")
  func streaming() throws {
    var parser = HTTPResponseParser()
    parser.expect("GET")
    let head = "HTTP/1.1 200 OK\r\nContent-Type: multipart/x-mixed-replace\r\n\r\n"
    parser.feed(Array(head.utf8).span)
    guard case .head = try parser.next() else {
      Issue.record("no head")
      return
    }
    for number in 0..<1000 {
      let piece = [UInt8](repeating: UInt8(truncatingIfNeeded: number), count: 4096)
      parser.feed(piece.span)
      #expect(try parser.next() == .body(piece))
      #expect(try parser.next() == nil)
    }
    #expect(parser.isInsideResponse)
    #expect(parser.takeRest().isEmpty)
    #expect(try parser.finish() == .end)
    #expect(!parser.isInsideResponse)
  }

  @Test("after 101 and after CONNECT the bytes are somebody else's")
  func switching() throws {
    for (method, reply) in [
      ("GET", "HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\n"),
      ("CONNECT", "HTTP/1.1 200 OK\r\n\r\n"),
    ] {
      var parser = HTTPResponseParser()
      parser.expect(method)
      parser.feed(Array((reply + "HTTP/1.1").utf8).span)
      guard case .head(let head) = try parser.next() else {
        Issue.record("no head")
        return
      }
      #expect(!head.isPersistent)
      #expect(try parser.next() == nil)
      #expect(parser.takeRest() == Array("HTTP/1.1".utf8))
      #expect(try parser.finish() == nil)
    }
  }

  @Test(
    "what is no response is refused with its place",
    arguments: [
      ("SSH-2.0-OpenSSH_9.2", 0, "no HTTP"), ("RTSP/1.0 200 OK\r\n\r\n", 0, "no HTTP"),
      ("HTTP/2 200\r\n\r\n", 0, "no HTTP"), ("HTTP/1.9 200\r\n\r\n", 0, "status line"),
      ("HTTP/1.1 20 OK\r\n\r\n", 0, "status line"),
      ("HTTP/1.1 099 x\r\n\r\n", 0, "status line"), ("HTTP/1.1 600 x\r\n\r\n", 0, "status line"),
      ("HTTP/1.1 +20 x\r\n\r\n", 0, "status line"), ("\r\n\r\nHTTP/1.1\r\n\r\n", 4, "status line"),
      ("HTTP/1.1 200 OK\r\nA\r\n\r\n", 0, "without a name"),
      ("HTTP/1.1 200 OK\r\nA : b\r\n\r\n", 0, "without a name"),
      ("HTTP/1.1 200 OK\r\n folded\r\n\r\n", 0, "without a name"),
      ("HTTP/1.1 200 OK\r\nA: \u{1}\r\n\r\n", 0, "control byte"),
      ("HTTP/1.1 200 OK\r\nA: b\rC: d\r\n\r\n", 0, "carriage return"),
      ("HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n", 42, "Content-Length"),
      ("HTTP/1.1 200 OK\r\nContent-Length: 1, 1\r\n\r\n", 44, "Content-Length"),
      ("HTTP/1.1 200 OK\r\nContent-Length: 99999999999999999999\r\n\r\n", 60, "Content-Length"),
      ("HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n", 60, "Content-Length"),
      ("HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\n", 0, "transfer coding"),
      ("HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n", 0, "transfer coding"),
      ("HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", 0, "HTTP/1.0"),
      (
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n", 0,
        "beside Content-Length"
      ),
    ])
  func refusals(_ text: String, _ position: Int, _ words: String) {
    let bytes = Array(text.utf8)
    for pieces in [[bytes], bytes.map { [$0] }] {
      let error = parse(pieces).error
      #expect(error?.reason.contains(words) == true, "\(String(describing: error))")
      #expect(error?.description.hasPrefix("at byte ") == true)
    }
    // Where a head as a whole is wrong, the place is behind it.
    let place = parse([bytes]).error?.position ?? -1
    #expect(place == position || place == bytes.count, "\(place)")
  }

  @Test(
    "a chunk that is none is refused",
    arguments: ["x\r\n", "\r\n", "-1\r\n", "123456789\r\n", "1\r\nab\r\n", "0x1\r\n", "1\r\na\rb"])
  func badChunks(_ text: String) {
    let head = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
    #expect(parse(head + text).error != nil)
    #expect(parse(Array((head + text).utf8).map { [$0] }).error != nil)
  }

  @Test("everything that would be gathered is bounded")
  func bounds() {
    var bounds = HTTPResponseParser.Bounds()
    (bounds.headBytesMax, bounds.headerCountMax) = (100, 3)
    (bounds.chunkLineBytesMax, bounds.interimCountMax) = (16, 2)
    let start = "HTTP/1.1 200 OK\r\n"
    let chunked = start + "Transfer-Encoding: chunked\r\n\r\n"
    let interim = "HTTP/1.1 100 Continue\r\n\r\n"
    let exact = start + "A: " + String(repeating: "x", count: 100 - start.utf8.count - 7)
    #expect(parse(exact + "\r\n\r\n", bounds: bounds).error == nil)
    for text in [
      exact + "y\r\n\r\n", start + String(repeating: "A", count: 100),
      start + "A: 1\r\nB: 2\r\nC: 3\r\nD: 4\r\n\r\n", chunked + String(repeating: "0", count: 17),
      chunked + "1;" + String(repeating: "e", count: 20) + "\r\n",
      chunked + "0\r\n" + String(repeating: "T: t\r\n", count: 30),
      interim + interim + interim,
    ] {
      #expect(parse(text, bounds: bounds).error != nil, "\(text.prefix(80))")
      #expect(parse(Array(text.utf8).map { [$0] }, bounds: bounds).error != nil)
    }
  }

  @Test("nothing that arrives can trap: 20,000 messages of mutated replies")
  func garbage() {
    var random = SplitMix64(seed: 20_261_122)
    let seeds = Self.cases.map { Array($0.text.utf8) }
    var understood = 0
    for _ in 0..<20_000 {
      var bytes = seeds[random.below(seeds.count)]
      for _ in 0..<random.below(4) {
        let place = random.below(bytes.count)
        switch random.below(3) {
        case 0: bytes[place] = UInt8(random.below(256))
        case 1: bytes.remove(at: place)
        default: bytes.insert(contentsOf: random.bytes(1 + random.below(3)), at: place)
        }
      }
      let cut = random.below(bytes.count + 1)
      let outcome = parse([Array(bytes[..<cut]), Array(bytes[cut...])], closes: true)
      if outcome.error == nil { understood += 1 }
    }
    #expect(understood > 1000)
  }

  @Test("after an error there is nothing more to be had")
  func broken() throws {
    var parser = HTTPResponseParser()
    parser.feed(Array("GET / HTTP/1.1\r\n\r\n".utf8).span)
    #expect(throws: HTTPResponseError.self) { try parser.next() }
    parser.feed(Array("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n".utf8).span)
    #expect(try parser.next() == nil)
    #expect(try parser.finish() == nil)
  }
}
