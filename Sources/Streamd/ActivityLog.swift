internal import Reactor
internal import Wire

/// What has happened, for people: kept for the dashboard and the API, and written to the log.
final class ActivityLog {
  private unowned let loop: EventLoop
  private var entries: [LogEntry] = []
  private var next = 1
  /// Told of each new line.
  var added: (LogEntry) -> Void = { _ in }

  /// Older lines are forgotten.
  private static let entriesMax = 1000

  init(loop: EventLoop) { self.loop = loop }

  /// Notes a line.
  func note(
    _ level: Log.Level, _ message: String, _ fields: KeyValuePairs<String, String> = [:]
  ) {
    Log.write(level, message, fields)
    let details = fields.map { "\($0.key)=\($0.value)" }.joined(separator: " ")
    let entry = LogEntry(
      seq: next, time: CalendarTime(realtime: loop.realtime).timestamp, level: level.name,
      message: details.isEmpty ? message : "\(message) (\(details))")
    next += 1
    if entries.count == Self.entriesMax { entries.removeFirst() }
    entries.append(entry)
    added(entry)
  }

  /// Up to `limit` lines after one that is known already, the oldest first.
  func page(after seq: Int, limit: Int) -> Listing<LogEntry> {
    let rest = entries.drop { $0.seq <= seq }
    let page = Array(rest.prefix(limit))
    let isLast = page.count == rest.count
    return Listing(items: page, next: isLast ? nil : page.last.map { String($0.seq) })
  }
}
