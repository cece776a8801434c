internal import Reactor
internal import Wire

/// A live source: pictures come in, from a publisher or a camera that is relayed, and go out to
/// everybody who watches.
///
/// A frame's way: it is looked at (and normalised by the worker where RTP cannot carry it), made
/// into packets once for each way of sending, and given to the viewers in turn. Nothing is queued:
/// the newest whole frame wins. The source's own timing is kept; what comes unevenly goes out so.
final class LiveStream: Wakeable {
  enum State: String {
    /// No picture has come yet.
    case waiting
    /// Pictures come.
    case live
    /// The source is gone; its last picture is shown for a while.
    case held
    /// It is over for good.
    case ended
  }

  /// Counted since it began.
  struct Counters {
    /// Pictures that came in whole.
    var frames = 0
    /// Pictures that are damaged, or that cannot be carried.
    var broken = 0
    /// Pictures left out because those before them were still being normalised.
    var late = 0
  }

  /// As RTSP and HTTP have it: `live/door`, or a configured source's name.
  let name: String
  private(set) var state = State.waiting
  private(set) var counters = Counters()
  private var meter = ArrivalMeter()
  /// The newest frame, for whoever comes.
  private(set) var current: LiveFrame?
  /// The longest picture so far, in bytes.
  private(set) var longestPicture = 0
  /// Why no pictures come, in words for people; nil while they do.
  private(set) var problem: String?
  /// Told when somebody has come or gone.
  var audienceChanged: () -> Void = {}
  /// Told when it is over.
  var ended: () -> Void = {}

  private let loop: EventLoop
  private let normaliser: LiveNormaliser
  private let limits: Limits
  /// It waits for its source to come back when its viewers have gone: somebody looks for it.
  private let isLasting: Bool
  private var timeline = LiveTimeline()
  private let subscribers = Fanout<LiveSubscriber>()
  private let pictureStreams = Fanout<LivePictureStream>()
  /// Those for whom it is over, and who have not been told yet.
  private var leaving: [any LiveViewer] = []
  private var watchers: [ObjectIdentifier: any PictureWatcher] = [:]
  private var waiting: [(patience: Patience, done: (Found) -> Void)] = []
  /// Pictures that the worker has.
  private var normalising = 0
  /// Counts each beginning of the source, and each time that it was let go.
  private var generation = 0
  /// The source has gone and not begun anew; what the worker still has of it is its last.
  private var isStopped = false
  private var holdEnds: Instant = .max
  private var nextRepeat: Instant = .max

  typealias Found = Result<LiveStream, RTSPRefusal>

  /// So many viewers are served in one go: about a millisecond's work.
  private static let viewersPerTurn = 128
  private static let endingsPerTurn = 32
  /// More would only make those behind them late.
  private static let normalisingMax = 2
  /// The last picture is shown again this often while it is held: players that hear nothing for
  /// some seconds take the server for dead.
  private static let repeatNanoseconds: Instant = 1_000_000_000

  init(_ name: String, isLasting: Bool, loop: EventLoop, normaliser: LiveNormaliser, limits: Limits)
  {
    self.name = name
    self.isLasting = isLasting
    self.loop = loop
    self.normaliser = normaliser
    self.limits = limits
  }

  /// How fast pictures come in.
  var rates: (framesPerSecond: Double, kilobitsPerSecond: Double) { meter.rates(at: loop.now) }

  /// The newest picture as it came.
  var latest: Picture? { current?.picture }

  /// What RTSP says of it.
  var description: MediaDescription {
    MediaDescription(live: name, width: current?.width ?? 0, height: current?.height ?? 0)
  }

  /// How many watch or wait.
  var audience: Int {
    subscribers.count + pictureStreams.count + watchers.count + waiting.count
  }

  // MARK: The source

