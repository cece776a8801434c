/// Percent escapes in paths and queries (RFC 3986 §2.1).
public enum PercentEncoding {
  /// Resolves escapes; nil when one is broken or the result is not UTF-8.
  public static func decode(_ text: some StringProtocol) -> String? {
    var bytes: [UInt8] = []
    var rest = text.utf8.makeIterator()
    while let byte = rest.next() {
      guard byte == UInt8(ascii: "%") else {
        bytes.append(byte)
        continue
      }
      guard let high = rest.next().flatMap(hexDigit), let low = rest.next().flatMap(hexDigit)
      else { return nil }
      bytes.append(high << 4 | low)
    }
    return String(validating: bytes, as: UTF8.self)
  }

  /// Escapes everything but unreserved characters and slashes (RFC 3986 §2.3).
  public static func encode(_ path: String) -> String { encode(path, besides: []) }

  /// Escapes what cannot stand in a query (RFC 3986 §3.4); what has been escaped already stays so.
  public static func encode(query: String) -> String {
    encode(query, besides: Array("!$&'()*+,;=:@?%".utf8))
  }

  private static func encode(_ text: String, besides others: [UInt8]) -> String {
    let digits = Array("0123456789ABCDEF".utf8)
    var escaped: [UInt8] = []
    for byte in text.utf8 {
      switch byte {
      case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, UInt8(ascii: "-"), UInt8(ascii: "."),
        UInt8(ascii: "_"), UInt8(ascii: "~"), UInt8(ascii: "/"):
        escaped.append(byte)
      case _ where others.contains(byte): escaped.append(byte)
      default:
        escaped += [UInt8(ascii: "%"), digits[Int(byte >> 4)], digits[Int(byte & 15)]]
      }
    }
    return String(decoding: escaped, as: UTF8.self)
  }
}
