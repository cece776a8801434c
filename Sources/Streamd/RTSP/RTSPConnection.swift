internal import Reactor
internal import Wire

/// A client's connection: the hands of an ``Wire/RTSPServerConversation``. It reads and writes the
/// socket and does what the conversation says; it decides nothing about RTSP itself.
final class RTSPConnection: Wakeable, EventHandler {
  private let socket: StreamSocket
  private unowned let server: RTSPServer
  private let loop: EventLoop
  private let limits: Limits
  private var conversation: RTSPServerConversation
  private var output: OutputQueue
  private var registration: Registration?
  private var interest: Readiness = .readable
  private var subscribers: [Int: Subscriber] = [:]
  private var phase = Phase.open

  private enum Phase {
    case open
    /// The last reply is on its way; what still comes in is thrown away, because closing with
    /// unread bytes would take the reply back. Until the deadline, or until the peer closes.
    case closing(until: Instant)
    case closed
  }

  init(_ socket: StreamSocket, server: RTSPServer, settings: RTSPServerConversation.Settings)
    throws(SystemError)
  {
    self.socket = socket
    self.server = server
    loop = server.loop
    limits = server.limits
    var settings = settings
    settings.address = socket.local.host
    conversation = RTSPServerConversation(settings: settings, at: loop.now)
    output = OutputQueue(limit: limits.replyBytesMax)
    super.init()
    socket.keepAlive(idleSeconds: Int32(clamping: limits.sessionTimeoutSeconds))
    registration = try loop.add(socket, .readable, self)
    setDeadline()
  }

  /// The client's address.
  var peer: SocketAddress { socket.peer }
  /// The address that the client has connected to.
  var local: SocketAddress { socket.local }

  /// Lets the kernel hold two frames of a viewer, within limits.
  func makeRoom(forFramesOf bytes: Int) {
    let wanted = max(limits.sendBufferBytes, 2 * bytes)
    socket.setSendBuffer(bytes: min(wanted, limits.sendBufferBytesMax))
  }

  // MARK: Events

  func ready(_ registration: Registration, _ readiness: Readiness) {
    if readiness.contains(.writable) { flush() }
    if readiness.contains(.readable), interest.contains(.readable) { read() }
    if case .open = phase { proceed() }
    updateInterest()
  }

  override func wake(at now: Instant) {
    switch phase {
    case .open:
      // Over TCP a peer that reads its frames is alive, even if it says nothing.
      for (session, subscriber) in subscribers where subscriber is InterleavedSubscriber {
        conversation.sawSignOfLife(session: session, at: subscriber.lastDelivery)
      }
      conversation.wake(at: now)
      proceed()
      updateInterest()
    case .closing: close()
    case .closed: break
    }
  }

  private func read() {
    switch socket.receive(into: server.buffer) {
    case .bytes:
      guard case .open = phase else { return }
      server.buffer.withBytes { conversation.receive($0, at: loop.now) }
    case .nothing:
      break
    case .closed:
      close()
    }
  }

  /// Does what the conversation says, as long as there is room for its replies.
  private func proceed() {
    while case .open = phase, output.hasRoom, let step = conversation.next(at: loop.now) {
      perform(step)
    }
    flush()
    setDeadline()
  }

  private func flush() {
    if case .closed = phase { return }
    guard output.flush(to: socket) else { return close() }
    if case .closing = phase, output.isEmpty { socket.finishSending() }
  }

  private func updateInterest() {
    guard let registration else { return }
    var wanted: Readiness = []
    if !output.isEmpty { wanted.insert(.writable) }
    // A client that does not read its replies is not listened to either.
    if output.hasRoom { wanted.insert(.readable) }
    if wanted != interest {
      interest = wanted
      loop.change(registration, wanted)
    }
  }

  private func setDeadline() {
    switch phase {
    case .open:
      if let deadline = conversation.deadline {
        // A deadline that moves on with each request is found out when it comes, not moved each
        // time.
        if deadline < due { loop.deadlines.set(self, at: deadline) }
      } else {
        loop.deadlines.clear(self)
      }
    case .closing(let until): loop.deadlines.set(self, at: until)
    case .closed: loop.deadlines.clear(self)
    }
  }

  // MARK: Steps

