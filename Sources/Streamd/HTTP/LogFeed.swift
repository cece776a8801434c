internal import Reactor
internal import Wire

/// Lines of the activity log on their way to browsers. The first one goes at once; those that
/// follow within a tenth of a second go together: where clients come and go by hundreds, each line
/// by itself would be one system call for every browser. A crowd of browsers gets them in turn, so
/// that no frame waits for all of them.
final class LogFeed: Wakeable {
  private let loop: EventLoop
  private let readers: () -> [ObjectIdentifier]
  private let send: ([UInt8], ObjectIdentifier) -> Void
  /// Whole WebSocket messages.
  private var gathered: [UInt8] = []
  /// When they may go.
  private var next: Instant = 0
  /// What is on its way, and to whom yet.
  private var leaving: [UInt8] = []
  private var waiting: [ObjectIdentifier] = []
  /// What is sent may end a connection, and that is a line of its own: it waits for its turn.
  private var isServing = false

  private static let intervalNanoseconds: Instant = 100_000_000
  /// More is not kept back: a browser has no endless room for it.
  private static let bytesMax = 16 * 1024
  /// So many are served in a turn, half a millisecond's work.
  private static let readersPerTurn = 32

  /// - Parameters:
  ///   - readers: who is to hear what leaves now.
  ///   - send: given messages that may go out in one piece, and one of those, who may have left.
  init(
    loop: EventLoop, readers: @escaping () -> [ObjectIdentifier],
    send: @escaping ([UInt8], ObjectIdentifier) -> Void
  ) {
    self.loop = loop
    self.readers = readers
    self.send = send
  }

  deinit { loop.deadlines.clear(self) }

  func add(_ entry: LogEntry) {
    gathered += WebSocketFrame.frame(.text, JSON.encode(LogEvent(entry)))
    if isServing { return }
    if gathered.count >= Self.bytesMax {
      flush()
    } else if waiting.isEmpty {
      proceed()
    }
  }

  /// Sends what there is to everybody.
  func flush() {
    serve(waiting.count)
    leave()
    serve(waiting.count)
    setDeadline()
  }

  override func wake(at now: Instant) { proceed() }

  private func proceed() {
    if waiting.isEmpty, loop.now >= next { leave() }
    serve(min(Self.readersPerTurn, waiting.count))
    setDeadline()
  }

  private func setDeadline() {
    if !waiting.isEmpty {
      loop.deadlines.set(self, at: loop.now + Deadlines.slotNanoseconds)
    } else if !gathered.isEmpty {
      loop.deadlines.set(self, at: next)
    } else {
      loop.deadlines.clear(self)
    }
  }

  private func leave() {
    guard !gathered.isEmpty else { return }
    next = loop.now + Self.intervalNanoseconds
    (leaving, gathered) = (gathered, [])
    waiting = readers()
  }

  private func serve(_ count: Int) {
    isServing = true
    for reader in waiting.suffix(count) { send(leaving, reader) }
    waiting.removeLast(count)
    isServing = false
  }
}
