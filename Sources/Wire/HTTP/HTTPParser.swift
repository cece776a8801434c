/// Finds requests in the bytes of an HTTP/1.1 connection (RFC 9112), however they are cut. Bounded:
/// what would be larger than permitted is refused as soon as that is known.
public struct HTTPParser: Sendable {
  /// How large the parts of a request may be, in bytes.
  public struct Bounds: Sendable {
    /// Request line and headers together.
    public var headBytesMax = 16_384
    /// The request target.
    public var targetBytesMax = 4096
    /// Header lines.
    public var headerCountMax = 100
    /// The body: control messages are small.
    public var bodyBytesMax = 65_536

    /// The standard bounds.
    public init() {}
  }

  private let bounds: Bounds
  private var buffer: [UInt8] = []
  /// How far the head at hand has been searched for its end.
  private var searched = 0
  /// A head whose body is not there yet, and how long that is.
  private var pending: (request: HTTPRequest, bodyBytes: Int)?
  private var isExpectationTaken = false
  /// Which requests' bodies are handed out as they come.
  private let streams: @Sendable (HTTPRequest) -> Bool
  /// Such a body, while it is not at its end.
  private var body: HTTPBodyReader?

  /// What comes of a body that is handed out as it comes.
  public enum BodyPiece: Equatable, Sendable {
    /// The next bytes, at least one, without the marks of chunks.
    case bytes([UInt8])
    /// The request is complete.
    case end
  }

  /// A parser at the beginning of a connection.
  ///
  /// - Parameter streams: which requests, by their heads, are returned by ``next()`` before their
  ///   bodies are there; ``nextPiece()`` has those then. They may be chunked, of any length, and
  ///   end with a connection that is to be closed.
  public init(
    bounds: Bounds = Bounds(), streams: @escaping @Sendable (HTTPRequest) -> Bool = { _ in false }
  ) {
    self.bounds = bounds
    self.streams = streams
  }

  /// A request has begun and is not complete.
  public var isInsideRequest: Bool { pending != nil || !buffer.isEmpty }

  /// How many bytes have been fed and not been read.
  public var waitingBytes: Int { buffer.count }

  /// Whether the request at hand waits for `100 Continue` (RFC 9110 §10.1.1); true only once for
  /// each.
  public mutating func takeExpectation() -> Bool {
    guard let pending, buffer.isEmpty, pending.bodyBytes > 0, pending.request.minorVersion >= 1,
      !isExpectationTaken, let expectation = pending.request.headers["Expect"]
    else { return false }
    isExpectationTaken = true
    return equalIgnoringCase(expectation, "100-continue")
  }

  /// Takes bytes as they arrive.
  public mutating func feed(_ bytes: Span<UInt8>) { buffer.append(bytes, 0..<bytes.count) }

  /// Takes what has been fed and not been read: bytes of the protocol that was switched to.
  public mutating func takeRest() -> [UInt8] {
    let rest = buffer
    buffer = []
    searched = 0
    return rest
  }

  /// The next complete request; nil when more bytes are needed.
  ///
  /// - Throws: when the bytes are no request or a refused one.
  public mutating func next() throws(HTTPError) -> HTTPRequest? {
    guard body == nil else { return nil }
    if pending == nil, let streamed = try readHead() { return streamed }
    guard let (request, length) = pending, buffer.count >= length else { return nil }
    pending = nil
    var complete = request
    complete.body = Array(buffer[..<length])
    buffer.removeFirst(length)
    return complete
  }

  /// The next piece of the body of a request that was returned without; nil when more bytes are
  /// needed, or there is no such request.
  ///
  /// - Throws: when the bytes are no body.
  public mutating func nextPiece() throws(HTTPError) -> BodyPiece? {
    guard var reader = body else { return nil }
    var start = 0
    do throws(HTTPBodyReader.Fault) {
      let piece = try reader.next(in: buffer, from: &start)
      body = piece == .end ? nil : reader
      defer { buffer.removeFirst(start) }
      switch piece {
      case .bytes(let range): return .bytes(Array(buffer[range]))
      case .end: return .end
      case nil: return nil
      }
    } catch {
      throw HTTPError(.badRequest, error.reason)
    }
  }

  /// Whether the body at hand ends where the peer closes.
  public var endsWithConnection: Bool { body?.endsWithConnection ?? false }

