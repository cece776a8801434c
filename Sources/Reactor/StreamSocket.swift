internal import CLinux
internal import Glibc

/// A connected TCP socket.
public final class StreamSocket {
  /// The other end; or whom a proxy there speaks for.
  public private(set) var peer: SocketAddress
  /// Somebody stands in between, so that the other end's address is not that of the connection.
  public private(set) var isProxied = false
  /// Our end.
  public let local: SocketAddress
  let descriptor: Descriptor
  /// Why the connection broke or could not be made, once reading has met it.
  public private(set) var failure: SystemError?

  /// What reading came to.
  public enum Received: Equatable {
    /// So many bytes were appended.
    case bytes(Int)
    /// Nothing is there at the moment.
    case nothing
    /// The peer has closed or the connection is broken.
    case closed
  }

  /// What writing came to.
  public enum Sent: Equatable {
    /// So many bytes were taken, perhaps fewer than offered.
    case bytes(Int)
    /// The kernel's buffer is full.
    case full
    /// The connection is broken.
    case closed
  }

  init(_ descriptor: consuming Descriptor, peer: SocketAddress) {
    self.peer = peer
    local = Socket.localAddress(descriptor) ?? peer
    self.descriptor = descriptor
    // Replies and frames are written whole; waiting to fill a segment would only delay them.
    try? Socket.set(self.descriptor, Int32(IPPROTO_TCP), TCP_NODELAY, 1)
  }

  /// Begins to connect. How that ends shows when the socket becomes writable: ``isConnected``, or
  /// ``failure`` after reading.
  public convenience init(connectingTo peer: SocketAddress) throws(SystemError) {
    let descriptor = try Socket.open(.stream, peer.family)
    let number = descriptor.number
    let call = systemCall {
      unsafe peer.withSocketAddress { unsafe Int(connect(number, $0, $1)) }
    }
    if case .failed(let code) = call, code != EINPROGRESS { throw SystemError("connect", code) }
    self.init(descriptor, peer: peer)
  }

  /// Whether the connection stands: there is a peer.
  public var isConnected: Bool {
    let number = descriptor.number
    return unsafe SocketAddress.read { unsafe getpeername(number, $0, $1) }.address != nil
  }

  /// Lets the kernel find out that a silent peer has vanished: probes after `idleSeconds`, and
  /// gives up after a third of that again, when four were lost. Unacknowledged data is retried for
  /// as long.
  public func keepAlive(idleSeconds: Int32) {
    let probeSeconds = max(1, idleSeconds / 12)
    try? Socket.set(descriptor, SOL_SOCKET, SO_KEEPALIVE, 1)
    try? Socket.set(descriptor, Int32(IPPROTO_TCP), TCP_KEEPIDLE, idleSeconds)
    try? Socket.set(descriptor, Int32(IPPROTO_TCP), TCP_KEEPINTVL, probeSeconds)
    try? Socket.set(descriptor, Int32(IPPROTO_TCP), TCP_KEEPCNT, 4)
    // The kernel counts no probes where this has passed.
    let timeoutSeconds = idleSeconds + 4 * probeSeconds
    try? Socket.set(
      descriptor, Int32(IPPROTO_TCP), Int32(CLINUX_TCP_USER_TIMEOUT), timeoutSeconds * 1000)
  }

  /// Bounds what the kernel holds for a peer that does not read. The kernel doubles the number.
  public func setSendBuffer(bytes: Int) {
    try? Socket.set(descriptor, SOL_SOCKET, SO_SNDBUF, Int32(clamping: bytes))
  }

  /// Breaks the connection off; the loop tells its owner so.
  public func abandon() { _ = shutdown(descriptor.number, Int32(SHUT_RDWR)) }

  /// Says that nothing more will be sent, so that the peer can read to the end what was.
  public func finishSending() {
    _ = shutdown(descriptor.number, Int32(SHUT_WR))
  }

  /// The other end is a proxy, which has said whom it speaks for; nil when it does not know.
  public func speaks(for client: SocketAddress?) {
    isProxied = true
    if let client { peer = client }
  }

  /// Reads once into `buffer`, at most its whole length.
  public func receive(into buffer: ReceiveBuffer) -> Received {
    read(into: buffer, atMost: buffer.capacity, flags: 0)
  }

  /// The same, but at most so many bytes: what is behind them stays to be read.
  public func receive(into buffer: ReceiveBuffer, atMost bytes: Int) -> Received {
    precondition(bytes > 0, "a read of nothing looks like the end")
    return read(into: buffer, atMost: min(bytes, buffer.capacity), flags: 0)
  }

  /// Looks at what has come in, which all stays to be read.
  public func peek(into buffer: ReceiveBuffer) -> Received {
    read(into: buffer, atMost: buffer.capacity, flags: Int32(MSG_PEEK))
  }

  private func read(into buffer: ReceiveBuffer, atMost bytes: Int, flags: Int32) -> Received {
    let number = descriptor.number
    let call = systemCall { unsafe recv(number, buffer.base, bytes, flags) }
    switch call {
    case .value(0): return .closed
    case .value(let count):
      buffer.count = count
      return .bytes(count)
    case .wouldBlock: return .nothing
    case .failed(let code):
      failure = SystemError("recv", code)
      return .closed
    }
  }

  /// Offers `bytes` from `offset` on to the kernel, once.
  public func send(_ bytes: [UInt8], from offset: Int) -> Sent {
    precondition(offset <= bytes.count, "an offset beyond the end")
    return unsafe bytes.withUnsafeBytes { raw in
      guard let base = raw.baseAddress else { return .bytes(0) }
      return unsafe send(base + offset, raw.count - offset)
    }
  }

  /// Offers one frame's packets to the kernel, once.
  public func send(_ packets: PacketBuffer, frame: Int) -> Sent {
    let (base, count) = unsafe packets.bytes(of: frame)
    return unsafe send(base, count)
  }

  private func send(_ base: UnsafeRawPointer, _ count: Int) -> Sent {
    let number = descriptor.number
    let flags = Int32(MSG_NOSIGNAL | MSG_DONTWAIT)
    switch systemCall({ unsafe Glibc.send(number, base, count, flags) }) {
    case .value(let count): return .bytes(count)
    case .wouldBlock: return .full
    case .failed(let code): return code == ENOBUFS || code == ENOMEM ? .full : .closed
    }
  }
}

extension EventLoop {
  /// Watches a connection.
  public func add(
    _ socket: StreamSocket, _ interest: Readiness, _ handler: any EventHandler
  ) throws(SystemError) -> Registration {
    try add(socket.descriptor, interest, handler)
  }
}
