internal import Reactor
internal import Wire

/// The JSON API: a table of routes, and what each does.
final class API {
  let control: Control
  private let files: StaticFiles
  /// How many have published in a request.
  var publisherCount = 0

  init(_ control: Control, files: StaticFiles) {
    self.control = control
    self.files = files
  }

  /// A method and a path whose `{name}` parts are open; `{name...}` takes slashes, too.
  struct Route: Sendable {
    let method: String
    let path: String
    /// What one has to be for it; nil for what anybody may have.
    let role: Role?
    let run: @Sendable (API, HTTPExchange) -> Void
  }

  static let routes: [Route] = [
    Route(method: "GET", path: "/api/v1/status", role: .view) { $0.status($1) },
    Route(method: "POST", path: "/api/v1/server/start", role: .control) { $0.startServer($1) },
    Route(method: "POST", path: "/api/v1/server/stop", role: .control) { $0.stopServer($1) },
    Route(method: "POST", path: "/api/v1/drain", role: .control) { $0.drain($1) },
    Route(method: "POST", path: "/api/v1/login", role: nil) { $0.logIn($1) },
    Route(method: "POST", path: "/api/v1/logout", role: .view) { $0.logOut($1) },
    Route(method: "GET", path: "/api/v1/videos", role: .view) { $0.videos($1) },
    Route(method: "GET", path: "/api/v1/sources", role: .view) { $0.sources($1) },
    Route(method: "GET", path: "/api/v1/sessions", role: .view) { $0.sessions($1) },
    Route(method: "POST", path: "/api/v1/sessions", role: .control) { $0.setup($1) },
    Route(method: "GET", path: "/api/v1/sessions/{id}", role: .view) { $0.session($1) },
    Route(method: "DELETE", path: "/api/v1/sessions/{id}", role: .control) { $0.teardown($1) },
    Route(method: "POST", path: "/api/v1/sessions/{id}/play", role: .control) { $0.play($1) },
    Route(method: "POST", path: "/api/v1/sessions/{id}/pause", role: .control) { $0.pause($1) },
    Route(method: "GET", path: "/api/v1/sessions/{id}/stream.mjpg", role: .view) {
      $0.sessionStream($1)
    },
    Route(method: "GET", path: "/api/v1/sessions/{id}/snapshot.jpg", role: .view) {
      $0.sessionSnapshot($1)
    },
    Route(method: "GET", path: "/api/v1/recordings", role: .view) { $0.recordings($1) },
    Route(method: "POST", path: "/api/v1/recordings", role: .control) { $0.startRecording($1) },
    Route(method: "GET", path: "/api/v1/recordings/{id}", role: .view) { $0.recording($1) },
    Route(method: "DELETE", path: "/api/v1/recordings/{id}", role: .control) {
      $0.stopRecording($1)
    },
    Route(method: "GET", path: "/api/v1/clients", role: .admin) { $0.clients($1) },
    Route(method: "DELETE", path: "/api/v1/clients/{id}", role: .admin) { $0.kick($1) },
    Route(method: "GET", path: "/api/v1/viewers", role: .admin) { $0.viewers($1) },
    Route(method: "DELETE", path: "/api/v1/viewers/{id}", role: .admin) { $0.kickViewer($1) },
    Route(method: "GET", path: "/api/v1/log", role: .admin) { $0.log($1) },
    Route(method: "GET", path: "/api/v1/openapi.json", role: .view) { $0.document($1) },
    Route(method: "GET", path: "/api/config", role: .view) {
      $1.reply(json($0.control.target(of: nil, for: $1.identity)))
    },
    Route(method: "GET", path: "/video/{name...}/stream.mjpg", role: .view) { $0.stream($1) },
    Route(method: "GET", path: "/video/{name...}/snapshot.jpg", role: .view) { $0.snapshot($1) },
    Route(method: "GET", path: "/stream", role: .view) { $0.firstStream($1) },
    Route(method: "GET", path: "/snapshot", role: .view) { $0.firstSnapshot($1) },
    Route(method: "PUT", path: "/live/{name...}", role: .control) { $0.publish($1) },
    Route(method: "POST", path: "/live/{name...}", role: .control) { $0.publish($1) },
    Route(method: "GET", path: "/healthz", role: nil) { $1.reply(text("ok\n")) },
    Route(method: "GET", path: "/readyz", role: nil) { $0.readiness($1) },
    Route(method: "GET", path: "/metrics", role: .view) { $0.metrics($1) },
  ]

