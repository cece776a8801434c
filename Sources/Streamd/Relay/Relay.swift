internal import Reactor
internal import Wire

/// One configured source: pulls its pictures when they are wanted, for ever, and hands them to its
/// ``LiveStream``. When that is, ``Wire/RelaySchedule`` says.
final class Relay: Wakeable, LiveDemand {
  let settings: SourceSettings
  private(set) var frames = 0
  /// Attempts after the first one.
  private(set) var reconnects = 0
  /// Why nothing comes; nil once pictures do.
  private(set) var lastError: String?

  private unowned let home: Relays
  private let loop: EventLoop
  private var stream: LiveStream?
  private var schedule: RelaySchedule
  private var pull: Pull?
  /// Counts attempts, so that a name that is found too late changes nothing.
  private var attempt = 0
  private var attemptEnds: Instant?
  /// What this attempt can still try.
  private var addresses: ArraySlice<SocketAddress> = []
  /// What the name stood for when it was looked up last: better than none.
  private var knownAddresses: [SocketAddress] = []
  /// TCP when UDP has been of no use since somebody has wanted the source.
  private var transport: ReceptionTransport
  private var before = Pull.Figures()
  private var lostMax = 0
  private var meter = RateMeter()
  private var pace: TokenBucket
  private var nextSample: Instant = .max
  private var random = SystemRandomNumberGenerator()

  /// For the connection, and then for each answer.
  private static let answerNanoseconds: Instant = 5_000_000_000
  /// From an address being tried to the first picture, UDP that stays silent included.
  private static let attemptNanoseconds: Instant = 20_000_000_000
  /// A source that plays and sends nothing for so long is asked anew.
  private static let silenceNanoseconds: Instant = 15_000_000_000
  private static let sampleNanoseconds: Instant = 500_000_000

  init(_ settings: SourceSettings, home: Relays) {
    self.settings = settings
    self.home = home
    loop = home.loop
    transport = settings.transport
    let rate = home.live.limits.liveFramesPerSecond
    pace = TokenBucket(rate: rate, burst: max(1, rate / 4))
    schedule = RelaySchedule(
      settings.mode, graceNanoseconds: Instant(settings.graceSeconds) * 1_000_000_000,
      patience: home.patience)
    super.init()
  }

  // MARK: Beginning and end

  func begin() {
    stream = home.live.register(settings.name, onDemand: self)
    perform(schedule.begin(at: loop.now))
  }

  /// The source is no longer relayed. Its viewers end.
  func end() {
    attempt += 1
    letGo()
    let old = stream
    stream = nil
    // Its viewers leave, of which we are told.
    if let old { home.live.unregister(old) }
    loop.deadlines.clear(self)
  }

  func wanted() { perform(schedule.wanted(at: loop.now)) }

  func unwanted() {
    schedule.unwanted(at: loop.now)
    setDeadline()
  }

  private func perform(_ action: RelaySchedule.Action?) {
    switch action {
    case .connect: connect()
    case .disconnect:
      attempt += 1
      let unwatched = "nobody has watched it"
      if pull != nil {
        lastError = nil
        home.activity.note(.info, "source is let go, nobody watches", ["source": settings.name])
      }
      letGo()
      transport = settings.transport
      // Why it could not be had stays known.
      stream?.rest(lastError ?? unwatched)
    case nil: break
    }
    setDeadline()
    home.changed()
  }

  // MARK: An attempt

  private func connect() {
    if attempt > 0 { reconnects += 1 }
    attempt += 1
    home.resolver.resolve(settings.url.host, port: settings.url.port) { [weak self, attempt] in
      self?.resolved($0, attempt)
    }
  }

  private func resolved(_ found: NameResolver.Found, _ number: Int) {
    guard number == attempt, stream != nil else { return }
    switch found {
    case .success(let addresses): knownAddresses = addresses
    case .failure(let failure) where knownAddresses.isEmpty:
      return failed(.init(reason: "cannot find \(settings.url.host): \(failure.reason)"))
    case .failure: break
    }
    addresses = knownAddresses[...]
    connectToNext()
  }

  private func connectToNext() {
    guard let address = addresses.popFirst() else { return }
    attemptEnds = loop.now + Self.attemptNanoseconds
    let pull = makePull(address)
    self.pull = pull
    setDeadline()
    pull.connect(to: address)
  }

  private func makePull(_ address: SocketAddress) -> Pull {
    let url = settings.url
    guard url.scheme == .rtsp else {
      var patience = HTTPPullConversation.Patience()
      patience.answerNanoseconds = Self.answerNanoseconds
      patience.pictureNanoseconds = Self.silenceNanoseconds
      return .http(
        HTTPReception(
          url, patience: patience, loop: loop, buffer: home.buffer,
          happened: { [unowned self] event in
            switch event {
            case .playing: happened(.playing, address)
            case .failed(let failure): happened(.failed(.init(failure, settings)), address)
            }
          }, show: { [unowned self] in show($0) }))
    }
    return .rtsp(
      RTSPReception(
        .init(
          url: url.requested, userInfo: url.userInfo, answerNanoseconds: Self.answerNanoseconds,
          silenceNanoseconds: Self.silenceNanoseconds, interface: home.interface),
        over: transport, loop: loop, buffer: home.buffer, ports: home.ports,
        happened: { [unowned self] event in
          switch event {
          // As players ask for it: live cameras do not mind, servers of files begin there.
          case .ready: if case .rtsp(let reception)? = pull { reception.play(from: 0) }
          case .playing: happened(.playing, address)
          case .paused: break
          case .fallsBack(let reason): happened(.fallsBack(reason), address)
          case .goodbye:
            happened(.failed(.init(reason: "\(url.authority) has ended the stream")), address)
          case .refused(let failure):
            happened(.failed(.init(.conversation(failure), settings)), address)
          case .failed(let failure): happened(.failed(.init(failure, settings)), address)
          }
        }, show: { [unowned self] in show($0) }))
  }

