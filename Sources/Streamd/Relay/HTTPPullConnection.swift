internal import Reactor
internal import Wire

/// Our connection to an HTTP server that has pictures: the hands of an
/// ``Wire/HTTPPullConversation``.
final class HTTPPullConnection: Connection {
  private(set) var conversation: HTTPPullConversation
  private var isConnected = false
  private let connectDeadline: Instant
  /// Told of everything that the conversation comes to.
  private let happened: (HTTPPullConversation.Step) -> Void
  /// Told when there is no connection, and why, where that is known.
  private let lost: (SystemError?) -> Void
  private var isDetached = false

  init(
    to peer: SocketAddress, _ conversation: HTTPPullConversation, connectNanoseconds: Instant,
    loop: EventLoop, buffer: ReceiveBuffer,
    happened: @escaping (HTTPPullConversation.Step) -> Void,
    lost: @escaping (SystemError?) -> Void
  ) throws(SystemError) {
    self.conversation = conversation
    (self.happened, self.lost) = (happened, lost)
    connectDeadline = loop.now + connectNanoseconds
    let socket = try StreamSocket(connectingTo: peer)
    try super.init(socket, loop: loop, buffer: buffer, queueBytesMax: 64 * 1024)
    settle()
  }

  /// Ends, and tells nobody of it.
  func detach() {
    isDetached = true
    close()
  }

  override var awaitsWritable: Bool { !isConnected }

  override func take(_ bytes: Span<UInt8>) { conversation.receive(bytes, at: loop.now) }

  override func proceed() {
    if !isConnected {
      guard socket.isConnected else { return }
      isConnected = true
      conversation.connected(at: loop.now)
    }
    tellAll()
  }

  private func tellAll() {
    while !isDetached, let step = conversation.next() {
      if case .send(let bytes) = step { append(bytes) } else { happened(step) }
    }
  }

  override var deadline: Instant? { isConnected ? conversation.deadline : connectDeadline }

  override func deadlinePassed(at now: Instant) {
    if isConnected {
      conversation.wake(at: now)
    } else if now >= connectDeadline {
      happened(.failed(.timeout))
    }
  }

  override func closed() {
    guard !isDetached else { return }
    guard isConnected, socket.failure == nil else { return lost(socket.failure) }
    conversation.closed()
    tellAll()
  }
}
