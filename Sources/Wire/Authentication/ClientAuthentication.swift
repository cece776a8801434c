/// A client's side of authentication: what it can show, and what the server has asked for.
struct ClientAuthentication {
  private let userInfo: UserInfo?
  private let token: String?
  private var challenge: Challenge?
  private var count: UInt32 = 0
  /// How many 401 there were in a row.
  private var refusals = 0
  /// The first one asks, and the nonce may have become too old since. A server that says so of
  /// every one would be asked for ever.
  private static let refusalsMax = 2

  private enum Challenge: Equatable {
    case basic
    case digest(DigestChallenge)
  }

  /// - Parameters:
  ///   - userInfo: shown when the server asks for it.
  ///   - token: shown with every request, unasked.
  init(_ userInfo: UserInfo?, token: String?) { (self.userInfo, self.token) = (userInfo, token) }

  /// The server has answered with something else than a 401.
  mutating func forgetRefusals() { refusals = 0 }

  /// Takes the challenges of a 401; false when asking again would not help.
  mutating func learn(from headers: HeaderFields) -> Bool {
    guard userInfo != nil, refusals < Self.refusalsMax else { return false }
    refusals += 1
    let values = headers.all("WWW-Authenticate").flatMap(AuthenticationChallenges.split)
    if let digest = values.lazy.compactMap({ DigestChallenge($0) }).first {
      let isFirst = challenge == nil
      challenge = .digest(digest)
      count = 0
      return isFirst || digest.isStale
    }
    let isBasic = values.contains { equalIgnoringCase($0.prefix(while: { $0 != " " }), "basic") }
    guard isBasic, challenge == nil else { return false }
    challenge = .basic
    return true
  }

  /// The `Authorization` of the next request; nil as long as none was asked for.
  mutating func header(
    method: String, uri: String, random: inout some RandomNumberGenerator
  ) -> String? {
    if let token { return "Bearer \(token)" }
    guard let userInfo, let challenge else { return nil }
    switch challenge {
    case .basic: return AuthorizationHeader.basic(userInfo.user, userInfo.password)
    case .digest(let challenge):
      count &+= 1
      let clientNonce = hexadecimal(UInt32.random(in: .min ... .max, using: &random))
      return DigestCredentials.answer(
        to: challenge, userInfo, method: method, uri: uri, count: count, clientNonce: clientNonce)
    }
  }
}
