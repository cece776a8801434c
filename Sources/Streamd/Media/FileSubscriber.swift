internal import Reactor
internal import Wire

/// A viewer of a file.
///
/// A frame's way has four rooms, and no copy per viewer:
///
///     file ──pictures──▶ PacketSlices ──packets──▶ FileSubscriber ──one system call──▶ kernel
///
/// - The worker reads the file and makes packets of it, a slice at a time, before they are due.
/// - ``PacketSlices`` holds them, one copy for each way of sending, shared. Bound:
///   `Limits.mediaMemoryBytes`, and two slices a viewer.
/// - The subscriber holds a place (``Wire/Playhead``). When its deadline comes it has the frame
///   stamped and sent.
/// - The kernel holds what the socket's send buffer allows.
final class FileSubscriber: Subscriber {
  private var packets: PacketReader
  /// The frame that is due is being made; it is sent as soon as it is there.
  private var isWaiting = false
  /// Nothing has been sent since the last command said where to play.
  private var isFresh = false
  private(set) var playhead: Playhead
  /// Frames that were left out while they were sent in another way.
  private var skippedBefore = 0

  init(
    packets: PacketSlices, media: MediaDescription, way: Way, limits: Limits, loop: EventLoop,
    ended: @escaping (End) -> Void
  ) {
    self.packets = PacketReader(packets)
    playhead = Playhead(
      frameCount: media.frameCount, rate: media.rate,
      firstTimestamp: way.layout == .classroom ? 0 : UInt32.random(in: .min ... .max))
    super.init(media: media, way: way, limits: limits, loop: loop, ended: ended)
  }

  override func play(_ order: PlayOrder, phase: (_ period: Instant) -> Instant) {
    beginSending()
    let start = loop.now + phase(playhead.rate.period)
    var playhead = playhead
    playhead.play(from: order.frame, until: end(order), at: start)
    self.playhead = playhead
    isFresh = true
    loop.deadlines.set(self, at: start)
  }

  override func move(_ order: PlayOrder) {
    var playhead = playhead
    playhead.seek(to: order.frame, until: end(order))
    self.playhead = playhead
    isFresh = true
  }

  override var place: Place {
    Place(frame: playhead.frame, end: playhead.end, timestamp: playhead.timestamp)
  }

  override func clock(at now: Instant) -> (realtime: Int64, timestamp: UInt32) {
    (loop.realtime(at: now), playhead.timestamp(at: now))
  }

  override var total: Counters {
    var total = counters
    total.late += playhead.skipped - skippedBefore
    return total
  }

  override func takeOver(_ other: Subscriber) {
    super.takeOver(other)
    guard let other = other as? FileSubscriber else { return }
    playhead = other.playhead
    let isCountedOn = other.way.transport == way.transport
    skippedBefore = isCountedOn ? other.skippedBefore : playhead.skipped
  }

  private func end(_ order: PlayOrder) -> Int? {
    switch order.end {
    case .unchanged: playhead.end
    case .open: nil
    case .before(let frame): frame
    }
  }

  // MARK: The frame path

  override func wake(at now: Instant) {
    guard isPlaying else { return }
    reportIfDue(now)
    // Worked on as a value of our own, which needs no check for exclusive access.
    var playhead = playhead
    guard now >= playhead.due else { return loop.deadlines.set(self, at: playhead.due) }
    if slice(of: playhead.frame) == nil, !playhead.isAtEnd { return waitForSlice() }
    let step = playhead.next(at: now)
    self.playhead = playhead
    switch step {
    case .frame(let frame, let timestamp):
      isFresh = false
      guard deliver(frame, timestamp, now) else { return ended(.unreachable) }
      loop.deadlines.set(self, at: playhead.due)
    case .ended: end(.range)
    }
  }

  @inline(__always)
  private func slice(of frame: Int) -> PacketSlice? {
    if let slice = packets.slice, slice.frames.contains(frame) { return slice }
    let slice = packets.enter(frame)
    packets.slice = slice
    return slice
  }

  /// False when nobody has been there for too long.
  @inline(__always)
  private func deliver(_ frame: Int, _ timestamp: UInt32, _ now: Instant) -> Bool {
    // Frames that are late may have been left out, and with them the slice.
    guard let slice = slice(of: frame) else {
      missed()
      return true
    }
    return deliver(
      slice.packets, frame - slice.frames.lowerBound, timestamp: timestamp, now)
  }

  private func waitForSlice() {
    guard !isWaiting else { return }
    isWaiting = true
    packets.load(playhead.frame) { [weak self] loaded in
      guard let self else { return }
      isWaiting = false
      guard isPlaying else { return }
      switch loaded {
      case .failure(let fault): return breakOff(fault)
      // It is ours from now on, however much others want of the memory.
      case .success(let slice): packets.take(slice)
      }
      // Whoever has asked for this place is to see it, however long it took to get there.
      if isFresh {
        var playhead = playhead
        playhead.play(from: nil, until: playhead.end, at: loop.now)
        self.playhead = playhead
      }
      loop.deadlines.set(self, at: loop.now)
    }
  }

  private func breakOff(_ fault: PicturePacker.Fault) {
    Log.warning("the file has changed under a viewer", ["file": media.name, "error": fault.reason])
    end(.broken)
  }
}
