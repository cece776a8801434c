internal import Reactor
internal import Wire

/// The rest of a large frame over UDP: what the kernel had no room for, or what would have been too
/// much at once for the receiver's. It follows in parts, spread over half the time that there is
/// until the next frame; that one is left out when this one is not gone by then.
final class DatagramRest: Wakeable {
  private let socket: DatagramSocket
  private let loop: EventLoop
  private let backlog: Backlog
  private var bytes: [UInt8] = []
  private var sent = 0
  private var sendsAtOnce = 1
  /// When the frame before came.
  private var lastFrame: Instant?

  private static let pauseNanoseconds: Instant = 2_000_000
  /// What is taken to be the time until the next frame, where the one before is longer ago.
  private static let periodMax: Instant = 50_000_000

  init(_ socket: DatagramSocket, loop: EventLoop, backlog: Backlog) {
    self.socket = socket
    self.loop = loop
    self.backlog = backlog
  }

  /// Something is still to be sent.
  var isPending: Bool { !bytes.isEmpty }

  /// Keeps a frame from a byte on: its buffer is about to be stamped for the next viewer. Where too
  /// much waits for others, this is lost on the way like any datagram may be.
  func keep(_ packets: PacketBuffer, frame: Int, from offset: Int) {
    let count = packets.byteCount(of: frame) - offset
    guard backlog.hasRoom(for: count) else { return }
    bytes = Array(packets.copy(of: frame)[offset...])
    sent = 0
    backlog.change(by: count)
    let now = loop.now
    let period = min(lastFrame.map { now - $0 } ?? .max, Self.periodMax)
    lastFrame = now
    let turns = max(1, Int(period / 2 / Self.pauseNanoseconds))
    let sends = (count + DatagramSocket.bytesPerSendMax - 1) / DatagramSocket.bytesPerSendMax
    sendsAtOnce = (sends + turns - 1) / turns
    loop.deadlines.set(self, at: now + Self.pauseNanoseconds)
  }

  override func wake(at now: Instant) {
    switch socket.send(restOf: bytes, from: sent, atMost: sendsAtOnce) {
    case .part(let count):
      sent += count
      loop.deadlines.set(self, at: now + Self.pauseNanoseconds)
    // The kernel's buffer empties at the pace of the network, not at ours.
    case .full: loop.deadlines.set(self, at: now + Self.pauseNanoseconds)
    // The next frame meets the same, and tells.
    case .sent, .refused, .noRoute, .tooLarge: drop()
    }
  }

  /// Forgets what is left.
  func drop() {
    loop.deadlines.clear(self)
    backlog.change(by: -bytes.count)
    bytes = []
  }
}
