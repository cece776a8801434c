internal import Reactor
internal import Wire

/// Somebody's hold on a live source, whatever way the pictures come in: what is counted of them,
/// and what is told of its beginning and its end.
final class Publication {
  /// Why a picture did not come to be one.
  enum Fault: String, CaseIterable {
    /// Packets of it are missing or contradict one another.
    case incomplete
    /// Something else stands where a picture has to be.
    case malformed
    /// So many a second are more than anybody is meant to see.
    case excess

    var reason: String {
      switch self {
      case .incomplete: "packets of it are missing or contradict one another"
      case .malformed: "it is no JPEG picture"
      case .excess: "too many pictures come in a second"
      }
    }
  }

  /// `live/door`
  let name: String
  /// `udp`, `tcp` or `http`.
  let transport: String
  private(set) var frames = 0
  private(set) var broken = 0
  /// When it began, or when the last whole picture came.
  private(set) var lastPicture: Instant

  private let peer: SocketAddress
  private let loop: EventLoop
  private let live: LiveStreams
  private let metrics: Metrics
  private let activity: ActivityLog
  private let since: String
  private var stream: LiveStream?
  private var pace: TokenBucket

  /// The names of all transports.
  static let transports = ["udp", "tcp", "http"]

  init(_ name: String, _ transport: String, from peer: SocketAddress, server: RTSPServer) {
    self.name = name
    self.transport = transport
    self.peer = peer
    loop = server.loop
    live = server.live
    metrics = server.metrics
    activity = server.activity
    since = CalendarTime(realtime: loop.realtime).timestamp
    lastPicture = loop.now
    let rate = server.limits.liveFramesPerSecond
    pace = TokenBucket(rate: rate, burst: max(1, rate / 4))
  }

  /// Whether pictures are taken.
  var isLive: Bool { stream != nil }

  /// Takes hold of the source, unless it has it already.
  func begin(by publisher: any LivePublisher) throws(PublishRefusal) {
    guard stream == nil else { return }
    stream = try live.publish(name, by: publisher)
    lastPicture = loop.now
    activity.note(
      .info, "\(name) is published", ["peer": "\(peer)", "transport": transport])
  }

  /// Lets go of it.
  func end(by publisher: any LivePublisher, _ reason: String) {
    guard let stream else { return }
    self.stream = nil
    activity.note(
      .info, "\(name) is not published any more",
      [
        "peer": "\(peer)", "reason": reason, "frames": String(frames), "broken": String(broken),
      ])
    live.unpublish(stream, by: publisher, reason: "its publisher has stopped (\(reason))")
  }

  /// When the next picture may come.
  var readyAt: Instant { pace.readyAt }

  /// Passes a picture on; one too many is left out.
  func show(_ picture: Picture) {
    guard let stream else { return }
    lastPicture = loop.now
    guard pace.take(at: loop.now) else { return note(.excess, 1) }
    frames += 1
    metrics.received(transport)
    stream.take(picture)
  }

  /// Pictures that did not come to be any.
  func note(_ fault: Fault, _ count: Int) {
    guard count > 0, let stream else { return }
    broken += count
    metrics.receivedBroken(fault, count)
    for _ in 0..<count { stream.noteBroken(fault.reason) }
  }

  /// As the list of clients has it.
  var report: ClientReport {
    var report = ClientReport()
    report.peer = "\(peer)"
    report.transport = transport
    report.state = isLive ? "recording" : "announced"
    report.videoFile = name
    report.frames = frames
    report.skipped = broken
    report.since = since
    return report
  }
}
