/// Finds messages in the bytes of an RTSP connection (RFC 2326 §4, §10.12), however they are cut.
///
/// Bounded: what is buffered never exceeds one message of the largest permitted size, and a message
/// that would be larger is refused as soon as that is known. Each byte is looked at once while a
/// message is incomplete.
///
/// The **classroom dialect** (a target without a URI scheme that is neither `*` nor begins with
/// `/`, on a line that ends with a bare newline) has no blank line at a request's end: there a
/// request is complete at the newline after `Transport` or `Session`, or when ``settle()`` says
/// that the peer has fallen silent.
public struct RTSPParser: Sendable {
  /// How large the parts of a message may be, in bytes.
  public struct Bounds: Sendable {
    /// Start line and headers together.
    public var headBytesMax = 8192
    /// The request target.
    public var targetBytesMax = 2048
    /// Header lines.
    public var headerCountMax = 64
    /// The body.
    public var bodyBytesMax = 65_536

    /// The standard bounds.
    public init() {}
  }

  private let bounds: Bounds
  private var buffer: [UInt8] = []
  /// Where in the buffer the message under way begins.
  private var start = 0
  /// How far the message's lines have been read.
  private var scanned = 0
  /// How far the line under way has been searched for its end.
  private var searched = 0
  /// The bytes of the connection before the buffer.
  private var passed = 0
  private var head: Head?

  /// A start line with the headers that have been read so far.
  private struct Head {
    var startLine: StartLine
    var headers = HeaderFields()
    var isClassroom: Bool
    /// It speaks another version of RTSP. That is refused once its number is known.
    var isOtherVersion: Bool
    /// Set once the headers are complete.
    var bodyBytes: Int?
  }

  private enum StartLine {
    case request(RTSPMethod, target: String)
    case response(code: Int, phrase: String)
  }

  /// A parser at the beginning of a connection.
  public init(bounds: Bounds = Bounds()) { self.bounds = bounds }

  /// A message has begun and is not complete.
  public var isInsideMessage: Bool { start < buffer.count }

  /// What has begun is a request of the classroom dialect.
  public var isInsideClassroomRequest: Bool { head?.isClassroom ?? false }

  /// Takes bytes as they arrive.
  public mutating func feed(_ bytes: Span<UInt8>) {
    if start > 0 { discardConsumed() }
    buffer.append(bytes, 0..<bytes.count)
  }

  /// The next complete message; nil when more bytes are needed.
  ///
  /// - Throws: when the bytes are no message; nothing more can be read from this connection then.
  public mutating func next() throws(RTSPError) -> RTSPMessage? {
    if head == nil {
      try skipEmptyLines()
      // A carriage return that is left over waits for its newline.
      guard start < buffer.count, buffer[start] != Self.carriageReturn else { return nil }
      if buffer[start] == InterleavedHeader.magic { return interleaved() }
    }
    while head?.bodyBytes == nil {
      guard let line = try nextLine() else { return nil }
      try read(line)
    }
    return finish()
  }

  /// The peer has been silent for a while: a classroom request that lacks its end is complete.
  public mutating func settle() throws(RTSPError) -> RTSPMessage? {
    guard isInsideClassroomRequest, head?.bodyBytes == nil else { return nil }
    defer { searched = scanned }
    if scanned < buffer.count {
      // A last line without its newline.
      let line = scanned..<buffer.count
      scanned = buffer.count
      try read(Line(range: line, isBare: true))
    }
    if head?.bodyBytes == nil { head?.bodyBytes = 0 }
    return finish()
  }

  // MARK: Lines

  private struct Line {
    var range: Range<Int>
    /// It ended with a newline that no carriage return preceded.
    var isBare: Bool
  }

