internal import Reactor
internal import Wire

/// Live statistics, until Ctrl-C: a picture that is redrawn in place on a terminal, elsewhere a
/// line a second and session.
struct Watch {
  private let program: Program
  private let clock = SystemClock()
  private var drawnLines = 0

  private static let redrawNanoseconds: Instant = 250_000_000
  private static let lineNanoseconds: Instant = 1_000_000_000

  /// What is known at one moment.
  private struct Moment: Encodable {
    /// RFC 3339.
    var time: String
    var status: StatusReport
    var sessions: [SessionReport]
    var clients: [ClientReport]
  }

  init(_ program: Program) { self.program = program }

  private var isDrawn: Bool { program.console.isTerminal && !program.isJSON }

  mutating func run() throws(Failure) {
    let count = try program.arguments.count("--count", 1...1_000_000_000)
    program.client.interruption = try? Interruption()
    // One that was set up last and has ended since is not asked for again and again.
    let id = program.arguments["--session"] ?? livingSession()
    var next = clock.now()
    var shown = 0
    while true {
      try show(try moment(id))
      shown += 1
      if shown == count { return }
      // Never a burst to make up for what was missed.
      next = max(next + (isDrawn ? Self.redrawNanoseconds : Self.lineNanoseconds), clock.now())
      if Wait.until(next, unless: program.client.interruption) == .interrupted { break }
    }
    // The terminal has written ^C where the cursor is.
    if isDrawn { try program.console.write(Array("\r\u{1B}[K".utf8)) }
  }

  private func livingSession() -> String? {
    guard let id = program.remembered.id else { return nil }
    let reply = try? program.client.request("GET", Program.path(id))
    return reply == nil ? nil : id
  }

  private func moment(_ id: String?) throws(Failure) -> Moment {
    let client = program.client
    let status = try client.get(StatusReport.self, "/api/v1/status")
    let sessions: [SessionReport]
    if let id {
      sessions = [try client.read(SessionReport.self, try program.ask("GET", id))]
    } else {
      sessions = try client.list(SessionReport.self, "/api/v1/sessions")
    }
    return Moment(
      time: CalendarTime(realtime: clock.realtime()).timestamp, status: status,
      sessions: sessions, clients: try clients())
  }

  /// Of which an administrator alone is told.
  private func clients() throws(Failure) -> [ClientReport] {
    do throws(Failure) {
      return try program.client.list(ClientReport.self, "/api/v1/clients")
    } catch  where error.status == .unauthorised {
      return []
    }
  }

  private mutating func show(_ moment: Moment) throws(Failure) {
    if program.isJSON { return try program.console.print(JSON.encode(moment)) }
    guard isDrawn else { return try program.console.print(Self.lines(moment)) }
    let (columns, rows) = program.console.size
    let lines = picture(moment, width: columns - 1).prefix(max(1, rows - 1))
    // Back to the picture's first line, over the old lines, and away with what is left of them.
    var text = drawnLines > 0 ? "\r\u{1B}[\(drawnLines)A" : ""
    for line in lines { text += line + "\u{1B}[K\n" }
    try program.console.write(Array((text + "\u{1B}[J").utf8))
    drawnLines = lines.count
  }

  // MARK: Lines

  /// `key=value` lines, for `grep` and `awk`.
  private static func lines(_ moment: Moment) -> [String] {
    let status = moment.status
    guard !moment.sessions.isEmpty else {
      return [
        "\(moment.time) server=\(status.state) clients=\(status.clients) sessions=0 "
          + "viewers=\(status.viewers)"
      ].map(PlainText.escaped)
    }
    return moment.sessions.map { session in
      let figures = [
        ("fps", Figure.fixed(session.fps, 1)),
        ("rate_kbps", Figure.fixed(session.dataRateKbps, 0)), ("frames", String(session.frame)),
        ("skipped", String(session.framesSkipped)), ("packets", String(session.packets)),
        ("lost", String(session.lost)), ("latency_ms", Figure.fixed(session.latencyMs, 1)),
        ("jitter_ms", Figure.fixed(session.jitterMs, 1)),
      ]
      let text = figures.map { "\($0.0)=\($0.1)" }.joined(separator: " ")
      return PlainText.escaped(
        "\(moment.time) session=\(session.sessionId) state=\(session.state) \(text) "
          + "video=\(session.videoFile)")
    }
  }

  /// What is drawn on a terminal.
  private func picture(_ moment: Moment, width: Int) -> [String] {
    let (console, status) = (program.console, moment.status)
    let facts =
      "  rtsp \(status.rtsp)  up \(Figure.duration(status.uptimeS))  clients \(status.clients)  "
      + "sessions \(status.sessions)  viewers \(status.viewers)"
    let state = PlainText.prefix(PlainText.escaped(status.state), columns: width)
    let room = width - PlainText.columns(of: state)
    let head =
      console.styled(state, .ofState(status.state))
      + PlainText.prefix(PlainText.escaped(facts), columns: room)
    var lines = [head, ""]
    let sessions = Program.table(moment.sessions, marking: program.remembered.id)
    lines +=
      sessions.isEmpty
      ? ["no viewer sessions"] : sessions.lines(isColoured: console.isColoured, width: width)
    let clients = Program.table(moment.clients)
    if !clients.isEmpty {
      lines += [""] + clients.lines(isColoured: console.isColoured, width: width)
    }
    return lines
  }
}
