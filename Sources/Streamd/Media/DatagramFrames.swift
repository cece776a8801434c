internal import Reactor
internal import Wire

/// Frames on their way through a datagram socket, the rests of large ones among them.
struct DatagramFrames {
  private let socket: DatagramSocket
  private let loop: EventLoop
  private let backlog: Backlog
  /// Of a frame that was too large to be sent at once; made when there is one.
  private var rest: DatagramRest?

  init(_ socket: DatagramSocket, loop: EventLoop, backlog: Backlog) {
    self.socket = socket
    self.loop = loop
    self.backlog = backlog
  }

  /// Sends a frame whose headers have been stamped.
  @inline(__always)
  mutating func send(_ packets: PacketBuffer, frame: Int) -> Way.Delivery {
    if let rest, let obstacle = rest.obstacle() { return obstacle }
    // What might have to wait is left out whole where it may not.
    let count = packets.byteCount(of: frame)
    if count > socket.bytesPerSend, !backlog.hasRoom(for: count) { return .full }
    switch socket.send(packets, frame: frame) {
    case .sent: return .sent
    case .part(let count):
      sendLater(packets, frame, from: count)
      return .sent
    case .full: return .full
    case .refused: return .refused
    case .noRoute, .tooLarge: return .undeliverable
    }
  }

  private mutating func sendLater(_ packets: PacketBuffer, _ frame: Int, from offset: Int) {
    let rest = rest ?? DatagramRest(socket, loop: loop, backlog: backlog)
    self.rest = rest
    rest.keep(packets, frame: frame, from: offset)
  }

  /// Forgets what is still to be sent.
  func drop() { rest?.drop() }
}
