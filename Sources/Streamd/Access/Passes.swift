internal import Wire

/// Random words that stand for somebody who has shown who they are: the cookie of a browser that
/// has logged in, and what a viewer session shows to the daemon's own RTSP server. They die with
/// the process.
struct Passes {
  private struct Pass {
    var identity: Identity
    /// When it was made, counted.
    var number: Int
  }

  private var passes: [String: Pass] = [:]
  private var count = 0
  /// Logins of one user that are good at the same time; the oldest gives way.
  static let loginsMax = 32
  /// What a cookie is good for.
  static let loginSeconds = 12 * 3600

  /// A pass for a browser, good for ``loginSeconds``.
  mutating func logIn(_ entry: UserEntry, at now: Double) -> String {
    passes = passes.filter { ($0.value.identity.expires ?? .infinity) > now }
    let logins = passes.filter { $0.value.identity.expires != nil }
    let own = logins.filter { $0.value.identity.proof == .user(entry) }
    if own.count >= Self.loginsMax,
      let oldest = own.min(by: { $0.value.number < $1.value.number })
    {
      passes[oldest.key] = nil
    }
    var identity = Identity(entry)
    identity.expires = now + Double(Self.loginSeconds)
    return make(for: identity)
  }

  /// A pass that is good until it is revoked. Whoever makes it has to bound how many there are.
  mutating func issue(to identity: Identity) -> String {
    var identity = identity
    // A session outlives the login that made it; not the token, whose end somebody has chosen.
    if case .user = identity.proof { identity.expires = nil }
    return make(for: identity)
  }

  mutating func revoke(_ word: String) { passes[word] = nil }

  /// Whom a word stands for.
  subscript(word: String) -> Identity? { passes[word]?.identity }

  private mutating func make(for identity: Identity) -> String {
    let word = Base64.encodeURL((0..<32).map { _ in UInt8.random(in: .min ... .max) })
    count += 1
    passes[word] = Pass(identity: identity, number: count)
    return word
  }
}
