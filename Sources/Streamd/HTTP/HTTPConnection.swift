internal import Reactor
internal import Wire

/// A browser's or script's connection: requests first, and perhaps a WebSocket or an endless stream
/// of pictures after one of them.
final class HTTPConnection: Connection {
  private enum Mode {
    case requests
    /// A request is being answered, by something that takes its time.
    case answering(HTTPExchange)
    /// A request with wrong credentials gets its answer when its time has come.
    case refusing(HTTPRequest, until: Instant)
    case webSocket(BrowserSession)
    case stream(any PictureStream)
    /// A request's body is published as it comes.
    case publishing(HTTPPublisher, HTTPRequest)
  }

  unowned let server: HTTPServer
  var parser: HTTPParser
  private var pace: TokenBucket
  /// More may be there to be handled, but not yet.
  private var isPaced = false
  private var mode = Mode.requests
  private var lastActivity: Instant
  /// When the incomplete request at hand began; a peer that drips bytes gains no time.
  private var requestBegan: Instant
  /// There was no room for answers when it was last looked for requests.
  private var wasFull = false
  private var penalty = Penalty()
  /// The peer will say nothing more.
  private(set) var isPeerDone = false
  /// Whose WebSocket or stream it is, and from where.
  private(set) var visitor: (identity: Identity, address: SocketAddress)?
  /// What is watched over it, and how much of that got through.
  private(set) var viewing: HTTPViewing?
  var shown = HTTPViewing.Counters()

  /// It has come to this instance on purpose, not because the kernel chose it from several.
  private let isOwn: Bool

  init(_ socket: StreamSocket, isOwn: Bool, server: HTTPServer) throws(SystemError) {
    self.server = server
    self.isOwn = isOwn
    var bounds = HTTPParser.Bounds()
    bounds.headBytesMax = server.limits.httpHeadBytesMax
    bounds.headerCountMax = server.limits.headersMax
    bounds.bodyBytesMax = server.limits.bodyBytesMax
    parser = HTTPParser(bounds: bounds, streams: Self.isPublication)
    pace = server.door.pace(of: socket.peer)
    lastActivity = server.loop.now
    requestBegan = server.loop.now
    try super.init(
      socket, loop: server.loop, buffer: server.buffer,
      queueBytesMax: server.limits.httpQueueBytesMax, backlog: server.api.control.rtsp.backlog)
    socket.setSendBuffer(bytes: server.limits.sendBufferBytes)
    socket.keepAlive(idleSeconds: Int32(clamping: server.limits.httpIdleSeconds))
    settle()
  }

  /// It carries a stream without a session.
  var isStreaming: Bool {
    if case .stream(let stream) = mode { return stream.isDirect }
    return false
  }

  /// What is watched over it; nil when nothing is.
  var subject: (videoFile: String, sessionId: String)? {
    switch mode {
    case .stream(let stream): stream.subject
    case .webSocket(let browser): browser.subject
    case .requests, .answering, .refusing, .publishing: nil
    }
  }

  override func take(_ bytes: Span<UInt8>) {
    lastActivity = loop.now
    switch mode {
    case .requests, .answering, .refusing:
      if !parser.isInsideRequest { requestBegan = loop.now }
      parser.feed(bytes)
    case .publishing: parser.feed(bytes)
    case .webSocket(let browser): browser.take(bytes)
    // Whoever watches a stream has nothing to say any more.
    case .stream: break
    }
  }

  override func proceed() {
    isPaced = false
    // Nobody has read on meanwhile.
    if wasFull { requestBegan = loop.now }
    defer { wasFull = !canGoOn }
    while canGoOn {
      if case .publishing(let publisher, let request) = mode {
        publish(publisher, request)
        guard case .requests = mode else { return }
      }
      guard pace.isReady(at: loop.now) else {
        isPaced = true
        return
      }
      switch mode {
      case .requests:
        guard handleNext() else { return }
      case .webSocket(let browser):
        guard browser.handleNext() else { return }
      case .answering, .refusing, .stream:
        return
      case .publishing: break
      }
      pace.take(at: loop.now)
    }
  }

