internal import Reactor
internal import Wire

/// Our connection to an RTSP server: the hands of an ``Wire/RTSPClientConversation``.
final class RTSPClientConnection: Connection {
  private var conversation: RTSPClientConversation
  private var isConnected = false
  private let connectDeadline: Instant
  /// Told of everything that the conversation comes to.
  private let happened: (RTSPClientConversation.Step) -> Void
  /// Told when the connection is gone, and why it could not be made or broke, where that is known.
  private let lost: (SystemError?) -> Void
  private var isDetached = false

  /// - Parameter connectNanoseconds: how long the connection may take.
  init(
    to peer: SocketAddress, _ conversation: RTSPClientConversation, connectNanoseconds: Instant,
    loop: EventLoop, buffer: ReceiveBuffer,
    happened: @escaping (RTSPClientConversation.Step) -> Void,
    lost: @escaping (SystemError?) -> Void
  ) throws(SystemError) {
    self.conversation = conversation
    self.happened = happened
    self.lost = lost
    connectDeadline = loop.now + connectNanoseconds
    let socket = try StreamSocket(connectingTo: peer)
    try super.init(socket, loop: loop, buffer: buffer, queueBytesMax: 64 * 1024)
    settle()
  }

  /// Passes a command on.
  func command(_ command: (inout RTSPClientConversation) -> Void) {
    command(&conversation)
    resume()
  }

  /// Our receiver reports, on an interleaved channel.
  func sendControl(_ bytes: [UInt8], channel: UInt8) {
    var message: [UInt8] = []
    InterleavedHeader(channel: channel, length: bytes.count).emit(into: &message)
    sendIfRoom(message + bytes)
  }

  /// Ends the session politely and tells nobody of it.
  func detach() {
    isDetached = true
    command { $0.teardown() }
    finish(lingerSeconds: 1)
  }

  override var awaitsWritable: Bool { !isConnected }

  override func take(_ bytes: Span<UInt8>) { conversation.receive(bytes) }

  override func proceed() {
    guard isConnected || connected() else { return }
    while canGoOn, let step = conversation.next(at: loop.now) {
      if case .send(let bytes) = step { append(bytes) } else { tell(step) }
    }
  }

  override var deadline: Instant? { isConnected ? conversation.deadline : connectDeadline }

  override func deadlinePassed(at now: Instant) {
    if isConnected {
      conversation.wake(at: now)
    } else if now >= connectDeadline {
      tell(.failed(.timeout))
    }
  }

  override func closed() { if !isDetached { lost(socket.failure) } }

  private func tell(_ step: RTSPClientConversation.Step) { if !isDetached { happened(step) } }

  /// Whether the connection stands now.
  private func connected() -> Bool {
    guard socket.isConnected else { return false }
    isConnected = true
    return true
  }
}
