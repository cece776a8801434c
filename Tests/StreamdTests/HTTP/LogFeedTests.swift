import Reactor
import Testing
import Wire

@testable import Streamd

@Suite("Log feed")
struct LogFeedTests {
  private static let millisecond: Instant = 1_000_000
  private let clock = StoppedClock()
  private let loop: EventLoop

  init() throws { loop = try EventLoop(clock: clock) }

  /// What is sent, as the numbers of the lines in it.
  private final class Sent {
    private(set) var pieces: [[Int]] = []

    func take(_ bytes: [UInt8]) {
      let text = String(decoding: bytes, as: UTF8.self)
      pieces.append(text.matches(of: /"seq":(\d+)/).compactMap { Int($0.1) })
    }
  }

  private func entry(_ number: Int, _ message: String = "m") -> LogEntry {
    LogEntry(seq: number, time: "t", level: "info", message: message)
  }

  private func wait(milliseconds: Instant) {
    clock.nanoseconds += milliseconds * Self.millisecond
    loop.expireDeadlines()
  }

  @Test("a line goes at once, those that follow soon go together, and none is lost")
  func together() {
    let sent = Sent()
    let feed = LogFeed(loop: loop, send: sent.take)
    for number in 1...3 { feed.add(entry(number)) }
    #expect(sent.pieces == [[1]])
    wait(milliseconds: 99)
    feed.add(entry(4))
    #expect(sent.pieces == [[1]])
    wait(milliseconds: 2)
    #expect(sent.pieces == [[1], [2, 3, 4]])
    wait(milliseconds: 50)
    feed.add(entry(5))
    wait(milliseconds: 51)
    #expect(sent.pieces == [[1], [2, 3, 4], [5]])
    wait(milliseconds: 1000)
    feed.add(entry(6))
    feed.add(entry(7))
    feed.flush()
    feed.flush()
    wait(milliseconds: 1000)
    #expect(sent.pieces == [[1], [2, 3, 4], [5], [6], [7]])
  }

  @Test("so many that they are large do not wait")
  func many() {
    let sent = Sent()
    let feed = LogFeed(loop: loop, send: sent.take)
    for number in 0...100 { feed.add(entry(number, String(repeating: "m", count: 1000))) }
    #expect(sent.pieces.count > 5 && sent.pieces.allSatisfy { $0.count < 20 })
    wait(milliseconds: 101)
    #expect(sent.pieces.flatMap { $0 } == Array(0...100))
  }

  @Test("each line is a message of its own")
  func messages() throws {
    var bytes: [UInt8] = []
    let feed = LogFeed(loop: loop) { bytes += $0 }
    for number in 1...3 { feed.add(entry(number)) }
    feed.flush()
    let expected = (1...3).flatMap {
      WebSocketFrame.frame(.text, JSON.encode(LogEvent(entry($0))))
    }
    #expect(bytes == expected)
  }
}