  /// Reads a head if it is there; returns the request if its body is handed out as it comes.
  private mutating func readHead() throws(HTTPError) -> HTTPRequest? {
    skipEmptyLines()
    let end = endOfHead()
    guard end ?? buffer.count <= bounds.headBytesMax else {
      throw buffer.prefix(bounds.headBytesMax + 1).contains(0x0A)
        ? HTTPError(.fieldsTooLarge, "a head of more than \(bounds.headBytesMax) bytes")
        : HTTPError(.uriTooLong, "a request line of more than \(bounds.headBytesMax) bytes")
    }
    guard let end else { return nil }
    let head = buffer[..<end]
    guard head.allSatisfy({ $0 >= 0x20 && $0 != 0x7F || [0x09, 0x0A, 0x0D].contains($0) }) else {
      throw HTTPError(.badRequest, "a control byte")
    }
    // Split before decoding: CR LF would be one character.
    let rows = head.split(separator: 0x0A).map { $0.last == 0x0D ? $0.dropLast() : $0 }
    // Some take a bare carriage return for a line's end, so a request could hide behind it.
    guard !rows.contains(where: { $0.contains(0x0D) }) else {
      throw HTTPError(.badRequest, "a carriage return without its newline")
    }
    let lines = rows.filter { !$0.isEmpty }.map { String(decoding: $0, as: UTF8.self) }
    var request = try Self.requestLine(lines.first ?? "", bounds)
    request.headers = try Self.headers(lines.dropFirst(), bounds)
    request.bodyFollows = streams(request)
    let framing: HTTPBodyReader.Framing =
      request.bodyFollows
      ? try Self.streamedFraming(request) : .fixed(try Self.bodyBytes(request, bounds))
    buffer.removeFirst(end)
    searched = 0
    if case .fixed(let length) = framing, !request.bodyFollows {
      pending = (request, length)
      isExpectationTaken = false
      return nil
    }
    body = HTTPBodyReader(framing, bounds: HTTPBodyReader.Bounds())
    return request
  }

  /// Empty lines before a request are tolerated (RFC 9112 §2.2).
  private mutating func skipEmptyLines() {
    var position = 0
    while buffer[position...].starts(with: [0x0D, 0x0A]) { position += 2 }
    guard position > 0 else { return }
    buffer.removeFirst(position)
    searched = 0
  }

  /// Behind the empty line that ends the head; nil when it is not there yet.
  private mutating func endOfHead() -> Int? {
    var position = searched
    while position < buffer.count {
      if buffer[position] == 0x0A {
        let rest = buffer[(position + 1)...]
        if rest.first == 0x0A { return position + 2 }
        if rest.starts(with: [0x0D, 0x0A]) { return position + 3 }
        // The line behind this end is not there yet.
        if rest.isEmpty || rest.elementsEqual([0x0D]) { break }
      }
      position += 1
    }
    searched = position
    return nil
  }

  private static func requestLine(
    _ line: String, _ bounds: Bounds
  ) throws(HTTPError) -> HTTPRequest {
    let words = line.split(at: " ", omittingEmptySubsequences: false).map(String.init)
    guard words.count == 3, !words[0].isEmpty, words[0].utf8.count <= 32,
      words[0].utf8.allSatisfy({ (0x41...0x5A).contains($0) || $0 == 0x2D || $0 == 0x5F })
    else { throw HTTPError(.badRequest, "a request line is METHOD TARGET HTTP/1.1") }
    guard words[2].hasPrefix("HTTP/") else {
      throw HTTPError(.badRequest, "a request line is METHOD TARGET HTTP/1.1")
    }
    guard words[2] == "HTTP/1.1" || words[2] == "HTTP/1.0" else {
      throw HTTPError(.versionNotSupported, "a version other than HTTP/1.1 and HTTP/1.0")
    }
    guard words[1].utf8.count <= bounds.targetBytesMax else {
      throw HTTPError(.uriTooLong, "a target of more than \(bounds.targetBytesMax) bytes")
    }
    guard let (path, query) = Self.split(words[1]) else {
      throw HTTPError(.badRequest, "a target is a path, in UTF-8 with escapes")
    }
    return HTTPRequest(
      method: words[0], target: words[1], path: path, query: query,
      minorVersion: words[2] == "HTTP/1.1" ? 1 : 0, headers: HeaderFields(), body: [])
  }

