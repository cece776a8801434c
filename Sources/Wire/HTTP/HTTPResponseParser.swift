/// Finds responses in the bytes of an HTTP/1.1 connection (RFC 9112), however they are cut: the
/// client's side of ``HTTPParser``. A body is handed out as its bytes come and is never gathered
/// here, so that an endless stream of pictures costs no more than a short answer. Everything that
/// has to be gathered is bounded.
///
/// `expect(_:)` each request, `feed(_:)` what arrives, and take events with `next()` until it
/// returns nil. When the connection ends, `finish()` tells whether that was the end of a body.
public struct HTTPResponseParser: Sendable {
  /// How large the parts of a response may be.
  public struct Bounds: Sendable {
    /// Status line and headers together, and the trailers behind a chunked body, in bytes.
    public var headBytesMax = 32_768
    /// Header lines.
    public var headerCountMax = 100
    /// A chunk's size with its extensions, in bytes.
    public var chunkLineBytesMax = 1024
    /// Interim replies (1xx) before the one that counts.
    public var interimCountMax = 8

    /// The standard bounds.
    public init() {}
  }

  /// What comes before a body (RFC 9112 §4 and §5).
  public struct Head: Equatable, Sendable {
    /// Three digits, from 100 to 599.
    public var status: Int
    /// As the server wrote it, perhaps nothing.
    public var phrase: String
    /// 1 for HTTP/1.1, 0 for HTTP/1.0.
    public var minorVersion: Int
    /// Header lines.
    public var headers: HeaderFields
    /// The connection may be used again once the body has ended (RFC 9112 §9.3).
    public var isPersistent: Bool

    /// The body's media type in lower case, without parameters.
    public var contentType: String? {
      headers["Content-Type"].map { trimmed($0.prefix { $0 != ";" }).lowercased() }
    }
  }

  /// What the bytes say, one after the other: a head, its body in pieces, its end.
  public enum Event: Equatable, Sendable {
    /// A reply begins.
    case head(Head)
    /// The next bytes of its body, at least one, without the marks of chunks.
    case body([UInt8])
    /// The reply is complete.
    case end
  }

  private enum State: Equatable {
    /// Before or inside a head. To `body` or `switched`.
    case head
    /// Inside a body. To `head`.
    case body(HTTPBodyReader)
    /// Another protocol has the connection (101), or this one has failed.
    case switched
  }

  private let bounds: Bounds
  private var state = State.head
  private var buffer: [UInt8] = []
  /// Where the bytes that are not read yet begin in the buffer.
  private var start = 0
  /// How far the head at hand has been searched for its end.
  private var searched = 0
  /// How many bytes of the connection were dropped from the buffer.
  private var dropped = 0
  private var interimCount = 0
  /// The methods of the requests that are not answered yet.
  private var methods: [String] = []

  /// A parser at the beginning of a connection.
  public init(bounds: Bounds = Bounds()) { self.bounds = bounds }

  /// A request was sent. A parser that was told of none takes replies for answers to GET.
  ///
  /// - Parameter method: `HEAD` and `CONNECT` are answered without a body, whatever the headers say
  ///   (RFC 9112 §6.3).
  public mutating func expect(_ method: String) { methods.append(method) }

  /// A response has begun and is not complete.
  public var isInsideResponse: Bool {
    switch state {
    case .head: start < buffer.count
    case .switched: false
    default: true
    }
  }

  /// Takes bytes as they arrive.
  public mutating func feed(_ bytes: Span<UInt8>) {
    if start > 0 {
      buffer.removeFirst(start)
      dropped += start
      searched = max(0, searched - start)
      start = 0
    }
    buffer.append(bytes, 0..<bytes.count)
  }

  /// Takes what has been fed and not been read: bytes of the protocol that was switched to.
  public mutating func takeRest() -> [UInt8] { take(buffer.count - start) }

  /// The next event; nil when more bytes are needed.
  ///
  /// - Throws: when the bytes are no response, or one larger than permitted. The connection is of
  ///   no use after it.
  public mutating func next() throws(HTTPResponseError) -> Event? {
    do throws(HTTPResponseError) {
      return try step()
    } catch {
      state = .switched
      throw error
    }
  }