  /// The source begins, perhaps anew: what follows has a clock of its own.
  func begin() {
    guard state != .ended else { return }
    generation += 1
    isStopped = false
    timeline.begin()
    problem = nil
    // Whoever has come to send something has the time that it takes.
    holdEnds = .max
  }

  /// Takes the source's next picture.
  func take(_ picture: Picture) {
    guard state != .ended else { return }
    if normalising == 0, let carried = RTPJPEGPicture(asItIs: picture.jpeg) {
      return show(picture, carried, at: loop.now)
    }
    guard normalising < Self.normalisingMax else {
      counters.late += 1
      return
    }
    normalise(picture)
  }

  /// The source is gone. Whoever watches sees its last picture until it comes back or has been
  /// waited for long enough.
  func stop(_ reason: String) {
    guard state != .ended else { return }
    problem = reason
    isStopped = true
    switch state {
    case .waiting: giveUpIfEmpty()
    case .held where holdEnds < .max: break
    case .live, .held: hold()
    case .ended: break
    }
  }

  private func hold() {
    state = .held
    holdEnds = loop.now + Instant(limits.liveHoldSeconds) * 1_000_000_000
    nextRepeat = loop.now + Self.repeatNanoseconds
    wakeNext()
  }

  /// The source has gone without a picture, and the worker has none of it any more.
  private func giveUpIfEmpty() {
    guard isStopped, state == .waiting, normalising == 0 else { return }
    if isLasting { answer(.failure(refusal)) } else { end() }
  }

  /// The source was let go since nobody wants it. Whoever comes is not shown what was, and thrown
  /// out when that has been shown for long enough: they wait for what it shows when it is back.
  func rest(_ reason: String) {
    stop(reason)
    guard audience == 0, state != .ended else { return }
    // What the worker still has of it is of no interest any more either.
    generation += 1
    isStopped = false
    guard state == .held else { return }
    state = .waiting
    endViewers()
    wakeNext()
  }

  /// It is over for good, now: nobody waits for the source to come back.
  func end() {
    guard state != .ended else { return }
    state = .ended
    endViewers()
    ended()
  }

  private func endViewers() {
    (holdEnds, nextRepeat) = (.max, .max)
    current = nil
    answer(.failure(refusal))
    for watcher in watchers.values { watcher.sourceEnded(problem ?? "the source has ended") }
    leaving += subscribers.all
    leaving += pictureStreams.all
    endSome()
  }

  /// A goodbye, a report and a line in the log for each take longer than a frame.
  private func endSome() {
    let some = leaving.prefix(Self.endingsPerTurn)
    leaving.removeFirst(some.count)
    for viewer in some { viewer.sourceEnded() }
    wakeNext()
  }

  private var refusal: RTSPRefusal {
    RTSPRefusal(.serviceUnavailable, "no picture of \(name) comes: \(problem ?? "it is over")")
  }

  private func normalise(_ picture: Picture) {
    let (arrival, began) = (loop.now, generation)
    let isTaken = normaliser.normalise(picture.jpeg) { [weak self] result in
      guard let self else { return }
      normalising -= 1
      do throws(JPEGError) {
        let carried = try result.get()
        if began == generation { show(picture, carried, at: arrival) }
      } catch {
        noteBroken(error.description)
      }
      giveUpIfEmpty()
    }
    if isTaken { normalising += 1 } else { counters.late += 1 }
  }

  /// A picture did not come whole, or cannot be shown.
  func noteBroken(_ reason: String) {
    counters.broken += 1
    if counters.broken == 1 {
      Log.warning("a picture of a live source is left out", ["source": name, "reason": reason])
    }
  }

  // MARK: Fan-out

  private func show(_ picture: Picture, _ carried: RTPJPEGPicture, at arrival: Instant) {
    guard state != .ended else { return }
    enter(picture, carried, at: arrival)
    if !isStopped {
      (state, problem) = (.live, nil)
      (holdEnds, nextRepeat) = (.max, .max)
    } else if state == .waiting {
      // It is all that came.
      hold()
    }
    distribute()
    for watcher in watchers.values { watcher.show(picture) }
    answer(.success(self))
  }

