internal import Reactor
internal import Wire

/// A WebSocket: commands in, events and pictures out. By default a browser has a viewer session of
/// its own, which ends with its socket; it may also watch one that was set up over HTTP.
final class BrowserSession: PictureWatcher {
  private unowned let connection: HTTPConnection
  private let control: Control
  private unowned let server: HTTPServer
  let identity: Identity
  private var parser: WebSocketParser
  private var session: ViewerSession?
  private var ownsSession = false
  private var form = Form.plain
  private var isAlive = true
  /// Goodbye has been said: nothing may follow (RFC 6455 §5.5.1).
  private var isOver = false
  private var nextPing: Instant

  private enum Form: String {
    case plain, annotated, base64

    /// What a command asks for; nil when there is nothing like it.
    init?(_ command: Command) { self.init(rawValue: command.frames ?? Form.plain.rawValue) }
  }

  init(
    _ connection: HTTPConnection, control: Control, server: HTTPServer, identity: Identity
  ) {
    self.identity = identity
    self.connection = connection
    self.control = control
    self.server = server
    parser = WebSocketParser(messageBytesMax: server.limits.webSocketMessageBytesMax)
    nextPing = control.loop.now + Self.pingInterval(server)
  }

  private static func pingInterval(_ server: HTTPServer) -> Instant {
    Instant(server.limits.httpIdleSeconds) * 500_000_000
  }

  /// Greets, and takes what came in behind the request.
  func begin(with rest: [UInt8]) {
    server.opened(self)
    var hello = Event("connected")
    hello.version = version
    hello.started = control.startedAt
    hello.message = "streamd \(version)"
    hello.user = identity.name.isEmpty ? nil : identity.name
    hello.role = identity.role.rawValue
    say(hello)
    say(control.serverStatus)
    parser.feed(rest.span)
  }

  func take(_ bytes: Span<UInt8>) {
    isAlive = true
    parser.feed(bytes)
  }

  /// False when no complete message is there.
  func handleNext() -> Bool {
    do throws(WebSocketParser.Failure) {
      guard let message = try parser.next() else { return false }
      handle(message)
    } catch {
      close(error.code, error.reason)
    }
    return true
  }

  // MARK: The connection

  var deadline: Instant { nextPing }

  /// Half an idle time without a word: ask; another half: give up.
  func deadlinePassed() {
    guard control.loop.now >= nextPing else { return }
    guard isAlive else { return connection.close() }
    isAlive = false
    nextPing = control.loop.now + Self.pingInterval(server)
    connection.append(WebSocketFrame.frame(.ping, []))
  }

  func ended() {
    isOver = true
    server.closed(self)
    leave()
  }

  /// The daemon ends.
  func goAway() {
    guard !isOver else { return }
    connection.sendIfRoom(WebSocketFrame.close(.goingAway, "streamd stops"))
    isOver = true
  }

  /// Whoever it was is not let in any more.
  func expire() { close(.policyViolation, "log in again") }

  /// Sends a message that has been framed already, unless the browser is too slow.
  func send(_ message: [UInt8]) { if !isOver { connection.sendIfRoom(message) } }

  /// Says what must not be lost: answers, and what has become of the session.
  private func say(_ event: some Encodable) {
    guard !isOver else { return }
    connection.insist(WebSocketFrame.frame(.text, JSON.encode(event)))
  }

  private func close(_ code: WebSocketCloseCode, _ reason: String) {
    guard !isOver else { return }
    isOver = true
    connection.append(WebSocketFrame.close(code, reason))
    connection.finish(lingerSeconds: server.limits.lingerSeconds)
  }

  /// What is watched; nil when nothing is.
  var subject: (videoFile: String, sessionId: String)? {
    session.map { ($0.target.videoFile, $0.id) }
  }

  private func leave() {
    guard let session else { return }
    self.session = nil
    session.remove(self)
    if ownsSession { session.teardown("The browser has left") }
  }

  // MARK: Messages

  private func handle(_ message: WebSocketParser.Message) {
    switch message {
    case .text(let text): handle(text)
    case .binary: close(.unsupportedData, "commands are text")
    case .ping(let bytes): connection.append(WebSocketFrame.frame(.pong, bytes))
    case .pong: break
    case .close(let code): close(code ?? .normal, "")
    }
  }

  private func handle(_ text: String) {
    do throws(JSON.NoCommand) {
      let command = try JSON.command(Array(text.utf8))
      guard let name = command.event else { throw JSON.NoCommand(field: nil, id: command.id) }
      handle(command, name)
    } catch {
      control.activity.note(
        .warning, "a message that is no command", ["peer": "\(connection.peer)"])
      let problem =
        error.field == nil
        ? Problem(.badRequest, "no_command", "a message is a JSON object with `event`")
        : Problem(.badRequest, "bad_field", error.reason)
      fail(error.id, problem)
    }
  }

  private func handle(_ command: Command, _ name: String) {
    guard server.access.stillHolds(identity) else {
      fail(command.id, Problem(.unauthorized, "not_authorised", "the login has ended"))
      return expire()
    }
    if let role = roleWanted(for: name), identity.role < role {
      return fail(command.id, API.notPermitted(role))
    }
    switch name {
    case "start_server":
      answer(command, "server_output", control.startServer(), "RTSP on \(control.address)")
    case "stop_server":
      control.stopServer()
      answer(command, "server_output", nil, "The RTSP server is stopped")
    case "check_server_status":
      var event = control.serverStatus
      event.id = command.id
      say(event)
    case "setup": setup(command)
    case "play": play(command)
    case "pause":
      perform(command, "pause_response", "Paused") { $0.pause($1) }
    case "teardown": teardown(command)
    default:
      fail(
        command.id,
        Problem(.badRequest, "unknown_command", "\(name.prefix(60)) is no command"))
    }
  }