  /// The line that begins where reading has come to; nil when its end is not there yet.
  private mutating func nextLine() throws(RTSPError) -> Line? {
    var position = max(scanned, searched)
    while position < buffer.count, buffer[position] != Self.newline { position += 1 }
    searched = position
    if head == nil { try checkMethod(in: start..<position) }
    if position - start >= bounds.headBytesMax {
      // A request line that does not end is most likely a target that is too long.
      let isFirst = head == nil
      throw failure(
        isFirst ? .uriTooLong : .entityTooLarge, at: start,
        "a \(isFirst ? "request line" : "head") of more than \(bounds.headBytesMax) bytes")
    }
    guard position < buffer.count else { return nil }
    var end = position
    let isBare = end == scanned || buffer[end - 1] != Self.carriageReturn
    if !isBare { end -= 1 }
    let line = Line(range: scanned..<end, isBare: isBare)
    scanned = position + 1
    return line
  }

  private mutating func read(_ line: Line) throws(RTSPError) {
    for index in line.range where Self.isForbidden(buffer[index]) {
      throw failure(.badRequest, at: index, "a control byte")
    }
    if head == nil {
      let startLine = try startLine(line.range)
      var (isClassroom, isOtherVersion) = (false, false)
      if case .request(_, let target) = startLine {
        isClassroom = line.isBare && Self.isClassroom(target)
        isOtherVersion = !buffer[line.range].suffix(9).elementsEqual(" RTSP/1.0".utf8)
      }
      head = Head(
        startLine: startLine, isClassroom: isClassroom, isOtherVersion: isOtherVersion)
    } else if line.range.isEmpty {
      if head?.isOtherVersion == true {
        throw failure(.versionNotSupported, at: start, "a version other than RTSP/1.0")
      }
      let length = try bodyBytes()
      head?.bodyBytes = length
    } else {
      try readHeader(line)
    }
  }

  private mutating func readHeader(_ line: Line) throws(RTSPError) {
    let text = String(decoding: buffer[line.range], as: UTF8.self)
    if buffer[line.range.lowerBound] == Self.space || buffer[line.range.lowerBound] == Self.tab {
      let folded = head?.headers.fold(trimmed(text)) ?? false
      guard folded else {
        throw failure(.badRequest, at: line.range.lowerBound, "a folded line without a first one")
      }
      return
    }
    guard let colon = text.firstIndex(of: ":"), colon > text.startIndex,
      text[..<colon].utf8.allSatisfy(isToken)
    else { throw failure(.badRequest, at: line.range.lowerBound, "a header line without a name") }
    let count = head?.headers.fields.count ?? 0
    guard count < bounds.headerCountMax else {
      throw failure(
        .entityTooLarge, at: line.range.lowerBound, "more than \(bounds.headerCountMax) headers")
    }
    let name = String(text[..<colon])
    head?.headers.append(name, trimmed(text[text.index(after: colon)...]))
    if isInsideClassroomRequest
      && (equalIgnoringCase(name, "Transport") || equalIgnoringCase(name, "Session"))
    {
      head?.bodyBytes = 0
    }
  }

  // MARK: Start line

  private func startLine(_ range: Range<Int>) throws(RTSPError) -> StartLine {
    let parts = buffer[range].split(
      separator: Self.space, maxSplits: 2, omittingEmptySubsequences: false)
    let words = parts.map { String(decoding: $0, as: UTF8.self) }
    if let version = words.first, version.hasPrefix("RTSP/") {
      guard version == "RTSP/1.0" else {
        throw failure(.versionNotSupported, at: range.lowerBound, "a version other than RTSP/1.0")
      }
      guard words.count >= 2, words[1].utf8.count == 3, let code = decimal(words[1]) else {
        throw failure(.badRequest, at: range.lowerBound, "a malformed status line")
      }
      return .response(code: code, phrase: words.count > 2 ? words[2] : "")
    }
    guard words.count == 3, !words[1].isEmpty else {
      throw failure(.badRequest, at: range.lowerBound, "a request line is METHOD TARGET RTSP/1.0")
    }
    guard words[1].utf8.count <= bounds.targetBytesMax else {
      throw failure(
        .uriTooLong, at: parts[1].startIndex,
        "a target of more than \(bounds.targetBytesMax) bytes")
    }
    try checkProtocol(words[2], at: parts[2].startIndex)
    return .request(RTSPMethod(words[0]), target: words[1])
  }

