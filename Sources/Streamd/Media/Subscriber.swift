internal import Reactor
internal import Wire

/// One viewer of one medium: the end of a frame's way.
///
/// The way has four rooms, and no copy per viewer:
///
///     file ──pictures──▶ PacketSlices ──packets──▶ Subscriber ──one system call──▶ kernel
///
/// - The worker reads the file and makes packets of it, a slice at a time, before they are due.
/// - ``PacketSlices`` holds them, one copy for each way of sending, shared. Bound:
///   `Limits.mediaMemoryBytes`, and two slices a viewer.
/// - The subscriber holds a place (``Wire/Playhead``) and a stamp. When its deadline comes it
///   writes the stamp over the frame's headers and sends. Allocations: none. Bound: nothing is
///   queued here.
/// - The kernel holds what the socket's send buffer allows; a frame for which there is no room
///   is left out whole and counted. Over TCP the rest of one frame may wait in the connection's
///   queue.
///
/// Subclasses know how packets leave; everything else is here.
class Subscriber: Wakeable {
  /// What became of a frame.
  enum Delivery {
    /// The kernel has it.
    case sent
    /// There was no room: the viewer is slow.
    case full
    /// Nobody listens at the moment.
    case refused
    /// It does not get there: no route, or too large for one.
    case undeliverable
  }

  /// Counted since the session was set up.
  struct Counters {
    var frames = 0
    var packets = 0
    var octets = 0
    /// Frames left out because the viewer was slow.
    var slow = 0
    /// Frames left out because the viewer's port was closed, or there was no way to it.
    var refused = 0
    /// Frames left out because their picture is damaged.
    var damaged = 0
    /// Frames left out because their packets were not made in time.
    var late = 0

    /// Frames left out for whatever reason.
    var skipped: Int { slow + refused + damaged + late }
  }

  /// Sums over many sessions, which outlive them.
  struct Totals {
    var frames = 0
    var packets = 0
    var octets = 0
    var slow = 0
    var refused = 0
    /// Frames left out because the daemon itself was late.
    var late = 0
    /// Frames left out because their picture is damaged.
    var damaged = 0

    mutating func add(_ subscriber: Subscriber) {
      frames += subscriber.counters.frames
      packets += subscriber.counters.packets
      octets += subscriber.counters.octets
      slow += subscriber.counters.slow
      refused += subscriber.counters.refused
      late += subscriber.counters.late + subscriber.playhead.skipped
      damaged += subscriber.counters.damaged
    }
  }

  /// How playing has ended.
  enum End {
    /// The end of the requested range has been reached.
    case range
    /// What follows cannot be had any more: the file has changed.
    case broken
    /// The viewer's port has been closed for too long.
    case unreachable
  }

  private var packets: PacketReader
  /// The frame that is due is being made; it is sent as soon as it is there.
  private var isWaiting = false
  /// Nothing has been sent since the last command said where to play.
  private var isFresh = false
  private(set) var playhead: Playhead
  private(set) var counters = Counters()
  private(set) var isPlaying = false
  /// What the receiver last said of us.
  private(set) var lastReport: ReportBlock?
  /// Told of each report.
  var reported: (ReportBlock) -> Void = { _ in }
  /// When a frame last left completely; for TCP that means that the peer reads.
  private(set) var lastDelivery: Instant = 0

  private let media: MediaDescription
  private let since: String
  private var stamp: PacketBuffer.Stamp
  private let loop: EventLoop
  private let reportInterval: Instant
  private var nextReport: Instant = 0
  private var saidGoodbye = false
  private var closedPort: ClosedPort
  /// Told when playing has ended by itself.
  private let ended: (End) -> Void

  /// The first values are random, as RFC 3550 §5.1 asks, but for the classroom dialect: that client
  /// shows a frame only when its sequence number is higher than the last one's, beginning with 1.
  init(
    packets: PacketSlices, media: MediaDescription, channel: UInt8, isClassroom: Bool,
    limits: Limits, loop: EventLoop, ended: @escaping (End) -> Void
  ) {
    self.packets = PacketReader(packets)
    self.media = media
    since = CalendarTime(realtime: loop.realtime).timestamp
    playhead = Playhead(
      frameCount: media.frameCount, rate: media.rate,
      firstTimestamp: isClassroom ? 0 : UInt32.random(in: .min ... .max))
    stamp = PacketBuffer.Stamp(
      sequence: isClassroom ? 1 : UInt16.random(in: .min ... .max), timestamp: 0,
      ssrc: UInt32.random(in: 1 ... .max), channel: channel)
    self.loop = loop
    reportInterval = Instant(limits.reportSeconds) * 1_000_000_000
    closedPort = ClosedPort(graceSeconds: limits.unreachableSeconds)
    self.ended = ended
  }

  // MARK: What subclasses know

  /// Sends a frame whose headers have been stamped.
  func send(_ packets: PacketBuffer, frame: Int) -> Delivery {
    preconditionFailure("a subscriber without a way out")
  }

  /// Sends an RTCP compound.
  func sendControl(_ bytes: [UInt8]) { preconditionFailure("a subscriber without a way out") }

  /// Gives up sockets and registrations.
  func releaseWay() {}

  // MARK: Commands

  var ssrc: UInt32 { stamp.ssrc }
  var sequence: UInt16 { stamp.sequence }

