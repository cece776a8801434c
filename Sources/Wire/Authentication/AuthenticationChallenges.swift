/// The challenges of a `WWW-Authenticate` field, of which one may hold several (RFC 9110 §11.6.1):
/// a comma stands between them and between the parameters of one.
enum AuthenticationChallenges {
  /// Each of them: a scheme, and what belongs to it.
  static func split(_ value: String) -> [String] {
    var challenges: [String] = []
    for item in items(value) {
      if beginsChallenge(item) || challenges.isEmpty {
        challenges.append(item)
      } else {
        challenges[challenges.count - 1] += ", " + item
      }
    }
    return challenges
  }

  /// What stands between commas that are not in quotes.
  private static func items(_ value: String) -> [String] {
    var items: [[UInt8]] = [[]]
    var (isQuoted, isEscaped) = (false, false)
    for byte in value.utf8 {
      if byte == UInt8(ascii: ","), !isQuoted {
        items.append([])
        continue
      }
      items[items.count - 1].append(byte)
      if byte == UInt8(ascii: "\""), !isEscaped { isQuoted.toggle() }
      isEscaped = byte == UInt8(ascii: "\\") && isQuoted && !isEscaped
    }
    return items.map { trimmed(String(decoding: $0, as: UTF8.self)) }.filter { !$0.isEmpty }
  }

  /// A parameter is a name and an equals sign.
  private static func beginsChallenge(_ item: String) -> Bool {
    let rest = item.utf8.drop(while: isToken).drop { $0 == 0x20 || $0 == 0x09 }
    return rest.first != UInt8(ascii: "=")
  }
}
