internal import Reactor
internal import Wire

/// Recordings over HTTP.
extension API {
  func recordings(_ exchange: HTTPExchange) {
    let seen = control.recordings.all.filter {
      control.lets(exchange.identity, see: $0.source.name)
    }
    page(exchange, seen.map(\.report), \.recordingId) { Int($0) }
  }

  func recording(_ exchange: HTTPExchange) {
    if let recording = findRecording(exchange) { exchange.reply(Self.json(recording.report)) }
  }

  func startRecording(_ exchange: HTTPExchange) {
    do throws(Problem) {
      let made = try control.recordings.start(try recordingSource(exchange)) { recording, problem in
        if let problem { return exchange.replyLater(HTTPConnection.problem(problem)) }
        var response = Self.json(recording.report, .created)
        response.headers.append("Location", "/api/v1/recordings/\(recording.id)")
        exchange.replyLater(response)
      }
      // Nobody would know of it.
      exchange.abandoned = { [weak made] in made?.end(.stopped, "the client has left") }
    } catch {
      exchange.reply(error)
    }
  }

  /// Ends a recording, and answers when its file is closed; one that is over is forgotten.
  func stopRecording(_ exchange: HTTPExchange) {
    guard let recording = findRecording(exchange) else { return }
    guard recording.state != .ended else {
      control.recordings.forget(recording)
      return exchange.reply(Self.json(recording.report))
    }
    let name = exchange.identity.name
    answerLater(exchange) { done in
      recording.whenOver {
        exchange.reply(Self.json(recording.report))
        done()
      }
      recording.end(.stopped, name.isEmpty ? "stopped" : "stopped by \(name)")
    }
  }

  private func findRecording(_ exchange: HTTPExchange) -> Recording? {
    let recording = Int(exchange.captures["id"] ?? "").flatMap { control.recordings[$0] }
    if let recording, control.lets(exchange.identity, see: recording.source.name) {
      return recording
    }
    exchange.reply(
      Problem(
        .notFound, "no_such_recording", "there is no such recording",
        hint: "POST /api/v1/recordings makes one"))
    return nil
  }

  /// What the body names: a session or a live source.
  private func recordingSource(_ exchange: HTTPExchange) throws(Problem) -> RecordingSource {
    let hint = "{\"source\":\"live/door\"} or {\"session_id\":\"…\"}"
    let command = try command(exchange, hint: hint)
    guard (command.sessionId == nil) != (command.source == nil) else {
      throw Problem(
        .badRequest, "bad_json", "the body names no session_id and no source, or both", hint: hint)
    }
    if let id = command.sessionId {
      guard let session = control.viewers[id],
        control.lets(exchange.identity, see: session.target.videoFile)
      else {
        throw Problem(
          .notFound, "no_such_session", "there is no such session",
          hint: "POST /api/v1/sessions makes one")
      }
      guard session.state != .initial else {
        throw ViewerSession.beingSetUp
      }
      return .session(session)
    }
    let name = command.source ?? ""
    if control.lets(exchange.identity, see: name) {
      if let stream = control.live[name] { return .live(stream) }
      if control.catalog.isPlayable(name) {
        throw Problem(
          .badRequest, "is_a_file", "\(name) is a file, and there already",
          hint: "record a live source, or a session by its session_id")
      }
    }
    throw Problem(
      .notFound, "no_such_source", "there is no live source \(name.prefix(200))",
      hint: "GET /api/v1/videos lists those that there are, with \"live\":true")
  }
}
