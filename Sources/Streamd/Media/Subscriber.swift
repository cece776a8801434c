internal import Reactor
internal import Wire

/// One viewer of one medium: the end of a frame's way.
///
/// It holds a stamp, and when a frame comes it writes the stamp over the frame's headers and has it
/// sent by its ``Way``. Allocations: none. Bound: nothing is queued here; the kernel holds what the
/// socket's send buffer allows, and a frame for which there is no room is left out whole and
/// counted. Over TCP the rest of one frame may wait in the connection's queue.
///
/// Subclasses know where frames come from and when: ``FileSubscriber`` and ``LiveSubscriber``.
class Subscriber: Wakeable {
  /// Counted since the session was set up.
  struct Counters {
    var frames = 0
    var packets = 0
    var octets = 0
    /// Frames left out because the viewer was slow.
    var slow = 0
    /// Frames left out because the viewer's port was closed, or there was no way to it.
    var refused = 0
    /// Frames left out because their picture is damaged, or cannot be carried this way.
    var damaged = 0
    /// Frames left out because their packets were not made in time, or the daemon was late.
    var late = 0

    /// Frames left out for whatever reason.
    var skipped: Int { slow + refused + damaged + late }

    /// Sums over many sessions, which outlive them.
    mutating func add(_ other: Counters) {
      frames += other.frames
      packets += other.packets
      octets += other.octets
      slow += other.slow
      refused += other.refused
      damaged += other.damaged
      late += other.late
    }
  }

  /// What it is doing, for people.
  enum State: String, CaseIterable {
    case ready
    case playing
    case paused
  }

  /// How playing has ended.
  enum End {
    /// The end of the requested range has been reached.
    case range
    /// What follows cannot be had any more: the file has changed, or the live source has ended.
    case broken
    /// The viewer's port has been closed for too long.
    case unreachable
  }

  /// Where playing stands: what the reply to PLAY tells.
  struct Place {
    /// The frame that is sent next.
    var frame: Int
    /// The one before which playing ends; nil where it goes on.
    var end: Int?
    /// The timestamp of ``frame``.
    var timestamp: UInt32
  }

  let media: MediaDescription
  let way: Way
  let loop: EventLoop
  /// Told when playing has ended by itself.
  let ended: (End) -> Void
  var stamp: PacketBuffer.Stamp
  /// Without what ``skipped`` knows besides.
  private(set) var counters = Counters()
  var isPlaying = false
  /// Whether it has been told to play.
  var hasPlayed = false
  /// What the receiver last said of us.
  private(set) var lastReport: ReportBlock?
  /// Told of each report.
  var reported: (ReportBlock) -> Void = { _ in }
  /// When a frame last left completely; for TCP that means that the peer reads.
  private(set) var lastDelivery: Instant = 0

  private let since: String
  private let reportInterval: Instant
  private var nextReport: Instant = 0
  private var saidGoodbye = false
  /// What had been counted when the present SSRC began.
  private var countedBefore = Counters()
  private var closedPort: ClosedPort

  /// The first values are random, as RFC 3550 §5.1 asks, but for the classroom dialect: that client
  /// shows a frame only when its sequence number is higher than the last one's, beginning with 1.
  init(
    media: MediaDescription, way: Way, limits: Limits, loop: EventLoop,
    ended: @escaping (End) -> Void
  ) {
    self.media = media
    self.way = way
    since = CalendarTime(realtime: loop.realtime).timestamp
    stamp = PacketBuffer.Stamp(
      sequence: way.layout == .classroom ? 1 : UInt16.random(in: .min ... .max), timestamp: 0,
      ssrc: UInt32.random(in: 1 ... .max), channel: way.channel)
    self.loop = loop
    reportInterval = Instant(limits.reportSeconds) * 1_000_000_000
    closedPort = ClosedPort(graceSeconds: limits.unreachableSeconds)
    self.ended = ended
    super.init()
    uses(way.objects.0, way.objects.1)
    way.received = { [unowned self] in receiveControl($0) }
  }

  // MARK: What subclasses know

  /// Starts or continues.
  ///
  /// - Parameter phase: how long the first frame waits where frames follow one another at a period.
  func play(_ order: PlayOrder, phase: (_ period: Instant) -> Instant) { beginSending() }

  /// Moves on in another place while playing.
  func move(_ order: PlayOrder) {}

  /// Where playing stands.
  var place: Place { Place(frame: 0, timestamp: stamp.timestamp) }

  /// The wall clock in nanoseconds since 1970 and the timestamp that belong to the moment `now`.
  func clock(at now: Instant) -> (realtime: Int64, timestamp: UInt32) {
    (loop.realtime(at: now), stamp.timestamp)
  }

  /// All that has been counted.
  var total: Counters { counters }

  /// Takes over the place of another subscriber whose transport is being replaced, and goes on to
  /// count where it is replaced by one of its kind.
  func takeOver(_ other: Subscriber) {
    hasPlayed = other.hasPlayed
    if other.way.transport == way.transport { counters = other.counters }
    countedBefore = counters
  }

