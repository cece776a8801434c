internal import CLinux
internal import Glibc

/// Accepts stream connections and hands each to its owner.
///
/// When the process runs out of descriptors the listener rests for a moment instead of spinning on
/// a connection that it cannot take; those already connected are not disturbed.
public final class Listener: Wakeable, EventHandler {
  /// The bound address, with the port that the kernel chose if 0 was asked for.
  public let address: SocketAddress

  private let descriptor: Descriptor
  private let loop: EventLoop
  private let accepted: (StreamSocket) -> Void
  private let exhausted: (SystemError) -> Void
  private var registration: Registration?
  /// So many connections per turn at most, half a millisecond's work: those already connected have
  /// their turn, too.
  private static let acceptsPerTurn = 16
  private static let restNanoseconds: Int64 = 100_000_000
  private static let backlog: Int32 = 4096

  /// Binds and listens.
  ///
  /// - Parameters:
  ///   - isShared: other processes may listen there, too, if they say the same; the kernel gives
  ///     each new connection to one of them (`SO_REUSEPORT`).
  ///   - accepted: takes over each new connection.
  ///   - exhausted: told when no descriptor or memory was left for a connection.
  /// - Throws: when the address is in use, not this machine's, or not permitted.
  public convenience init(
    _ address: SocketAddress, isShared: Bool = false, on loop: EventLoop,
    exhausted: @escaping (SystemError) -> Void, accepted: @escaping (StreamSocket) -> Void
  ) throws(SystemError) {
    let descriptor = try Socket.open(.stream, address.family)
    try Socket.set(descriptor, SOL_SOCKET, SO_REUSEADDR, 1)
    if isShared { try Socket.set(descriptor, SOL_SOCKET, SO_REUSEPORT, 1) }
    try Socket.bind(descriptor, to: address)
    let number = descriptor.number
    try checkedCall("listen") { Int(listen(number, Self.backlog)) }
    let bound = Socket.localAddress(descriptor) ?? address
    try self.init(
      descriptor, at: bound, on: loop, exhausted: exhausted,
      accepted: accepted)
  }

  /// Accepts from a socket that listens already; otherwise as
  /// ``init(_:isShared:on:exhausted:accepted:)``.
  ///
  /// - Throws: when another listener has taken the socket.
  public convenience init(
    inherited socket: InheritedSocket, on loop: EventLoop,
    exhausted: @escaping (SystemError) -> Void, accepted: @escaping (StreamSocket) -> Void
  ) throws(SystemError) {
    guard let descriptor = socket.take() else { throw SystemError("listen", EBADF) }
    try self.init(
      descriptor, at: socket.address, on: loop, exhausted: exhausted, accepted: accepted)
  }

  private init(
    _ descriptor: consuming Descriptor, at address: SocketAddress, on loop: EventLoop,
    exhausted: @escaping (SystemError) -> Void, accepted: @escaping (StreamSocket) -> Void
  ) throws(SystemError) {
    self.address = address
    self.descriptor = descriptor
    self.loop = loop
    self.accepted = accepted
    self.exhausted = exhausted
    super.init()
    registration = try loop.add(self.descriptor, .readable, self)
  }

  /// Stops listening; the port is free again when the last reference is gone.
  public func close() {
    loop.deadlines.clear(self)
    if let registration { loop.remove(registration) }
    registration = nil
  }

  /// Stops listening, but takes those first whom the kernel has connected already.
  /// They would be cut.
  public func leave() {
    accept(Int(Self.backlog))
    close()
  }

  /// Accepts what is waiting.
  public func ready(_ registration: Registration, _ readiness: Readiness) {
    accept(Self.acceptsPerTurn)
  }

  private func accept(_ countMax: Int) {
    let number = descriptor.number
    let flags = Int32(CLINUX_SOCK_NONBLOCK | CLINUX_SOCK_CLOEXEC)
    for _ in 0..<countMax where registration != nil {
      var peer: SocketAddress?
      let call = systemCall {
        let (result, address) = unsafe SocketAddress.read {
          unsafe clinux_accept4(number, $0, $1, flags)
        }
        peer = address
        return Int(result)
      }
      switch call {
      case .value(let value):
        let descriptor = Descriptor(Int32(value))
        if let peer { accepted(StreamSocket(descriptor, peer: peer)) }
      case .wouldBlock:
        return
      case .failed(let code):
        // A connection that died in the queue is the peer's affair; exhaustion is ours.
        let error = SystemError("accept4", code)
        if error.isExhaustion { return rest(error) }
      }
    }
  }

  /// Listens again after a rest.
  public override func wake(at now: Instant) {
    if let registration { loop.change(registration, .readable) }
  }

  private func rest(_ error: SystemError) {
    exhausted(error)
    guard let registration else { return }
    loop.change(registration, [])
    loop.deadlines.set(self, at: loop.now + Self.restNanoseconds)
  }
}