  /// The peer has closed. Returns `end` where that ends a body, nil where nothing was outstanding.
  ///
  /// - Throws: where a response is cut off.
  public mutating func finish() throws(HTTPResponseError) -> Event? {
    switch state {
    case .body(let reader) where reader.endsWithConnection:
      state = .switched
      return .end
    case .switched:
      return nil
    case .head where start == buffer.count && methods.isEmpty:
      state = .switched
      return nil
    default:
      state = .switched
      throw fault("the connection ends inside a response")
    }
  }

  private mutating func step() throws(HTTPResponseError) -> Event? {
    while true {
      switch state {
      case .head:
        guard let head = try readHead() else { return nil }
        if let event = try begin(head) { return event }
      case .body(var reader):
        let piece = try next(&reader)
        state = piece == .end ? .head : .body(reader)
        switch piece {
        case .bytes(let range): return .body(Array(buffer[range]))
        case .end: return .end
        case nil: return nil
        }
      case .switched:
        return nil
      }
    }
  }

  // MARK: Bytes

  private func fault(_ reason: String) -> HTTPResponseError {
    HTTPResponseError(position: dropped + start, reason: reason)
  }

  private mutating func take(_ count: Int) -> [UInt8] {
    let bytes = Array(buffer[start..<start + count])
    start += count
    return bytes
  }

  private mutating func next(
    _ reader: inout HTTPBodyReader
  ) throws(HTTPResponseError) -> HTTPBodyReader.Piece? {
    do throws(HTTPBodyReader.Fault) {
      return try reader.next(in: buffer, from: &start)
    } catch {
      throw fault(error.reason)
    }
  }
}

/// Why bytes are no HTTP response, or one that is not taken; the connection is of no use after it.
public struct HTTPResponseError: Error, Equatable, Sendable, CustomStringConvertible {
  /// Where in the connection's bytes, counted from 0.
  public let position: Int
  /// What is wrong.
  public let reason: String

  /// `at byte 12: a status line is HTTP/1.1 STATUS PHRASE`.
  public var description: String { "at byte \(position): \(reason)" }
}

extension HTTPResponseParser {
  // MARK: Heads

  /// What a head means for the bytes behind it (RFC 9112 §6.3); nil for an interim reply.
  private mutating func begin(_ head: Head) throws(HTTPResponseError) -> Event? {
    if head.status == 101 {
      state = .switched
      return .head(head)
    }
    if head.status < 200 {
      interimCount += 1
      guard interimCount <= bounds.interimCountMax else { throw fault("too many interim replies") }
      return nil
    }
    interimCount = 0
    let method = methods.isEmpty ? "GET" : methods.removeFirst()
    var head = head
    let framing = try framing(of: head)
    let hasNoBody = method == "HEAD" || head.status == 204 || head.status == 304
    if method == "CONNECT" && head.status < 300 {
      state = .switched
    } else {
      var bodyBounds = HTTPBodyReader.Bounds()
      bodyBounds.chunkLineBytesMax = bounds.chunkLineBytesMax
      bodyBounds.trailerBytesMax = bounds.headBytesMax
      state = .body(HTTPBodyReader(hasNoBody ? .fixed(0) : framing, bounds: bodyBounds))
    }
    let endsWithConnection = !hasNoBody && framing == .untilClosed
    head.isPersistent = Self.isPersistent(head) && !endsWithConnection && state != .switched
    return .head(head)
  }

  private func framing(of head: Head) throws(HTTPResponseError) -> HTTPBodyReader.Framing {
    let codings = head.headers.all("Transfer-Encoding")
    let lengths = head.headers.all("Content-Length")
    if !codings.isEmpty {
      guard codings.count == 1, equalIgnoringCase(codings[0], "chunked") else {
        throw fault("a transfer coding other than chunked")
      }
      // Either would hide a second reply in the body of the first (RFC 9112 §6.1 and §6.3).
      guard lengths.isEmpty else { throw fault("Transfer-Encoding beside Content-Length") }
      guard head.minorVersion >= 1 else { throw fault("Transfer-Encoding in HTTP/1.0") }
      return .chunked
    }
    guard let first = lengths.first else { return .untilClosed }
    guard lengths.allSatisfy({ $0 == first }), let length = decimal(first) else {
      throw fault("a Content-Length that is not one number")
    }
    return .fixed(length)
  }

