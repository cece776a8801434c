/// Base64 with padding (RFC 4648 §4), and its variant for URLs without (§5).
public enum Base64 {
  static let alphabet = Array(
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)

  /// The text that stands for `bytes`.
  public static func encode(_ bytes: [UInt8]) -> String {
    var text: [UInt8] = []
    text.reserveCapacity((bytes.count + 2) / 3 * 4)
    for start in stride(from: 0, to: bytes.count, by: 3) {
      let group = bytes[start..<min(start + 3, bytes.count)]
      var bits = group.reduce(0) { $0 << 8 | UInt32($1) }
      bits <<= UInt32(8 * (3 - group.count))
      for index in 0..<4 {
        let digit = alphabet[Int(bits >> UInt32(18 - 6 * index) & 63)]
        text.append(index <= group.count ? digit : UInt8(ascii: "="))
      }
    }
    return String(decoding: text, as: UTF8.self)
  }

  /// The variant that may stand in URLs and tokens, without padding.
  public static func encodeURL(_ bytes: [UInt8]) -> String {
    let text = encode(bytes).utf8.filter { $0 != UInt8(ascii: "=") }.map { byte in
      switch byte {
      case UInt8(ascii: "+"): UInt8(ascii: "-")
      case UInt8(ascii: "/"): UInt8(ascii: "_")
      default: byte
      }
    }
    return String(decoding: text, as: UTF8.self)
  }

  /// The bytes that a text stands for; nil unless it is exactly what ``encode(_:)`` would write.
  public static func decode(_ text: some StringProtocol) -> [UInt8]? {
    guard text.utf8.count % 4 == 0 else { return nil }
    let padding = text.utf8.reversed().prefix(2).prefix { $0 == UInt8(ascii: "=") }.count
    return decode(text.utf8.dropLast(padding), value(of:))
  }

  /// The bytes that a text stands for; nil unless it is exactly what ``encodeURL(_:)`` would write.
  public static func decodeURL(_ text: some StringProtocol) -> [UInt8]? {
    decode(text.utf8.dropLast(0)) { byte in
      switch byte {
      case UInt8(ascii: "-"): 62
      case UInt8(ascii: "_"): 63
      case UInt8(ascii: "+"), UInt8(ascii: "/"): nil
      default: value(of: byte)
      }
    }
  }

  private static func decode(
    _ digits: some Collection<UInt8>, _ value: (UInt8) -> UInt32?
  ) -> [UInt8]? {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(digits.count / 4 * 3 + 2)
    var (bits, count): (UInt32, UInt32) = (0, 0)
    for digit in digits {
      guard let six = value(digit) else { return nil }
      bits = bits << 6 | six
      count += 6
      if count >= 8 {
        count -= 8
        bytes.append(UInt8(truncatingIfNeeded: bits >> count))
      }
      bits &= (1 << count) - 1
    }
    // A digit too many, or bits that no byte has: another text would stand for the same bytes.
    return count < 6 && bits == 0 ? bytes : nil
  }

  private static func value(of byte: UInt8) -> UInt32? {
    switch byte {
    case 0x41...0x5A: UInt32(byte) - 0x41
    case 0x61...0x7A: UInt32(byte) - 0x61 + 26
    case 0x30...0x39: UInt32(byte) - 0x30 + 52
    case UInt8(ascii: "+"): 62
    case UInt8(ascii: "/"): 63
    default: nil
    }
  }
}
