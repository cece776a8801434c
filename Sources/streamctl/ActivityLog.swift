internal import Reactor
internal import Wire

/// The daemon's activity log: as it is now, and as it goes on.
struct ActivityLog {
  private let program: Program
  /// Often enough for people; the API has no way to wait for a line.
  private static let periodNanoseconds: Instant = 500_000_000

  init(_ program: Program) { self.program = program }

  /// Prints the lines, and goes on with new ones where it is followed.
  func run(last: Int?, isFollowed: Bool) throws(Failure) {
    if isFollowed { program.client.interruption = try? Interruption() }
    var entries = try lines(after: nil)
    var newest = entries.last
    if let last { entries = entries.suffix(last) }
    try print(entries)
    while isFollowed {
      let next = SystemClock().now() + Self.periodNanoseconds
      if Wait.until(next, unless: program.client.interruption) == .interrupted { return }
      entries = try newLines(after: newest)
      try print(entries)
      newest = entries.last ?? newest
    }
  }

  /// What has come since. A daemon that was started anew counts from 1 again: the line that is
  /// known is asked for, too, and where it is another one, everything is new.
  private func newLines(after newest: Entry?) throws(Failure) -> [Entry] {
    guard let newest else { return try lines(after: nil) }
    let entries = try lines(after: newest.entry.seq &- 1)
    if entries.first?.entry == newest.entry { return Array(entries.dropFirst()) }
    // The ring may have forgotten the known line; then all that it has is newer.
    if let first = entries.first, first.entry.seq > newest.entry.seq { return entries }
    return try lines(after: nil)
  }

  /// A line as it is understood and as it came.
  private struct Entry: Decodable {
    var entry: LogEntry
    var value: JSONValue

    init(from decoder: any Decoder) throws {
      entry = try LogEntry(from: decoder)
      value = try JSONValue(from: decoder)
    }
  }

  private func lines(after seq: Int?) throws(Failure) -> [Entry] {
    try program.client.list(Entry.self, "/api/v1/log", after: seq.map(String.init))
  }

  private func print(_ entries: [Entry]) throws(Failure) {
    let console = program.console
    try console.print(
      entries.map { entry in
        if program.isJSON { return entry.value.text }
        let level = entry.entry.level
        let padding = String(repeating: " ", count: max(0, 7 - level.utf8.count))
        return PlainText.escaped(entry.entry.time) + "  "
          + console.styled(PlainText.escaped(level), .ofState(level)) + padding + "  "
          + PlainText.escaped(entry.entry.message)
      })
  }
}