  /// Answers a request whose path is one of the API's; false when it is somebody else's.
  func handle(_ exchange: HTTPExchange) -> Bool {
    let request = exchange.request
    let method = request.method == "HEAD" ? "GET" : request.method
    var allowed: [String] = []
    let path = Self.path(of: request)
    for route in Self.routes {
      guard let captures = Self.match(path, route.path) else { continue }
      guard route.method == method else {
        allowed.append(route.method)
        continue
      }
      if let role = route.role, exchange.identity.role < role {
        exchange.reply(Self.notPermitted(role))
        return true
      }
      exchange.captures = captures
      route.run(self, exchange)
      return true
    }
    if !allowed.isEmpty {
      var response = HTTPConnection.problem(
        Problem(.methodNotAllowed, "method_not_allowed", "\(request.method) is not allowed here"))
      let all = allowed + (allowed.contains("GET") ? ["HEAD"] : [])
      response.headers.append("Allow", all.joined(separator: ", "))
      exchange.reply(response)
      return true
    }
    guard request.path.hasPrefix("/api/") else { return false }
    exchange.reply(
      Problem(
        .notFound, "not_found", "there is nothing at \(request.path.prefix(200))",
        hint: "see /api/v1/openapi.json"))
    return true
  }

  /// What a request asks for: `/?action=stream` and `/?action=snapshot`, as mjpg-streamer has them,
  /// are routes of ours.
  static func path(of request: HTTPRequest) -> String {
    guard request.path == "/", let action = request.query["action"],
      action == "stream" || action == "snapshot"
    else { return request.path }
    return "/" + action
  }

  /// Whether anybody may have what a request asks for.
  static func needsNobody(_ request: HTTPRequest) -> Bool {
    routes.contains { $0.role == nil && $0.path == request.path }
  }

  /// What is said to somebody whose role does not allow it.
  static func notPermitted(_ role: Role) -> Problem {
    Problem(
      .forbidden, "not_permitted", "this takes the role \(role.rawValue)",
      hint: "log in as somebody who has it")
  }

  private static func match(_ path: String, _ pattern: String) -> [String: String]? {
    var captures: [String: String] = [:]
    let wanted = pattern.split(at: "/")
    var given = path.split(at: "/", omittingEmptySubsequences: false).dropFirst()
    for (index, part) in wanted.enumerated() {
      guard part.hasPrefix("{") else {
        guard given.popFirst() == part else { return nil }
        continue
      }
      let name = String(part.dropFirst().dropLast())
      // An open end takes all but what the pattern still wants.
      let count = name.hasSuffix("...") ? given.count - (wanted.count - index - 1) : 1
      guard count >= 1, given.count >= count else { return nil }
      captures[name.hasSuffix("...") ? String(name.dropLast(3)) : name] =
        given.prefix(count).joined(separator: "/")
      given = given.dropFirst(count)
    }
    return given.isEmpty ? captures : nil
  }

  // MARK: Questions

  /// What the body asks for; nothing where there is none.
  func command(_ exchange: HTTPExchange, hint: String) throws(Problem) -> Command {
    let body = exchange.request.body
    guard !body.isEmpty else { return Command() }
    do throws(JSON.NoCommand) {
      return try JSON.command(body)
    } catch {
      throw Problem(.badRequest, "bad_json", "the body: \(error.reason)", hint: hint)
    }
  }

