internal import Reactor
internal import Wire

/// A client's connection: the hands of an ``Wire/RTSPServerConversation``. It does what the
/// conversation says and decides nothing about RTSP itself.
final class RTSPConnection: Connection {
  private unowned let server: RTSPServer
  private let limits: Limits
  private var conversation: RTSPServerConversation
  /// Counts up with each connection of the server.
  let number: Int
  private(set) var subscribers: [Int: Subscriber] = [:]

  init(
    _ socket: StreamSocket, number: Int, server: RTSPServer,
    settings: RTSPServerConversation.Settings
  ) throws(SystemError) {
    self.server = server
    self.number = number
    limits = server.limits
    var settings = settings
    settings.address = socket.local.host
    conversation = RTSPServerConversation(settings: settings, at: server.loop.now)
    try super.init(
      socket, loop: server.loop, buffer: server.buffer, queueBytesMax: limits.replyBytesMax)
    socket.keepAlive(idleSeconds: Int32(clamping: limits.sessionTimeoutSeconds))
    settle()
  }

  /// The address that the client has connected to.
  var local: SocketAddress { socket.local }

  /// Lets the kernel hold two frames of a viewer, within limits.
  func makeRoom(forFramesOf bytes: Int) {
    let wanted = max(limits.sendBufferBytes, 2 * bytes)
    socket.setSendBuffer(bytes: min(wanted, limits.sendBufferBytesMax))
  }

  // MARK: Events

  override func take(_ bytes: Span<UInt8>) { conversation.receive(bytes, at: loop.now) }

  override func proceed() {
    while canGoOn, let step = conversation.next(at: loop.now) { perform(step) }
  }

  override var awaitsReadable: Bool { !conversation.isWaiting }

  override var deadline: Instant? { conversation.deadline }

  override func deadlinePassed(at now: Instant) {
    // Over TCP a peer that reads its frames is alive, even if it says nothing.
    for (session, subscriber) in subscribers where subscriber is InterleavedSubscriber {
      conversation.sawSignOfLife(session: session, at: subscriber.lastDelivery)
    }
    conversation.wake(at: now)
  }

  override func ended() {
    conversation.disconnected()
    // Only the ends of sessions are left to be done.
    while let step = conversation.next(at: loop.now) { perform(step) }
  }

  override func closed() { server.closed(self) }

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
    case .send(let bytes, let answer):
      append(bytes)
      server.metrics.answeredRTSP(answer.method, answer.status)
      Log.debug(
        "RTSP request",
        ["peer": "\(peer)", "method": answer.method, "status": String(answer.status)])
    case .close(let reason):
      if case .invalid(let error) = reason {
        Log.info(
          "refused", ["peer": "\(peer)", "byte": "\(error.position)", "reason": error.reason])
      }
      finish(lingerSeconds: limits.lingerSeconds)
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
    let layout: MediaFile.Layout =
      transport.channels != nil ? .interleaved : isClassroom ? .classroom : .datagrams
    // The packets may have to be made first, while others are served.
    var isAtOnce = true
    server.catalog.packets(named: media.name, layout) { [weak self] result in
      guard let self, conversation.isWaiting else { return }
      do throws(RTSPRefusal) {
        let (media, packets) = try result.get()
        let subscription = Subscription(
          connection: self, server: server, session: session, isClassroom: isClassroom)
        let (subscriber, ports) = try subscription.open(media, packets, transport)
        subscribe(session, subscriber)
        conversation.opened(serverPorts: ports, ssrc: subscriber.ssrc)
      } catch {
        conversation.refused(error)
      }
      if !isAtOnce { resume() }
    }
    isAtOnce = false
  }

  private func subscribe(_ session: Int, _ subscriber: Subscriber) {
    if let old = subscribers[session] {
      subscriber.takeOver(old)
      old.finish()
    }
    subscriber.reported = { [metrics = server.metrics] block in
      metrics.fractionLost.observe(Double(block.fractionLost) / 256)
    }
    subscribers[session] = subscriber
  }

  private func play(_ session: Int, _ order: PlayOrder, wasPlaying: Bool) {
    guard let subscriber = subscribers[session] else {
      return conversation.refused(RTSPRefusal(.internalError))
    }
    if !wasPlaying {
      let phase = server.nextPhase(period: subscriber.playhead.rate.period)
      subscriber.play(order, at: loop.now + phase)
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

  // MARK: For the control interface

  /// What is to be told of each session.
  func reports() -> [ClientReport] {
    subscribers.sorted { $0.key < $1.key }.map { session, subscriber in
      var report = subscriber.report
      report.id = "\(number)-\(session)"
      report.peer = "\(peer)"
      report.userAgent = conversation.userAgent
      return report
    }
  }

  // MARK: For subscribers

  /// A viewer sent RTCP over UDP.
  func heard(from session: Int) {
    conversation.sawSignOfLife(session: session, at: loop.now)
  }

  /// A viewer has come to the end of its range.
  func reachedEnd(_ session: Int) { conversation.reachedEnd(session: session) }
}
