import Reactor
import Testing
import Wire

@testable import Streamd

@Suite("ActivityLog")
struct ActivityLogTests {
  private let loop: EventLoop
  private let log: ActivityLog

  private final class FixedClock: Clock {
    func now() -> Instant { 0 }
    func realtime() -> Int64 { 1_795_355_429_120_000_000 }
  }

  init() throws {
    loop = try EventLoop(clock: FixedClock())
    log = ActivityLog(loop: loop)
  }

  @Test("numbers its lines from 1 on and tells of each with time, level and details")
  func lines() {
    var told: [LogEntry] = []
    log.added = { told.append($0) }
    log.note(.info, "first")
    log.note(.warning, "second", ["peer": "127.0.0.1:9", "reason": "a b"])
    #expect(told.map(\.seq) == [1, 2] && told.map(\.level) == ["info", "warning"])
    #expect(told.map(\.message) == ["first", "second (peer=127.0.0.1:9 reason=a b)"])
    #expect(told[0].time == CalendarTime(realtime: loop.realtime).timestamp)
    #expect(log.page(after: 0, limit: 10).items == told)
  }

  @Test("gives what follows a known line in pages, and a cursor until the last one")
  func pages() {
    for number in 1...5 { log.note(.info, "\(number)") }
    var (seen, after): ([Int], Int?) = ([], 0)
    while let cursor = after {
      let page = log.page(after: cursor, limit: 2)
      seen += page.items.map(\.seq)
      after = page.next.flatMap { Int($0) }
    }
    #expect(seen == [1, 2, 3, 4, 5])
    #expect(log.page(after: 5, limit: 2).items.isEmpty)
    #expect(log.page(after: 5, limit: 2).next == nil)
    // Of another daemon, perhaps.
    #expect(log.page(after: 99, limit: 2).items.isEmpty)
    #expect(log.page(after: -1, limit: 9).items.count == 5)
    #expect(log.page(after: 3, limit: 2).next == nil)
  }

  @Test("forgets the oldest lines, but goes on counting")
  func bounded() {
    for number in 1...1010 { log.note(.info, "\(number)") }
    let page = log.page(after: 0, limit: 5000)
    #expect(page.items.count == 1000 && page.next == nil)
    #expect(page.items.first?.seq == 11 && page.items.last?.seq == 1010)
    #expect(page.items.last?.message == "1010")
  }
}
