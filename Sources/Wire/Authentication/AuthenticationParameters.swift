/// The `name=value, name="value"` list of a challenge or of credentials (RFC 9110 §11.2).
struct AuthenticationParameters {
  private var values: [String: String] = [:]

  /// More than any scheme has.
  private static let countMax = 32

  /// Reads a list; nil when it is malformed, too long, or names something twice: programs that look
  /// at different ones of two values have been fooled by that.
  init?(_ text: some StringProtocol) {
    var rest = Array(text.utf8)[...]
    while true {
      rest = rest.drop { $0 == 0x20 || $0 == 0x09 || $0 == UInt8(ascii: ",") }
      guard !rest.isEmpty else { return }
      let name = rest.prefix(while: isToken)
      rest = rest.dropFirst(name.count).drop { $0 == 0x20 || $0 == 0x09 }
      guard !name.isEmpty, rest.popFirst() == UInt8(ascii: "=") else { return nil }
      rest = rest.drop { $0 == 0x20 || $0 == 0x09 }
      guard let value = Self.value(&rest) else { return nil }
      let key = String(decoding: name, as: UTF8.self).lowercased()
      guard values[key] == nil, values.count < Self.countMax else { return nil }
      values[key] = value
    }
  }

  /// A value by its name in lower case.
  subscript(name: String) -> String? { values[name] }

  /// A token, or a quoted string with its escapes resolved.
  private static func value(_ rest: inout ArraySlice<UInt8>) -> String? {
    guard rest.first == UInt8(ascii: "\"") else {
      let token = rest.prefix {
        $0 > 0x20 && $0 < 0x7F && $0 != UInt8(ascii: ",") && $0 != UInt8(ascii: "\"")
      }
      rest = rest.dropFirst(token.count)
      return token.isEmpty ? nil : String(decoding: token, as: UTF8.self)
    }
    rest = rest.dropFirst()
    var bytes: [UInt8] = []
    while let byte = rest.popFirst() {
      switch byte {
      case UInt8(ascii: "\""): return String(validating: bytes, as: UTF8.self)
      case UInt8(ascii: "\\"):
        guard let escaped = rest.popFirst() else { return nil }
        bytes.append(escaped)
      case ..<0x20, 0x7F: return nil
      default: bytes.append(byte)
      }
    }
    return nil
  }

  /// A quoted string. The caller's text has no control characters.
  static func quoted(_ text: String) -> String {
    "\"" + text.map { $0 == "\"" || $0 == "\\" ? "\\\($0)" : String($0) }.joined() + "\""
  }
}
