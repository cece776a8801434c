/// Tells packets from messages in the bytes of an RTSP connection (RFC 2326 §10.12), however they
/// are cut, without gathering the packets: for whoever only counts them.
///
/// Each read is gone through with ``next(_:_:)``. What is kept between reads is a packet's
/// beginning or a line of a message, both bounded.
public struct InterleavedScanner: Sendable {
  /// What the bytes hold.
  public enum Event: Equatable, Sendable {
    /// A packet is complete: its channel, its length, and its mark where it is RTP.
    case packet(channel: UInt8, length: Int, RTPMark?)
    /// These bytes belong to a message, which ``RTSPParser`` can read.
    case message(Range<Int>)
  }

  /// A packet's `$` header and what is wanted of its RTP header.
  private static let headBytes = InterleavedHeader.length + RTPHeader.length
  /// Longer lines cannot say how long a body is.
  private static let lineBytesMax = 64

  private var head: [UInt8] = []
  /// So much of the packet at hand is to come.
  private var rest = 0
  /// The line of the message at hand; nil between messages.
  private var line: [UInt8]?
  /// What Content-Length says of the message at hand.
  private var bodyBytes = 0
  private var isInBody = false

  /// A scanner at the beginning of a connection.
  public init() { head.reserveCapacity(Self.headBytes) }

  /// The next event of a read, from `position` on, which is moved; nil when nothing is left.
  public mutating func next(_ bytes: Span<UInt8>, _ position: inout Int) -> Event? {
    while position < bytes.count {
      if rest > 0 {
        if let event = packet(bytes, &position) { return event }
      } else if line != nil || head.isEmpty && bytes[position] != InterleavedHeader.magic {
        return message(bytes, &position)
      } else {
        head.append(bytes[position])
        position += 1
        if head.count == InterleavedHeader.length {
          rest = Int(head[2]) << 8 | Int(head[3])
          if rest == 0 { return finish() }
        }
      }
    }
    return nil
  }

  private mutating func packet(_ bytes: Span<UInt8>, _ position: inout Int) -> Event? {
    let wanted = min(Self.headBytes - head.count, rest, bytes.count - position)
    for index in position..<position + wanted { head.append(bytes[index]) }
    let count = min(rest, bytes.count - position)
    position += count
    rest -= count
    return rest == 0 ? finish() : nil
  }

  private mutating func finish() -> Event {
    defer { head.removeAll(keepingCapacity: true) }
    let length = Int(head[2]) << 8 | Int(head[3])
    let mark = RTPMark(head.span, at: InterleavedHeader.length, count: length)
    return .packet(channel: head[1], length: length, mark)
  }

  /// Goes on to the end of the message at hand or of the read.
  private mutating func message(_ bytes: Span<UInt8>, _ position: inout Int) -> Event {
    let start = position
    var line = line ?? []
    while position < bytes.count {
      if isInBody {
        let count = min(bodyBytes, bytes.count - position)
        position += count
        bodyBytes -= count
        if bodyBytes > 0 { continue }
      } else {
        let byte = bytes[position]
        position += 1
        guard byte == 0x0A else {
          if line.count < Self.lineBytesMax { line.append(byte) }
          continue
        }
        if line.last == 0x0D { line.removeLast() }
        let isEnd = line.isEmpty
        readLength(line)
        line.removeAll()
        isInBody = isEnd && bodyBytes > 0
        if !isEnd || isInBody { continue }
      }
      (self.line, bodyBytes, isInBody) = (nil, 0, false)
      return .message(start..<position)
    }
    self.line = line
    return .message(start..<position)
  }

  private mutating func readLength(_ line: [UInt8]) {
    let text = String(decoding: line, as: UTF8.self)
    let parts = text.split(at: ":", maxSplits: 1)
    guard parts.count == 2, equalIgnoringCase(parts[0], "Content-Length") else { return }
    bodyBytes = decimal(trimmed(parts[1]), limit: 1 << 24) ?? 0
  }
}
