/// A signed token in its compact form (RFC 7519, RFC 7515 §7.1), of the one kind that is taken:
/// HMAC with SHA-256. What it claims is JSON that the caller reads, once the signature was found
/// right.
public struct JSONWebToken: Sendable {
  /// The JSON that says how it is signed.
  public let header: [UInt8]
  /// The JSON that says what it is for.
  public let payload: [UInt8]
  private let signed: [UInt8]
  private let signature: [UInt8]

  /// Reads a token; nil when it is no three parts in strict Base64, or longer than 8 kB.
  public init?(_ text: String) {
    guard text.utf8.count <= AuthorizationHeader.bytesMax else { return nil }
    let parts = text.split(at: ".", omittingEmptySubsequences: false)
    guard parts.count == 3, let header = Base64.decodeURL(parts[0]),
      let payload = Base64.decodeURL(parts[1]), let signature = Base64.decodeURL(parts[2])
    else { return nil }
    (self.header, self.payload, self.signature) = (header, payload, signature)
    signed = Array("\(parts[0]).\(parts[1])".utf8)
  }

  /// Whether whoever made it knows the secret. It is always checked with HS256: the header, which
  /// anybody can write, has no say in it.
  public func isSigned(by secret: [UInt8]) -> Bool {
    ConstantTime.isEqual(signature, HMAC.code(signed, key: secret))
  }

  /// A token that claims `payload`.
  public static func make(_ payload: [UInt8], secret: [UInt8]) -> String {
    let header = Array("{\"alg\":\"HS256\",\"typ\":\"JWT\"}".utf8)
    let text = "\(Base64.encodeURL(header)).\(Base64.encodeURL(payload))"
    return "\(text).\(Base64.encodeURL(HMAC.code(Array(text.utf8), key: secret)))"
  }
}

/// How a token is signed (RFC 7515 §4.1).
public struct TokenHeader: Decodable, Sendable {
  private var alg: String
  private var crit: [String]?

  /// Only HS256 is understood, and nothing that wants to be understood besides.
  public var isUnderstood: Bool { alg == "HS256" && crit == nil }
}

/// What a token says of its bearer (RFC 7519 §4.1).
public struct TokenClaims: Codable, Equatable, Sendable {
  /// Who it is.
  public var sub: String
  /// What it may do.
  public var role: Role
  /// Whom it is for.
  public var aud: Audience
  /// When it ends, in seconds since 1970.
  public var exp: Double
  /// When it begins.
  public var nbf: Double?
  /// What may be watched; everything where it is missing.
  public var videos: [String]?

  /// One name, or several.
  public struct Audience: Codable, Equatable, Sendable {
    fileprivate var names: [String]

    /// One name.
    public init(_ name: String) { names = [name] }

    /// Reads a string or a list of them.
    public init(from decoder: any Decoder) throws {
      let container = try decoder.singleValueContainer()
      if let name = try? container.decode(String.self) {
        names = [name]
      } else {
        names = try container.decode([String].self)
      }
    }

    /// One name is written as a string.
    public func encode(to encoder: any Encoder) throws {
      var container = encoder.singleValueContainer()
      if names.count == 1 {
        try container.encode(names[0])
      } else {
        try container.encode(names)
      }
    }
  }

  /// A token's claims that begin at once.
  public init(sub: String, role: Role, aud: Audience, exp: Double, videos: [String]? = nil) {
    (self.sub, self.role, self.aud, self.exp, self.videos) = (sub, role, aud, exp, videos)
  }

  /// Clocks differ a little; a token that begins is taken so much earlier.
  static let leewaySeconds = 30.0

  /// Whether it is for `audience`, and good at `now`, in seconds since 1970.
  public func isGood(for audience: String, at now: Double) -> Bool {
    aud.names.contains(audience) && now < exp && (nbf ?? 0) <= now + Self.leewaySeconds
  }
}
