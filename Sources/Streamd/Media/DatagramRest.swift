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
  /// When it is given up.
  private var ends: Instant = .max
  /// When the frame before was to be sent, and how long ago that was when the last one came.
  private var lastFrame: Instant?
  private var period = periodMax
  /// Why a part could not be sent, until somebody is told.
  private var failure: Way.Delivery?

  private static let pauseNanoseconds: Instant = 2_000_000
  /// With what deadlines are rounded by.
  private static let turnNanoseconds: Instant = 3_000_000
  /// Of 20 frames a second, the usual rate: so it is taken to be until the third frame comes.
  private static let periodMax: Instant = 50_000_000
  /// A network that stands is not asked for ever.
  private static let patienceNanoseconds: Instant = 1_000_000_000

  init(_ socket: DatagramSocket, loop: EventLoop, backlog: Backlog) {
    self.socket = socket
    self.loop = loop
    self.backlog = backlog
  }

  /// Told of every frame before it is sent. Why it cannot be: the one before is still on its way,
  /// or has met something that is to be known; nil when nothing is in its way.
  func obstacle() -> Way.Delivery? {
    let now = loop.now
    if let lastFrame { period = min(now - lastFrame, Self.periodMax) }
    lastFrame = now
    guard bytes.isEmpty else { return .full }
    defer { failure = nil }
    return failure
  }

  /// Keeps a frame from a byte on: its buffer is about to be stamped for the next viewer. Where too
  /// much waits for others, this is lost on the way like any datagram may be.
  func keep(_ packets: PacketBuffer, frame: Int, from offset: Int) {
    let count = packets.byteCount(of: frame) - offset
    guard backlog.hasRoom(for: count) else { return }
    bytes = Array(packets.copy(of: frame)[offset...])
    sent = 0
    backlog.change(by: count)
    let turns = max(1, Int(period / 2 / Self.turnNanoseconds))
    let sends = (count + socket.bytesPerSend - 1) / socket.bytesPerSend
    sendsAtOnce = (sends + turns - 1) / turns
    ends = loop.now + Self.patienceNanoseconds
    loop.deadlines.set(self, at: loop.now + Self.pauseNanoseconds)
  }

  override func wake(at now: Instant) {
    switch socket.send(restOf: bytes, from: sent, atMost: sendsAtOnce) {
    case .part(let count):
      sent += count
      goOn(now)
    // The kernel's buffer empties at the pace of the network, not at ours.
    case .full: goOn(now)
    case .sent: drop()
    case .refused:
      failure = .refused
      drop()
    case .noRoute, .tooLarge:
      failure = .undeliverable
      drop()
    }
  }

  private func goOn(_ now: Instant) {
    guard now < ends else { return drop() }
    loop.deadlines.set(self, at: now + Self.pauseNanoseconds)
  }

  /// Forgets what is left.
  func drop() {
    loop.deadlines.clear(self)
    backlog.change(by: -bytes.count)
    bytes = []
  }
}