  /// What one has to be for a command. To watch by a session of one's own, which ends with the
  /// socket, takes no more than watching; one that others made is theirs.
  private func roleWanted(for command: String) -> Role? {
    switch command {
    case "start_server", "stop_server": .control
    case "play", "pause", "teardown": session == nil || ownsSession ? nil : .control
    default: nil
    }
  }

  private func fail(_ id: Command.Identifier?, _ problem: Problem) {
    var event = Event("error")
    event.id = id
    event.message = problem.detail
    event.code = problem.code
    event.hint = problem.hint
    say(event)
  }

  private func answer(
    _ command: Command, _ event: String, _ problem: Problem?, _ message: String
  ) {
    var event = Event(event, answering: command, problem, message)
    event.sessionId = session?.id
    say(event)
  }

  // MARK: Commands

  private func setup(_ command: Command) {
    guard let form = Form(command) else {
      return answer(
        command, "setup_response",
        Problem(
          .badRequest, "bad_frames", "frames is none of plain, annotated, base64",
          hint: "leave it out"), "")
    }
    if let id = command.sessionId { return watch(id, form, command) }
    guard session == nil || !ownsSession else {
      return answer(
        command, "setup_response",
        Problem(
          .conflict, "wrong_state", "there is a session already", hint: "Teardown first"), "")
    }
    leave()
    let target = control.target(of: command, for: identity)
    do throws(Problem) {
      let made = try control.viewers.setup(
        target, transport: command.transport, for: identity
      ) { [weak self] session, problem in
        self?.finishedSetup(command, session, problem)
      }
      // It may have failed at once, and be gone already.
      if control.viewers[made.id] != nil {
        session = made
        ownsSession = true
        self.form = form
        made.add(self)
      }
    } catch {
      answer(command, "setup_response", error, "")
    }
  }

  private func finishedSetup(_ command: Command, _ session: ViewerSession, _ problem: Problem?) {
    if problem == nil {
      control.activity.note(
        .info, "viewer set up", ["session": session.id, "video": session.target.videoFile])
    } else if self.session === session {
      self.session = nil
    }
    answer(command, "setup_response", problem, "Ready")
  }

  /// Joins a session that was set up elsewhere.
  private func watch(_ id: String, _ form: Form, _ command: Command) {
    guard let wanted = control.viewers[id], control.lets(identity, see: wanted.target.videoFile)
    else {
      return answer(
        command, "setup_response",
        Problem(.notFound, "no_such_session", "there is no session \(id.prefix(60))"), "")
    }
    // Leaving one's own session would end it.
    if wanted === session {
      self.form = form
      return answer(command, "setup_response", nil, "Watching")
    }
    guard wanted.state != .initial else {
      return answer(command, "setup_response", ViewerSession.beingSetUp, "")
    }
    leave()
    self.form = form
    session = wanted
    ownsSession = false
    wanted.add(self)
    answer(command, "setup_response", nil, "Watching")
    say(wanted.report, "Watching")
  }

  private func play(_ command: Command) {
    perform(command, "play_response", "Playing") { $0.play(from: command.rangeS, $1) }
  }

  private func perform(
    _ command: Command, _ event: String, _ message: String,
    _ action: (ViewerSession, @escaping ViewerSession.Completion) -> Void
  ) {
    guard let session else {
      return answer(
        command, event,
        Problem(.conflict, "no_session", "there is no session", hint: "Setup first"), "")
    }
    action(session) { [weak self] problem in
      self?.answer(command, event, problem, message)
    }
  }

  private func teardown(_ command: Command) {
    guard let session else {
      return answer(
        command, "teardown_response",
        Problem(.conflict, "no_session", "there is no session", hint: "Setup first"), "")
    }
    session.teardown()
    self.session = nil
    answer(command, "teardown_response", nil, "Torn down")
  }

  // MARK: Pictures

  func show(_ picture: Picture) {
    guard !isOver else { return }
    // Nothing is made for whoever would not be sent it.
    guard connection.takesFrames else { return connection.passOver() }
    switch form {
    case .plain:
      connection.show(picture.message)
    case .annotated:
      connection.show(picture.annotatedMessage(sent: control.loop.realtime / 1000))
    case .base64:
      guard let session else { return }
      connection.show(picture.textMessage(of: session))
    }
  }

  func show(_ statistics: Statistics) { send(statistics.message) }

  func triesAgain(_ report: SessionReport, _ message: String) { say(RetryEvent(report, message)) }

  /// Whoever has set it up hears of it by the answer.
  func sourceEnded(_ reason: String) {
    if let report = session?.report, !ownsSession { stateChanged(report, reason) }
  }

  func stateChanged(_ report: SessionReport, _ message: String) {
    say(report, message)
    // It is over, and lets go of whoever watches.
    if report.state == ViewerSession.State.initial.rawValue { session = nil }
  }

  private func say(_ report: SessionReport, _ message: String) {
    var event = Event("session_state")
    event.sessionId = report.sessionId
    event.state = report.state
    event.message = message
    say(event)
  }
}
