internal import FoundationEssentials
internal import Reactor
internal import Wire

/// Who may do what. All ways in ask here: RTSP with each request, HTTP with each request, the
/// WebSocket with each command. A judgement is a hash or two over a short text: 3 to 20 µs.
final class Access {
  private let loop: EventLoop
  private let metrics: Metrics
  private var users: [String: UserEntry] = [:]
  private var tokenSecret: [UInt8]?
  private var passes = Passes()
  private var nonces: DigestNonce
  var addresses = AddressPolicy()
  /// For who logs in from now on, and for nonces.
  var limits: Limits { didSet { nonces.lifetime = Instant(limits.nonceSeconds) * 1_000_000_000 } }

  /// What credentials have come to.
  enum Verdict: Equatable {
    case granted(Identity)
    /// There are none, or they are none that count any more: nobody has guessed.
    case absent
    /// The password is right, the nonce too old.
    case stale
    /// They are wrong.
    case refused
  }

  init(loop: EventLoop, metrics: Metrics, limits: Limits) {
    (self.loop, self.metrics, self.limits) = (loop, metrics, limits)
    let secret = (0..<32).map { _ in UInt8.random(in: .min ... .max) }
    nonces = DigestNonce(
      secret: secret, lifetime: Instant(limits.nonceSeconds) * 1_000_000_000)
  }

  /// Whether anybody is asked who they are.
  var isOn: Bool { !users.isEmpty || tokenSecret != nil }

  /// Takes other users, and another secret for tokens; nil takes no tokens.
  func use(_ entries: [UserEntry], tokenSecret: [UInt8]?) {
    users = Dictionary(entries.map { ($0.name, $0) }) { _, last in last }
    self.tokenSecret = tokenSecret
  }

  /// Whether somebody who was let in may still go on.
  func stillHolds(_ identity: Identity) -> Bool {
    if let expires = identity.expires, seconds >= expires { return false }
    if let login = identity.login, passes[login] == nil { return false }
    switch identity.proof {
    case .none: return !isOn
    case .user(let entry): return users[entry.name] == entry
    case .token(let secret): return tokenSecret == secret
    }
  }

  /// When somebody's login ends by itself, or in an hour: till then somebody may set the clock. Nil
  /// where it does not.
  func expiry(of identity: Identity?) -> Instant? {
    guard let left = identity?.expires.map({ $0 - seconds }) else { return nil }
    return loop.now + Instant(min(max(left, 0), 3600) * 1e9) + 1_000_000
  }

  /// Seconds since 1970.
  var seconds: Double { Double(loop.realtime) / 1e9 }

  // MARK: Judging

  /// What an RTSP request shows.
  ///
  /// - Parameter connection: whose nonces are taken.
  func judge(_ request: RTSPRequest, connection: Int) -> Verdict {
    judge(request.headers) { credentials, entry in
      guard credentials.realm == UserEntry.realm,
        // Players do not agree on which URL they sign. The nonce is this connection's alone, and
        // nobody else can put a request into it.
        credentials.isSigned(method: request.method.name, ha1: entry.ha1)
      else { return .refused }
      switch nonces.standing(of: credentials.nonce, at: loop.now, for: connection) {
      case .good: return .granted(Identity(entry))
      case .stale: return .stale
      }
    }
  }

  /// What an HTTP request shows: credentials, else the cookie of a login.
  func judge(_ request: HTTPRequest, cookie: String) -> Verdict {
    let verdict = judge(request.headers) { _, _ in .refused }
    guard verdict == .absent, let word = request.cookie(cookie), let identity = passes[word],
      stillHolds(identity)
    else { return verdict }
    return .granted(identity)
  }

  /// What a name and a password come to.
  func judge(user: String, password: String) -> UserEntry? {
    let entry = users[user]
    // A name that is unknown takes as long as one that is known.
    let isRight = (entry ?? .nobody).isPassword(password)
    return isRight ? entry : nil
  }

  private func judge(
    _ headers: HeaderFields, digest: (DigestCredentials, UserEntry) -> Verdict
  ) -> Verdict {
    guard isOn else { return .granted(.anyone) }
    let values = headers.all("Authorization")
    guard let value = values.first else { return .absent }
    guard values.count == 1, let header = AuthorizationHeader(value) else { return .refused }
    switch header {
    case .basic(let user, let password):
      return judge(user: user, password: password).map { .granted(Identity($0)) } ?? .refused
    case .digest(let credentials):
      let verdict = digest(credentials, users[credentials.user] ?? .nobody)
      return users[credentials.user] == nil ? .refused : verdict
    case .bearer(let word):
      return judge(bearer: word)
    }
  }

  private func judge(bearer word: String) -> Verdict {
    if let identity = passes[word] { return stillHolds(identity) ? .granted(identity) : .absent }
    guard let secret = tokenSecret, let token = JSONWebToken(word), token.isSigned(by: secret),
      let header = try? JSONDecoder().decode(TokenHeader.self, from: Data(token.header)),
      header.isUnderstood,
      let claims = try? JSONDecoder().decode(TokenClaims.self, from: Data(token.payload)),
      claims.isGood(for: UserEntry.realm, at: seconds)
    else { return .refused }
    return .granted(
      Identity(
        name: String(claims.sub.prefix(64)), role: claims.role,
        videos: claims.videos?.map { NamePattern($0) }, expires: claims.exp,
        proof: .token(secret: secret)))
  }

  // MARK: Asking

  /// What an RTSP client is asked with, the best first.
  func challenges(connection: Int, isStale: Bool) -> [String] {
    let digest = DigestChallenge(
      realm: UserEntry.realm, nonce: nonces.make(at: loop.now, for: connection),
      opaque: UserEntry.realm, isStale: isStale)
    return [digest.description, Self.basicChallenge]
  }

  static let basicChallenge = "Basic realm=\"\(UserEntry.realm)\""

  /// Notes that somebody has guessed, in a line that does not change: others' programs read it.
  func failed(from address: SocketAddress, _ name: String, user: String) {
    metrics.authenticationFailed(name)
    Log.warning(
      "authentication failed",
      [
        "address": address.host, "protocol": name,
        "user": String(String.UnicodeScalarView(user.unicodeScalars.prefix(64))),
      ])
  }

  /// Who somebody says they are, for the log.
  static func claimedUser(_ headers: HeaderFields) -> String {
    switch headers["Authorization"].flatMap({ AuthorizationHeader($0) }) {
    case .basic(let user, _): user
    case .digest(let credentials): credentials.user
    case .bearer: "(token)"
    case nil: "(unreadable)"
    }
  }

  // MARK: Passes

  /// Told when logins have ended: what was opened with them is to end, too.
  var loggedOut: () -> Void = {}

  func logIn(_ entry: UserEntry) -> String {
    let word = passes.logIn(entry, at: seconds, limits)
    // Another one may have given way.
    loggedOut()
    return word
  }

  func logOut(_ login: String) {
    guard passes[login]?.login != nil else { return }
    passes.revoke(login)
    loggedOut()
  }

  /// A pass for a viewer session, which revokes it when it ends.
  func pass(for identity: Identity) -> String? { isOn ? passes.issue(to: identity) : nil }

  func revoke(_ pass: String) { passes.revoke(pass) }
}