  private func perform(_ step: RTSPServerConversation.Step) {
    switch step {
    case .find(let name): find(name)
    case .open(let session, let transport, let media, let isClassroom):
      open(session, transport, media, isClassroom: isClassroom)
    case .play(let session, let order, let wasPlaying):
      play(session, order, wasPlaying: wasPlaying)
    case .pause(let session): subscribers[session]?.pause()
    case .end(let session, let reason): end(session, reason)
    case .control(let session, let bytes):
      _ = subscribers[session]?.receiveControl(bytes.span)
    case .send(let bytes): output.append(bytes)
    case .close(let reason): startClosing(reason)
    }
  }

  private func find(_ name: String) {
    do throws(RTSPRefusal) {
      conversation.found(try server.catalog.media(named: name).description)
    } catch {
      conversation.refused(error)
    }
  }

  private func open(
    _ session: Int, _ transport: TransportHeader, _ media: MediaDescription, isClassroom: Bool
  ) {
    do throws(RTSPRefusal) {
      let subscription = Subscription(
        connection: self, server: server, session: session, isClassroom: isClassroom)
      let (subscriber, ports) = try subscription.open(media.name, transport)
      if let old = subscribers[session] {
        subscriber.takeOver(old)
        old.finish()
      }
      subscribers[session] = subscriber
      conversation.opened(serverPorts: ports, ssrc: subscriber.ssrc)
    } catch {
      conversation.refused(error)
    }
  }

  private func play(_ session: Int, _ order: PlayOrder, wasPlaying: Bool) {
    guard let subscriber = subscribers[session] else {
      return conversation.refused(RTSPRefusal(.internalError))
    }
    if !wasPlaying {
      subscriber.play(
        order, at: loop.now + server.nextPhase(period: subscriber.playhead.rate.period))
    } else if order != .resume {
      subscriber.move(order)
    }
    conversation.playing(
      frame: subscriber.playhead.frame, sequence: subscriber.sequence,
      timestamp: subscriber.playhead.timestamp)
  }

  private func end(_ session: Int, _ reason: RTSPServerConversation.EndReason) {
    guard let subscriber = subscribers.removeValue(forKey: session) else { return }
    subscriber.finish()
    server.ended(subscriber, of: self, reason)
  }

  private func startClosing(_ reason: RTSPServerConversation.CloseReason) {
    if case .invalid(let error) = reason {
      Log.info(
        "refused", ["peer": "\(peer)", "byte": "\(error.position)", "reason": error.reason])
    }
    phase = .closing(until: loop.now + Instant(limits.lingerSeconds) * 1_000_000_000)
  }

  // MARK: For subscribers

  /// A viewer sent RTCP over UDP.
  func heard(from session: Int) {
    conversation.sawSignOfLife(session: session, at: loop.now)
  }

  /// A viewer has come to the end of its range.
  func reachedEnd(_ session: Int) { conversation.reachedEnd(session: session) }

  /// Sends a frame in one call, or not at all: while the rest of an earlier one is still waiting,
  /// or a reply is, the frame is left out. What the kernel does not take at once is copied and
  /// follows.
  func send(_ packets: PacketBuffer, frame: Int) -> Bool {
    guard output.isEmpty, case .open = phase else { return false }
    switch socket.send(packets, frame: frame) {
    case .bytes(let taken):
      if taken < packets.byteCount(of: frame) {
        output.append(restOf: packets, frame: frame, taken: taken)
        updateInterest()
      }
      return true
    case .full:
      return false
    case .closed:
      // Closing inside the frame path would pull the ground from under it; the loop will tell us.
      return false
    }
  }

  /// Sends a small message unless the client is too slow to take it.
  func sendIfRoom(_ message: [UInt8]) {
    guard output.hasRoom else { return }
    if case .closed = phase { return }
    output.append(message)
    // Behind a reply that is being made it will be flushed with that.
    _ = output.flush(to: socket)
    updateInterest()
  }

  // MARK: The end

  /// Ends every session and closes the connection.
  func close() {
    if case .closed = phase { return }
    conversation.disconnected()
    // Only the ends of sessions are left to be done.
    while let step = conversation.next(at: loop.now) { perform(step) }
    phase = .closed
    loop.deadlines.clear(self)
    if let registration { loop.remove(registration) }
    registration = nil
    server.closed(self)
  }
}
