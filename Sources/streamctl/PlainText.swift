/// Text of others (names of files, answers of servers) made safe for a terminal and for tables.
enum PlainText {
  /// The text with everything escaped that a terminal would obey or that would change the order of
  /// what is read: control characters, line separators, marks of direction.
  static func escaped(_ text: String) -> String {
    guard text.unicodeScalars.contains(where: isActive) else { return text }
    var plain = ""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\n": plain += "\\n"
      case "\r": plain += "\\r"
      case "\t": plain += "\\t"
      case _ where isActive(scalar): plain += "\\u{\(String(scalar.value, radix: 16))}"
      default: plain.unicodeScalars.append(scalar)
      }
    }
    return plain
  }

  private static func isActive(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.value {
    case 0..<0x20, 0x7F..<0xA0, 0x200E...0x200F, 0x2028...0x202E, 0x2066...0x2069, 0xFEFF: true
    default: false
    }
  }

  /// How many columns of a terminal a text takes: ideographs and most emoji take two.
  static func columns(of text: String) -> Int { text.reduce(0) { $0 + columns(of: $1) } }

  /// As much of the beginning as fits into `width` columns.
  static func prefix(_ text: String, columns width: Int) -> String {
    var taken = 0
    let prefix = text.prefix { character in
      taken += columns(of: character)
      return taken <= width
    }
    return String(prefix)
  }

  private static func columns(of character: Character) -> Int {
    guard let scalar = character.unicodeScalars.first else { return 0 }
    switch scalar.value {
    case 0x300...0x36F, 0x200B...0x200D, 0xFE00...0xFE0F: return 0
    case 0x1100...0x115F, 0x2E80...0xA4CF, 0xAC00...0xD7A3, 0xF900...0xFAFF, 0xFE30...0xFE6F,
      0xFF00...0xFF60, 0xFFE0...0xFFE6, 0x1F300...0x1FAFF, 0x20000...0x3FFFD:
      return 2
    default: return 1
    }
  }
}