  private func happened(_ event: Pull.Event, _ address: SocketAddress) {
    switch event {
    case .playing: stream?.begin()
    case .fallsBack(let reason):
      transport = .tcp
      home.activity.note(
        .warning, "source falls back to TCP", ["source": settings.name, "reason": reason])
      pull?.connect(to: address)
    case .failed(let failure): failed(failure)
    }
  }

  private func failed(_ failure: Pull.Failure) {
    letGo()
    let isConnecting = schedule.state == .connecting
    if failure.isUnreachable, isConnecting, !addresses.isEmpty {
      lastError = failure.reason
      return connectToNext()
    }
    schedule.failed(
      failure.isUnauthorised ? .unauthorised : .lost, at: loop.now, using: &random)
    // A source that is away for a night is told of once.
    if failure.reason != lastError {
      home.activity.note(
        .warning,
        isConnecting ? "source cannot be reached, tries again" : "source lost, tries again",
        ["source": settings.name, "reason": failure.reason])
    }
    lastError = failure.reason
    stream?.stop(failure.reason)
    setDeadline()
    home.changed()
  }

  /// Lets go of whatever the attempt has.
  private func letGo() {
    attemptEnds = nil
    nextSample = .max
    meter.reset()
    guard let old = pull else { return }
    pull = nil
    before.add(old.figures)
    old.hangUp()
  }

  // MARK: What comes in

  private func show(_ picture: Picture) {
    frames += 1
    if schedule.state == .connecting { played() }
    // What is no camera but a file comes as fast as the network.
    guard pace.take(at: loop.now) else {
      stream?.noteBroken(Publication.Fault.excess.reason)
      return
    }
    stream?.take(picture)
  }

  private func played() {
    schedule.played(at: loop.now)
    (attemptEnds, lastError, addresses) = (nil, nil, [])
    nextSample = loop.now
    setDeadline()
    home.activity.note(
      .info, "source plays",
      ["source": settings.name, "transport": pull?.transport ?? "", "attempt": String(attempt)])
    home.changed()
  }

  // MARK: Time

  private func setDeadline() {
    let next = min(schedule.deadline ?? .max, attemptEnds ?? .max, nextSample)
    if next == .max { loop.deadlines.clear(self) } else { loop.deadlines.set(self, at: next) }
  }

  override func wake(at now: Instant) {
    if let attemptEnds, now >= attemptEnds {
      return failed(
        .init(reason: "\(settings.url.authority) sends no picture", isUnreachable: true))
    }
    if now >= nextSample {
      nextSample = now + Self.sampleNanoseconds
      meter.sample(frames: frames, bytes: figures.payloadBytes, at: now)
    }
    if let action = schedule.wake(at: now) { return perform(action) }
    setDeadline()
  }

  // MARK: Telling

  private var figures: Pull.Figures {
    var figures = pull?.figures ?? Pull.Figures()
    figures.add(before)
    // Duplicates and what comes late make it smaller, and a counter never is.
    lostMax = max(lostMax, figures.lost)
    figures.lost = lostMax
    return figures
  }

  /// `idle`, `connecting`, `playing`, `retrying` or `unauthorised`.
  var state: String {
    switch schedule.state {
    case .idle: "idle"
    case .connecting: schedule.trouble == .unauthorised ? "unauthorised" : "connecting"
    case .playing: "playing"
    case .waiting: schedule.trouble == .unauthorised ? "unauthorised" : "retrying"
    }
  }

  var report: SourceReport {
    var report = SourceReport(name: settings.name)
    report.url = settings.url.shown
    report.mode = settings.mode.rawValue
    report.state = state
    report.transport = pull?.transport ?? ""
    let figures = figures
    report.frames = frames
    report.framesSkipped = figures.skipped + (stream?.counters.broken ?? 0)
    (report.packets, report.lost) = (figures.packets, figures.lost)
    report.fps = Self.rounded(meter.framesPerSecond)
    report.dataRateKbps = Self.rounded(meter.kilobitsPerSecond)
    report.jitterMs = Self.rounded(Double(pull?.figures.jitter ?? 0) / 1e6)
    report.viewers = stream?.audience ?? 0
    report.reconnects = reconnects
    report.lastError = lastError ?? ""
    if case .waiting(let until) = schedule.state {
      report.retryInS = (Double(max(0, until - loop.now)) / 1e8).rounded() / 10
    }
    return report
  }

  static func rounded(_ value: Double) -> Double { (value * 100).rounded() / 100 }
}
