internal import Reactor
internal import Wire

/// The control and viewing port: a listener, its connections, and what they share.
final class HTTPServer {
  let loop: EventLoop
  /// For what begins from now on.
  var limits: Limits { didSet { door.limits = limits } }
  var door: Door
  let buffer: ReceiveBuffer
  let api: API
  let files: StaticFiles
  var policy: RequestPolicy
  let metrics: Metrics
  let access: Access
  /// Who comes through a proxy that speaks the PROXY protocol.
  private let arrivals: ProxiedArrivals
  private var listener: Listener?
  /// Where this instance alone is reached, when it shares the other one.
  private var ownListener: Listener?
  /// Other instances listen on the same port.
  var isShared = false
  private var connections: [ObjectIdentifier: HTTPConnection] = [:]
  private var browsers: [ObjectIdentifier: BrowserSession] = [:]
  /// How many have watched so far.
  private var viewingCount = 0
  /// What those were shown who watch no more.
  private var shown: [HTTPViewing.Transport: HTTPViewing.Counters] = [:]
  private lazy var log = LogFeed(
    loop: loop,
    readers: { [unowned self] in browsers.filter { $0.value.identity.role == .admin }.map(\.key) },
    send: { [unowned self] in browsers[$1]?.send($0) })

  init(
    control: Control, limits: Limits, buffer: ReceiveBuffer, www: Folder?, allowedHosts: [String]
  ) {
    loop = control.loop
    metrics = control.rtsp.metrics
    access = control.access
    self.limits = limits
    door = Door(limits)
    self.buffer = buffer
    arrivals = ProxiedArrivals("http", loop: loop, buffer: buffer, metrics: metrics)
    files = StaticFiles(folder: www, siblings: control.siblings.addresses)
    api = API(control, files: files)
    policy = RequestPolicy(allowedHosts: allowedHosts)
    control.serverStateChanged = { [unowned self] in broadcast($0) }
    control.catalog.changed = { [unowned self] in broadcast(Event("videos_changed")) }
    control.relays.changed = { [unowned self] in broadcast(Event("sources_changed")) }
    control.activity.added = { [unowned self] in if !browsers.isEmpty { log.add($0) } }
    control.recordings.changed = { [unowned self] in tell($0) }
    control.directViewers = { [unowned self] in
      connections.values.count { $0.isStreaming }
    }
    control.webSockets = { [unowned self] in browsers.count }
    control.httpViewers = { [unowned self] in connections.values.compactMap(\.viewerReport) }
    control.shownOverHTTP = { [unowned self] in tally }
    control.kickOverHTTP = { [unowned self] in kick($0) }
  }

  // MARK: Who watches

  /// Somebody begins to watch.
  func viewing(_ transport: HTTPViewing.Transport, _ request: HTTPRequest) -> HTTPViewing {
    viewingCount += 1
    return HTTPViewing(number: viewingCount, transport, request, at: loop.realtime)
  }

  private var tally: [HTTPViewing.Transport: HTTPViewing.Counters] {
    connections.values.reduce(into: shown) { $1.add(to: &$0) }
  }

  private func kick(_ number: Int) -> Bool {
    guard let connection = connections.values.first(where: { $0.viewing?.number == number }),
      let report = connection.viewerReport
    else { return false }
    api.control.activity.note(.info, "viewer kicked", ["peer": report.peer])
    connection.close()
    return true
  }

  // MARK: Connections

  /// Where it listens.
  var address: SocketAddress? { listener?.address }
  /// Where this instance alone is reached, when it shares the port.
  var ownAddress: SocketAddress? { ownListener?.address }

  func start(on address: SocketAddress) throws(SystemError) {
    listener = try Listener(
      address, isShared: isShared, on: loop, exhausted: Listener.exhausted,
      accepted: { [unowned self] in arrived($0, isOwn: ownListener == nil) })
  }

  /// Listens where this instance alone is reached.
  func startOwn(on address: SocketAddress) throws(SystemError) {
    ownListener = try Listener(
      address, on: loop, exhausted: Listener.exhausted,
      accepted: { [unowned self] in arrived($0, isOwn: true) })
  }

  /// Takes no more connections on a port that others share; those that there are go on.
  func stopListening() {
    listener?.leave()
    listener = nil
  }

  /// Listens on a socket that was opened for us.
  func start(inherited socket: InheritedSocket) throws(SystemError) {
    listener = try Listener(
      inherited: socket, on: loop, exhausted: Listener.exhausted,
      accepted: { [unowned self] in arrived($0, isOwn: ownListener == nil) })
  }

  func stop() {
    log.flush()
    for browser in browsers.values { browser.goAway() }
    for connection in Array(connections.values) { connection.close() }
    listener?.close()
    listener = nil
    ownListener?.close()
    ownListener = nil
  }

  /// The name of the cookie of a login. Browsers tell hosts apart, but not ports.
  var cookie: String { "streamd-\((ownAddress ?? address)?.port ?? 0)" }

  /// Users have changed: ends what those have open who are not let in any more.
  func recheck() {
    for connection in Array(connections.values) { connection.recheck() }
  }

  func closed(_ connection: HTTPConnection) {
    connections[ObjectIdentifier(connection)] = nil
    connection.add(to: &shown)
    door.leave(connection.peer)
  }

  func opened(_ browser: BrowserSession) { browsers[ObjectIdentifier(browser)] = browser }
  func closed(_ browser: BrowserSession) { browsers[ObjectIdentifier(browser)] = nil }

  /// Says something to every browser.
  private func broadcast(_ event: some Encodable) {
    guard !browsers.isEmpty else { return }
    let message = WebSocketFrame.frame(.text, JSON.encode(event))
    for browser in browsers.values { browser.send(message) }
  }

  /// Tells every browser of those who may see what is recorded.
  private func tell(_ recording: Recording) {
    guard !browsers.isEmpty else { return }
    let message = WebSocketFrame.frame(.text, JSON.encode(RecordingEvent(recording.report)))
    for browser in browsers.values
    where api.control.lets(browser.identity, see: recording.source.name) {
      browser.send(message)
    }
  }

  private func arrived(_ socket: StreamSocket, isOwn: Bool) {
    arrivals.admit(socket, from: access.addresses.httpProxies, limits) { [unowned self] in
      accept($0, isOwn: isOwn)
    }
  }

  private func accept(_ socket: StreamSocket, isOwn: Bool) {
    // A proxy is let in; those that it speaks for are looked at with each request.
    guard access.addresses.admits(socket.peer) || access.addresses.isProxy(socket.peer) else {
      return metrics.refused("http", "address")
    }
    if let refusal = door.enter(socket.peer, at: loop.now) {
      metrics.refused("http", refusal.rawValue)
      var bytes: [UInt8] = []
      var response = HTTPConnection.problem(Problem(refusal))
      response.headers.append("Connection", "close")
      response.emit(into: &bytes)
      _ = socket.send(bytes, from: 0)
      return
    }
    do throws(SystemError) {
      let connection = try HTTPConnection(socket, isOwn: isOwn, server: self)
      connections[ObjectIdentifier(connection)] = connection
    } catch {
      door.leave(socket.peer)
      Log.warning("a connection could not be taken", ["error": "\(error)"])
    }
  }
}
