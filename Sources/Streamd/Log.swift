internal import Reactor

/// The daemon's log: lines of `key=value` on standard error.
enum Log {
  /// How much a line matters.
  enum Level: String {
    case error, warning, info
  }

  /// Writes one line. Values are quoted where they contain more than plain text, and control
  /// characters cannot begin a line of their own.
  static func write(
    _ level: Level, _ message: String, _ fields: KeyValuePairs<String, String> = [:]
  ) {
    var line = "level=\(level.rawValue) msg=\(quoted(message))"
    for (key, value) in fields { line += " \(key)=\(quoted(value))" }
    Process.writeError(line + "\n")
  }

  static func info(_ message: String, _ fields: KeyValuePairs<String, String> = [:]) {
    write(.info, message, fields)
  }

  static func warning(_ message: String, _ fields: KeyValuePairs<String, String> = [:]) {
    write(.warning, message, fields)
  }

  static func error(_ message: String, _ fields: KeyValuePairs<String, String> = [:]) {
    write(.error, message, fields)
  }

  private static func quoted(_ value: String) -> String {
    let isPlain = value.utf8.allSatisfy {
      $0 > 0x20 && $0 != 0x7F && $0 != UInt8(ascii: "\"") && $0 != UInt8(ascii: "=")
    }
    if isPlain && !value.isEmpty { return value }
    var text = "\""
    for scalar in value.unicodeScalars {
      switch scalar {
      case "\"", "\\": text += "\\\(scalar)"
      case "\n": text += "\\n"
      case _ where scalar.value < 0x20 || scalar.value == 0x7F: text += "?"
      default: text.unicodeScalars.append(scalar)
      }
    }
    return text + "\""
  }
}
