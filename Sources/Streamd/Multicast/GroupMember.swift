internal import Reactor
internal import Wire

/// An RTSP session whose packets come from a multicast group: it sends nothing itself, and what it
/// asks for decides only whether somebody is to send. Where playing stands is the group's business:
/// a place that one of them asks for would move all.
final class GroupMember: Subscriber {
  private let stream: GroupStream
  /// The RTSP client.
  let peer: SocketAddress
  /// Told when it has shown that it is there.
  private let heard: () -> Void
  /// What had been sent before it came.
  private let before: Counters

  /// Goes nowhere: the packets are on their way already.
  private final class SilentWay: Way {
    override var transport: Transport { .multicast }
    override func sendControl(_ bytes: [UInt8]) {}
  }

  init(
    _ stream: GroupStream, peer: SocketAddress, limits: Limits, loop: EventLoop,
    heard: @escaping () -> Void, ended: @escaping (End) -> Void
  ) {
    self.stream = stream
    self.peer = peer
    self.heard = heard
    before = stream.sender.total
    super.init(
      media: stream.sender.media, way: SilentWay(stream.sender.way.layout), limits: limits,
      loop: loop, ended: ended)
    stream.add(self)
  }

  /// The address that packets come from.
  var source: String? { stream.source }

  override var ssrc: UInt32 { stream.sender.ssrc }
  override var sequence: UInt16 { stream.sender.sequence }
  override var place: Place { stream.sender.place }

  override func play(_ order: PlayOrder, phase: (_ period: Instant) -> Instant) {
    (isPlaying, hasPlayed) = (true, true)
    stream.settle()
  }

  override func pause() {
    super.pause()
    stream.settle()
  }

  override func release() {
    super.release()
    stream.remove(self)
  }

  /// A receiver report, or the like, came from where it is.
  func hear(_ bytes: Span<UInt8>) {
    stamp.ssrc = stream.sender.ssrc
    if receiveControl(bytes) { heard() }
  }

  override var report: ClientReport {
    var report = super.report
    let sender = stream.sender
    report.frames = sender.counters.frames - before.frames
    report.packets = sender.counters.packets - before.packets
    report.skipped = sender.total.skipped - before.skipped
    return report
  }
}
