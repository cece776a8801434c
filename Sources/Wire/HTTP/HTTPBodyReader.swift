/// Finds the bytes of one message's body in those of a connection (RFC 9112 §6 and §7), however
/// they are cut, without gathering them: what both directions have in common.
struct HTTPBodyReader: Equatable, Sendable {
  /// What says where a body ends.
  enum Framing: Equatable {
    /// `Content-Length`.
    case fixed(Int)
    /// `Transfer-Encoding: chunked`.
    case chunked
    /// Nothing: it ends with the connection.
    case untilClosed
  }

  /// How large the marks of chunks may be.
  struct Bounds: Equatable {
    /// A chunk's size with its extensions, in bytes.
    var chunkLineBytesMax = 1024
    /// The trailers behind a chunked body, in bytes.
    var trailerBytesMax = 16_384
  }

  /// What comes next.
  enum Piece: Equatable {
    /// Bytes of the body, at least one, where they lie in the buffer.
    case bytes(Range<Int>)
    /// The body is complete.
    case end
  }

  /// Why bytes are no body.
  struct Fault: Error, Equatable {
    let reason: String
  }

  private enum State: Equatable {
    /// So many bytes of the body are to come. To `ended`.
    case fixed(Int)
    /// Before a chunk's size. To `chunk` or `trailers`.
    case chunkLine
    /// So many bytes of the chunk are to come. To `chunkEnd`.
    case chunk(Int)
    /// Before the line's end behind a chunk. To `chunkLine`.
    case chunkEnd
    /// Behind the last chunk. To `ended`.
    case trailers
    /// The body ends with the connection.
    case untilClosed
    /// Everything has been read.
    case ended
  }

  private let bounds: Bounds
  private var state: State
  private var trailerBytes = 0

  init(_ framing: Framing, bounds: Bounds) {
    self.bounds = bounds
    switch framing {
    case .fixed(let length): state = length == 0 ? .ended : .fixed(length)
    case .chunked: state = .chunkLine
    case .untilClosed: state = .untilClosed
    }
  }

  /// The body ends with the connection, and with nothing else.
  var endsWithConnection: Bool { state == .untilClosed }

  /// Goes on in `buffer` from `start`, which is moved behind what was read; nil when more bytes are
  /// needed.
  mutating func next(
    in buffer: [UInt8], from start: inout Int
  ) throws(Fault) -> Piece? {
    while true {
      switch state {
      case .fixed(let rest):
        guard let range = Self.take(rest, buffer, &start) else { return nil }
        state = range.count == rest ? .ended : .fixed(rest - range.count)
        return .bytes(range)
      case .chunk(let rest):
        guard let range = Self.take(rest, buffer, &start) else { return nil }
        state = range.count == rest ? .chunkEnd : .chunk(rest - range.count)
        return .bytes(range)
      case .chunkLine:
        let max = bounds.chunkLineBytesMax
        guard let line = try Self.line(buffer, &start, max, "a chunk's size") else { return nil }
        let size = try Self.chunkSize(line)
        trailerBytes = 0
        state = size == 0 ? .trailers : .chunk(size)
      case .chunkEnd:
        guard try Self.endChunk(buffer, &start) else { return nil }
        state = .chunkLine
      case .trailers:
        let max = bounds.trailerBytesMax - trailerBytes
        guard let line = try Self.line(buffer, &start, max, "trailers") else { return nil }
        trailerBytes += line.count + 1
        if line.isEmpty { state = .ended }
      case .untilClosed:
        return Self.take(.max, buffer, &start).map(Piece.bytes)
      case .ended:
        return .end
      }
    }
  }

  private static func take(
    _ limit: Int, _ buffer: [UInt8], _ start: inout Int
  ) -> Range<Int>? {
    let count = min(limit, buffer.count - start)
    guard count > 0 else { return nil }
    defer { start += count }
    return start..<start + count
  }

  /// The next line without its end, be that CR LF or LF alone; nil when it is not there yet.
  private static func line(
    _ buffer: [UInt8], _ start: inout Int, _ bytesMax: Int, _ what: String
  ) throws(Fault) -> ArraySlice<UInt8>? {
    let rest = buffer[start...]
    let end = rest.firstIndex(of: 0x0A)
    guard (end.map { $0 + 1 } ?? buffer.count) - start <= bytesMax else {
      throw Fault(reason: "\(what) of more than \(bytesMax) bytes")
    }
    guard let end else { return nil }
    start = end + 1
    let line = rest[..<end]
    return line.last == 0x0D ? line.dropLast() : line
  }

  /// Passes over the line's end behind a chunk; false when it is not there yet.
  private static func endChunk(
    _ buffer: [UInt8], _ start: inout Int
  ) throws(Fault) -> Bool {
    let rest = buffer[start...]
    if rest.first == 0x0A {
      start += 1
      return true
    }
    guard zip(rest, [0x0D, 0x0A]).allSatisfy({ $0 == $1 }) else {
      throw Fault(reason: "a chunk that is longer than its size")
    }
    guard rest.count >= 2 else { return false }
    start += 2
    return true
  }

  /// Digits in hexadecimal, and perhaps extensions behind a semicolon (RFC 9112 §7.1).
  private static func chunkSize(_ line: ArraySlice<UInt8>) throws(Fault) -> Int {
    let digits = trimmed(String(decoding: line.prefix { $0 != UInt8(ascii: ";") }, as: UTF8.self))
    guard let size = hexadecimal(digits) else {
      throw Fault(reason: "a chunk's size that is no number of 1 to 8 hexadecimal digits")
    }
    return Int(size)
  }
}
