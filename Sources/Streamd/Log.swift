internal import FoundationEssentials
internal import Reactor
internal import Synchronization
internal import Wire

/// The daemon's log on standard error: lines of `key=value`, or of JSON.
///
/// Under systemd each line begins with its priority, as the journal wants it (sd-daemon(3)).
enum Log {
  /// How much a line matters, the most first.
  enum Level: Int, CaseIterable {
    case error, warning, info, debug

    var name: String {
      switch self {
      case .error: "error"
      case .warning: "warning"
      case .info: "info"
      case .debug: "debug"
      }
    }

    init?(named name: String) {
      guard let level = Self.allCases.first(where: { $0.name == name }) else { return nil }
      self = level
    }

    /// RFC 5424 §6.2.1.
    fileprivate var priority: Int {
      switch self {
      case .error: 3
      case .warning: 4
      case .info: 6
      case .debug: 7
      }
    }
  }

  /// How a line looks.
  enum Format: String {
    case text, json
  }

  private static let threshold = Atomic(Level.info.rawValue)
  private static let isJSON = Atomic(false)
  private static let isJournal =
    ProcessInfo.processInfo.environment["JOURNAL_STREAM"] == Process.standardErrorIdentity

  /// Sets what is written from now on.
  static func configure(_ level: Level, _ format: Format) {
    threshold.store(level.rawValue, ordering: .relaxed)
    isJSON.store(format == .json, ordering: .relaxed)
  }

  /// Writes one line. Values are quoted where they contain more than plain text, and control
  /// characters cannot begin a line of their own.
  static func write(
    _ level: Level, _ message: String, _ fields: KeyValuePairs<String, String> = [:]
  ) {
    guard level.rawValue <= threshold.load(ordering: .relaxed) else { return }
    let isJSON = isJSON.load(ordering: .relaxed)
    let line = isJSON ? json(level, message, fields) : text(level, message, fields)
    put(level, line)
  }

  /// Lines that nobody has read in time for.
  private static let lost = Atomic(0)

  /// Nobody waits for whoever reads the log; how much they have missed is said when they go on.
  private static func put(_ level: Level, _ line: String) {
    let prefix = isJournal ? "<\(level.priority)>" : ""
    let missed = lost.exchange(0, ordering: .relaxed)
    if missed > 0 {
      let fields: KeyValuePairs = ["lines": String(missed)]
      let message = "lines of the log are missing: nobody read them in time"
      let note =
        isJSON.load(ordering: .relaxed)
        ? json(.warning, message, fields) : text(.warning, message, fields)
      guard Process.writeErrorIfRoom((isJournal ? "<4>" : "") + note + "\n") else {
        lost.add(missed + 1, ordering: .relaxed)
        return
      }
    }
    if !Process.writeErrorIfRoom(prefix + line + "\n") { lost.add(1, ordering: .relaxed) }
  }

  /// For what happens often: unless wanted, the fields are not even made.
  static func debug(
    _ message: String, _ fields: @autoclosure () -> KeyValuePairs<String, String>
  ) {
    guard Level.debug.rawValue <= threshold.load(ordering: .relaxed) else { return }
    write(.debug, message, fields())
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

  /// `level=info msg="client left" peer=127.0.0.1:40000`
  static func text(
    _ level: Level, _ message: String, _ fields: KeyValuePairs<String, String>
  ) -> String {
    var line = "level=\(level.name) msg=\(quoted(message))"
    for (key, value) in fields { line += " \(key)=\(quoted(bounded(value)))" }
    return line
  }

  /// `{"level":"info","msg":"client left","peer":"127.0.0.1:40000","time":"…"}`
  static func json(
    _ level: Level, _ message: String, _ fields: KeyValuePairs<String, String>
  ) -> String {
    var members = ["level": level.name, "msg": message]
    members["time"] = CalendarTime(realtime: SystemClock().realtime()).timestamp
    for (key, value) in fields { members[key] = bounded(value) }
    return String(decoding: JSON.encode(members), as: UTF8.self)
  }

  /// What strangers say is cut, so that the line is whole where ``Process/writeErrorIfRoom(_:)``
  /// would cut it.
  private static func bounded(_ value: String) -> String {
    guard value.utf8.count > Self.valueBytesMax else { return value }
    return String(decoding: value.utf8.prefix(Self.valueBytesMax), as: UTF8.self) + "…"
  }

  private static let valueBytesMax = 1024

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
