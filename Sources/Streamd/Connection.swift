internal import Reactor

/// A TCP connection as all protocols of the daemon use it: reading within a budget, a bounded queue
/// for what the peer is slow to take, a deadline, and an orderly end. Subclasses speak the
/// protocol.
class Connection: Wakeable, EventHandler {
  let socket: StreamSocket
  let loop: EventLoop
  private let buffer: ReceiveBuffer
  private(set) var output: OutputQueue
  private let backlog: Backlog?
  /// What of the output ``backlog`` knows.
  private var countedBytes = 0
  private var registration: Registration?
  private var interest: Readiness = .readable
  private var phase = Phase.open

  private enum Phase {
    case open
    /// The last bytes, so many, are on their way; what still comes in is thrown away, because
    /// closing with unread bytes would take them back. Until the deadline, or until the peer
    /// closes.
    case closing(until: Instant, waiting: Int)
    case closed
  }

  /// It is to go on, though nothing has happened on the socket.
  private var isResuming = false
  private var lingerNanoseconds: Instant = 0
  /// Of messages that must not be lost, waiting behind what leaves no room.
  private var insistedBytes = 0
  private static let insistedBytesMax = 65_536
  /// Whoever takes less of its last bytes in such a time is let go of.
  private static let lingeringBytesMin = 4096

  /// - Parameters:
  ///   - buffer: shared by all connections of the loop.
  ///   - queueBytesMax: beyond this nothing more is read from a peer that does not read.
  ///   - backlog: counts what waits; nil where nobody is sent frames.
  init(
    _ socket: StreamSocket, loop: EventLoop, buffer: ReceiveBuffer, queueBytesMax: Int,
    backlog: Backlog? = nil
  ) throws(SystemError) {
    self.backlog = backlog
    self.socket = socket
    self.loop = loop
    self.buffer = buffer
    output = OutputQueue(limit: queueBytesMax)
    super.init()
    registration = try loop.add(socket, .readable, self)
  }

  // MARK: What subclasses know

  /// Takes bytes that have come in.
  func take(_ bytes: Span<UInt8>) {}

  /// Does what can be done, as long as ``canGoOn``.
  func proceed() {}

  /// A deadline has come; ``proceed()`` follows.
  func deadlinePassed(at now: Instant) {}

  /// Whether more is to be read. What a peer says meanwhile waits in the kernel, and at last in
  /// the peer.
  var listens: Bool { true }

  /// The peer has said everything; true when it still waits for an answer.
  func peerFinished() -> Bool { false }

  /// Whether to hear when the socket becomes writable though nothing is queued: connecting is over.
  var awaitsWritable: Bool { false }

  /// When ``deadlinePassed(at:)`` is to be called.
  var deadline: Instant? { nil }

  /// The connection is about to be closed, whoever wanted it; lets go of what hangs on it. What is
  /// sent here still has a chance.
  func ended() {}

  /// Nothing may be sent or received any more.
  func closed() {}

  // MARK: For subclasses

  /// The other end.
  var peer: SocketAddress { socket.peer }

  /// Nothing has ended yet.
  var isOpen: Bool {
    if case .open = phase { return true }
    return false
  }

  /// Open, and the peer takes what it is sent.
  var canGoOn: Bool { isOpen && output.hasRoom }

  /// Open, and nothing waits in front of a frame.
  var takesFrames: Bool { isOpen && output.isEmpty }

  /// Queues a message; it is sent when the present work is done.
  func append(_ message: [UInt8]) { output.append(message) }

  /// Queues a message and sends what can be sent, unless the peer is too slow to take it.
  @discardableResult
  func sendIfRoom(_ message: [UInt8]) -> Bool {
    guard output.hasRoom else { return false }
    if case .closed = phase { return false }
    output.append(message)
    _ = output.flush(to: socket)
    updateInterest()
    return true
  }

  /// Sends a message that must not be lost: where there is no room it waits behind the rest of the
  /// frame that takes it. Whoever has too many of them waiting has stopped reading, and is let go.
  func insist(_ message: [UInt8]) {
    guard !sendIfRoom(message) else { return insistedBytes = 0 }
    guard isOpen else { return }
    insistedBytes += message.count
    guard insistedBytes <= Self.insistedBytesMax else { return socket.abandon() }
    output.append(message)
    restWaits()
  }

  /// Sends a frame in one call, or not at all: while anything is still waiting the frame is left
  /// out. What the kernel does not take at once is copied and follows.
  func offer(_ frame: [UInt8]) -> Bool {
    guard takesFrames, case .bytes(let taken) = socket.send(frame, from: 0) else {
      return false
    }
    if taken < frame.count {
      guard hasRoom(for: frame.count - taken) else { return false }
      output.append(Array(frame[taken...]))
      restWaits()
    }
    return true
  }

