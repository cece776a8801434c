internal import Reactor
internal import Wire

/// The RTSP server: a listener, its connections, and what they share.
final class RTSPServer {
  let loop: EventLoop
  let catalog: Catalog
  let live: LiveStreams
  /// For what begins from now on.
  var limits: Limits {
    didSet {
      door.limits = limits
      backlog.bytesMax = limits.backlogBytesMax
      rests.bytesMax = limits.backlogBytesMax
    }
  }
  var door: Door
  /// Of viewers over RTSP and HTTP.
  let backlog: Backlog
  /// The same of viewers over UDP, of whom nobody is slow: large frames are spread over time.
  let rests: Backlog
  let activity: ActivityLog
  let ports: PortAllocator
  /// The length of RTP packets, for as long as the server lives: a live picture is packetised once
  /// for all.
  let segmentBytes: Int
  /// Shared by all connections: what was read is consumed before the next read.
  let buffer = ReceiveBuffer(capacity: 16 * 1024)

  private var listener: Listener?
  /// Where the daemon's own viewers connect while other instances listen on the same port: the
  /// kernel would give them to any of these.
  private var ownListener: Listener?
  /// A socket of the service manager's is kept while the server is stopped: who comes then is told
  /// so, and nobody else can take the port.
  private var isInherited = false
  private var isServing = false
  /// Other instances listen on the same port.
  var isShared = false
  /// By their numbers.
  private var connections: [Int: RTSPConnection] = [:]
  /// Where the newest viewers are in the frame period, and how many more of them may be there.
  private var place: UInt64 = 0
  private var placesLeft = 0
  /// So many viewers have each a place of their own; of more, so many share one.
  private static let viewersPerPlace = 200
  private static let placeMax = 16
  private var connectionCount = 0
  /// What sessions that are over have sent, by transport.
  private var ended: [Transport: Subscriber.Counters] = [:]
  let metrics: Metrics
  let access: Access
  /// Who comes through a proxy.
  let arrivals: ProxiedArrivals
  /// What goes to multicast groups.
  private(set) lazy var groups = GroupStreams(of: self)

  static let name = "streamd/\(version)"

  /// - Parameter access: asks nobody who they are where it is nil.
  init(
    loop: EventLoop, catalog: Catalog, live: LiveStreams, limits: Limits, activity: ActivityLog,
    rtpPorts: ClosedRange<UInt16>, segmentBytes: Int = JPEGPacketizer.standardSegmentBytes,
    metrics: Metrics, access: Access? = nil
  ) {
    self.metrics = metrics
    self.access = access ?? Access(loop: loop, metrics: metrics, limits: limits)
    self.loop = loop
    self.activity = activity
    self.catalog = catalog
    self.live = live
    self.limits = limits
    door = Door(limits)
    backlog = Backlog(bytesMax: limits.backlogBytesMax)
    rests = Backlog(bytesMax: limits.backlogBytesMax)
    arrivals = ProxiedArrivals("rtsp", loop: loop, buffer: buffer, metrics: metrics)
    ports = PortAllocator(rtpPorts)
    self.segmentBytes = segmentBytes
  }

  /// Where it listens; nil while it is stopped.
  var address: SocketAddress? { isServing ? listener?.address : nil }

  /// Where the daemon's own viewers connect; nil while it is stopped.
  var ownAddress: SocketAddress? {
    if let ownListener { return ownListener.address }
    return address.map { $0.isUnspecified ? $0.loopback : $0 }
  }

  /// Listens on a socket that was opened for us, from now on and for good.
  func adopt(_ socket: InheritedSocket) throws(SystemError) {
    listener = try Listener(
      inherited: socket, on: loop, exhausted: Listener.exhausted,
      accepted: { [unowned self] in arrived($0) })
    isInherited = true
  }

