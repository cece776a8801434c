/// Nonces that need no memory (RFC 7616 §5.4): the time of their making and a code over it, which
/// nobody can make without the secret. Each belongs to one connection, so that what was overheard
/// on another is worth nothing.
public struct DigestNonce: Sendable {
  private let secret: [UInt8]
  /// How long a nonce is good, those included that are made already.
  public var lifetime: Nanoseconds

  /// How a nonce stands.
  public enum Standing: Equatable, Sendable {
    case good
    /// One of ours, or one that looks like it, that counts no more.
    case stale
  }

  /// - Parameters:
  ///   - secret: random bytes that die with the process.
  ///   - lifetime: how long a nonce is good.
  public init(secret: [UInt8], lifetime: Nanoseconds) {
    (self.secret, self.lifetime) = (secret, lifetime)
  }

  /// A nonce for a connection: 48 hexadecimal digits.
  public func make(at now: Nanoseconds, for connection: Int) -> String {
    let time = Hexadecimal.encode(Self.bytes(UInt64(bitPattern: now)))
    return time + code(of: time, connection)
  }

  /// Whether a nonce was made for a connection, and not too long ago.
  public func standing(of nonce: String, at now: Nanoseconds, for connection: Int) -> Standing {
    let time = String(nonce.prefix(16))
    guard Hexadecimal.isEncoding(nonce, ofBytes: 24),
      ConstantTime.isEqual(String(nonce.dropFirst(16)), code(of: time, connection)),
      let made = UInt64(time, radix: 16)
    else { return .stale }
    let (age, isTooFar) = now.subtractingReportingOverflow(Nanoseconds(bitPattern: made))
    return !isTooFar && (0..<lifetime).contains(age) ? .good : .stale
  }

  private func code(of time: String, _ connection: Int) -> String {
    let message = Array(time.utf8) + Self.bytes(UInt64(bitPattern: Int64(connection)))
    return Hexadecimal.encode(Array(HMAC.code(message, key: secret).prefix(16)))
  }

  private static func bytes(_ value: UInt64) -> [UInt8] {
    stride(from: 56, through: 0, by: -8).map { UInt8(truncatingIfNeeded: value >> UInt64($0)) }
  }
}
