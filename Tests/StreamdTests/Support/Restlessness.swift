import Reactor
import Testing

/// A datagram that nobody reads, so that no turn of a loop ever waits: for loops whose clock the
/// test moves. The kernel's timer knows nothing of a night that passes there, and would wait for it
/// to pass here.
final class Restlessness: EventHandler {
  private let socket: DatagramSocket
  private let loop: EventLoop
  private var registration: Registration?

  init(_ loop: EventLoop) throws {
    self.loop = loop
    let any = try #require(SocketAddress(host: "127.0.0.1", port: 0))
    socket = try DatagramSocket(local: any, receiveBufferBytes: 4096)
    try socket.connect(to: socket.local)
    try #require(socket.send([0]) == .sent)
    registration = try loop.add(socket, .readable, self)
  }

  func ready(_ registration: Registration, _ readiness: Readiness) {}

  /// The loop may let go of it.
  func end() {
    if let registration { loop.remove(registration) }
    registration = nil
  }
}
