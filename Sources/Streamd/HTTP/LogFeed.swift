internal import Reactor
internal import Wire

/// Lines of the activity log on their way to browsers. The first one goes at once; those that
/// follow within a tenth of a second go together: where clients come and go by hundreds, each line
/// by itself would be one system call for every browser.
final class LogFeed: Wakeable {
  private let loop: EventLoop
  private let send: ([UInt8]) -> Void
  /// Whole WebSocket messages.
  private var gathered: [UInt8] = []
  private var next: Instant = 0

  private static let intervalNanoseconds: Instant = 100_000_000
  /// More is not kept back: a browser has no endless room for it.
  private static let bytesMax = 16 * 1024

  /// - Parameter send: given messages that may go out in one piece.
  init(loop: EventLoop, send: @escaping ([UInt8]) -> Void) {
    self.loop = loop
    self.send = send
  }

  deinit { loop.deadlines.clear(self) }

  func add(_ entry: LogEntry) {
    gathered += WebSocketFrame.frame(.text, JSON.encode(LogEvent(entry)))
    if loop.now >= next || gathered.count >= Self.bytesMax {
      flush()
    } else {
      loop.deadlines.set(self, at: next)
    }
  }

  /// Sends what there is.
  func flush() {
    guard !gathered.isEmpty else { return }
    loop.deadlines.clear(self)
    next = loop.now + Self.intervalNanoseconds
    let messages = gathered
    gathered = []
    send(messages)
  }

  override func wake(at now: Instant) { flush() }
}
