internal import Reactor
internal import Wire

/// All viewer sessions, and which servers they may be pointed at.
final class ViewerSessions {
  let loop: EventLoop
  let activity: ActivityLog
  let buffer: ReceiveBuffer
  let retryPolicy: RetryPolicy
  let ports: PortAllocator
  /// The interface that multicast comes by; nil leaves it to the routes.
  var interface: String?
  /// Servers that may be watched besides our own.
  var allowed: [SocketAddress]
  var sessionsMax: Int
  private var sessions: [String: ViewerSession] = [:]
  /// Passes of viewers that have ended, which still have to say so to our own RTSP server.
  private var farewells: [Patience] = []
  /// Longer than the connection lingers.
  private static let farewellNanoseconds: Instant = 2_000_000_000
  /// Where our own RTSP server listens; nil while it is stopped.
  var ownServer: () -> SocketAddress? = { nil }
  /// Where viewers connect to it; nil while it is stopped.
  var entrance: () -> SocketAddress? = { nil }
  var isDraining: () -> Bool = { false }
  /// A pass to our own RTSP server for a session of somebody's; nil where nobody is asked.
  var pass: (Identity) -> String? = { _ in nil }
  var revoke: (String) -> Void = { _ in }
  /// Whether somebody may see what is asked for by a name.
  var lets: (Identity, String) -> Bool = { $0.sees($1) }

  init(
    loop: EventLoop, activity: ActivityLog, buffer: ReceiveBuffer, ports: PortAllocator,
    allowed: [SocketAddress], sessionsMax: Int, retryPolicy: RetryPolicy = RetryPolicy()
  ) {
    self.loop = loop
    self.activity = activity
    self.buffer = buffer
    self.ports = ports
    self.allowed = allowed
    self.sessionsMax = sessionsMax
    self.retryPolicy = retryPolicy
  }

  deinit { for farewell in farewells { loop.deadlines.clear(farewell) } }

  /// By their ids, as cursors want it.
  var all: [ViewerSession] { sessions.values.sorted { $0.id < $1.id } }

  /// How many watch.
  var watcherCount: Int { sessions.values.reduce(0) { $0 + $1.audience.count } }

  subscript(id: String) -> ViewerSession? { sessions[id] }

  /// Makes a session and sets it up; `done` is told how it went.
  ///
  /// - Throws: when the server is not on the allow list, or does not run, or there are too many.
  func setup(
    _ target: ViewerTarget, transport: String?, for identity: Identity = .anyone,
    _ done: @escaping (ViewerSession, Problem?) -> Void
  ) throws(Problem) -> ViewerSession {
    guard !isDraining() else {
      throw Problem(
        .conflict, "draining", "the daemon is being drained", hint: "watch another one")
    }
    let (target, userInfo) = try Self.separate(target)
    let address = try resolve(target)
    guard sessions.count < sessionsMax else {
      throw Problem(
        .serviceUnavailable, "too_many_sessions", "there are \(sessionsMax) sessions already",
        hint: "tear one down")
    }
    guard let transport = ReceptionTransport(rawValue: transport ?? "udp") else {
      throw Problem(
        .badRequest, "bad_transport", "transport is none of \(ReceptionTransport.list)",
        hint: "leave it out")
    }
    guard lets(identity, target.videoFile) else {
      throw Problem(
        .notFound, "no_such_video", "there is no \(target.videoFile.prefix(200))",
        hint: "choose another video")
    }
    let session = ViewerSession(
      id: Self.newIdentifier(), target: target, address: address, transport: transport,
      // Our own server knows who asks. Were it shown other passwords, they could be guessed so.
      credentials: isOwn(address)
        ? pass(identity).map { .pass($0) } : userInfo.map { .userInfo($0) },
      home: self)
    sessions[session.id] = session
    session.setup { problem in done(session, problem) }
    return session
  }

  /// Whether one of them has a connection whose end is there.
  func isConnected(from end: SocketAddress) -> Bool {
    sessions.values.contains { session in
      // One of the two may be an IPv4 address in IPv6 clothes; nearly all differ in their ports.
      session.local.map { $0.port == end.port && $0.host == end.host } ?? false
    }
  }

