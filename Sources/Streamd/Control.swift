internal import Reactor
internal import Wire

/// What can be asked of the daemon, by whatever way: the HTTP API and the WebSocket are two fronts
/// of this one.
final class Control {
  enum ServerState: String {
    case stopped, starting, running, stopping
  }

  let loop: EventLoop
  let catalog: Catalog
  let live: LiveStreams
  let rtsp: RTSPServer
  let viewers: ViewerSessions
  let recordings: Recordings
  let relays: Relays
  let activity: ActivityLog
  let access: Access
  private let rtspAddress: SocketAddress
  /// RFC 3339; the same for as long as the daemon runs.
  let startedAt: String
  /// The same in nanoseconds since 1970.
  let startedRealtime: Int64
  private let started: Instant
  private(set) var serverState = ServerState.stopped
  /// Told of every change of the server's state.
  var serverStateChanged: (Event) -> Void = { _ in }
  /// How many watch over HTTP without a session.
  var directViewers: () -> Int = { 0 }
  /// What this instance has to say of itself and its siblings.
  var siblings = Siblings()
  private var drain: Drain?
  /// Ends the program when nobody is left.
  var drained: () -> Void = {}
  /// Takes no more connections on ports that other instances share.
  var stopListening: () -> Void = {}
  /// How many WebSockets are open.
  var webSockets: () -> Int = { 0 }
  /// Who watches over HTTP.
  var httpViewers: () -> [ViewerReport] = { [] }
  /// What all of them are and have been shown.
  var shownOverHTTP: () -> [HTTPViewing.Transport: HTTPViewing.Counters] = { [:] }
  /// Ends one by its number; false when there is none.
  var kickOverHTTP: (Int) -> Bool = { _ in false }

  init(
    loop: EventLoop, catalog: Catalog, rtsp: RTSPServer, viewers: ViewerSessions,
    recordings: Recordings, activity: ActivityLog, rtspAddress: SocketAddress
  ) {
    self.loop = loop
    self.catalog = catalog
    live = rtsp.live
    self.rtsp = rtsp
    self.viewers = viewers
    self.recordings = recordings
    self.activity = activity
    access = rtsp.access
    relays = Relays(
      loop: loop, activity: activity, live: rtsp.live, buffer: rtsp.buffer, ports: rtsp.ports)
    self.rtspAddress = rtspAddress
    started = loop.now
    startedRealtime = loop.realtime
    startedAt = CalendarTime(realtime: startedRealtime).timestamp
    viewers.ownServer = { [unowned rtsp] in rtsp.address }
    viewers.entrance = { [unowned rtsp] in rtsp.ownAddress }
    viewers.isDraining = { [unowned self] in isDraining }
  }

  /// Where RTSP listens, or would.
  var address: SocketAddress { rtsp.address ?? rtspAddress }

  /// Starts the RTSP server; nothing happens when it runs.
  func startServer() -> Problem? {
    guard !isDraining else {
      return Problem(.conflict, "draining", "the daemon is being drained", hint: "start it anew")
    }
    guard serverState == .stopped else { return nil }
    change(.starting, "starting")
    do throws(SystemError) {
      try rtsp.start(on: rtspAddress)
    } catch {
      let reason = "cannot listen on \(rtspAddress): \(error.reason)"
      activity.note(.error, "the RTSP server cannot start", ["reason": reason])
      change(.stopped, reason)
      return Problem(
        .conflict, error.isAddressInUse ? "port_in_use" : "cannot_listen", reason,
        hint: "stop the other program, or start streamd with another --rtsp HOST:PORT")
    }
    activity.note(.info, "the RTSP server runs", ["rtsp": "\(address)"])
    if !address.isLoopback && !access.isOn {
      activity.note(.warning, "anyone who can reach this address can watch", ["rtsp": "\(address)"])
    }
    change(.running, "RTSP on \(address)")
    return nil
  }

  /// Stops the RTSP server: viewers first, then clients, then the listener.
  func stopServer() {
    guard serverState == .running else { return }
    change(.stopping, "stopping")
    viewers.teardownAll("The RTSP server is stopped")
    rtsp.stop()
    activity.note(.info, "the RTSP server is stopped")
    change(.stopped, "stopped")
  }

  // MARK: Draining

  /// Nothing new is wanted; it ends when nobody watches any more.
  var isDraining: Bool { drain != nil }