  /// The same with a frame of a packet buffer, without a copy of the whole.
  func offer(_ packets: PacketBuffer, frame: Int) -> Bool {
    // A broken connection is met by the loop: closing in here would pull the ground from under the
    // frame path.
    guard takesFrames, case .bytes(let taken) = socket.send(packets, frame: frame) else {
      return false
    }
    let count = packets.byteCount(of: frame)
    if taken < count {
      guard hasRoom(for: count - taken) else { return false }
      output.append(restOf: packets, frame: frame, taken: taken)
      restWaits()
    }
    return true
  }

  /// Whether the rest of a frame may wait: always what may wait of replies, too, so that nobody's
  /// large pictures cost others theirs. Where it may not the peer cannot be told anything any more;
  /// the loop will find the connection broken.
  private func hasRoom(for count: Int) -> Bool {
    guard let backlog, count > output.limit, !backlog.hasRoom(for: count) else { return true }
    Log.info("too much waits for slow viewers, one is let go", ["peer": "\(peer)"])
    socket.abandon()
    return false
  }

  /// Whether a reply with so many bytes may be queued. Large ones are to leave the other half of
  /// the backlog to frames.
  func hasRoom(forReplyOf count: Int) -> Bool {
    guard let backlog, count > output.limit, backlog.bytes > 0 else { return true }
    return backlog.hasRoom(for: count, of: backlog.bytesMax / 2)
  }

  /// The rest of a frame waits.
  private func restWaits() {
    account()
    updateInterest()
  }

  private func account() {
    backlog?.change(by: output.count - countedBytes)
    countedBytes = output.count
  }

  /// Goes on outside of an event, at once.
  func resume() {
    if isOpen { proceed() }
    settle()
  }

  /// Goes on in the loop's next turn: whoever calls is in the midst of something that what follows
  /// here could pull the ground from under.
  func resumeSoon() {
    isResuming = true
    setDeadline()
  }

  /// Sends what is queued, then ends; the peer has `lingerSeconds` to take it, and again so long as
  /// it takes a good part of it.
  func finish(lingerSeconds: Int) {
    guard isOpen else { return }
    ended()
    lingerNanoseconds = Instant(lingerSeconds) * 1_000_000_000
    linger()
    settle()
    // What the kernel has taken at once is no sign that the peer takes anything.
    if case .closing = phase { linger() }
  }

  private func linger() {
    phase = .closing(until: loop.now + lingerNanoseconds, waiting: output.count)
  }

  /// Ends at once.
  func close() {
    if case .closed = phase { return }
    if isOpen { ended() }
    phase = .closed
    backlog?.change(by: -countedBytes)
    countedBytes = 0
    loop.deadlines.clear(self)
    if let registration { loop.remove(registration) }
    registration = nil
    closed()
  }

  // MARK: Events

  final func ready(_ registration: Registration, _ readiness: Readiness) {
    if readiness.contains(.writable) { flush() }
    if readiness.contains(.readable), interest.contains(.readable) {
      read()
    } else if readiness.contains(.failed) {
      // Nobody is there who would take an answer, and epoll would say so again and again.
      close()
    }
    if isOpen { proceed() }
    settle()
  }

  override final func wake(at now: Instant) {
    isResuming = false
    switch phase {
    case .open:
      deadlinePassed(at: now)
      if isOpen { proceed() }
      settle()
    case .closing(let until, let waiting):
      guard now >= until else { return setDeadline() }
      let taken = waiting - output.count
      guard taken >= Self.lingeringBytesMin || taken > 0 && output.isEmpty else { return close() }
      linger()
      setDeadline()
    case .closed: break
    }
  }

  private func read() {
    switch socket.receive(into: buffer) {
    case .bytes:
      if isOpen { buffer.withBytes { take($0) } }
    case .nothing: break
    case .closed:
      guard isOpen, peerFinished() else { return close() }
    }
  }

  /// Sends what can be sent, and sets what is waited for.
  func settle() {
    flush()
    updateInterest()
    setDeadline()
  }

  private func flush() {
    if case .closed = phase { return }
    guard output.flush(to: socket) else { return close() }
    account()
    if case .closing = phase, output.isEmpty { socket.finishSending() }
  }

  private func updateInterest() {
    guard let registration else { return }
    var wanted: Readiness = []
    if !output.isEmpty || awaitsWritable { wanted.insert(.writable) }
    if output.hasRoom, listens || !isOpen { wanted.insert(.readable) }
    if wanted != interest {
      interest = wanted
      loop.change(registration, wanted)
    }
  }

  /// A deadline that moves on with each message is found out when it comes, not moved each time.
  private func setDeadline() {
    switch phase {
    case .open:
      if let deadline = isResuming ? loop.now : deadline {
        if deadline < due { loop.deadlines.set(self, at: deadline) }
      } else {
        loop.deadlines.clear(self)
      }
    case .closing(let until, _): loop.deadlines.set(self, at: until)
    case .closed: loop.deadlines.clear(self)
    }
  }
}
