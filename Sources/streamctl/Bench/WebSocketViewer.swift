internal import Reactor
internal import Wire

/// A viewer of streamd's WebSocket, where each binary message is a picture. It watches a viewer
/// session that it or another one has set up.
final class WebSocketViewer: HTTPViewer {
  private var scanner = WebSocketScanner()
  private var messageBytes = 0
  private var ownsSession = false

  /// What is read of the daemon's events.
  private struct Answer: Decodable {
    var event: String
    var success: Bool?
    var message: String?
    var sessionId: String?
  }

  private struct Order: Encodable {
    var event: String
    var sessionId: String?
  }

  override func connected() {
    // Coming back: the session that it had set up has ended with its connection.
    if ownsSession { load.session = load.options.session }
    (scanner, messageBytes, ownsSession) = (WebSocketScanner(), 0, false)
    super.connected()
  }

  override var requestHeaders: String {
    // The key proves nothing here: what answers is asked for pictures, not trusted.
    "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
      + "Sec-WebSocket-Key: c3RyZWFtY3RsIGJlbmNoIQ==\r\n"
  }

  override func fault(in head: HTTPResponseParser.Head) -> Load.Fault? {
    if head.status == 101 { return nil }
    return head.status == 200
      ? .refused("the answer is no WebSocket") : .init(status: head.status, head.phrase)
  }

  override func takeBody(_ bytes: Span<UInt8>) {
    let time = load.loop.readClock()
    var position = 0
    while state != .over {
      let start = position
      guard let event = scanner.next(bytes, &position) else {
        messageBytes += position - start
        return
      }
      messageBytes += position - start
      switch event {
      case .binary:
        played()
        count(picture: messageBytes, at: time)
      // While it plays there are numbers four times a second: to read those of a thousand sockets
      // would be a pause of ten milliseconds.
      case .text(let text): if state != .playing { take(text) }
      case .ping(let payload): send(masked(.pong, payload))
      case .close: end(.ended("the server has closed the WebSocket"))
      case .broken: end(.refused("what comes is no WebSocket"))
      }
      messageBytes = 0
    }
  }

  private func take(_ text: String) {
    guard let answer = JSON.decode(Answer.self, Array(text.utf8)) else { return }
    switch answer.event {
    case "connected":
      let session = load.options.ownsSessions ? nil : load.session
      ownsSession = session == nil
      order(Order(event: "setup", sessionId: session))
    case "setup_response":
      guard answer.success == true else {
        return end(.refused(answer.message ?? "setup is refused"))
      }
      if ownsSession {
        order(Order(event: "play"))
        if let id = answer.sessionId { load.session = load.session ?? id }
      }
    case "play_response":
      if answer.success != true { end(.refused(answer.message ?? "play is refused")) }
    default: break
    }
  }

  private func order(_ order: Order) { send(masked(.text, Array(JSON.encode(order).utf8))) }

  private func masked(_ opcode: WebSocketFrame.Opcode, _ payload: [UInt8]) -> [UInt8] {
    WebSocketFrame.masked(opcode, payload, key: .random(in: .min ... .max))
  }

  override func leave() {
    send(masked(.close, [0x03, 0xE8]))
    left()
  }
}
