/// Bytes as hexadecimal digits.
public enum Hexadecimal {
  /// Two lower-case digits a byte.
  public static func encode(_ bytes: [UInt8]) -> String {
    let digits = Array("0123456789abcdef".utf8)
    return String(
      decoding: bytes.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }, as: UTF8.self)
  }

  /// Whether a text is the digits of so many bytes, in either case.
  public static func isEncoding(_ text: some StringProtocol, ofBytes count: Int) -> Bool {
    text.utf8.count == 2 * count && text.utf8.allSatisfy { hexDigit($0) != nil }
  }
}
