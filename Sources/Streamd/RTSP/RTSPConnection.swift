internal import Reactor
internal import Wire

/// A client's connection: the hands of an ``Wire/RTSPServerConversation``. It does what the
/// conversation says and decides nothing about RTSP itself.
final class RTSPConnection: Connection {
  unowned let server: RTSPServer
  var conversation: RTSPServerConversation
  /// Counts up with each connection of the server.
  let number: Int
  private(set) var subscribers: [Int: Subscriber] = [:]
  var publishers: [Int: RTSPPublisher] = [:]
  private let asksAuthorization: Bool
  /// Whoever the last request came from.
  private(set) var identity: Identity?
  private var penalty = Penalty()
  /// When a request with wrong credentials gets its answer.
  private var refusalDue: Instant?

  init(
    _ socket: StreamSocket, number: Int, server: RTSPServer,
    settings: RTSPServerConversation.Settings
  ) throws(SystemError) {
    self.server = server
    self.number = number
    var settings = settings
    settings.address = socket.local.host
    asksAuthorization = settings.asksAuthorization
    conversation = RTSPServerConversation(settings: settings, at: server.loop.now)
    try super.init(
      socket, loop: server.loop, buffer: server.buffer, queueBytesMax: server.limits.replyBytesMax,
      backlog: server.backlog)
    socket.keepAlive(idleSeconds: Int32(clamping: server.limits.sessionTimeoutSeconds))
    settle()
  }

  private var limits: Limits { server.limits }

  /// Somebody stands between the player and us, whom RTP would go to, or come from. Whoever comes
  /// from this machine without a proxy's word is more likely a player.
  var isBalanced: Bool {
    socket.isProxied || server.access.addresses.isProxy(peer) && !peer.isLocalhost
  }