  /// Lets those who watch go on, and ends when they have gone, or after so many seconds. Asked
  /// again, the time begins anew.
  func drain(seconds: Int) {
    if let drain { loop.deadlines.clear(drain) }
    drain = Drain(
      seconds: seconds, loop: loop, isEmpty: { [unowned self] in isUnwatched },
      done: { [unowned self] isEmpty in
        activity.note(.info, "drained", ["by": isEmpty ? "the last viewer" : "the clock"])
        drained()
      })
    activity.note(.info, "draining", ["seconds": String(seconds)])
    stopListening()
  }

  /// Nobody is served anything. What the daemon's own viewers are served counts with who watches
  /// them.
  var isUnwatched: Bool {
    // Who the clients are takes a look at each, and is asked last.
    watcherCount == 0 && httpPublishers.isEmpty && rtsp.clientCount == rtsp.ownClientCount
  }

  /// Who watches over HTTP. A recording is nobody.
  private var watcherCount: Int {
    viewers.watcherCount - recordings.sessionCount + directViewers()
  }

  /// The server's state as an event.
  var serverStatus: Event {
    status(serverState == .running ? "RTSP on \(address)" : serverState.rawValue)
  }

  /// What the daemon is doing, in one line.
  var summary: String {
    guard serverState == .running else { return "RTSP is \(serverState.rawValue)" }
    let counts = "\(rtsp.clientCount) clients, \(viewers.all.count) sessions"
    return "\(isDraining ? "draining, " : "")RTSP on \(address), \(counts)"
  }

  var status: StatusReport {
    StatusReport(
      version: version, state: serverState.rawValue, rtsp: "\(address)",
      uptimeS: Double((loop.now - started) / 1_000_000) / 1000, clients: rtsp.clientCount,
      sessions: viewers.all.count, viewers: watcherCount,
      draining: isDraining, instance: siblings.number, instances: siblings.addresses)
  }

  /// Files and live sources that somebody may see, in the order of their names: so many of those
  /// behind one.
  func videos(for identity: Identity, after name: String?, limit: Int) -> [VideoReport] {
    let files = catalog.reports(after: name, limit: limit) {
      identity.sees($0) && live[$0] == nil
    }
    let sources = live.reports().filter { source in
      identity.sees(source.name) && name.map { source.name > $0 } ?? true
    }
    return Array((files + sources).sorted { $0.name < $1.name }.prefix(limit))
  }

  /// Whoever publishes over HTTP, and everybody who has an RTSP session: so many of those behind a
  /// cursor.
  func clients(after cursor: ClientKey?, limit: Int) -> [ClientReport] {
    let publishers = httpPublishers.filter { publisher in
      cursor.map { publisher.key > $0 } ?? true
    }.sorted { $0.key < $1.key }.prefix(limit).map(\.report)
    return publishers + rtsp.clients(after: cursor, limit: limit - publishers.count)
  }

  private var httpPublishers: [HTTPPublisher] {
    live.publishers.compactMap { $0 as? HTTPPublisher }
  }

  /// Whether somebody may see what is asked for by a name.
  func lets(_ identity: Identity, see asked: String) -> Bool {
    identity.sees(rtsp.name(asked: asked))
  }

  /// Ends a client by its identifier; false when there is none.
  func kick(_ id: String) -> Bool {
    if rtsp.kick(id) { return true }
    guard let publisher = httpPublishers.first(where: { $0.key == ClientKey(id) }) else {
      return false
    }
    activity.note(.info, "client kicked", ["peer": publisher.report.peer])
    publisher.kick()
    return true
  }

  /// What somebody's viewer is set up with: what the command says, and else the first file of our
  /// own server.
  func target(of command: Command?, for identity: Identity) -> ViewerTarget {
    let host = address.isUnspecified ? "127.0.0.1" : address.host
    return ViewerTarget(
      serverAddr: command?.serverAddr ?? host,
      serverPort: command?.serverPort ?? Int(address.port),
      videoFile: command?.videoFile ?? catalog.firstPlayable { identity.sees($0) }
        ?? "movie.Mjpeg")
  }

  private func change(_ state: ServerState, _ message: String) {
    serverState = state
    serverStateChanged(status(message))
  }

  private func status(_ message: String) -> Event {
    var event = Event("rtsp_server_status")
    event.running = serverState == .running
    event.state = serverState.rawValue
    event.message = message
    return event
  }
}
