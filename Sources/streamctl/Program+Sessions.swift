internal import Reactor
internal import Wire

/// The viewer session, from setup to teardown.
extension Program {
  /// The session that is meant: the one named, or the one set up last.
  var sessionId: String? { arguments["--session"] ?? remembered.id }

  func wantedSession() throws(Failure) -> String {
    if let id = sessionId, !id.isEmpty { return id }
    throw Failure(
      .refused,
      "no session has been set up at \(client.url): make one with streamctl setup, or name one "
        + "with --session ID")
  }

  static func path(_ id: String) -> String { "/api/v1/sessions/\(Client.component(id))" }

  /// Asks for something of a session, and forgets it where it is gone.
  func ask(
    _ method: String, _ id: String, _ action: String = "", json: String? = nil
  ) throws(Failure) -> Client.Reply {
    let known = remembered.id == id
    do throws(Failure) {
      // What changes a session waits for another server, which may be slow.
      return try client.request(
        method, Self.path(id) + action, json: json, silence: method == "GET" ? .ordinary : .setup)
    } catch {
      guard known, error.isGone else { throw error }
      remembered.forget(id)
      throw Failure(
        .refused, "session \(id) has ended meanwhile: make another with streamctl setup")
    }
  }

  // MARK: Commands

  /// The body of `POST /api/v1/sessions`.
  private struct Setup: Encodable {
    var serverAddr: String?
    var serverPort: Int?
    var videoFile: String?
    var transport: String?
  }

  func setup() throws(Failure) {
    var body = Setup(videoFile: arguments.operand, transport: arguments["--transport"])
    if let transport = body.transport, !["udp", "tcp", "multicast"].contains(transport) {
      throw Failure(.usage, "--transport \(transport): want udp, tcp or multicast")
    }
    if let server = arguments["--server"] {
      (body.serverAddr, body.serverPort) = try Self.server(server)
    }
    let reply = try client.request(
      "POST", "/api/v1/sessions", json: JSON.encode(body), silence: .setup)
    let session = try client.read(SessionReport.self, reply)
    do throws(Failure) {
      try remembered.remember(session.sessionId)
    } catch {
      // It is set up nevertheless, and its id is printed.
      Process.writeError("streamctl: \(PlainText.escaped(error.message))\n")
    }
    if isJSON { return try printJSON(reply) }
    try tell(session)
  }

  /// `HOST:PORT`, an IPv6 address in brackets.
  private static func server(_ text: String) throws(Failure) -> (String, Int) {
    guard let url = try? ServiceURL("http://\(text)"), url.path.isEmpty, url.userInfo == nil,
      text.hasSuffix(":\(url.port)")
    else {
      throw Failure(.usage, "--server \(text): want HOST:PORT, such as 127.0.0.1:8554")
    }
    return (url.host, Int(url.port))
  }

  func play() throws(Failure) {
    var body: String?
    if let text = arguments["--at"] {
      guard let seconds = Double(text), (0..<1e9).contains(seconds) else {
        throw Failure(.usage, "--at \(text): want seconds from the beginning, such as 12.5")
      }
      body = JSONValue.object(["range_s": .number(seconds)]).text
    }
    try answer(try ask("POST", try wantedSession(), "/play", json: body))
  }

  func pause() throws(Failure) {
    try answer(try ask("POST", try wantedSession(), "/pause"))
  }

  func teardown() throws(Failure) {
    let id = try wantedSession()
    _ = try ask("DELETE", id)
    remembered.forget(id)
    if isJSON { return try console.print(JSONValue.object(["session_id": .string(id)]).text) }
    try console.print("session \(PlainText.escaped(id)) has ended")
  }

  private func answer(_ reply: Client.Reply) throws(Failure) {
    if isJSON { return try printJSON(reply) }
    try tell(try client.read(SessionReport.self, reply))
  }

  private func tell(_ session: SessionReport) throws(Failure) {
    let server = "\(session.serverAddr):\(session.serverPort)"
    try console.print(
      PlainText.escaped("session \(session.sessionId) is ")
        + console.styled(PlainText.escaped(session.state), .ofState(session.state))
        + PlainText.escaped(": \(session.videoFile) of \(server) over \(session.transport)"))
  }

  func sessions() throws(Failure) {
    if isJSON { return try printJSON(try client.list(JSONValue.self, "/api/v1/sessions")) }
    let sessions = try client.list(SessionReport.self, "/api/v1/sessions")
    try console.print(
      Self.table(sessions, marking: remembered.id),
      orElse: "no viewer sessions: make one with streamctl setup")
  }

  /// Sessions with their statistics, what matters most in front, since a narrow screen cuts the
  /// rest off; the one that commands mean has a star.
  static func table(_ sessions: [SessionReport], marking id: String?) -> Table {
    var table = Table([
      .text("SESSION"), .text("STATE"), .text("VIDEO"), .figure("FPS"), .figure("RATE"),
      .figure("LOST"), .figure("FRAMES"), .figure("SKIPPED"), .figure("LATENCY"),
      .figure("JITTER"), .text("VIA"), .text("SERVER"),
    ])
    for session in sessions {
      table.append([
        Table.Cell(session.sessionId == id ? "\(session.sessionId)*" : session.sessionId),
        state(session), Table.Cell(session.videoFile), Table.Cell(Figure.fixed(session.fps, 1)),
        Table.Cell(Figure.rate(kilobits: session.dataRateKbps)),
        Table.Cell(
          Figure.loss(session.lost, of: Double(session.lost) + Double(session.packets)),
          session.lost > 0 ? .bad : .plain),
        Table.Cell(session.frame), Table.Cell(session.framesSkipped),
        Table.Cell(Figure.milliseconds(session.latencyMs)),
        Table.Cell(Figure.milliseconds(session.jitterMs)), Table.Cell(session.transport),
        Table.Cell("\(session.serverAddr):\(session.serverPort)"),
      ])
    }
    return table
  }

  /// The state; where a server is silent or lost, which attempt to reach it is under way.
  private static func state(_ session: SessionReport) -> Table.Cell {
    guard session.attempt > 0 else { return .state(session.state) }
    return Table.Cell("\(session.state), try \(session.attempt)/\(session.attemptsMax)", .careful)
  }

  // MARK: The picture

  func snapshot() throws(Failure) {
    let path = arguments["--output"] ?? "-"
    let isFile = path != "-"
    if !isFile && console.isTerminal {
      throw Failure(
        .usage, "a JPEG is nothing for a terminal: name a file with -o FILE, or redirect it")
    }
    if !isFile && isJSON {
      throw Failure(
        .usage, "--json would stand among the picture's bytes: name a file with -o FILE")
    }
    let reply = try ask("GET", try wantedSession(), "/snapshot.jpg")
    guard isFile else { return try console.write(reply.body) }
    do throws(SystemError) {
      try WholeFile.write(reply.body, at: path)
    } catch {
      throw Failure(.refused, "\(path) cannot be written: \(error.reason)")
    }
    let bytes = reply.body.count
    if isJSON {
      return try console.print(
        JSONValue.object(["file": .string(path), "bytes": .integer(bytes)]).text)
    }
    try console.print("\(PlainText.escaped(path)): \(Figure.bytes(bytes))")
  }
}