  /// Starts or continues; the first frame is due at `start`.
  func play(_ order: PlayOrder, at start: Instant) {
    if saidGoodbye {
      // Whoever has left comes back as someone else (RFC 3550 §6.6).
      stamp.ssrc = UInt32.random(in: 1 ... .max)
      saidGoodbye = false
    }
    playhead.play(from: order.frame, until: end(order), at: start)
    (isPlaying, isFresh) = (true, true)
    // With the first frame: over TCP the reply to PLAY goes first.
    nextReport = start
    loop.deadlines.set(self, at: start)
  }

  /// Moves on in another place while playing.
  func move(_ order: PlayOrder) {
    playhead.seek(to: order.frame, until: end(order))
    isFresh = true
  }

  /// Stops where it is.
  func pause() {
    isPlaying = false
    loop.deadlines.clear(self)
  }

  /// Says goodbye to the receiver (RFC 3550 §6.6) and lets go of everything.
  func finish() {
    pause()
    sayGoodbye()
    releaseWay()
  }

  /// Takes over the place of another subscriber whose transport is being replaced.
  func takeOver(_ other: Subscriber) {
    playhead = other.playhead
    counters = other.counters
  }

  private func end(_ order: PlayOrder) -> Int? {
    switch order.end {
    case .unchanged: playhead.end
    case .open: nil
    case .before(let frame): frame
    }
  }

  /// How packets leave, for people.
  var transportName: String { "" }

  /// What is to be told of it.
  var report: ClientReport {
    var report = ClientReport()
    report.transport = transportName
    report.state = isPlaying ? "playing" : counters.frames > 0 ? "paused" : "ready"
    report.videoFile = media.name
    report.frames = counters.frames
    report.packets = counters.packets
    report.lost = Int(max(0, lastReport?.cumulativeLost ?? 0))
    report.jitterMs = Double(lastReport?.jitter ?? 0) / 90
    report.skipped = counters.skipped + playhead.skipped
    report.since = since
    return report
  }

  // MARK: The frame path

  override final func wake(at now: Instant) {
    guard isPlaying else { return }
    if now >= nextReport { sendReport() }
    guard now >= playhead.due else { return loop.deadlines.set(self, at: playhead.due) }
    if packets.slice(of: playhead.frame) == nil, !playhead.isAtEnd { return waitForSlice() }
    switch playhead.next(at: now) {
    case .frame(let frame, let timestamp):
      isFresh = false
      stamp.timestamp = timestamp
      guard deliver(frame, now) else { return ended(.unreachable) }
      loop.deadlines.set(self, at: playhead.due)
    case .ended:
      isPlaying = false
      sayGoodbye()
      ended(.range)
    }
  }

  /// False when nobody has been there for too long.
  @inline(__always)
  private func deliver(_ frame: Int, _ now: Instant) -> Bool {
    // Frames that are late may have been left out, and with them the slice.
    guard let slice = packets.slice(of: frame) else {
      counters.late += 1
      return true
    }
    let (packets, number) = (slice.packets, frame - slice.frames.lowerBound)
    guard packets.byteCount(of: number) > 0 else {
      counters.damaged += 1
      return true
    }
    packets.patch(frame: number, with: stamp)
    switch send(packets, frame: number) {
    case .sent: account(packets, number, now)
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

  private func waitForSlice() {
    guard !isWaiting else { return }
    isWaiting = true
    packets.load(playhead.frame) { [weak self] loaded in
      guard let self else { return }
      isWaiting = false
      guard isPlaying else { return }
      if case .failure(let fault) = loaded { return breakOff(fault) }
      // Whoever has asked for this place is to see it, however long it took to get there.
      if isFresh { playhead.play(from: nil, until: playhead.end, at: loop.now) }
      loop.deadlines.set(self, at: loop.now)
    }
  }

  private func breakOff(_ fault: PicturePacker.Fault) {
    Log.warning("the file has changed under a viewer", ["file": media.name, "error": fault.reason])
    isPlaying = false
    sayGoodbye()
    ended(.broken)
  }

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

  private func sendReport() {
    nextReport = loop.now + reportInterval
    let report = SenderReport(
      ssrc: stamp.ssrc, time: NTPTimestamp(realtime: loop.realtime),
      timestamp: playhead.timestamp(at: loop.now),
      packets: UInt32(truncatingIfNeeded: counters.packets),
      octets: UInt32(truncatingIfNeeded: counters.octets))
    var bytes: [UInt8] = []
    RTCPPacket.senderReport(report, blocks: []).emit(into: &bytes)
    RTCPPacket.sourceDescription([stamp.ssrc: "streamd"]).emit(into: &bytes)
    sendControl(bytes)
  }

  private func sayGoodbye() {
    guard counters.frames > 0, !saidGoodbye else { return }
    saidGoodbye = true
    var bytes: [UInt8] = []
    // A compound begins with a report (RFC 3550 §6.1); one without blocks says least.
    RTCPPacket.receiverReport(ssrc: stamp.ssrc, blocks: []).emit(into: &bytes)
    RTCPPacket.sourceDescription([stamp.ssrc: "streamd"]).emit(into: &bytes)
    RTCPPacket.goodbye([stamp.ssrc], reason: "").emit(into: &bytes)
    sendControl(bytes)
  }
}
