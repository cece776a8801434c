/// A frame's head (RFC 6455 §5.2), as a server writes it: never masked; and frames of a client.
///
///      0                   1                   2                   3
///      0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
///     +-+-+-+-+-------+-+-------------+-------------------------------+
///     |F|R|R|R| opcode|M| Payload len |    Extended payload length    |
///     |I|S|S|S|  (4)  |A|     (7)     |            (16/64)            |
///     |N|V|V|V|       |S|             |                               |
///     +-+-+-+-+-------+-+-------------+-------------------------------+
public enum WebSocketFrame {
  /// What a frame carries.
  public enum Opcode: UInt8, Sendable {
    // swift-format-ignore: AllPublicDeclarationsHaveDocumentation
    case continuation = 0, text = 1, binary = 2, close = 8, ping = 9, pong = 10

    var isControl: Bool { rawValue >= 8 }
  }

  static let finalBit: UInt8 = 0x80
  static let reservedBits: UInt8 = 0x70
  static let maskBit: UInt8 = 0x80
  /// Control frames are small and whole (RFC 6455 §5.5).
  static let controlBytesMax = 125

  /// Appends the head of an unfragmented frame of `length` bytes.
  public static func emitHead(_ opcode: Opcode, length: Int, into bytes: inout [UInt8]) {
    bytes.append(finalBit | opcode.rawValue)
    switch length {
    case ..<126:
      bytes.append(UInt8(length))
    case ..<65_536:
      bytes.append(126)
      bytes.append(uint16: UInt16(length))
    default:
      bytes.append(127)
      bytes.append(uint32: UInt32(truncatingIfNeeded: length >> 32))
      bytes.append(uint32: UInt32(truncatingIfNeeded: length))
    }
  }

  /// A whole frame.
  public static func frame(_ opcode: Opcode, _ payload: [UInt8]) -> [UInt8] {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(payload.count + 10)
    emitHead(opcode, length: payload.count, into: &bytes)
    bytes += payload
    return bytes
  }

  /// A whole frame as a client has to send it, masked by a key that others cannot guess (§5.3).
  public static func masked(_ opcode: Opcode, _ payload: [UInt8], key: UInt32) -> [UInt8] {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(payload.count + 14)
    emitHead(opcode, length: payload.count, into: &bytes)
    bytes[1] |= maskBit
    bytes.append(uint32: key)
    let mask = Array(bytes.suffix(4))
    for (index, byte) in payload.enumerated() { bytes.append(byte ^ mask[index & 3]) }
    return bytes
  }

  /// A close frame with a code (RFC 6455 §5.5.1).
  public static func close(_ code: WebSocketCloseCode, _ reason: String = "") -> [UInt8] {
    var payload: [UInt8] = []
    payload.append(uint16: code.rawValue)
    // Cut at a character, not inside of one.
    var text = reason
    while text.utf8.count > controlBytesMax - 2 { text.removeLast() }
    payload += text.utf8
    return frame(.close, payload)
  }
}

/// Why a WebSocket is closed (RFC 6455 §7.4.1).
public struct WebSocketCloseCode: Equatable, Sendable {
  /// The number on the wire.
  public let rawValue: UInt16

  private init(_ rawValue: UInt16) { self.rawValue = rawValue }

  /// A code that a peer may send; nil for numbers that are reserved or undefined.
  public init?(received code: UInt16) {
    switch code {
    case 1000...1003, 1007...1014, 3000...4999: rawValue = code
    default: return nil
    }
  }

  /// Done.
  public static let normal = WebSocketCloseCode(1000)
  /// The server goes down or the page is left.
  public static let goingAway = WebSocketCloseCode(1001)
  /// The peer broke the protocol.
  public static let protocolError = WebSocketCloseCode(1002)
  /// A kind of message that is not understood here.
  public static let unsupportedData = WebSocketCloseCode(1003)
  /// Text that is not UTF-8.
  public static let invalidPayload = WebSocketCloseCode(1007)
  /// A message that is too large.
  public static let policyViolation = WebSocketCloseCode(1008)
  // swift-format-ignore: AllPublicDeclarationsHaveDocumentation
  public static let tooBig = WebSocketCloseCode(1009)
}
