internal import Reactor
internal import Wire

/// Pictures that are pulled over HTTP: a connection, and another one where the server wants a
/// password.
final class HTTPReception {
  enum Event {
    /// Pictures follow.
    case playing
    /// The connection is let go of.
    case failed(Failure)
  }

  enum Failure: Error {
    /// There is no connection, or none any more, for the reason given.
    case noConnection(String)
    case conversation(HTTPPullConversation.Failure)
  }

  private let url: SourceURL
  private let patience: HTTPPullConversation.Patience
  private let loop: EventLoop
  private let buffer: ReceiveBuffer
  private let happened: (Event) -> Void
  private let show: (Picture) -> Void
  private var address: SocketAddress
  private var connection: HTTPPullConnection?
  private(set) var pictures = 0
  private(set) var payloadBytes = 0
  /// Pictures of earlier connections that were given up.
  private var damagedBefore = 0

  init(
    _ url: SourceURL, patience: HTTPPullConversation.Patience, loop: EventLoop,
    buffer: ReceiveBuffer, happened: @escaping (Event) -> Void, show: @escaping (Picture) -> Void
  ) {
    (self.url, self.patience) = (url, patience)
    (self.loop, self.buffer) = (loop, buffer)
    (self.happened, self.show) = (happened, show)
    address = .localhost(port: 0)
  }

  /// Pictures that were given up because their markers make no sense.
  var skipped: Int { damagedBefore + (connection?.conversation.damaged ?? 0) }

  /// Connects and asks; `playing` or `failed` follows.
  func connect(to address: SocketAddress) {
    hangUp()
    self.address = address
    open(HTTPPullConversation(url, userAgent: RTSPServer.name, patience: patience))
  }

  /// Lets go of the connection.
  func hangUp() {
    damagedBefore = skipped
    let old = connection
    connection = nil
    old?.detach()
  }

  private func open(_ conversation: HTTPPullConversation) {
    do throws(SystemError) {
      connection = try HTTPPullConnection(
        to: address, conversation, connectNanoseconds: patience.answerNanoseconds, loop: loop,
        buffer: buffer, happened: { [unowned self] in happened(step: $0) },
        lost: { [weak self] in self?.lost($0) })
    } catch {
      fail(.noConnection("cannot connect to \(address): \(error.reason)"))
    }
  }

  private func happened(step: HTTPPullConversation.Step) {
    switch step {
    case .send: break
    case .playing: happened(.playing)
    case .picture(let jpeg):
      pictures += 1
      payloadBytes += jpeg.count
      show(Picture(jpeg: jpeg, number: pictures, due: nil))
    case .reconnect:
      guard let conversation = connection?.conversation else { return }
      hangUp()
      open(conversation)
    case .failed(let failure): fail(.conversation(failure))
    }
  }

  private func lost(_ error: SystemError?) {
    guard connection != nil else { return }
    let detail = error.map { "no connection to \(address): \($0.reason)" }
    fail(.noConnection(detail ?? "\(address) has closed the connection"))
  }

  private func fail(_ failure: Failure) {
    hangUp()
    happened(.failed(failure))
  }
}
