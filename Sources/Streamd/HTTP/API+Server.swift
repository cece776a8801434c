internal import Wire

/// The server itself: how it is, starting, stopping, draining.
extension API {
  /// The page of one instance asks the others, too.
  func status(_ exchange: HTTPExchange) {
    var response = Self.json(control.status)
    if let origin = exchange.request.headers["Origin"], control.siblings.include(origin) {
      response.headers.append("Access-Control-Allow-Origin", origin)
      response.headers.append("Access-Control-Allow-Credentials", "true")
      response.headers.append("Vary", "Origin")
    }
    exchange.reply(response)
  }

  func drain(_ exchange: HTTPExchange) {
    let limit = control.rtsp.limits.drainSeconds
    let body = exchange.request.body
    let seconds = body.isEmpty ? limit : (try? JSON.command(body))?.seconds
    guard let seconds, (1...limit).contains(seconds) else {
      return exchange.reply(
        Problem(
          .badRequest, "bad_seconds", "seconds is a number from 1 to \(limit)",
          hint: "{\"seconds\":60}; the limit drain_s bounds it"))
    }
    control.drain(seconds: seconds)
    exchange.reply(Self.json(control.status, .accepted))
  }

  func startServer(_ exchange: HTTPExchange) {
    if let problem = control.startServer() { return exchange.reply(problem) }
    exchange.reply(Self.json(control.status))
  }

  func stopServer(_ exchange: HTTPExchange) {
    control.stopServer()
    exchange.reply(Self.json(control.status))
  }

  func readiness(_ exchange: HTTPExchange) {
    guard !control.isDraining else {
      return exchange.reply(
        Problem(.serviceUnavailable, "draining", "no more viewers are wanted here"))
    }
    guard control.serverState == .running else {
      return exchange.reply(
        Problem(
          .serviceUnavailable, "server_stopped", "the RTSP server is stopped",
          hint: "POST /api/v1/server/start"))
    }
    exchange.reply(Self.text("ready\n"))
  }
}
