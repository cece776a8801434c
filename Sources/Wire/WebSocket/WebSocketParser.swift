/// Finds messages in the bytes that a WebSocket client sends (RFC 6455 §5), however they are cut
/// and fragmented. Bounded by the largest permitted message.
public struct WebSocketParser: Sendable {
  /// What the peer said.
  public enum Message: Equatable, Sendable {
    /// UTF-8 text.
    case text(String)
    /// Bytes.
    case binary([UInt8])
    /// To be answered with a pong of the same bytes.
    case ping([UInt8])
    /// An answer, or a sign of life.
    case pong([UInt8])
    /// The peer closes; nil when it gives no code.
    case close(WebSocketCloseCode?)
  }

  /// The peer broke the protocol: say why and close.
  public struct Failure: Error, Equatable, Sendable {
    /// What to put into the close frame.
    public let code: WebSocketCloseCode
    /// In words.
    public let reason: String
  }

  private let messageBytesMax: Int
  private var buffer: [UInt8] = []
  /// Where the bytes that are not read yet begin in the buffer.
  private var start = 0
  /// The fragments of a message under way, what it is, and how many there were.
  private var fragments: (opcode: WebSocketFrame.Opcode, bytes: [UInt8], count: Int)?

  /// A frame costs work, whatever is in it, and only messages are counted.
  private static let fragmentsMax = 1024

  /// A parser at the beginning of a WebSocket.
  public init(messageBytesMax: Int) { self.messageBytesMax = messageBytesMax }

  /// Takes bytes as they arrive.
  public mutating func feed(_ bytes: Span<UInt8>) {
    buffer.removeFirst(start)
    start = 0
    buffer.append(bytes, 0..<bytes.count)
  }

  /// The next message; nil when more bytes are needed.
  public mutating func next() throws(Failure) -> Message? {
    while let frame = try nextFrame() {
      if let message = try take(frame) { return message }
    }
    return nil
  }

  private struct Frame {
    var opcode: WebSocketFrame.Opcode
    var isFinal: Bool
    var payload: [UInt8]
  }

  private mutating func nextFrame() throws(Failure) -> Frame? {
    let there = buffer.count - start
    guard there >= 2 else { return nil }
    let (first, second) = (buffer[start], buffer[start + 1])
    guard first & WebSocketFrame.reservedBits == 0,
      let opcode = WebSocketFrame.Opcode(rawValue: first & 0x0F)
    else { throw broken("a reserved bit or an unknown opcode") }
    guard second & WebSocketFrame.maskBit != 0 else { throw broken("a frame without a mask") }
    let isFinal = first & WebSocketFrame.finalBit != 0
    guard let (length, headBytes) = try length(second & 0x7F) else { return nil }
    if opcode.isControl, !isFinal || length > WebSocketFrame.controlBytesMax {
      throw broken("a control frame in fragments or of more than 125 bytes")
    }
    guard opcode.isControl || length + (fragments?.bytes.count ?? 0) <= messageBytesMax else {
      throw Failure(code: .tooBig, reason: "a message of more than \(messageBytesMax) bytes")
    }
    guard there >= headBytes + 4 + length else { return nil }
    let mask = start + headBytes
    var payload = Array(buffer[mask + 4..<mask + 4 + length])
    for index in payload.indices { payload[index] ^= buffer[mask + (index & 3)] }
    start = mask + 4 + length
    return Frame(opcode: opcode, isFinal: isFinal, payload: payload)
  }

  /// The payload's length and where the mask begins; nil when that is not there yet.
  private func length(_ short: UInt8) throws(Failure) -> (length: Int, headBytes: Int)? {
    switch short {
    case 126:
      guard buffer.count - start >= 4 else { return nil }
      let length = Int(buffer.span.uint16(at: start + 2))
      guard length >= 126 else { throw broken("a length that is longer than it need be") }
      return (length, 4)
    case 127:
      guard buffer.count - start >= 10 else { return nil }
      guard buffer.span.uint32(at: start + 2) == 0 else {
        throw Failure(code: .tooBig, reason: "a message of more than \(messageBytesMax) bytes")
      }
      let length = Int(buffer.span.uint32(at: start + 6))
      guard length >= 65_536 else { throw broken("a length that is longer than it need be") }
      return (length, 10)
    default:
      return (Int(short), 2)
    }
  }

  /// Control frames may stand between the fragments of a message.
  private mutating func take(_ frame: Frame) throws(Failure) -> Message? {
    switch frame.opcode {
    case .ping: return .ping(frame.payload)
    case .pong: return .pong(frame.payload)
    case .close: return try close(frame.payload)
    case .text, .binary:
      guard fragments == nil else { throw broken("a message inside another one") }
      if frame.isFinal { return try message(frame.opcode, frame.payload) }
      fragments = (frame.opcode, frame.payload, 1)
    case .continuation:
      guard let (opcode, count) = fragments.map({ ($0.opcode, $0.count) }) else {
        throw broken("a continuation of nothing")
      }
      guard count < Self.fragmentsMax else {
        throw Failure(
          code: .policyViolation, reason: "a message in more than \(Self.fragmentsMax) fragments")
      }
      fragments?.bytes += frame.payload
      fragments?.count += 1
      guard frame.isFinal else { break }
      defer { fragments = nil }
      return try message(opcode, fragments?.bytes ?? [])
    }
    return nil
  }

  private func message(
    _ opcode: WebSocketFrame.Opcode, _ bytes: [UInt8]
  ) throws(Failure) -> Message {
    guard opcode == .text else { return .binary(bytes) }
    guard let text = String(validating: bytes, as: UTF8.self) else {
      throw Failure(code: .invalidPayload, reason: "text that is not UTF-8")
    }
    return .text(text)
  }

  private func close(_ payload: [UInt8]) throws(Failure) -> Message {
    if payload.isEmpty { return .close(nil) }
    guard payload.count >= 2,
      let code = WebSocketCloseCode(received: payload.span.uint16(at: 0))
    else { throw broken("a close code that may not be sent") }
    guard String(validating: payload[2...], as: UTF8.self) != nil else {
      throw Failure(code: .invalidPayload, reason: "a reason that is not UTF-8")
    }
    return .close(code)
  }

  private func broken(_ reason: String) -> Failure {
    Failure(code: .protocolError, reason: reason)
  }
}
