internal import Wire

/// A session's numbers at one moment, on their way to browsers. The message is made once, however
/// many watch.
final class Statistics {
  private let report: SessionReport

  init(_ report: SessionReport) { self.report = report }

  /// A WebSocket message.
  private(set) lazy var message = WebSocketFrame.frame(.text, JSON.encode(StatsEvent(report)))
}