  override var deadline: Instant? {
    if isPaced { return pace.readyAt }
    switch mode {
    case .requests:
      return isInsideRequest
        ? requestBegan + Instant(server.limits.requestSeconds) * 1_000_000_000
        : lastActivity + idleNanoseconds
    case .webSocket(let browser): return min(browser.deadline, expiry)
    case .refusing(_, let until): return until
    case .publishing(let publisher, _): return min(deadline(of: publisher), expiry)
    case .stream: return min(loop.now + idleNanoseconds, expiry)
    case .answering: return nil
    }
  }

  /// Whether we wait for the rest of one: not while nobody reads on, since answers fill the queue.
  private var isInsideRequest: Bool { parser.isInsideRequest && canGoOn }

  private var idleNanoseconds: Instant { Instant(server.limits.httpIdleSeconds) * 1_000_000_000 }

  /// When whoever watches or publishes may do so no more.
  private var expiry: Instant { server.access.expiry(of: visitor?.identity) ?? .max }

  override var listens: Bool {
    switch mode {
    case .refusing: false
    case .publishing(let publisher, _): publisher.waitsUntil == nil && !isPeerDone
    // What is asked for meanwhile may wait here, one request of it.
    case .answering: !isPaced && parser.waitingBytes < requestBytesMax
    case .requests, .webSocket, .stream: !isPaced
    }
  }

  private var requestBytesMax: Int {
    server.limits.httpHeadBytesMax + server.limits.bodyBytesMax
  }

  override func deadlinePassed(at now: Instant) {
    recheck()
    // What is paced goes on; nothing is late.
    guard isOpen, !isPaced else { return }
    switch mode {
    case .webSocket(let browser): return browser.deadlinePassed()
    case .publishing(let publisher, let request):
      return deadlinePassed(of: publisher, request, at: now)
    case .requests, .answering, .refusing, .stream: break
    }
    guard let deadline, now >= deadline else { return }
    switch mode {
    case .refusing(let request, _): answer(challenge(request, isWrong: true), to: request)
    case .requests:
      if isInsideRequest {
        reply(Self.problem(Problem(.requestTimeout, "timeout", "half a request")), to: nil)
      }
      finish(lingerSeconds: server.limits.lingerSeconds)
    case .answering, .stream, .publishing, .webSocket: break
    }
  }

  override func ended() {
    switch mode {
    case .webSocket(let browser): browser.ended()
    case .stream(let stream): stream.stop()
    case .answering(let exchange): exchange.abandon()
    case .publishing(let publisher, _): publisher.stop("the connection was closed")
    case .requests, .refusing: break
    }
  }

  override func closed() { server.closed(self) }

  override func peerFinished() -> Bool {
    guard case .publishing = mode, parser.endsWithConnection else { return false }
    isPeerDone = true
    return true
  }

  // MARK: Requests

  /// False when no complete request is there.
  private func handleNext() -> Bool {
    do throws(HTTPError) {
      guard let request = try parser.next() else {
        if parser.takeExpectation() { append(Array("HTTP/1.1 100 Continue\r\n\r\n".utf8)) }
        return false
      }
      // What is behind it begins now: it may have waited for this one.
      requestBegan = loop.now
      handle(request)
    } catch {
      reply(Self.problem(Self.problem(error)), to: nil)
      finish(lingerSeconds: server.limits.lingerSeconds)
    }
    return true
  }

  private func handle(_ request: HTTPRequest) {
    Log.debug(
      "HTTP request", ["peer": "\(peer)", "method": request.method, "path": request.path])
    if let problem = server.policy.refusal(of: request) {
      return answer(Self.problem(problem), to: request)
    }
    if let response = direction(for: request) { return answer(response, to: request) }
    guard !server.door.isAskingTooOften(peer, at: loop.now) else {
      server.metrics.refused("http", Door.Refusal.addressRequests.rawValue)
      return answer(Self.problem(Problem(.addressRequests)), to: request)
    }
    server.door.asked(peer, at: loop.now)
    let client = client(of: request)
    guard server.access.addresses.admits(client) else {
      return answer(
        Self.problem(
          Problem(.forbidden, "address_not_allowed", "nobody is served at your address")),
        to: request)
    }
    guard let identity = identity(of: request) else { return }
    visitor = (identity, client)
    if request.path == "/ws" { return upgrade(request, identity) }
    let exchange = HTTPExchange(request: request, connection: self, identity: identity)
    mode = .answering(exchange)
    if !server.api.handle(exchange) {
      exchange.reply(server.files.response(to: request))
    }
  }