  /// Makes it the newest one.
  private func enter(_ picture: Picture, _ carried: RTPJPEGPicture, at arrival: Instant) {
    counters.frames += 1
    meter.count(bytes: picture.jpeg.count, at: loop.now)
    longestPicture = max(longestPicture, picture.jpeg.count)
    current = LiveFrame(
      picture, carried, timestamp: timeline.timestamp(of: picture.timestamp, at: arrival),
      arrival: arrival,
      realtime: picture.due.map { $0 * 1000 } ?? loop.realtime(at: arrival))
  }

  private func distribute() {
    subscribers.begin()
    pictureStreams.begin()
    serve()
  }

  private func serve() {
    if let current {
      // A crowd over RTSP, for whom one turn is never enough, leaves those over HTTP their half.
      let most = Self.viewersPerTurn
      let served = pictureStreams.serve(current, atMost: most / 2, at: loop.now)
      _ = subscribers.serve(current, atMost: most - served, at: loop.now)
    }
    wakeNext()
  }

  private func wakeNext() {
    let isDone = subscribers.isDone && pictureStreams.isDone && leaving.isEmpty
    let next = isDone ? min(holdEnds, nextRepeat) : loop.now
    if next < .max { loop.deadlines.set(self, at: next) } else { loop.deadlines.clear(self) }
  }

  override func wake(at now: Instant) {
    if !leaving.isEmpty { endSome() }
    guard now < holdEnds else {
      guard isLasting else { return end() }
      state = .waiting
      return endViewers()
    }
    guard now >= nextRepeat else { return serve() }
    nextRepeat = now + Self.repeatNanoseconds
    current?.repeated(timestamp: timeline.timestamp(of: nil, at: now), at: now)
    distribute()
  }

  // MARK: Viewers

  func add(_ viewer: LiveSubscriber) {
    subscribers.add(viewer)
    audienceChanged()
  }

  func remove(_ viewer: LiveSubscriber) {
    subscribers.remove(viewer)
    audienceChanged()
  }

  func add(_ viewer: LivePictureStream) {
    pictureStreams.add(viewer)
    audienceChanged()
  }

  func remove(_ viewer: LivePictureStream) {
    pictureStreams.remove(viewer)
    audienceChanged()
  }

  /// For whoever wants the pictures as they come.
  func add(_ watcher: any PictureWatcher) {
    watchers[ObjectIdentifier(watcher)] = watcher
    audienceChanged()
  }

  func remove(_ watcher: any PictureWatcher) {
    watchers[ObjectIdentifier(watcher)] = nil
    audienceChanged()
  }

  /// Calls `done` when there is a picture; with 503 when none has come in time.
  func whenReady(_ done: @escaping (Found) -> Void) {
    switch state {
    case .live, .held: return done(.success(self))
    case .ended: return done(.failure(refusal))
    case .waiting: break
    }
    let patience = Patience { [unowned self] patience in
      guard let index = waiting.firstIndex(where: { $0.patience === patience }) else { return }
      let waiter = waiting.remove(at: index)
      audienceChanged()
      waiter.done(
        .failure(
          RTSPRefusal(
            .serviceUnavailable,
            "no picture of \(name) has come yet\(problem.map { ": \($0)" } ?? "")")))
    }
    waiting.append((patience, done))
    loop.deadlines.set(patience, at: loop.now + Instant(limits.liveWaitSeconds) * 1_000_000_000)
    audienceChanged()
  }

  private func answer(_ found: Found) {
    guard !waiting.isEmpty else { return }
    let answered = waiting
    waiting = []
    for waiter in answered {
      loop.deadlines.clear(waiter.patience)
      waiter.done(found)
    }
    audienceChanged()
  }
}