  /// Lets go of everything.
  func release() { way.release() }

  // MARK: Commands

  var ssrc: UInt32 { stamp.ssrc }
  var sequence: UInt16 { stamp.sequence }

  /// Frames follow.
  func beginSending() {
    way.open()
    if saidGoodbye {
      // Whoever has left comes back as someone else (RFC 3550 §6.6).
      stamp.ssrc = UInt32.random(in: 1 ... .max)
      countedBefore = counters
      saidGoodbye = false
    }
    (isPlaying, hasPlayed) = (true, true)
    // With the first frame: over TCP the reply to PLAY goes first.
    nextReport = loop.now
  }

  /// Stops where it is.
  func pause() {
    isPlaying = false
    loop.deadlines.clear(self)
  }

  /// Says goodbye to the receiver (RFC 3550 §6.6) and lets go of everything.
  final func finish() {
    pause()
    sayGoodbye()
    release()
  }

  /// Playing has ended by itself.
  final func end(_ end: End) {
    isPlaying = false
    sayGoodbye()
    ended(end)
  }

  var state: State { isPlaying ? .playing : hasPlayed ? .paused : .ready }

  /// What is to be told of it.
  var report: ClientReport {
    var report = ClientReport()
    report.transport = way.transport.rawValue
    report.state = state.rawValue
    report.videoFile = media.name
    report.frames = counters.frames
    report.packets = counters.packets
    report.lost = Int(max(0, lastReport?.cumulativeLost ?? 0))
    report.jitterMs = Double(lastReport?.jitter ?? 0) / 90
    report.skipped = total.skipped
    report.since = since
    return report
  }

  // MARK: The frame path

  /// Sends a frame under a timestamp; false when nobody has been there for too long.
  @inline(__always)
  final func deliver(
    _ packets: PacketBuffer, _ frame: Int, timestamp: UInt32, _ now: Instant
  ) -> Bool {
    guard packets.byteCount(of: frame) > 0 else {
      counters.damaged += 1
      return true
    }
    stamp.timestamp = timestamp
    packets.patch(frame: frame, with: stamp)
    switch way.send(packets, frame: frame) {
    case .sent: account(packets, frame, now)
    case .full: counters.slow += 1
    case .refused:
      counters.refused += 1
      return !closedPort.refused(at: now)
    case .undeliverable: counters.refused += 1
    }
    return true
  }

  private func account(_ packets: PacketBuffer, _ frame: Int, _ now: Instant) {
    let count = packets.packets(of: frame)
    // A frame that was left out takes no sequence numbers, so that it does not look like a loss.
    stamp.sequence &+= UInt16(truncatingIfNeeded: count)
    counters.frames += 1
    counters.packets += count
    counters.octets += packets.payloadBytes(of: frame)
    lastDelivery = now
  }

  /// A frame could not be sent because its packets were not there.
  final func missed() { if isPlaying { counters.late += 1 } }

  /// A frame could not be sent because it cannot be carried this way.
  final func passedOver() { counters.damaged += 1 }

  // MARK: RTCP

  /// Takes an RTCP compound from the receiver; false when it is none.
  func receiveControl(_ bytes: Span<UInt8>) -> Bool {
    guard let compound = try? RTCPPacket.parse(bytes) else { return false }
    for packet in compound {
      switch packet {
      case .receiverReport(_, let blocks), .senderReport(_, let blocks):
        guard let block = blocks.first(where: { $0.ssrc == stamp.ssrc }) else { continue }
        lastReport = block
        reported(block)
      case .sourceDescription, .goodbye, .other:
        break
      }
    }
    return true
  }

  /// Sends a report when it is time for one.
  @inline(__always)
  final func reportIfDue(_ now: Instant) {
    if now >= nextReport { sendReport() }
  }

  private func sendReport() {
    nextReport = loop.now + reportInterval
    let (realtime, timestamp) = clock(at: loop.now)
    let report = SenderReport(
      ssrc: stamp.ssrc, time: NTPTimestamp(realtime: realtime), timestamp: timestamp,
      packets: UInt32(truncatingIfNeeded: counters.packets - countedBefore.packets),
      octets: UInt32(truncatingIfNeeded: counters.octets - countedBefore.octets))
    var bytes: [UInt8] = []
    RTCPPacket.senderReport(report, blocks: []).emit(into: &bytes)
    RTCPPacket.sourceDescription([stamp.ssrc: "streamd"]).emit(into: &bytes)
    way.sendControl(bytes)
  }

  private func sayGoodbye() {
    guard counters.frames > 0, !saidGoodbye else { return }
    saidGoodbye = true
    var bytes: [UInt8] = []
    // A compound begins with a report (RFC 3550 §6.1); one without blocks says least.
    RTCPPacket.receiverReport(ssrc: stamp.ssrc, blocks: []).emit(into: &bytes)
    RTCPPacket.sourceDescription([stamp.ssrc: "streamd"]).emit(into: &bytes)
    RTCPPacket.goodbye([stamp.ssrc], reason: "").emit(into: &bytes)
    way.sendControl(bytes)
  }
}