  /// Whoever asks for what one instance has, where several share a port, would get another's answer
  /// each time. The page is sent on to an instance's own address, scripts are told of it.
  private func direction(for request: HTTPRequest) -> HTTPResponse? {
    guard !isOwn, let own = server.ownAddress else { return nil }
    if API.path(of: request) == "/" {
      var response = HTTPResponse(.temporaryRedirect)
      response.headers.append("Location", "http://\(own)/")
      return response
    }
    guard RequestPolicy.isOfOneInstance(request.path) else { return nil }
    return Self.problem(
      Problem(
        .misdirected, "shared_port", "several instances share this port",
        hint: "ask one of them, this one at http://\(own)"))
  }

  private func upgrade(_ request: HTTPRequest, _ identity: Identity) {
    guard WebSocketHandshake.isUpgrade(request) else {
      var response = Self.problem(
        Problem(.upgradeRequired, "upgrade_required", "this is a WebSocket (RFC 6455)"))
      response.headers.append("Upgrade", "websocket")
      return answer(response, to: request)
    }
    let response = WebSocketHandshake.respond(to: request)
    guard response.status == .switchingProtocols else {
      return answer(Self.refusal(of: response), to: request)
    }
    var bytes: [UInt8] = []
    response.emit(into: &bytes)
    append(bytes)
    server.metrics.answeredHTTP(request.method, response.status.code)
    viewing = server.viewing(.websocket, request)
    let browser = BrowserSession(
      self, control: server.api.control, server: server, identity: identity)
    mode = .webSocket(browser)
    browser.begin(with: parser.takeRest())
  }

  /// The same as a problem.
  private static func refusal(of handshake: HTTPResponse) -> HTTPResponse {
    let isOld = handshake.status == .upgradeRequired
    var response = problem(
      Problem(
        handshake.status, isOld ? "bad_version" : "bad_handshake",
        isOld ? "this is version 13 of the WebSocket" : "this is no handshake of a WebSocket",
        hint: "see RFC 6455, section 4.2.1"))
    for field in handshake.headers.fields { response.headers.append(field.name, field.value) }
    return response
  }

  /// What is wrong with a request, for programs by its status: `bad_request`, `uri_too_long`, …
  static func problem(_ error: HTTPError) -> Problem {
    let code = error.status.phrase.lowercased().split(separator: " ").joined(separator: "_")
    return Problem(error.status, code, error.reason)
  }

  // MARK: Who asks

  /// The client behind a request: behind a trusted proxy, whom the proxy names.
  func client(of request: HTTPRequest) -> SocketAddress {
    server.access.addresses.client(of: peer, request.headers)
  }

  var cookieName: String { server.cookie }

  func isSecure(_ request: HTTPRequest) -> Bool {
    server.access.addresses.isProxy(peer) && request.headers["X-Forwarded-Proto"] == "https"
  }

  /// Whoever a request comes from; nil when it was answered with what they have to show.
  private func identity(of request: HTTPRequest) -> Identity? {
    if API.needsNobody(request) || StaticFiles.needsNobody(request) { return .stranger }
    switch server.access.judge(request, cookie: server.cookie) {
    case .granted(let identity):
      penalty.forgive()
      return identity
    case .absent, .stale: answer(challenge(request), to: request)
    case .refused: refuse(request, user: Access.claimedUser(request.headers))
    }
    return nil
  }

  /// Answers wrong credentials, after a while.
  func refuse(_ request: HTTPRequest, user: String) {
    server.access.failed(from: client(of: request), "http", user: user)
    mode = .refusing(request, until: loop.now + penalty.next(server.limits))
    settle()
  }