  /// Begins to listen, on the socket that was adopted if there is one.
  func start(on address: SocketAddress) throws(SystemError) {
    if !isInherited {
      listener = try Listener(
        address, isShared: isShared, on: loop, exhausted: Listener.exhausted,
        accepted: { [unowned self] in arrived($0) })
    }
    isServing = true
    guard isShared else { return }
    do throws(SystemError) {
      ownListener = try Listener(
        .localhost(port: 0), isShared: false, on: loop, exhausted: Listener.exhausted,
        // Nobody else has to come this way.
        accepted: { [unowned self] in if arrivals.isOwn($0.peer) { accept($0) } })
    } catch {
      stop()
      throw error
    }
  }

  /// Ends every session with a goodbye, closes every connection, then the listener.
  func stop() {
    for connection in Array(connections.values) { connection.close() }
    isServing = false
    ownListener?.close()
    ownListener = nil
    if !isInherited {
      listener?.close()
      listener = nil
    }
  }

  /// Takes no more connections; those that there are go on.
  func stopListening() {
    listener?.leave()
    listener = nil
  }

  // MARK: For the control interface

  /// How many sessions there are.
  var clientCount: Int { door.sessions }

  /// How many of them are the daemon's own viewers'.
  var ownClientCount: Int {
    connections.values.reduce(0) { $0 + (arrivals.isOwn($1.peer) ? $1.sessionCount : 0) }
  }

  /// What all viewers are and have been sent.
  struct Tally {
    struct Kind: Hashable {
      var state: Subscriber.State
      var transport: Transport
    }

    /// Those that there are.
    var sessions: [Kind: Int] = [:]
    /// Since the daemon began.
    var sent: [Transport: Subscriber.Counters] = [:]
  }

  /// Looks at each viewer once. Everybody waits meanwhile, so no more is done for each than has to
  /// be.
  var tally: Tally {
    var tally = Tally(sent: ended)
    for connection in connections.values {
      for subscriber in connection.subscribers.values {
        let transport = subscriber.way.transport
        tally.sessions[.init(state: subscriber.state, transport: transport), default: 0] += 1
        tally.sent[transport, default: .init()].add(subscriber.total)
      }
    }
    for sender in groups.senders { tally.sent[.multicast, default: .init()].add(sender.total) }
    return tally
  }

  /// What is to be told of each session, in the order of the connections.
  ///
  /// - Parameters:
  ///   - cursor: begins with the one behind it.
  ///   - limit: so many at most: everybody waits while each is described.
  func clients(after cursor: ClientKey?, limit: Int) -> [ClientReport] {
    let first = cursor?.connection ?? 0
    var reports: [ClientReport] = []
    for number in connections.keys.filter({ $0 >= first }).sorted() where reports.count < limit {
      reports += connections[number]?.reports(after: cursor) ?? []
    }
    return Array(reports.prefix(limit))
  }

  /// Closes the connection that a client's identifier names; false when there is none.
  func kick(_ id: String) -> Bool {
    guard let key = ClientKey(id), let connection = connections[key.connection],
      connection.subscribers[key.session] != nil || connection.publishers[key.session] != nil
    else { return false }
    activity.note(.info, "client kicked", ["peer": "\(connection.peer)"])
    connection.close()
    return true
  }

  /// Users have changed: closes the connections of those who are not let in any more.
  func recheck() {
    for connection in Array(connections.values) { connection.recheck() }
  }

  /// The loop has become so full that nobody else can be served, or is so no more.
  func becameFull(_ isFull: Bool) {
    door.isFull = isFull
    if isFull {
      activity.note(.warning, "as many watch as can be served, others are refused")
    } else {
      activity.note(.info, "there is room for more viewers")
    }
  }

  // MARK: For connections

  /// What a name stands for that somebody has asked for: `video/` may stand before all of them.
  /// Patterns of what users may watch are about what it stands for.
  func name(asked name: String) -> String { live[name]?.name ?? catalog.name(asked: name) }