  private static func isPersistent(_ head: Head) -> Bool {
    let options = head.headers.all("Connection").joined(separator: ",").split(at: ",")
    if options.contains(where: { equalIgnoringCase(trimmed($0), "close") }) { return false }
    return head.minorVersion >= 1
      || options.contains { equalIgnoringCase(trimmed($0), "keep-alive") }
  }

  private mutating func readHead() throws(HTTPResponseError) -> Head? {
    skipEmptyLines()
    // A carriage return alone may become an empty line.
    guard start < buffer.count, !buffer[start...].elementsEqual([0x0D]) else { return nil }
    // What speaks another protocol is told before it ends a line.
    guard zip(buffer[start...], "HTTP/1.".utf8).allSatisfy({ $0 == $1 }) else {
      throw fault("this is no HTTP/1.1")
    }
    let end = endOfHead()
    guard (end ?? buffer.count) - start <= bounds.headBytesMax else {
      throw fault("a head of more than \(bounds.headBytesMax) bytes")
    }
    guard let end else { return nil }
    let bytes = buffer[start..<end]
    guard bytes.allSatisfy({ $0 >= 0x20 && $0 != 0x7F || [0x09, 0x0A, 0x0D].contains($0) }) else {
      throw fault("a control byte in a head")
    }
    // Split before decoding: CR LF would be one character.
    let rows = bytes.split(separator: 0x0A).map { $0.last == 0x0D ? $0.dropLast() : $0 }
    guard !rows.contains(where: { $0.contains(0x0D) }) else {
      throw fault("a carriage return without its newline")
    }
    let lines = rows.filter { !$0.isEmpty }.map { String(decoding: $0, as: UTF8.self) }
    var head = try statusLine(lines.first ?? "")
    head.headers = try headers(lines.dropFirst())
    start = end
    return head
  }

  /// Some servers end the body before with a line's end too much.
  private mutating func skipEmptyLines() {
    while buffer[start...].starts(with: [0x0D, 0x0A]) { start += 2 }
  }

  /// Behind the empty line that ends the head; nil when it is not there yet.
  private mutating func endOfHead() -> Int? {
    var position = max(start, searched)
    while let newline = buffer[position...].firstIndex(of: 0x0A) {
      let rest = buffer[(newline + 1)...]
      if rest.first == 0x0A { return newline + 2 }
      if rest.starts(with: [0x0D, 0x0A]) { return newline + 3 }
      // The line behind this end is not there yet.
      if rest.isEmpty || rest.elementsEqual([0x0D]) {
        searched = newline
        return nil
      }
      position = newline + 1
    }
    searched = buffer.count
    return nil
  }

  private func statusLine(_ line: String) throws(HTTPResponseError) -> Head {
    let words = line.split(at: " ", maxSplits: 2, omittingEmptySubsequences: false)
    guard words.count >= 2, words[0] == "HTTP/1.1" || words[0] == "HTTP/1.0",
      words[1].utf8.count == 3, let status = decimal(words[1]), (100...599).contains(status)
    else { throw fault("a status line is HTTP/1.1 STATUS PHRASE") }
    return Head(
      status: status, phrase: words.count > 2 ? trimmed(words[2]) : "",
      minorVersion: words[0] == "HTTP/1.1" ? 1 : 0, headers: HeaderFields(), isPersistent: false)
  }

  private func headers(_ lines: ArraySlice<String>) throws(HTTPResponseError) -> HeaderFields {
    var headers = HeaderFields()
    guard lines.count <= bounds.headerCountMax else {
      throw fault("more than \(bounds.headerCountMax) headers")
    }
    for line in lines {
      // A client joins folded lines (RFC 9112 §5.2).
      if line.hasPrefix(" ") || line.hasPrefix("\t") {
        guard headers.fold(trimmed(line)) else { throw fault("a header line without a name") }
        continue
      }
      guard let colon = line.firstIndex(of: ":"), colon > line.startIndex,
        line[..<colon].utf8.allSatisfy(isToken)
      else { throw fault("a header line without a name") }
      headers.append(String(line[..<colon]), trimmed(line[line.index(after: colon)...]))
    }
    return headers
  }
}
