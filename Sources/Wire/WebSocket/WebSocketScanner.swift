/// Finds messages in the bytes that a WebSocket server sends (RFC 6455 §5), however they are cut
/// and fragmented, and counts binary ones without gathering them: the client's side of
/// ``WebSocketParser``, for whoever does not want the pictures.
public struct WebSocketScanner: Sendable {
  /// What the server said.
  public enum Event: Equatable, Sendable {
    /// A binary message is complete.
    case binary
    /// UTF-8 text, cut where it is longer than permitted.
    case text(String)
    /// To be answered with a pong of the same bytes.
    case ping([UInt8])
    /// The server closes.
    case close
    /// This is no WebSocket server's; nothing more can be read.
    case broken
  }

  private static let headBytesMax = 10
  private static let textBytesMax = 64 * 1024

  private var head: [UInt8] = []
  /// So much of the frame's payload is to come; nil in its head.
  private var rest: Int?
  private var opcode = WebSocketFrame.Opcode.continuation
  private var isFinal = false
  /// What the fragments at hand are part of.
  private var message = WebSocketFrame.Opcode.continuation
  private var text: [UInt8] = []
  private var control: [UInt8] = []
  private var isBroken = false

  /// A scanner at the beginning of a WebSocket.
  public init() { head.reserveCapacity(Self.headBytesMax) }

  /// The next event of a read, from `position` on, which is moved; nil when nothing is left.
  public mutating func next(_ bytes: Span<UInt8>, _ position: inout Int) -> Event? {
    while position < bytes.count, !isBroken {
      guard let rest else {
        head.append(bytes[position])
        position += 1
        if !readHead() { return fail() }
        if self.rest == 0, let event = endFrame() { return event }
        continue
      }
      let count = min(rest, bytes.count - position)
      keep(bytes, position..<position + count)
      position += count
      self.rest = rest - count
      if count == rest, let event = endFrame() { return event }
    }
    return nil
  }

  private mutating func fail() -> Event {
    isBroken = true
    return .broken
  }

  /// Reads the frame's head once it is complete; false when it is none.
  private mutating func readHead() -> Bool {
    guard head.count >= 2 else { return true }
    let short = Int(head[1] & 0x7F)
    guard head.count == (short == 126 ? 4 : short == 127 ? 10 : 2) else { return true }
    defer { head.removeAll(keepingCapacity: true) }
    guard head[0] & WebSocketFrame.reservedBits == 0, head[1] & WebSocketFrame.maskBit == 0,
      let opcode = WebSocketFrame.Opcode(rawValue: head[0] & 0x0F)
    else { return false }
    switch short {
    case 126: rest = Int(head.span.uint16(at: 2))
    case 127:
      guard head.span.uint32(at: 2) == 0 else { return false }
      rest = Int(head.span.uint32(at: 6))
    default: rest = short
    }
    self.opcode = opcode
    isFinal = head[0] & WebSocketFrame.finalBit != 0
    if opcode.isControl {
      return isFinal && short <= WebSocketFrame.controlBytesMax
    }
    if opcode != .continuation { message = opcode }
    return true
  }

  private mutating func keep(_ bytes: Span<UInt8>, _ range: Range<Int>) {
    if opcode.isControl {
      control.append(bytes, range)
    } else if message == .text {
      let room = Self.textBytesMax - text.count
      text.append(bytes, range.lowerBound..<range.lowerBound + min(room, range.count))
    }
  }

  private mutating func endFrame() -> Event? {
    rest = nil
    switch opcode {
    case .ping:
      defer { control.removeAll() }
      return .ping(control)
    case .pong:
      control.removeAll()
      return nil
    case .close: return .close
    case .text, .binary, .continuation:
      guard isFinal else { return nil }
      guard message == .text else { return message == .binary ? .binary : nil }
      defer { text.removeAll(keepingCapacity: true) }
      return .text(String(decoding: text, as: UTF8.self))
    }
  }
}