  /// The answer to a request that has shown nothing, or the wrong things. A person's browser gets
  /// the page to log in; its own dialogue, which `Basic` would open, stays closed.
  private func challenge(_ request: HTTPRequest, isWrong: Bool = false) -> HTTPResponse {
    let isBrowser = request.headers["User-Agent"]?.hasPrefix("Mozilla/") ?? false
    let wantsPage =
      request.method == "GET" && request.headers["Accept"]?.contains("text/html") ?? false
    var response = Self.problem(
      Problem(
        .unauthorized, "not_authorised",
        isWrong ? "wrong name, password or token" : "a user's password or a token is wanted",
        hint: "log in, or send Authorization: Basic or Bearer"))
    if wantsPage, let page = server.files.loginPage { response = page }
    if !isBrowser { response.headers.append("WWW-Authenticate", Access.basicChallenge) }
    response.headers.append("WWW-Authenticate", "Bearer realm=\"\(UserEntry.realm)\"")
    return response
  }

  /// Users or addresses have changed, or time has passed: who would not be let in any more may not
  /// go on either.
  func recheck() {
    guard let visitor, visitor.identity != .stranger,
      !server.access.stillHolds(visitor.identity)
        || !server.access.addresses.admits(visitor.address)
    else { return }
    switch mode {
    case .webSocket(let browser): browser.expire()
    case .stream, .publishing: finish(lingerSeconds: server.limits.lingerSeconds)
    case .requests, .answering, .refusing: break
    }
  }

  /// Publishes the body of a request from now on.
  func answer(_ publisher: HTTPPublisher, to request: HTTPRequest) {
    if request.expectsContinue { append(Array("HTTP/1.1 100 Continue\r\n\r\n".utf8)) }
    mode = .publishing(publisher, request)
    publisher.start(on: self)
  }

  /// The answer to the request at hand; the next one may follow.
  func answer(_ response: HTTPResponse, to request: HTTPRequest) {
    reply(response, to: request)
    mode = .requests
    // What is behind it has waited for us.
    requestBegan = loop.now
    if !goesOn(after: request) { finish(lingerSeconds: server.limits.lingerSeconds) }
  }

  /// Behind a body that nobody has read, nothing can be found.
  private func goesOn(after request: HTTPRequest?) -> Bool {
    (request?.isPersistent ?? false) && !(request?.bodyFollows ?? false)
  }

  /// Answers with a stream that ends when the connection does.
  func answer(_ stream: any PictureStream, to request: HTTPRequest) {
    var head =
      "HTTP/1.1 200 OK\r\nContent-Type: \(MultipartStream.contentType)\r\n"
      + "Cache-Control: no-store\r\nConnection: close\r\nX-Content-Type-Options: nosniff\r\n\r\n"
    server.metrics.answeredHTTP(request.method, 200)
    guard request.method != "HEAD" else {
      append(Array(head.utf8))
      return finish(lingerSeconds: server.limits.lingerSeconds)
    }
    head += "--streamd\r\n"
    append(Array(head.utf8))
    viewing = server.viewing(.multipart, request)
    mode = .stream(stream)
    stream.start(on: self)
    // Much may have changed while a picture was waited for.
    recheck()
  }

  private func reply(_ response: HTTPResponse, to request: HTTPRequest?) {
    let count = request?.method == "HEAD" ? 0 : response.body.count
    guard hasRoom(forReplyOf: count) else {
      return reply(
        Self.problem(
          Problem(
            .serviceUnavailable, "too_much_waits", "too much waits for those who are slow to read",
            hint: "try again in a few seconds")), to: request)
    }
    server.metrics.answeredHTTP(request?.method, response.status.code)
    var response = response
    response.headers.append("Server", RTSPServer.name)
    response.headers.append("Date", CalendarTime(realtime: loop.realtime).httpDate)
    response.headers.append("X-Content-Type-Options", "nosniff")
    if !goesOn(after: request) {
      response.headers.append("Connection", "close")
    } else if request?.minorVersion == 0 {
      // What a client of HTTP/1.0 has asked for it believes only when it is told.
      response.headers.append("Connection", "keep-alive")
    }
    var bytes: [UInt8] = []
    response.emit(isHead: request?.method == "HEAD", into: &bytes)
    append(bytes)
  }

  static func problem(_ problem: Problem) -> HTTPResponse {
    var response = HTTPResponse(
      HTTPStatus.of(problem.status), "application/problem+json", JSON.encode(problem))
    response.headers.append("Cache-Control", "no-store")
    if response.status == .serviceUnavailable || response.status == .tooManyRequests {
      response.headers.append("Retry-After", "5")
    }
    return response
  }
}
