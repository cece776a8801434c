import Foundation
import Reactor
import Testing
import Wire

@testable import Streamd

/// What counts as credentials, for how long, and what wrong ones cost.
@Suite("Credentials")
struct CredentialsTests {
  private static let claims = "\"sub\":\"cam\",\"aud\":\"streamd\",\"exp\":99999999999"

  @Test("wrong passwords, malformed headers and tokens of others' making are refused, and logged")
  func wrong() throws {
    let guarded = try GuardedDaemon()
    let token = "{\"role\":\"admin\",\(Self.claims)}"
    let bearers = [
      GuardedDaemon.bearer(token, key: GuardedDaemon.key + "x"),
      GuardedDaemon.bearer(token.replacing("99999999999", with: "1000")),
      GuardedDaemon.bearer(token.replacing("\"streamd\"", with: "\"other\"")),
      GuardedDaemon.bearer("{\"role\":\"admin\",\"nbf\":99999999998,\(Self.claims)}"),
      GuardedDaemon.bearer("{\"role\":\"root\",\(Self.claims)}"), GuardedDaemon.bearer("[]"),
      // {"alg":"none"}
      "Authorization: Bearer eyJhbGciOiJub25lIn0."
        + Base64.encodeURL(Array(token.utf8)) + ".",
    ]
    let others = [
      "Authorization: \(AuthorizationHeader.basic("alice", "wrong"))",
      "Authorization: \(AuthorizationHeader.basic("alice", ""))",
      "Authorization: \(AuthorizationHeader.basic("nobody", "wrong"))",
      "Authorization: \(AuthorizationHeader.basic("", ""))", "Authorization: Basic",
      "Authorization: Digest username=\"alice\"", "Authorization: x",
      GuardedDaemon.basic("alice") + "\r\n" + GuardedDaemon.basic("alice"),
    ]
    for header in bearers + others {
      let reply = try HTTPClient(guarded.daemon).request("GET", "/api/v1/status", [header])
      #expect(reply.status == 401, "\(header)")
      let rtsp = try RTSPClient(port: guarded.daemon.port)
      #expect(try rtsp.request("OPTIONS", "*", [header]).status == 401, "\(header)")
    }
    let lines = guarded.daemon.log.split(separator: "\n").filter {
      $0.contains("msg=\"authentication failed\" address=127.0.0.1 protocol=")
    }
    #expect(lines.count == 2 * (bearers.count + others.count))
    #expect(!guarded.daemon.log.contains("wrong"))
    let metrics = try HTTPClient(guarded.daemon).request(
      "GET", "/metrics", [GuardedDaemon.basic("vera")])
    #expect(
      metrics.text.contains("streamd_auth_failures_total{protocol=\"rtsp\"} \(lines.count / 2)"))
  }

  @Test("a token is as good as its claims, over HTTP and RTSP")
  func token() throws {
    let guarded = try GuardedDaemon()
    let admin = GuardedDaemon.bearer("{\"role\":\"admin\",\(Self.claims)}")
    let viewer = GuardedDaemon.bearer("{\"role\":\"view\",\"videos\":[\"x*\"],\(Self.claims)}")
    let client = try HTTPClient(guarded.daemon)
    #expect(try client.request("GET", "/api/v1/clients", [admin]).status == 200)
    #expect(try client.request("GET", "/api/v1/clients", [viewer]).status == 403)
    let videos = try client.request("GET", "/api/v1/videos", [viewer])
    #expect((videos.json["items"] as? [Any])?.isEmpty == true)
    let rtsp = try RTSPClient(port: guarded.daemon.port)
    #expect(try rtsp.request("DESCRIBE", guarded.daemon.url(), [admin]).status == 200)
    #expect(try rtsp.request("DESCRIBE", guarded.daemon.url(), [viewer]).status == 404)
  }

  @Test("a login gives a cookie that no script can read; logging out ends it at once")
  func login() throws {
    let guarded = try GuardedDaemon()
    let client = try HTTPClient(guarded.daemon)
    let reply = try client.request("POST", "/api/v1/login", json: GuardedDaemon.login)
    #expect(reply.json["user"] as? String == "alice" && reply.json["role"] as? String == "admin")
    let cookie = try #require(reply.header("Set-Cookie"))
    #expect(cookie.hasPrefix("streamd-\(guarded.daemon.httpPort)="))
    #expect(cookie.hasSuffix("; Path=/; Max-Age=43200; HttpOnly; SameSite=Strict"))
    let pair = "Cookie: a=b; \(cookie.prefix { $0 != ";" })"
    #expect(try client.request("GET", "/api/v1/clients", [pair]).status == 200)
    // A cookie is for browsers; it is no password, and changes nothing about a wrong one.
    #expect(try RTSPClient(port: guarded.daemon.port).request("OPTIONS", "*", [pair]).status == 401)
    let wrong = "Authorization: \(AuthorizationHeader.basic("alice", "x"))"
    #expect(try client.request("GET", "/api/v1/status", [pair, wrong]).status == 401)
    #expect(try client.request("POST", "/api/v1/logout", [pair]).status == 204)
    #expect(try client.request("GET", "/api/v1/clients", [pair]).status == 401)
    let again = try client.request(
      "POST", "/api/v1/login", json: "{\"user\":\"alice\",\"password\":\"no\"}")
    #expect(again.status == 401 && again.header("Set-Cookie") == nil)
    #expect(again.json["detail"] as? String == "wrong name, password or token")
  }

  @Test("each wrong password on a connection costs more time than the one before, up to a bound")
  func penalty() {
    var (penalty, limits) = (Penalty(), Limits())
    let costs = (0..<7).map { _ in penalty.next(limits) / 1_000_000 }
    #expect(costs == [250, 500, 1000, 2000, 4000, 4000, 4000])
    penalty.forgive()
    #expect(penalty.next(limits) == 250_000_000)
    (limits.penaltyMilliseconds, limits.penaltyMillisecondsMax) = (1, 600_000)
    penalty.forgive()
    #expect(
      (0..<30).map { _ in penalty.next(limits) }.suffix(2) == [600_000_000_000, 600_000_000_000])
    limits.penaltyMillisecondsMax = 0
    #expect(penalty.next(limits) == 0)
  }

  @Test("the cost of wrong passwords, and what logins and nonces are good for, can be chosen")
  func limits() throws {
    let guarded = try GuardedDaemon([
      "--limits", "penalty_ms=0,penalty_max_ms=0,login_s=60,logins=1",
    ])
    let wrong = "Authorization: \(AuthorizationHeader.basic("alice", "x"))"
    let (client, rtsp) = (try HTTPClient(guarded.daemon), try RTSPClient(port: guarded.daemon.port))
    let start = ContinuousClock.now
    for _ in 0..<20 {
      #expect(try client.request("GET", "/api/v1/status", [wrong]).status == 401)
      #expect(try rtsp.request("OPTIONS", "*", [wrong]).status == 401)
    }
    // With the usual cost it would be more than a minute and a half.
    #expect(ContinuousClock.now - start < .seconds(60))
    let cookies = try (0..<2).map { _ in
      let reply = try client.request("POST", "/api/v1/login", json: GuardedDaemon.login)
      return try #require(reply.header("Set-Cookie"))
    }
    #expect(cookies[0].contains("; Max-Age=60;"))
    let statuses = try cookies.map { cookie in
      try client.request("GET", "/api/v1/clients", ["Cookie: \(cookie.prefix { $0 != ";" })"])
        .status
    }
    #expect(statuses == [401, 200])
  }

  @Test("a thousand wrong passwords at once keep nobody else waiting")
  func stall() throws {
    let guarded = try GuardedDaemon()
    let wrong = "Authorization: \(AuthorizationHeader.basic("alice", "wrong"))"
    Reactor.Process.raiseDescriptorLimit()
    let attackers = try (0..<500).map { _ in try RTSPClient(port: guarded.daemon.port) }
    let others = try (0..<500).map { _ in try HTTPClient(guarded.daemon) }
    for attacker in attackers {
      try attacker.send("OPTIONS * RTSP/1.0\r\nCSeq: 1\r\n\(wrong)\r\n\r\n")
    }
    for other in others { try other.send("GET", "/api/v1/status", [wrong]) }
    // All of them are waiting for their answers now, or will be.
    let client = try HTTPClient(guarded.daemon)
    let start = Date()
    for _ in 0..<20 { #expect(try client.request("GET", "/healthz").status == 200) }
    // Were they waited for, it would be minutes.
    #expect(Date().timeIntervalSince(start) < 30)
    for attacker in attackers { #expect(try attacker.readReply().status == 401) }
    for other in others { #expect(try other.readReply().status == 401) }
    let count = guarded.daemon.log.split(separator: "\n").count {
      $0.contains("authentication failed")
    }
    #expect(count == 1000)
  }

  @Test("an address that others can reach is warned of, unless there are users")
  func warning() throws {
    let anyone = "anyone who can reach this address can"
    let everywhere = ["--http", "0.0.0.0:0", "--rtsp", "0.0.0.0:0"]
    let open = try DaemonProcess(everywhere)
    #expect(open.log.contains("\(anyone) control") && open.log.contains("\(anyone) watch"))
    #expect(try !GuardedDaemon(everywhere).daemon.log.contains(anyone))
  }

  @Test("users who are taken out are cut off, the others go on")
  func reload() throws {
    let guarded = try GuardedDaemon()
    let vera = try WebSocketClient(guarded.daemon, [GuardedDaemon.basic("vera")])
    let carl = try WebSocketClient(guarded.daemon, [GuardedDaemon.basic("carl")])
    let player = try RTSPClient(port: guarded.daemon.port)
    #expect(try player.request("OPTIONS", "*", [GuardedDaemon.basic("vera")]).status == 200)
    let newcomer = try RTSPClient(port: guarded.daemon.port)
    #expect(try newcomer.request("OPTIONS", "*").status == 401)
    try guarded.keep("alice", "carl")
    #expect(try vera.readClose() == 1008)
    #expect(try player.receive().isEmpty)
    #expect(try newcomer.request("OPTIONS", "*", [GuardedDaemon.basic("carl")]).status == 200)
    #expect(try carl.command("check_server_status")["running"] as? Bool == true)
    #expect(
      try HTTPClient(guarded.daemon).request("GET", "/api/v1/status", [GuardedDaemon.basic("vera")])
        .status == 401)
    try guarded.folder.write("streamd.json", Array("{\"users\":[\"alice:admin:x\"]}".utf8))
    kill(guarded.daemon.pid, SIGHUP)
    let isKept = eventually { guarded.daemon.log.contains("kept as it was") }
    #expect(isKept && !guarded.daemon.log.contains("alice:admin"))
    #expect(try carl.command("check_server_status")["running"] as? Bool == true)
  }
}
