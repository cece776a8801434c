internal import Reactor
internal import Wire

/// A browser's or script's connection: requests first, and perhaps a WebSocket or an endless stream
/// of pictures after one of them.
final class HTTPConnection: Connection {
  private enum Mode {
    case requests
    /// A request is being answered, by something that takes its time.
    case answering(HTTPExchange)
    case webSocket(BrowserSession)
    case stream(any PictureStream)
  }

  private unowned let server: HTTPServer
  private var parser: HTTPParser
  private var pace: TokenBucket
  /// More may be there to be handled, but not yet.
  private var isPaced = false
  private var mode = Mode.requests
  private var lastActivity: Instant
  /// When the incomplete request at hand began; a peer that drips bytes gains no time.
  private var requestBegan: Instant

  init(_ socket: StreamSocket, server: HTTPServer) throws(SystemError) {
    self.server = server
    var bounds = HTTPParser.Bounds()
    bounds.headBytesMax = server.limits.httpHeadBytesMax
    bounds.headerCountMax = server.limits.headersMax
    bounds.bodyBytesMax = server.limits.bodyBytesMax
    parser = HTTPParser(bounds: bounds)
    pace = server.door.pace(of: socket.peer)
    lastActivity = server.loop.now
    requestBegan = server.loop.now
    try super.init(
      socket, loop: server.loop, buffer: server.buffer,
      queueBytesMax: server.limits.httpQueueBytesMax)
    socket.setSendBuffer(bytes: server.limits.sendBufferBytes)
    socket.keepAlive(idleSeconds: Int32(clamping: server.limits.httpIdleSeconds))
    settle()
  }

  /// It carries a stream without a session.
  var isStreaming: Bool {
    if case .stream(let stream) = mode { return stream.isDirect }
    return false
  }

  override func take(_ bytes: Span<UInt8>) {
    lastActivity = loop.now
    switch mode {
    case .requests, .answering:
      if !parser.isInsideRequest { requestBegan = loop.now }
      parser.feed(bytes)
    case .webSocket(let browser): browser.take(bytes)
    // Whoever watches a stream has nothing to say any more.
    case .stream: break
    }
  }

  override var listens: Bool { !isPaced }

  override func proceed() {
    isPaced = false
    while canGoOn {
      guard pace.isReady(at: loop.now) else {
        isPaced = true
        return
      }
      switch mode {
      case .requests:
        guard handleNext() else { return }
      case .webSocket(let browser):
        guard browser.handleNext() else { return }
      case .answering, .stream:
        return
      }
      pace.take(at: loop.now)
    }
  }

  override var deadline: Instant? {
    if isPaced { return pace.readyAt }
    switch mode {
    case .requests:
      return parser.isInsideRequest
        ? requestBegan + Instant(server.limits.requestSeconds) * 1_000_000_000
        : lastActivity + Instant(server.limits.httpIdleSeconds) * 1_000_000_000
    case .webSocket(let browser): return browser.deadline
    case .answering, .stream: return nil
    }
  }

  override func deadlinePassed(at now: Instant) {
    // What is paced goes on; nothing is late.
    guard !isPaced, let deadline, now >= deadline else { return }
    switch mode {
    case .requests:
      if parser.isInsideRequest {
        reply(Self.problem(Problem(.requestTimeout, "timeout", "half a request")), to: nil)
      }
      finish(lingerSeconds: server.limits.lingerSeconds)
    case .webSocket(let browser): browser.deadlinePassed()
    case .answering, .stream: break
    }
  }

  override func ended() {
    switch mode {
    case .webSocket(let browser): browser.ended()
    case .stream(let stream): stream.stop()
    case .answering(let exchange): exchange.abandon()
    case .requests: break
    }
  }

