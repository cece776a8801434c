import Foundation
import Testing

/// A WebSocket client that writes and reads frames byte by byte (RFC 6455 §5.2), for tests that say
/// exactly what they mean.
final class WebSocketClient {
  enum Opcode: UInt8 {
    case continuation = 0
    case text = 1
    case binary = 2
    case close = 8
    case ping = 9
    case pong = 10
  }

  struct Frame {
    var opcode: Opcode
    var payload: [UInt8]

    var text: String { String(decoding: payload, as: UTF8.self) }

    /// The payload as a JSON object; empty when it is none.
    var json: [String: Any] {
      (try? JSONSerialization.jsonObject(with: Data(payload)) as? [String: Any]) ?? [:]
    }

    var event: String { opcode == .text ? json["event"] as? String ?? "" : "" }

    /// Of a close frame; 0 without one.
    var closeCode: Int { payload.count >= 2 ? Int(payload[0]) << 8 | Int(payload[1]) : 0 }
  }

  let http: HTTPClient

  /// Connects and makes the handshake.
  init(
    _ daemon: DaemonProcess, _ headers: [String] = [], receiveBufferBytes: Int32? = nil
  ) throws {
    http = try HTTPClient(daemon, receiveBufferBytes: receiveBufferBytes)
    let reply = try http.request("GET", "/ws", Self.upgrade + headers)
    #expect(reply.status == 101, "\(reply.head)")
    // The example of RFC 6455 §1.3.
    #expect(reply.header("Sec-WebSocket-Accept") == "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=")
  }

  static let upgrade = [
    "Connection: keep-alive, Upgrade", "Upgrade: WebSocket", "Sec-WebSocket-Version: 13",
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
  ]

  /// Sends one frame; clients have to mask.
  func send(
    _ opcode: Opcode, _ payload: [UInt8], isFinal: Bool = true, isMasked: Bool = true
  ) throws {
    var bytes = [(isFinal ? 0x80 : 0) | opcode.rawValue]
    let mask: UInt8 = isMasked ? 0x80 : 0
    switch payload.count {
    case ..<126: bytes.append(mask | UInt8(payload.count))
    case ..<65_536:
      bytes += [mask | 126, UInt8(payload.count >> 8), UInt8(payload.count & 0xFF)]
    default:
      bytes.append(mask | 127)
      for shift in stride(from: 56, through: 0, by: -8) {
        bytes.append(UInt8(payload.count >> shift & 0xFF))
      }
    }
    let key: [UInt8] = [0x37, 0xFA, 0x21, 0x3D]
    if isMasked {
      bytes += key
      for (index, byte) in payload.enumerated() { bytes.append(byte ^ key[index & 3]) }
    } else {
      bytes += payload
    }
    try http.socket.send(bytes)
  }

  func say(_ text: String) throws { try send(.text, Array(text.utf8)) }

  /// Sends a command, and returns the event that answers it by its `id`.
  func command(_ name: String, _ fields: String = "") throws -> [String: Any] {
    commands += 1
    let id = "c\(commands)"
    try say("{\"event\":\"\(name)\",\"id\":\"\(id)\"\(fields.isEmpty ? "" : ",")\(fields)}")
    while true {
      let json = try readFrame().json
      if json["id"] as? String == id { return json }
      if let event = json["event"] as? String { passed.append(event) }
    }
  }

  private var commands = 0
  /// The events that came in while an answer was waited for.
  private(set) var passed: [String] = []

  /// The next frame. The server neither masks nor cuts.
  func readFrame() throws -> Frame {
    let head = try http.read(2)
    #expect(head[0] & 0xF0 == 0x80 && head[1] & 0x80 == 0, "\(head)")
    var length = Int(head[1])
    if length >= 126 {
      length = try http.read(length == 126 ? 2 : 8).reduce(0) { $0 << 8 | Int($1) }
    }
    let opcode = try #require(Opcode(rawValue: head[0] & 0x0F))
    return Frame(opcode: opcode, payload: try http.read(length))
  }

  /// The next frame of a kind; others before it are passed over.
  func next(_ opcode: Opcode) throws -> [UInt8] {
    while true {
      let frame = try readFrame()
      if frame.opcode == opcode { return frame.payload }
    }
  }

  /// The next event of a name that is as it should be; others before it are passed over.
  func event(
    _ name: String, where isWanted: ([String: Any]) -> Bool = { _ in true }
  ) throws -> [String: Any] {
    while true {
      let frame = try readFrame()
      if frame.event == name, isWanted(frame.json) { return frame.json }
    }
  }

  /// The code that the server closes with, after which it is to end the connection.
  func readClose() throws -> Int {
    while true {
      let frame = try readFrame()
      guard frame.opcode == .close else { continue }
      let isOver = try !http.hasRest && http.socket.receive().isEmpty
      #expect(isOver, "it goes on after closing")
      return frame.closeCode
    }
  }

  func close(_ code: Int = 1000) throws {
    try send(.close, [UInt8(code >> 8), UInt8(code & 0xFF)])
  }
}