  static let noDatagrams = RTSPRefusal(
    .unsupportedTransport, "UDP does not get through the proxy, take TCP")

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
    while canGoOn, let step = next() { perform(step) }
    finishIfClosed()
  }

  /// Where there is no room to answer in, nobody asks what is to be done.
  private func finishIfClosed() {
    if conversation.isClosed, !canGoOn { finish(lingerSeconds: limits.lingerSeconds) }
  }

  private func next() -> RTSPServerConversation.Step? {
    conversation.isRefusing = server.door.isAskingTooOften(peer, at: loop.now)
    return conversation.next(at: loop.now)
  }

  override var listens: Bool {
    refusalDue == nil && !conversation.isPaced && !conversation.isWaiting
  }

  override var deadline: Instant? {
    let expiry = server.access.expiry(of: identity)
    let next = min(refusalDue ?? .max, expiry ?? .max, conversation.deadline ?? .max)
    return next == .max ? nil : next
  }

  override func deadlinePassed(at now: Instant) {
    if let refusalDue, now >= refusalDue {
      self.refusalDue = nil
      if conversation.isWaiting { challenge(isStale: false) }
    }
    // A token ends by itself.
    if let identity, !server.access.stillHolds(identity) { return close() }
    // Over TCP a peer that reads its frames is alive, even if it says nothing.
    for (session, subscriber) in subscribers where subscriber.way is InterleavedWay {
      conversation.sawSignOfLife(session: session, at: subscriber.lastDelivery)
    }
    for (session, publisher) in publishers {
      conversation.sawSignOfLife(session: session, at: publisher.publication.lastPicture)
    }
    conversation.wake(at: now)
    performEnds()
    finishIfClosed()
  }

  override func ended() {
    conversation.disconnected()
    performEnds()
    // None is left, or it would live for ever.
    for session in Array(subscribers.keys) + publishers.keys { end(session, .disconnected) }
    // What is still to be said has a chance.
    while let step = conversation.next(at: loop.now) {
      if case .send = step { perform(step) }
    }
  }

  /// Sessions that are over let go of what they have, however slow the peer is to hear of it.
  private func performEnds() {
    for (session, reason) in conversation.takeEnds() { end(session, reason) }
  }

  override func closed() { server.closed(self) }

  // MARK: Steps

  private func perform(_ step: RTSPServerConversation.Step) {
    switch step {
    case .authorize(let request): authorize(request)
    case .find(let name): find(name)
    case .open(let session, let transport, let media, let isClassroom):
      open(session, transport, media, isClassroom: isClassroom)
    case .play(let session, let order, let wasPlaying):
      play(session, order, wasPlaying: wasPlaying)
    case .announce(let name, _): announce(name)
    case .receive(let session, let transport, let name, let track):
      receive(session, transport, name, track)
    case .record(let session): record(session)
    case .packet(let session, let bytes): publishers[session]?.take(bytes)
    case .pause(let session):
      subscribers[session]?.pause()
      publishers[session]?.pause()
    case .end(let session, let reason): end(session, reason)
    case .control(let session, let bytes):
      _ = subscribers[session]?.receiveControl(bytes.span)
      publishers[session]?.takeControl(bytes.span)
    case .send(let bytes, let answer):
      append(bytes)
      server.door.asked(peer, at: loop.now)
      server.metrics.answeredRTSP(answer.method, answer.status)
      if conversation.isRefusing, answer.status == RTSPStatus.serviceUnavailable.code {
        server.metrics.refused("rtsp", Door.Refusal.addressRequests.rawValue)
      }
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

  private func authorize(_ request: RTSPRequest) {
    switch server.access.judge(request, connection: number) {
    case .granted(let identity):
      guard mayGoOn(identity) else {
        Log.info("somebody else asks who may not have what is open", ["peer": "\(peer)"])
        return close()
      }
      self.identity = identity
      penalty.forgive()
      conversation.authorized(at: loop.now)
    case .absent: challenge(isStale: false)
    case .stale: challenge(isStale: true)
    case .refused:
      server.access.failed(
        from: peer, "rtsp", user: Access.claimedUser(request.headers))
      refusalDue = loop.now + penalty.next(server.limits)
    }
  }

  /// Whether somebody may have what there is on this connection already. From now on it is theirs:
  /// it goes on for as long as they are let in.
  private func mayGoOn(_ identity: Identity) -> Bool {
    subscribers.values.allSatisfy { identity.sees($0.media.name) }
      && (publishers.isEmpty || identity.role >= .control)
      && publishers.values.allSatisfy { identity.sees($0.publication.name) }
  }

  private func challenge(isStale: Bool) {
    conversation.unauthorized(
      server.access.challenges(connection: number, isStale: isStale), isStale: isStale,
      at: loop.now)
  }

  /// Users or addresses have changed: who would not be let in any more may not go on.
  func recheck() {
    let access = server.access
    // Who has shown nothing yet is still asked; who never was asked is now too late.
    let holds = identity.map { access.stillHolds($0) } ?? (asksAuthorization || !access.isOn)
    let isAdmitted = access.addresses.admits(peer) || server.arrivals.isOwn(peer)
    if !holds || !isAdmitted { close() }
  }

  private func find(_ name: String) {
    // Nothing is looked for that may not be seen: how that ends would tell something of it.
    guard identity?.sees(server.name(asked: name)) ?? true else {
      return conversation.refused(RTSPRefusal(.notFound, Catalog.missing))
    }
    answerLater { [self] resume in
      let answer = { [weak self] (found: Result<MediaDescription, RTSPRefusal>) in
        guard let self, conversation.isWaiting else { return }
        switch found {
        case .success(var media) where identity?.sees(media.name) ?? true:
          media.group = server.groups.group(of: media.name)
          conversation.found(media)
        case .success: conversation.refused(RTSPRefusal(.notFound, Catalog.missing))
        case .failure(let refusal): conversation.refused(refusal)
        }
        resume()
      }
      if server.live.has(name) {
        server.live.find(name) { answer($0.map(\.description)) }
      } else {
        server.catalog.media(named: name) { answer($0.map(\.description)) }
      }
    }
  }

  /// Asks for something that may take its time, while others are served: what was answered at once
  /// is gone on with by whoever asked.
  private func answerLater(_ ask: (_ resume: @escaping () -> Void) -> Void) {
    var isAtOnce = true
    ask { [weak self] in
      if !isAtOnce { self?.resumeSoon() }
    }
    isAtOnce = false
  }

  private func open(
    _ session: Int, _ transport: TransportHeader, _ media: MediaDescription, isClassroom: Bool
  ) {
    let subscription = Subscription(
      connection: self, server: server, session: session, isClassroom: isClassroom)
    let layout = subscription.layout(transport)
    answerLater { [self] resume in
      let answer = { [weak self] (found: Result<Subscription.Feed, RTSPRefusal>) in
        guard let self, conversation.isWaiting else { return }
        do throws(RTSPRefusal) {
          let feed = try found.get()
          guard conversation.isOpeningStillWanted else {
            throw RTSPRefusal(.sessionNotFound, "the session is over")
          }
          try admitViewer(session, transport)
          let (subscriber, ports) = try admit(session) { () throws(RTSPRefusal) in
            try subscription.open(feed, transport, named: media.name)
          }
          subscribe(session, subscriber)
          conversation.opened(
            serverPorts: ports, ssrc: subscriber.ssrc, source: (subscriber as? GroupMember)?.source)
        } catch {
          conversation.refused(error)
        }
        resume()
      }
      if media.isLive {
        server.live.find(media.name) { answer($0.map { .live($0) }) }
      } else {
        server.catalog.packets(named: media.name, layout) {
          answer($0.map { .file($0.media, $0.packets) })
        }
      }
    }
  }

  /// Whoever watches already may change its way, and a group costs the same for all.
  private func admitViewer(
    _ session: Int, _ transport: TransportHeader
  ) throws(RTSPRefusal) {
    guard subscribers[session] == nil, !transport.isMulticast else { return }
    guard let refusal = server.door.viewerRefusal else { return }
    server.metrics.refused("rtsp", refusal.rawValue)
    throw RTSPRefusal(.notEnoughBandwidth, refusal.reason)
  }

  /// Opens a session's way if its address may have one more session.
  func admit<Way>(
    _ session: Int, _ open: () throws(RTSPRefusal) -> Way
  ) throws(RTSPRefusal) -> Way {
    guard subscribers[session] == nil, publishers[session] == nil else { return try open() }
    if let refusal = server.door.openSession(peer) {
      server.metrics.refused("rtsp", refusal.rawValue)
      throw RTSPRefusal(.notEnoughBandwidth, refusal.reason)
    }
    do throws(RTSPRefusal) {
      return try open()
    } catch {
      server.door.closeSession(peer)
      throw error
    }
  }

  private func subscribe(_ session: Int, _ subscriber: Subscriber) {
    if let old = subscribers[session] {
      subscriber.takeOver(old)
      old.finish()
      // What was counted is another transport's.
      if old.way.transport != subscriber.way.transport { server.hasEnded(old) }
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
      subscriber.play(order) { server.nextPhase(period: $0) }
    } else if order != .resume {
      subscriber.move(order)
    }
    let place = subscriber.place
    conversation.playing(
      frame: place.frame, end: place.end, sequence: subscriber.sequence,
      timestamp: place.timestamp)
  }

  private func end(_ session: Int, _ reason: RTSPServerConversation.EndReason) {
    if let subscriber = subscribers.removeValue(forKey: session) {
      subscriber.finish()
      server.ended(subscriber, of: self, reason)
    } else if let publisher = publishers.removeValue(forKey: session) {
      publisher.finish(reason)
      server.ended(publisher, of: self, reason)
    }
  }

  // MARK: For the control interface

  /// How many sessions it has.
  var sessionCount: Int { subscribers.count + publishers.count }

  /// What is to be told of each session behind a cursor.
  func reports(after cursor: ClientKey?) -> [ClientReport] {
    (Array(subscribers.keys) + publishers.keys).sorted().compactMap { session in
      let key = ClientKey(connection: number, session: session)
      if let cursor, key <= cursor { return nil }
      guard let subscriber = subscribers[session] else { return publishers[session]?.report }
      var report = subscriber.report
      report.id = key.description
      report.peer = "\(peer)"
      report.userAgent = userAgent
      return report
    }
  }

  /// What the client calls itself.
  var userAgent: String { conversation.userAgent }

  // MARK: For subscribers

  /// A viewer sent RTCP over UDP.
  func heard(from session: Int) {
    conversation.sawSignOfLife(session: session, at: loop.now)
  }

  /// Playing has ended by itself.
  func ended(_ session: Int, _ end: Subscriber.End) {
    switch end {
    case .range: conversation.reachedEnd(session: session)
    case .broken: endSession(session, .mediaGone)
    case .unreachable: endSession(session, .unreachable)
    }
  }

  /// A session is over, which the peer has not asked for.
  func endSession(_ session: Int, _ reason: RTSPServerConversation.EndReason) {
    conversation.end(session: session, reason)
    performEnds()
    resumeSoon()
  }
}
