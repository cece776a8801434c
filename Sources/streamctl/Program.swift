internal import Reactor
internal import Wire

/// One run of the program: a command, the daemon that it asks, and where its answer goes.
struct Program {
  let arguments: Arguments
  let console: Console
  let client: Client
  let remembered: RememberedSession

  /// Answers are JSON.
  var isJSON: Bool { arguments["--json"] != nil }

  /// Reads what arguments and environment say of the daemon.
  init(_ arguments: Arguments, _ console: Console) throws(Failure) {
    self.arguments = arguments
    self.console = console
    // Commands that need no daemon ask for no password, and nothing that is kept for it is read.
    let needsDaemon = ![.passwd, .token, .probe, .completions].contains(arguments.command.verb)
    let url = try ServiceURL(
      arguments["--url"] ?? (needsDaemon ? Environment["STREAMCTL_URL"] : nil)
        ?? ServiceURL.standard)
    client = needsDaemon ? try Self.client(url, arguments) : Client(url, token: nil)
    remembered = RememberedSession(url: url)
  }

  /// What is typed goes before what variables say, and a token before a name.
  private static func client(_ url: ServiceURL, _ arguments: Arguments) throws(Failure) -> Client {
    if let token = try token(arguments) { return Client(url, token: token) }
    if arguments["--user"] == nil {
      if arguments["--url"] != nil, url.userInfo != nil { return Client(url, token: nil) }
      if let token = try checked(Environment["STREAMCTL_TOKEN"]) {
        return Client(url, token: token)
      }
    }
    return Client(url, token: nil, userInfo: try userInfo(arguments))
  }

  private static let tokenBytesMax = 16_384

  private static func token(_ arguments: Arguments) throws(Failure) -> String? {
    var token = arguments["--token"]
    if token == nil, let path = arguments["--token-file"] {
      do throws(SystemError) {
        let bytes = try WholeFile.read(path, limit: tokenBytesMax)
        token = String(decoding: bytes, as: UTF8.self)
      } catch {
        throw Failure(.usage, "--token-file \(path): \(error.reason)")
      }
      while token?.last?.isWhitespace == true { token?.removeLast() }
    }
    return try checked(token)
  }

  private static func checked(_ token: String?) throws(Failure) -> String? {
    guard let token else { return nil }
    // Anything else would begin a header of its own.
    guard !token.isEmpty, token.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F }) else {
      throw Failure(
        .usage, "a token has no spaces and no characters beyond ASCII, and is not empty")
    }
    return token
  }

  /// Does what the command says.
  func run() throws(Failure) {
    guard arguments["--all"] == nil || arguments.command.verb == .status else {
      throw Failure(.usage, "only status takes --all")
    }
    switch arguments.command.verb {
    case .start: try start()
    case .stop: try stop()
    case .drain: try drain()
    case .status: try status()
    case .videos: try videos()
    case .sources: try sources()
    case .setup: try setup()
    case .play: try play()
    case .pause: try pause()
    case .teardown: try teardown()
    case .sessions: try sessions()
    case .clients: try clients()
    case .viewers: try viewers()
    case .kick: try kick()
    case .watch:
      var watch = Watch(self)
      try watch.run()
    case .snapshot: try snapshot()
    case .record: try record()
    case .log: try log()
    case .probe: try probe()
    case .passwd: try passwd()
    case .token: try token()
    case .bench: try bench()
    case .completions: try completions()
    // The parser of arguments has answered these.
    case .version, .help: break
    }
  }

  /// Prints an answer as it came.
  func printJSON(_ reply: Client.Reply) throws(Failure) {
    guard let value = JSONValue.parse(reply.body) else {
      throw Failure(.unreachable, "what answers at \(client.url) is not streamd: see --url")
    }
    try console.print(value.text)
  }

  /// Prints a list as one page of the API.
  func printJSON(_ items: [JSONValue]) throws(Failure) {
    try console.print(JSONValue.object(["items": .array(items), "next": .null]).text)
  }

  private func completions() throws(Failure) {
    let name = arguments.operand ?? ""
    guard let shell = Completions.Shell(rawValue: name) else {
      throw Failure(.usage, "no completions for \(name): want bash, zsh or fish")
    }
    try console.print(Completions.script(for: shell))
  }
}

// MARK: The server

extension Program {
  private func start() throws(Failure) {
    let before = try client.get(StatusReport.self, "/api/v1/status")
    let reply = try client.request("POST", "/api/v1/server/start")
    if isJSON { return try printJSON(reply) }
    let status = try client.read(StatusReport.self, reply)
    let how = before.state == "running" ? "has been running" : "is running"
    try console.print("the RTSP server \(how) on \(PlainText.escaped(status.rtsp))")
  }

  private func stop() throws(Failure) {
    let reply = try client.request("POST", "/api/v1/server/stop")
    if isJSON { return try printJSON(reply) }
    let status = try client.read(StatusReport.self, reply)
    try console.print("the RTSP server is \(PlainText.escaped(status.state))")
  }

  private func drain() throws(Failure) {
    let seconds = try arguments.count("--seconds", 1...604_800)
    let reply = try client.request(
      "POST", "/api/v1/drain", json: seconds.map { "{\"seconds\":\($0)}" })
    if isJSON { return try printJSON(reply) }
    let status = try client.read(StatusReport.self, reply)
    try console.print(
      "draining: it ends when the last of "
        + Figure.fixed(Double(status.clients) + Double(status.viewers), 0) + " viewers has gone")
  }

