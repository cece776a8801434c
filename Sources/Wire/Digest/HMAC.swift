/// HMAC with SHA-256 (RFC 2104, RFC 6234 §8.3): who does not know the key can neither make a code
/// nor change what it stands for.
public enum HMAC {
  /// The 32 bytes of the code. A key of any length will do; fewer than 32 random bytes are weak.
  public static func code(_ message: [UInt8], key: [UInt8]) -> [UInt8] {
    let short = key.count > SHA256.blockBytes ? SHA256.digest(key) : key
    let padded = short + [UInt8](repeating: 0, count: SHA256.blockBytes - short.count)
    return SHA256.digest(
      padded.map { $0 ^ 0x5C } + SHA256.digest(padded.map { $0 ^ 0x36 } + message))
  }
}
