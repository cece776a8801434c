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

  private final class Reader {
    /// What it was sent, as the numbers of the lines in it.
    var pieces: [[Int]] = []
    var bytes: [UInt8] = []
  }

  /// A feed and those whom it tells.
  private final class Room {
    private(set) var readers: [ObjectIdentifier: Reader] = [:]
    /// In the order in which they were told.
    private(set) var told: [ObjectIdentifier] = []

    var only: Reader? { readers.values.first }

    func enter() {
      let reader = Reader()
      readers[ObjectIdentifier(reader)] = reader
    }

    func leave() { readers.removeAll() }

    func take(_ bytes: [UInt8], _ reader: ObjectIdentifier) {
      let text = String(decoding: bytes, as: UTF8.self)
      readers[reader]?.pieces.append(text.matches(of: /"seq":(\d+)/).compactMap { Int($0.1) })
      readers[reader]?.bytes += bytes
      told.append(reader)
    }
  }

  private func feed(_ room: Room, readers: Int = 1) -> LogFeed {
    for _ in 0..<readers { room.enter() }
    return LogFeed(loop: loop, readers: { Array(room.readers.keys) }, send: room.take)
  }

  private func entry(_ number: Int, _ message: String = "m") -> LogEntry {
    LogEntry(seq: number, time: "t", level: "info", message: message)
  }

  private func wait(milliseconds: Instant) {
    clock.nanoseconds += milliseconds * Self.millisecond
    loop.expireDeadlines()
  }

  @Test("a line goes at once, those that follow soon go together, and none is lost")
  func together() throws {
    let room = Room()
    let feed = feed(room)
    let sent = try #require(room.only)
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
  func many() throws {
    let room = Room()
    let feed = feed(room)
    let sent = try #require(room.only)
    for number in 0...100 { feed.add(entry(number, String(repeating: "m", count: 1000))) }
    #expect(sent.pieces.count > 5 && sent.pieces.allSatisfy { $0.count < 20 })
    wait(milliseconds: 101)
    #expect(sent.pieces.flatMap { $0 } == Array(0...100))
  }

  @Test("each line is a message of its own")
  func messages() throws {
    let room = Room()
    let feed = feed(room)
    for number in 1...3 { feed.add(entry(number)) }
    feed.flush()
    let expected = (1...3).flatMap {
      WebSocketFrame.frame(.text, JSON.encode(LogEvent(entry($0))))
    }
    #expect(room.only?.bytes == expected)
  }

  @Test("a crowd is told in turn, everybody once and in order")
  func crowd() {
    let room = Room()
    let feed = feed(room, readers: 100)
    feed.add(entry(1))
    #expect(room.told.count == 32)
    feed.add(entry(2))
    #expect(room.told.count == 32)
    for count in [64, 96, 100] {
      wait(milliseconds: 1)
      #expect(room.told.count == count)
    }
    #expect(Set(room.told).count == 100)
    wait(milliseconds: 50)
    #expect(room.told.count == 100)
    for _ in 0..<60 { wait(milliseconds: 1) }
    #expect(room.readers.values.allSatisfy { $0.pieces == [[1], [2]] })
  }

  @Test("a line that comes of sending waits for its turn, however long it is")
  func nested() {
    var sent: [Int] = []
    var feed: LogFeed?
    feed = LogFeed(
      loop: loop, readers: { (0..<3).map { _ in ObjectIdentifier(Self.self) } },
      send: { bytes, _ in
        sent.append(bytes.count)
        // Whoever is sent the first line leaves, with much to say.
        if sent.count <= 3 { feed?.add(entry(2, String(repeating: "m", count: 20_000))) }
      })
    feed?.add(entry(1))
    #expect(sent.count == 3 && sent.allSatisfy { $0 < 1000 })
    wait(milliseconds: 101)
    #expect(sent.count == 6 && sent.suffix(3).allSatisfy { $0 > 60_000 })
    feed = nil
  }

  @Test("what is on its way reaches all before the end, and nobody who has left")
  func end() {
    let room = Room()
    let feed = feed(room, readers: 100)
    for number in 1...2 { feed.add(entry(number)) }
    feed.flush()
    #expect(room.readers.values.allSatisfy { $0.pieces == [[1], [2]] })
    wait(milliseconds: 1000)
    feed.add(entry(3))
    room.leave()
    for _ in 0..<10 { wait(milliseconds: 1) }
    #expect(room.told.count == 300 && room.readers.isEmpty)
  }
}