  private func checkProtocol(_ version: String, at index: Int) throws(RTSPError) {
    if version.hasPrefix("RTSP/") { return }
    var error = failure(.badRequest, at: index, "a request line is METHOD TARGET RTSP/1.0")
    error.isHTTP = version.hasPrefix("HTTP/")
    throw error
  }

  /// Refuses what cannot be the beginning of a message at the first wrong byte, before more of it
  /// is buffered.
  private func checkMethod(in range: Range<Int>) throws(RTSPError) {
    for index in range {
      if buffer[index] == Self.space && index > range.lowerBound { return }
      if buffer[range.lowerBound...index].elementsEqual("RTSP/".utf8) { return }
      guard isToken(buffer[index]), index - range.lowerBound < Self.methodBytesMax else {
        throw failure(.badRequest, at: index, "a method is expected here")
      }
    }
  }

  // MARK: Ends

  private func bodyBytes() throws(RTSPError) -> Int {
    let values = head?.headers.all("Content-Length") ?? []
    guard let first = values.first else { return 0 }
    guard values.allSatisfy({ $0 == first }), first.utf8.allSatisfy({ (0x30...0x39).contains($0) }),
      !first.isEmpty
    else {
      throw failure(.badRequest, at: start, "a Content-Length that is not one number")
    }
    guard let length = decimal(first, limit: bounds.bodyBytesMax) else {
      throw failure(
        .entityTooLarge, at: start, "a body of more than \(bounds.bodyBytesMax) bytes")
    }
    return length
  }

  private mutating func finish() -> RTSPMessage? {
    guard let head, let length = head.bodyBytes, buffer.count - scanned >= length else {
      return nil
    }
    let body = Array(buffer[scanned..<scanned + length])
    consume(to: scanned + length)
    self.head = nil
    switch head.startLine {
    case .request(let method, let target):
      return .request(
        RTSPRequest(
          method: method, target: target, headers: head.headers, body: body,
          isClassroom: head.isClassroom))
    case .response(let code, let phrase):
      return .response(
        RTSPResponse(code: code, phrase: phrase, headers: head.headers, body: body))
    }
  }

  private mutating func interleaved() -> RTSPMessage? {
    let data = start + InterleavedHeader.length
    guard buffer.count >= data else { return nil }
    let length = Int(buffer[start + 2]) << 8 | Int(buffer[start + 3])
    guard buffer.count - data >= length else { return nil }
    let channel = buffer[start + 1]
    let packet = Array(buffer[data..<data + length])
    consume(to: data + length)
    return .interleaved(channel: channel, packet: packet)
  }

  /// Empty lines between messages are tolerated (RFC 2616 §4.1).
  private mutating func skipEmptyLines() throws(RTSPError) {
    var position = start
    while position < buffer.count {
      if buffer[position] == Self.newline {
        position += 1
      } else if buffer[position] == Self.carriageReturn {
        guard position + 1 < buffer.count else { break }
        guard buffer[position + 1] == Self.newline else {
          throw failure(.badRequest, at: position, "a carriage return without its newline")
        }
        position += 2
      } else {
        break
      }
    }
    if position > start { consume(to: position) }
  }

  private mutating func consume(to position: Int) {
    start = position
    scanned = position
    searched = position
  }

  private mutating func discardConsumed() {
    passed += start
    buffer.removeFirst(start)
    scanned -= start
    searched -= start
    start = 0
  }

  private func failure(_ status: RTSPStatus, at index: Int, _ reason: String) -> RTSPError {
    RTSPError(
      status: status, position: passed + index, reason: reason,
      sequence: head?.headers["CSeq"].flatMap { decimal($0, limit: Int(UInt32.max)) })
  }

  // MARK: Grammar

  private static let newline: UInt8 = 0x0A
  private static let carriageReturn: UInt8 = 0x0D
  private static let space: UInt8 = 0x20
  private static let tab: UInt8 = 0x09
  private static let methodBytesMax = 64

  private static func isClassroom(_ target: String) -> Bool {
    !target.contains("://") && target != "*" && !target.hasPrefix("/")
  }

  /// Control bytes have no place in a line but the tab.
  private static func isForbidden(_ byte: UInt8) -> Bool {
    byte < 0x20 && byte != tab || byte == 0x7F
  }
}