  func ended(_ session: ViewerSession) {
    sessions[session.id] = nil
    guard case .pass(let word)? = session.credentials else { return }
    // Its TEARDOWN has yet to be read, by ourselves, and would be somebody's with a wrong password.
    let farewell = Patience { [unowned self] farewell in
      farewells.removeAll { $0 === farewell }
      revoke(word)
    }
    farewells.append(farewell)
    loop.deadlines.set(farewell, at: loop.now + Self.farewellNanoseconds)
  }

  func teardownAll(_ reason: String) {
    for session in all { session.teardown(reason) }
  }

  /// Ends sessions that nobody has watched or asked for.
  func expire(idleNanoseconds: Instant) {
    for session in all
    where session.audience.isEmpty && loop.now - session.lastUse > idleNanoseconds {
      activity.note(.info, "viewer session ended, nobody watches", ["session": session.id])
      session.teardown("Nobody watches")
    }
  }

  /// Only our own server and those on the allow list may be named: a page must not be able to make
  /// the daemon knock at any door of the network.
  private func resolve(_ target: ViewerTarget) throws(Problem) -> SocketAddress {
    guard !target.videoFile.isEmpty, target.videoFile.utf8.count <= 1024 else {
      throw Problem(.badRequest, "no_video", "video_file is missing", hint: "choose a video")
    }
    // Port 0 means our own server, wherever it listens: before it runs nobody may know its port.
    if target.serverPort == 0 {
      guard let own = entrance() else { throw Self.stopped }
      return own
    }
    guard let port = UInt16(exactly: target.serverPort),
      let address = SocketAddress(host: target.serverAddr, port: port)
    else {
      throw Problem(
        .badRequest, "bad_address",
        "\(target.serverAddr):\(target.serverPort) is no address and port",
        hint: "write an IP address, or localhost")
    }
    if isOwn(address), let own = entrance() { return own }
    if allowed.contains(address) { return address }
    guard ownServer() != nil else { throw Self.stopped }
    throw Problem(
      .forbidden, "server_not_allowed", "\(address) is not on the list of allowed servers",
      hint: "start streamd with --allowed-servers \(address)")
  }

  private func isOwn(_ address: SocketAddress) -> Bool {
    if address == entrance() { return true }
    guard let own = ownServer(), own.port == address.port else { return false }
    return own.host == address.host || address.isLoopback && (own.isLoopback || own.isUnspecified)
      || own.isUnspecified && address.isOfThisMachine
  }

  /// What stands behind the address in a URL. Our own files may have any name; what another server
  /// is asked for may have a query, as cameras want it.
  func path(of target: ViewerTarget, on address: SocketAddress) -> String {
    guard !isOwn(address), let mark = target.videoFile.firstIndex(of: "?") else {
      return PercentEncoding.encode(target.videoFile)
    }
    let query = target.videoFile[target.videoFile.index(after: mark)...]
    return PercentEncoding.encode(String(target.videoFile[..<mark])) + "?"
      + PercentEncoding.encode(query: String(query))
  }

  /// Takes `NAME:PASSWORD@` from in front of the address, where another server wants that: it is
  /// kept for the connection and shown nowhere.
  private static func separate(
    _ target: ViewerTarget
  ) throws(Problem) -> (ViewerTarget, UserInfo?) {
    guard let at = target.serverAddr.lastIndex(of: "@") else { return (target, nil) }
    guard let userInfo = UserInfo(target.serverAddr[..<at]) else {
      throw Problem(.badRequest, "bad_address", "what stands before @ is no NAME:PASSWORD")
    }
    var target = target
    target.serverAddr = String(target.serverAddr[target.serverAddr.index(after: at)...])
    return (target, userInfo)
  }

  private static let stopped = Problem(
    .conflict, "server_stopped", "the RTSP server is stopped", hint: "Start Server first")

  private static func newIdentifier() -> String {
    let digits = String(UInt64.random(in: .min ... .max), radix: 16)
    return String(repeating: "0", count: 16 - digits.utf8.count) + digits
  }
}