  /// Origin form, or absolute form as proxies send it (RFC 9112 §3.2).
  private static func split(_ target: String) -> (path: String, query: [String: String])? {
    var rest = target[...]
    let scheme = rest.prefix(8).lowercased()
    if scheme.hasPrefix("http://") || scheme == "https://" {
      rest = rest.drop { $0 != ":" }.dropFirst(3)
      rest = rest.drop { $0 != "/" && $0 != "?" }
      if !rest.hasPrefix("/") { rest = "/" + rest }
    }
    if rest == "*" { return ("*", [:]) }
    guard rest.hasPrefix("/") else { return nil }
    let parts = rest.split(at: "?", maxSplits: 1, omittingEmptySubsequences: false)
    guard let path = PercentEncoding.decode(parts[0]) else { return nil }
    var query: [String: String] = [:]
    for pair in (parts.count > 1 ? parts[1] : "").split(at: "&").prefix(32) {
      let sides = pair.split(at: "=", maxSplits: 1, omittingEmptySubsequences: false)
      guard let name = PercentEncoding.decode(sides[0]),
        let value = PercentEncoding.decode(sides.count > 1 ? sides[1] : "")
      else { return nil }
      query[name] = value
    }
    return (path, query)
  }

  private static func headers(
    _ lines: ArraySlice<String>, _ bounds: Bounds
  ) throws(HTTPError) -> HeaderFields {
    var headers = HeaderFields()
    guard lines.count <= bounds.headerCountMax else {
      throw HTTPError(.fieldsTooLarge, "more than \(bounds.headerCountMax) headers")
    }
    for line in lines {
      // Folded lines and spaces before the colon are how requests are smuggled (RFC 9112 §5).
      guard let colon = line.firstIndex(of: ":"), colon > line.startIndex,
        line[..<colon].utf8.allSatisfy(isToken)
      else { throw HTTPError(.badRequest, "a header line without a name") }
      headers.append(String(line[..<colon]), trimmed(line[line.index(after: colon)...]))
    }
    return headers
  }

  private static func streamedFraming(
    _ request: HTTPRequest
  ) throws(HTTPError) -> HTTPBodyReader.Framing {
    let codings = request.headers.all("Transfer-Encoding")
    if !codings.isEmpty {
      guard codings.count == 1, equalIgnoringCase(codings[0], "chunked") else {
        throw HTTPError(.notImplemented, "a transfer coding other than chunked")
      }
      // Either would hide a second request in the body of the first (RFC 9112 §6.1 and §6.3).
      guard request.headers["Content-Length"] == nil else {
        throw HTTPError(.badRequest, "Transfer-Encoding beside Content-Length")
      }
      guard request.minorVersion >= 1 else {
        throw HTTPError(.badRequest, "Transfer-Encoding in HTTP/1.0")
      }
      return .chunked
    }
    if request.headers["Content-Length"] != nil {
      return .fixed(try contentLength(request, limit: .max))
    }
    // Not the RFC's, but what some encoders do. Nothing can follow that would be mistaken for it.
    return request.lacksLength ? .fixed(0) : .untilClosed
  }

  private static func bodyBytes(
    _ request: HTTPRequest, _ bounds: Bounds
  ) throws(HTTPError) -> Int {
    guard request.headers["Transfer-Encoding"] == nil else {
      throw HTTPError(.notImplemented, "Transfer-Encoding; send the body with a Content-Length")
    }
    guard request.headers["Content-Length"] != nil else { return 0 }
    return try contentLength(request, limit: bounds.bodyBytesMax)
  }

  private static func contentLength(
    _ request: HTTPRequest, limit: Int
  ) throws(HTTPError) -> Int {
    let values = request.headers.all("Content-Length")
    guard let first = values.first, values.allSatisfy({ $0 == first }), !first.isEmpty,
      first.utf8.allSatisfy({ (0x30...0x39).contains($0) })
    else { throw HTTPError(.badRequest, "a Content-Length that is not one number") }
    guard let length = decimal(first, limit: limit) else {
      throw HTTPError(.contentTooLarge, "a body of more than \(limit) bytes")
    }
    return length
  }
}