  /// A number in the query; nil when it is absent.
  func number(_ name: String, _ exchange: HTTPExchange) throws(Problem) -> Int? {
    guard let text = exchange.request.query[name], !text.isEmpty else { return nil }
    guard let number = Int(text) else {
      throw Problem(
        .badRequest, "bad_query", "\(name)=\(text.prefix(60)) is no number",
        hint: "write digits, or leave it out")
    }
    return number
  }

  /// How many items a page has.
  private func pageLimit(_ exchange: HTTPExchange) throws(Problem) -> Int {
    min(max(try number("limit", exchange) ?? 100, 1), control.rtsp.limits.pageMax)
  }

  // MARK: Answers

  static func json(_ value: some Encodable, _ status: HTTPStatus = .ok) -> HTTPResponse {
    var response = HTTPResponse(status, "application/json", JSON.encode(value))
    response.headers.append("Cache-Control", "no-store")
    return response
  }

  static func text(_ text: String) -> HTTPResponse {
    HTTPResponse(.ok, "text/plain; charset=utf-8", Array(text.utf8))
  }

  static func jpeg(_ bytes: [UInt8]) -> HTTPResponse {
    var response = HTTPResponse(.ok, "image/jpeg", bytes)
    response.headers.append("Cache-Control", "no-store")
    return response
  }

  /// A page of a list. The cursor is the last item's name, and what follows is what is sorted
  /// behind it: items that come or go meanwhile repeat none of the others and hide none.
  ///
  /// - Parameter key: what the names are sorted by; nil when a cursor cannot be a name.
  func page<Item: Codable & Sendable, Key: Comparable>(
    _ exchange: HTTPExchange, _ items: [Item], _ name: (Item) -> String, key: (String) -> Key?
  ) {
    page(exchange, name, key: key) { cursor, limit in
      guard let cursor else { return Array(items.prefix(limit)) }
      return Array(items.filter { key(name($0)).map { $0 > cursor } ?? false }.prefix(limit))
    }
  }

  /// The same of a list that is too long to be made whole.
  ///
  /// - Parameter items: so many of those behind a cursor.
  private func page<Item: Codable & Sendable, Key>(
    _ exchange: HTTPExchange, _ name: (Item) -> String, key: (String) -> Key?,
    items: (_ cursor: Key?, _ limit: Int) -> [Item]
  ) {
    do throws(Problem) {
      let limit = try pageLimit(exchange)
      var cursor: Key?
      if let after = exchange.request.query["after"], !after.isEmpty {
        cursor = key(after)
        guard cursor != nil else {
          throw Problem(
            .badRequest, "bad_cursor", "after=\(after.prefix(60)) is no cursor of this list",
            hint: "take it from `next`, or leave it out")
        }
      }
      let found = items(cursor, limit + 1)
      let page = Array(found.prefix(limit))
      exchange.reply(
        Self.json(
          Listing(items: page, next: page.count < found.count ? page.last.map(name) : nil)))
    } catch {
      exchange.reply(error)
    }
  }

  // MARK: What there is

  private func metrics(_ exchange: HTTPExchange) {
    let text = MetricsText(control, control.rtsp.metrics, for: exchange.identity).text
    exchange.reply(HTTPResponse(.ok, "text/plain; version=0.0.4; charset=utf-8", Array(text.utf8)))
  }

  private func videos(_ exchange: HTTPExchange) {
    answerLater(exchange) { [self] done in
      control.catalog.settled { [self] in
        page(exchange, \.name, key: { $0 }) { cursor, limit in
          control.videos(for: exchange.identity, after: cursor, limit: limit)
        }
        done()
      }
    }
  }

  private func sources(_ exchange: HTTPExchange) {
    let seen = control.relays.reports().filter { exchange.identity.sees($0.name) }
    page(exchange, seen, \.name) { $0 }
  }

  private func clients(_ exchange: HTTPExchange) {
    page(exchange, \.id, key: { ClientKey($0) }, items: control.clients)
  }

