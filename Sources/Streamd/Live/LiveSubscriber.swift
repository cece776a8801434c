internal import Reactor
internal import Wire

/// A viewer of a live source over RTSP. It gets each frame when the source has it, beginning with
/// the newest one at once.
final class LiveSubscriber: Subscriber, LiveViewer {
  private let stream: LiveStream
  private let layout: MediaFile.Layout
  /// Between the source's timeline and this viewer's, which begins anywhere (RFC 3550 §5.1).
  private let offset: UInt32
  /// Waits for its first frame, which comes behind the reply to PLAY.
  private var isFresh = false
  /// Whoever has left is not told that the source has ended.
  private var hasLeft = false

  init(
    _ stream: LiveStream, way: Way, limits: Limits, loop: EventLoop,
    ended: @escaping (End) -> Void
  ) {
    self.stream = stream
    layout = way.layout
    offset = layout == .classroom ? 0 : UInt32.random(in: .min ... .max)
    super.init(media: stream.description, way: way, limits: limits, loop: loop, ended: ended)
    stream.add(self)
  }

  override func play(_ order: PlayOrder, phase: (_ period: Instant) -> Instant) {
    beginSending()
    isFresh = true
    loop.deadlines.set(self, at: loop.now)
  }

  override var place: Place {
    Place(frame: 0, timestamp: (stream.current?.timestamp ?? 0) &+ offset)
  }

  override func clock(at now: Instant) -> (realtime: Int64, timestamp: UInt32) {
    guard let current = stream.current else { return (loop.realtime(at: now), offset) }
    let passed = now - current.arrival
    let ticks = UInt32(truncatingIfNeeded: passed * 9 / 100_000)
    return (current.realtime + passed, current.timestamp &+ offset &+ ticks)
  }

  override func release() {
    super.release()
    hasLeft = true
    stream.remove(self)
  }

  override func wake(at now: Instant) {
    isFresh = false
    if let current = stream.current { show(current, at: now) }
  }

  func show(_ frame: LiveFrame, at now: Instant) {
    guard isPlaying, !isFresh else { return }
    reportIfDue(now)
    let isThere = deliver(
      frame.packets(layout), 0, timestamp: frame.timestamp &+ offset, now)
    if !isThere { ended(.unreachable) }
  }

  func sourceEnded() { if !hasLeft { end(.broken) } }
}