  private func status() throws(Failure) {
    guard arguments["--all"] == nil else { return try instances() }
    let reply = try client.request("GET", "/api/v1/status")
    if isJSON { return try printJSON(reply) }
    let status = try client.read(StatusReport.self, reply)
    let rows: [(String, Table.Cell)] = [
      ("streamd", Table.Cell("\(status.version) at \(client.url)")),
      ("rtsp server", .state(status.draining == true ? "draining" : status.state)),
      ("rtsp address", Table.Cell(status.rtsp)),
      ("uptime", Table.Cell(Figure.duration(status.uptimeS))),
      ("rtsp clients", Table.Cell(status.clients)),
      ("viewer sessions", Table.Cell(status.sessions)), ("viewers", Table.Cell(status.viewers)),
    ]
    try console.print(rows.map { facts($0.0, $0.1) })
  }

  /// A line of a list of facts.
  func facts(_ name: String, _ cell: Table.Cell) -> String {
    let padding = String(repeating: " ", count: max(0, 17 - name.utf8.count))
    return name + padding + console.styled(cell.text, cell.style)
  }

  private func videos() throws(Failure) {
    if isJSON { return try printJSON(try client.list(JSONValue.self, "/api/v1/videos")) }
    var table = Table([
      .text("NAME"), .figure("FRAMES"), .figure("FPS"), .figure("SIZE"), .figure("DURATION"),
      .figure("BYTES"), .text("NOTE"),
    ])
    for video in try client.list(VideoReport.self, "/api/v1/videos") {
      guard video.playable else {
        table.append([
          Table.Cell(video.name), "-", "-", "-", "-", Table.Cell(Figure.bytes(video.bytes)),
          Table.Cell(video.reason, .bad),
        ])
        continue
      }
      guard !video.live else {
        table.append([
          Table.Cell(video.name), Table.Cell(video.frames), "-",
          Table.Cell("\(video.width)x\(video.height)"), "-", "-", note(onLive: video),
        ])
        continue
      }
      table.append([
        Table.Cell(video.name), Table.Cell(video.frames), Table.Cell(Figure.fixed(video.fps, 2)),
        Table.Cell("\(video.width)x\(video.height)"),
        Table.Cell(Figure.duration(video.durationS)), Table.Cell(Figure.bytes(video.bytes)),
        note(on: video),
      ])
    }
    try console.print(table, orElse: "no videos: put some into the media folder")
  }

  private func note(onLive video: VideoReport) -> Table.Cell {
    let state = video.state ?? ""
    return video.reason.isEmpty
      ? Table.Cell(state) : Table.Cell("\(state): \(video.reason)", .bad)
  }

  private func note(on video: VideoReport) -> Table.Cell {
    if let opening = video.opening {
      return Table.Cell("reading, \(Figure.fixed(opening * 100, 0)) %")
    }
    if !video.reason.isEmpty { return Table.Cell(video.reason, .bad) }
    return Table.Cell(video.normalised.joined(separator: ", "))
  }

  private func clients() throws(Failure) {
    if isJSON { return try printJSON(try client.list(JSONValue.self, "/api/v1/clients")) }
    let table = Self.table(try client.list(ClientReport.self, "/api/v1/clients"))
    try console.print(table, orElse: "no RTSP clients")
  }

  /// RTSP clients with what their receiver reports say.
  static func table(_ clients: [ClientReport]) -> Table {
    var table = Table([
      .text("ID"), .text("PEER"), .text("STATE"), .text("VIDEO"), .figure("LOST"),
      .figure("JITTER"), .figure("FRAMES"), .figure("SKIPPED"), .text("VIA"), .text("SINCE"),
      .text("PROGRAM"),
    ])
    for client in clients {
      table.append([
        Table.Cell(client.id), Table.Cell(client.peer), .state(client.state),
        Table.Cell(client.videoFile),
        Table.Cell(
          Figure.loss(client.lost, of: Double(client.packets)),
          client.lost > 0 ? .bad : .plain),
        Table.Cell(Figure.milliseconds(client.jitterMs)), Table.Cell(client.frames),
        Table.Cell(client.skipped), Table.Cell(client.transport), Table.Cell(client.since),
        Table.Cell(client.userAgent),
      ])
    }
    return table
  }

  private func viewers() throws(Failure) {
    if isJSON { return try printJSON(try client.list(JSONValue.self, "/api/v1/viewers")) }
    var table = Table([
      .text("ID"), .text("PEER"), .text("VIDEO"), .figure("FRAMES"), .figure("SKIPPED"),
      .text("VIA"), .text("SESSION"), .text("SINCE"), .text("PROGRAM"),
    ])
    for viewer in try client.list(ViewerReport.self, "/api/v1/viewers") {
      table.append([
        Table.Cell(viewer.id), Table.Cell(viewer.peer), Table.Cell(viewer.videoFile),
        Table.Cell(viewer.frames), Table.Cell(viewer.skipped),
        Table.Cell(viewer.transport), Table.Cell(viewer.sessionId), Table.Cell(viewer.since),
        Table.Cell(viewer.userAgent),
      ])
    }
    try console.print(table, orElse: "nobody watches over HTTP")
  }

  private func kick() throws(Failure) {
    let id = arguments.operand ?? ""
    let list = id.hasPrefix("h") ? "viewers" : "clients"
    _ = try client.request("DELETE", "/api/v1/\(list)/\(Client.component(id))")
    if isJSON { return try console.print(JSONValue.object(["id": .string(id)]).text) }
    try console.print("client \(PlainText.escaped(id)) is disconnected")
  }

  private func log() throws(Failure) {
    let lines = try arguments.count("--lines", 0...100_000)
    try ActivityLog(self).run(last: lines, isFollowed: arguments["--follow"] != nil)
  }
}