  private func kick(_ exchange: HTTPExchange) {
    guard control.kick(exchange.captures["id"] ?? "") else {
      return exchange.reply(Problem(.notFound, "no_such_client", "there is no such client"))
    }
    exchange.reply(HTTPResponse(.noContent))
  }

  private func viewers(_ exchange: HTTPExchange) {
    let viewers = control.httpViewers().sorted {
      (HTTPViewing.number(in: $0.id) ?? 0) < (HTTPViewing.number(in: $1.id) ?? 0)
    }
    page(exchange, viewers, \.id, key: HTTPViewing.number)
  }

  private func kickViewer(_ exchange: HTTPExchange) {
    let number = HTTPViewing.number(in: exchange.captures["id"] ?? "")
    guard let number, control.kickOverHTTP(number) else {
      return exchange.reply(
        Problem(
          .notFound, "no_such_viewer", "there is no such viewer", hint: "see GET /api/v1/viewers"))
    }
    exchange.reply(HTTPResponse(.noContent))
  }

  private func log(_ exchange: HTTPExchange) {
    do throws(Problem) {
      let after = try number("after", exchange) ?? 0
      exchange.reply(
        Self.json(control.activity.page(after: after, limit: try pageLimit(exchange))))
    } catch {
      exchange.reply(error)
    }
  }

  private func document(_ exchange: HTTPExchange) {
    exchange.reply(
      files.response(to: exchange.request, at: "openapi.json"))
  }

  // MARK: Sessions

  private func sessions(_ exchange: HTTPExchange) {
    let seen = control.viewers.all.filter {
      control.lets(exchange.identity, see: $0.target.videoFile)
    }
    page(exchange, seen.map(\.report), \.sessionId) { $0 }
  }

  func find(_ exchange: HTTPExchange) -> ViewerSession? {
    let session = control.viewers[exchange.captures["id"] ?? ""].flatMap {
      control.lets(exchange.identity, see: $0.target.videoFile) ? $0 : nil
    }
    if session == nil {
      exchange.reply(
        Problem(
          .notFound, "no_such_session", "there is no such session",
          hint: "POST /api/v1/sessions makes one"))
    }
    session?.touch()
    return session
  }

  private func setup(_ exchange: HTTPExchange) {
    do throws(Problem) {
      let command = try command(
        exchange,
        hint: "{\"server_addr\":\"127.0.0.1\",\"server_port\":8554,\"video_file\":\"movie.Mjpeg\"}")
      let target = control.target(of: command, for: exchange.identity)
      let made = try control.viewers.setup(
        target, transport: command.transport, for: exchange.identity
      ) { session, problem in
        if let problem { return exchange.replyLater(HTTPConnection.problem(problem)) }
        var response = Self.json(session.report, .created)
        response.headers.append("Location", "/api/v1/sessions/\(session.id)")
        exchange.replyLater(response)
      }
      // Nobody would know of it.
      exchange.abandoned = { [weak made] in made?.teardown("The client has left") }
    } catch {
      exchange.reply(error)
    }
  }

  private func session(_ exchange: HTTPExchange) {
    if let session = find(exchange) { exchange.reply(Self.json(session.report)) }
  }

  private func teardown(_ exchange: HTTPExchange) {
    guard let session = find(exchange) else { return }
    session.teardown()
    exchange.reply(HTTPResponse(.noContent))
  }

  private func play(_ exchange: HTTPExchange) {
    guard let session = find(exchange) else { return }
    do throws(Problem) {
      let command = try command(exchange, hint: "{\"range_s\":1.5}, or no body")
      session.play(from: command.rangeS) { problem in
        exchange.replyLater(
          problem.map { HTTPConnection.problem($0) } ?? Self.json(session.report))
      }
    } catch {
      exchange.reply(error)
    }
  }

  private func pause(_ exchange: HTTPExchange) {
    guard let session = find(exchange) else { return }
    session.pause { problem in
      exchange.replyLater(
        problem.map { HTTPConnection.problem($0) } ?? Self.json(session.report))
    }
  }
}