  /// How long a new viewer waits for its first frame. Viewers are spread over the frame period
  /// (over 50 ms at most), each as far as possible from those before it (golden section), so that
  /// they do not all want the processor in the same millisecond. Their places are the clock's, not
  /// counted from when each happens to come: else a crowd's places would be no more than random.
  ///
  /// In a crowd a few that come one after the other share a place: they are at the same frame then,
  /// whose packets the processor has to fetch from memory once for all of them.
  func nextPhase(period: Instant) -> Instant {
    if placesLeft == 0 {
      place &+= 1
      placesLeft = min(max(connections.count / Self.viewersPerPlace, 1), Self.placeMax)
    }
    placesLeft -= 1
    let golden: UInt64 = 0x9E37_79B9_7F4A_7C15
    let fraction = (place &* golden) >> 33
    let span = min(period, 50_000_000)
    let wait = (span * Instant(fraction)) >> 31 - loop.now % span
    return wait < 0 ? wait + span : wait
  }

  func closed(_ connection: RTSPConnection) {
    connections[connection.number] = nil
    door.leave(connection.peer)
  }

  func ended(
    _ subscriber: Subscriber, of connection: RTSPConnection,
    _ reason: RTSPServerConversation.EndReason
  ) {
    hasEnded(subscriber)
    door.closeSession(connection.peer)
    metrics.sessionEnded(reason)
    let report = subscriber.report
    activity.note(
      .info, "client left",
      [
        "peer": "\(connection.peer)", "reason": "\(reason)", "frames": String(report.frames),
        "skipped": String(report.skipped),
      ])
  }

  /// Keeps what somebody has sent who sends no more.
  func hasEnded(_ subscriber: Subscriber) {
    ended[subscriber.way.transport, default: .init()].add(subscriber.total)
  }

  func ended(
    _ publisher: RTSPPublisher, of connection: RTSPConnection,
    _ reason: RTSPServerConversation.EndReason
  ) {
    door.closeSession(connection.peer)
    metrics.sessionEnded(reason)
  }

  private func arrived(_ socket: StreamSocket) {
    arrivals.admit(socket, from: access.addresses.rtspProxies, limits) { [unowned self] in
      accept($0)
    }
  }

  private func accept(_ socket: StreamSocket) {
    // Who may not come at all learns nothing.
    guard access.addresses.admits(socket.peer) || arrivals.isOwn(socket.peer) else {
      return metrics.refused("rtsp", "address")
    }
    guard isServing else {
      metrics.refused("rtsp", "stopped")
      _ = socket.send(Self.refusal("the RTSP server is stopped"), from: 0)
      return
    }
    if let refusal = door.enter(socket.peer, at: loop.now) {
      metrics.refused("rtsp", refusal.rawValue)
      _ = socket.send(Self.refusal(refusal.reason), from: 0)
      return
    }
    connectionCount += 1
    do throws(SystemError) {
      let connection = try RTSPConnection(
        socket, number: connectionCount, server: self, settings: settings(for: socket.peer))
      connections[connectionCount] = connection
    } catch {
      door.leave(socket.peer)
      Log.warning("a connection could not be taken", ["error": "\(error)"])
    }
  }

  private func settings(for peer: SocketAddress) -> RTSPServerConversation.Settings {
    var settings = RTSPServerConversation.Settings()
    settings.bounds.headBytesMax = limits.rtspHeadBytesMax
    settings.bounds.headerCountMax = limits.headersMax
    settings.bounds.bodyBytesMax = limits.bodyBytesMax
    settings.sessionTimeoutSeconds = limits.sessionTimeoutSeconds
    settings.sessionsMax = limits.sessionsMax
    settings.messageSeconds = limits.requestSeconds
    settings.idleSeconds = min(limits.rtspIdleSeconds, limits.sessionTimeoutSeconds)
    settings.asksAuthorization = access.isOn
    settings.pace = door.pace(of: peer)
    settings.server = Self.name
    return settings
  }

  private static func refusal(_ reason: String) -> [UInt8] {
    var headers = HeaderFields()
    headers.append("Server", name)
    headers.append("Warning", "299 streamd \"\(reason)\"")
    headers.append("Retry-After", "5")
    headers.append("Connection", "close")
    var bytes: [UInt8] = []
    RTSPResponse(.serviceUnavailable, headers: headers).emit(into: &bytes)
    return bytes
  }
}

extension Listener {
  /// What is said when nothing is left for another connection.
  static func exhausted(_ error: SystemError) {
    Log.warning("no more connections can be taken for now", ["error": "\(error)"])
  }
}