  override func closed() { server.closed(self) }

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
      reply(Self.problem(Problem(error.status, "bad_request", error.reason)), to: nil)
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
    guard !server.door.isAskingTooOften(peer, at: loop.now) else {
      server.metrics.refused("http", Door.Refusal.addressRequests.rawValue)
      return answer(Self.problem(Problem(.addressRequests)), to: request)
    }
    server.door.asked(peer, at: loop.now)
    if request.path == "/ws" { return upgrade(request) }
    let exchange = HTTPExchange(request: request, connection: self)
    mode = .answering(exchange)
    if !server.api.handle(exchange) {
      exchange.reply(server.files.response(to: request))
    }
  }

  private func upgrade(_ request: HTTPRequest) {
    guard WebSocketHandshake.isUpgrade(request) else {
      var response = Self.problem(
        Problem(.upgradeRequired, "upgrade_required", "this is a WebSocket (RFC 6455)"))
      response.headers.append("Upgrade", "websocket")
      return answer(response, to: request)
    }
    let response = WebSocketHandshake.respond(to: request)
    guard response.status == .switchingProtocols else { return answer(response, to: request) }
    var bytes: [UInt8] = []
    response.emit(into: &bytes)
    append(bytes)
    server.metrics.answeredHTTP(request.method, response.status.code)
    let browser = BrowserSession(self, control: server.api.control, server: server)
    mode = .webSocket(browser)
    browser.begin(with: parser.takeRest())
  }

  /// The answer to the request at hand; the next one may follow.
  func answer(_ response: HTTPResponse, to request: HTTPRequest) {
    reply(response, to: request)
    mode = .requests
    if !request.isPersistent { finish(lingerSeconds: server.limits.lingerSeconds) }
  }

  /// Answers with a stream that ends when the connection does.
  func answer(_ stream: any PictureStream, to request: HTTPRequest) {
    var head =
      "HTTP/1.1 200 OK\r\nContent-Type: \(MultipartStream.contentType)\r\n"
      + "Cache-Control: no-store\r\nConnection: close\r\nX-Content-Type-Options: nosniff\r\n\r\n"
    guard request.method != "HEAD" else {
      append(Array(head.utf8))
      return finish(lingerSeconds: server.limits.lingerSeconds)
    }
    head += "--streamd\r\n"
    append(Array(head.utf8))
    server.metrics.answeredHTTP(request.method, 200)
    mode = .stream(stream)
    stream.start(on: self)
  }

  private func reply(_ response: HTTPResponse, to request: HTTPRequest?) {
    server.metrics.answeredHTTP(request?.method, response.status.code)
    var response = response
    response.headers.append("Server", RTSPServer.name)
    response.headers.append("Date", CalendarTime(realtime: loop.realtime).httpDate)
    response.headers.append("X-Content-Type-Options", "nosniff")
    if !(request?.isPersistent ?? false) { response.headers.append("Connection", "close") }
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

/// One request and the way to answer it, at once or later.
final class HTTPExchange {
  let request: HTTPRequest
  /// The parts of the path that a route leaves open.
  var captures: [String: String] = [:]
  /// Told when the peer leaves before it has its answer.
  var abandoned: () -> Void = {}
  private weak var connection: HTTPConnection?
  private var isAnswered = false

  init(request: HTTPRequest, connection: HTTPConnection) {
    self.request = request
    self.connection = connection
  }

  func reply(_ response: HTTPResponse) {
    guard claim() else { return }
    connection?.answer(response, to: request)
    // Outside of an event nobody else would go on with the next request.
    connection?.settle()
  }

  func reply(_ problem: Problem) { reply(HTTPConnection.problem(problem)) }

  func reply(_ stream: any PictureStream) {
    guard claim() else { return }
    connection?.answer(stream, to: request)
  }

  /// Answers from outside of an event, where requests that wait behind this one have to be woken.
  func replyLater(_ response: HTTPResponse) {
    reply(response)
    goOn()
  }

  /// Takes up again what waits behind an answer that was given outside of an event.
  func goOn() { connection?.resume() }

  /// The peer has left; it needs no answer any more.
  func abandon() {
    if claim() { abandoned() }
  }

  private func claim() -> Bool {
    guard !isAnswered else { return false }
    isAnswered = true
    return true
  }
}
