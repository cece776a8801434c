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

  /// A pass for a browser, good for ``Limits/loginSeconds``. Of a user's logins the oldest gives
  /// way when there are more than ``Limits/loginsMax``.
  mutating func logIn(_ entry: UserEntry, at now: Double, _ limits: Limits) -> String {
    passes = passes.filter { ($0.value.identity.expires ?? .infinity) > now }
    let logins = passes.filter { $0.value.identity.expires != nil }
    let own = logins.filter { $0.value.identity.proof == .user(entry) }
    // There may be too many by more than one when fewer are allowed than before.
    let spare = own.count - limits.loginsMax + 1
    if spare > 0 {
      let oldest = own.sorted { $0.value.number < $1.value.number }.prefix(spare)
      for pass in oldest { passes[pass.key] = nil }
    }
    var identity = Identity(entry)
    identity.expires = now + Double(limits.loginSeconds)
    return make(for: identity, isLogin: true)
  }

  /// A pass that is good until it is revoked. Whoever makes it has to bound how many there are.
  mutating func issue(to identity: Identity) -> String {
    var identity = identity
    identity.login = nil
    // A session outlives the login that made it; not the token, whose end somebody has chosen.
    if case .user = identity.proof { identity.expires = nil }
    return make(for: identity)
  }

  mutating func revoke(_ word: String) { passes[word] = nil }

  /// Whom a word stands for.
  subscript(word: String) -> Identity? { passes[word]?.identity }

  private mutating func make(for identity: Identity, isLogin: Bool = false) -> String {
    let word = Base64.encodeURL((0..<32).map { _ in UInt8.random(in: .min ... .max) })
    var identity = identity
    if isLogin { identity.login = word }
    count += 1
    passes[word] = Pass(identity: identity, number: count)
    return word
  }
}
