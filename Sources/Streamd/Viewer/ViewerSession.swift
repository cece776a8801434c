internal import Reactor
internal import Wire

/// The dashboard's way of watching: an RTSP client of the configured server (``RTSPReception``),
/// whose pictures are shown to whoever watches. Nothing is taken from the file behind the
/// protocol's back.
///
///     init ──setup──▶ ready ──play──▶ playing ⇄ paused ──teardown──▶ init
///
/// A server that is silent at setup, or silent or gone while it plays, is tried again, more and
/// more seldom (``RetryPolicy``). Each retry is logged and shown to whoever watches.
final class ViewerSession: Wakeable {
  enum State: String {
    case initial = "init"
    case ready, playing, paused
  }

  enum Credentials {
    /// To another server, when it asks.
    case userInfo(UserInfo)
    /// To our own.
    case pass(String)
  }

  typealias Completion = (Problem?) -> Void

  let id: String
  let target: ViewerTarget
  /// What is shown to the server.
  let credentials: Credentials?
  private(set) var state = State.initial
  let audience: Audience
  /// The newest picture.
  private(set) var latest: Picture?
  /// When somebody last watched or asked something of it.
  private(set) var lastUse: Instant

  private unowned let home: ViewerSessions
  private let loop: EventLoop
  let address: SocketAddress
  private let policy: RetryPolicy
  private let transport: ReceptionTransport
  private lazy var reception = makeReception()
  private var pending: Completion?
  private var meter = RateMeter()
  private var pace = TokenBucket(
    rate: ViewerSession.picturesPerSecondMax, burst: ViewerSession.picturesPerSecondMax / 4)
  private var latency: Double = -1
  private var nextSample: Instant = 0
  /// Attempts after the first one since the server was reached last.
  private var retries = 0
  /// When the next attempt begins, while one is waited for.
  private var retryAt: Instant?
  /// When the attempt that is being made has failed.
  private var attemptEnds: Instant?
  private var wantsToPlay = false
  /// Where playing began, to begin there again on another connection.
  private var playedFrom: Int64?
  /// Where it is to begin, when the server agrees.
  private var askedFrom: Int64?
  /// While it is set up anew, the session is still said to be playing.
  private var isReconnecting = false { didSet { if isReconnecting { meter.reset() } } }

  /// More than a browser shows. A server that sends more would have each sent to each who watches.
  private static let picturesPerSecondMax = 240
  private static let sampleNanoseconds: Instant = 250_000_000

  init(
    id: String, target: ViewerTarget, address: SocketAddress, transport: ReceptionTransport,
    credentials: Credentials?, home: ViewerSessions
  ) {
    self.credentials = credentials
    self.id = id
    self.target = target
    self.address = address
    self.transport = transport
    self.home = home
    loop = home.loop
    audience = Audience(loop: home.loop)
    policy = home.retryPolicy
    lastUse = loop.now
    super.init()
  }

  /// Our end of its connection, while there is one.
  var local: SocketAddress? { reception.local }

  private func makeReception() -> RTSPReception {
    let url = "rtsp://\(address)/\(home.path(of: target, on: address))"
    return RTSPReception(
      .init(
        url: url, userInfo: credentials?.userInfo, token: credentials?.token,
        answerNanoseconds: policy.answerNanoseconds, interface: home.interface),
      over: transport, loop: loop, buffer: home.buffer, ports: home.ports,
      happened: { [unowned self] in happened($0) }, show: { [unowned self] in show($0) })
  }

  // MARK: Commands

  func setup(_ done: @escaping Completion) {
    guard begin(done) else { return }
    connect()
  }

  /// Plays from a place in seconds, or goes on.
  func play(from start: Double?, _ done: @escaping Completion) {
    switch state {
    case .initial: return done(Self.wrongState("there is no session", "Setup first"))
    case .playing where start == nil: return done(nil)
    case .ready, .playing, .paused: break
    }
    guard !isReconnecting else { return done(Self.reconnecting) }
    guard begin(done) else { return }
    let microseconds = start.map { Int64(min(max($0, 0), 1e8) * 1_000_000) }
    // The first time from the beginning, as players ask for it.
    let from = microseconds ?? (state == .ready ? 0 : nil)
    askedFrom = from
    reception.play(from: from)
  }

  func pause(_ done: @escaping Completion) {
    switch state {
    case .initial: return done(Self.wrongState("there is no session", "Setup first"))
    case .ready: return done(Self.wrongState("the session is not playing", "Play first"))
    case .paused: return done(nil)
    case .playing: break
    }
    guard !isReconnecting else { return done(Self.reconnecting) }
    guard begin(done) else { return }
    reception.pause()
  }

  /// Ends the session; it cannot be used again.
  func teardown(_ message: String = "Torn down") {
    end(message, Self.wrongState("the session was torn down", "Setup again"))
  }

  /// Whoever waits for an answer gets it when all is done: it may be followed by a command.
  private func end(_ message: String, _ problem: Problem) {
    wantsToPlay = false
    reception.hangUp()
    (retryAt, attemptEnds) = (nil, nil)
    loop.deadlines.clear(self)
    if state == .initial {
      // Its state does not change, and yet it is over.
      for watcher in audience.all { watcher.sourceEnded(message) }
    }
    change(.initial, message)
    audience.removeAll()
    home.ended(self)
    answer(problem)
  }

  func add(_ watcher: any PictureWatcher) {
    audience.add(watcher)
    lastUse = loop.now
  }

  func remove(_ watcher: any PictureWatcher) {
    audience.remove(watcher)
    lastUse = loop.now
  }

  func touch() { lastUse = loop.now }

  var report: SessionReport {
    var report = SessionReport()
    report.sessionId = id
    report.state = state.rawValue
    report.serverAddr = target.serverAddr
    report.serverPort = target.serverPort
    report.videoFile = target.videoFile
    report.transport = reception.transport.rawValue
    if retryAt != nil || attemptEnds != nil {
      report.attempt = isReconnecting ? retries : retries + 1
      report.attemptsMax = isReconnecting ? policy.retriesMax : policy.attemptsMax
    }
    let receiver = reception.receiver
    report.frame = receiver.pictures
    report.packets = receiver.packets
    report.lost = receiver.lost
    report.framesSkipped = receiver.skipped
    report.dataRateKbps = rounded(meter.kilobitsPerSecond)
    report.fps = rounded(meter.framesPerSecond)
    report.latencyMs = rounded(latency)
    report.jitterMs = rounded(Double(receiver.jitter) / 1e6)
    return report
  }

  private func rounded(_ value: Double) -> Double { (value * 100).rounded() / 100 }

  private func begin(_ done: @escaping Completion) -> Bool {
    guard pending == nil else {
      done(Self.wrongState("another command is under way", "try again in a moment"))
      return false
    }
    pending = done
    lastUse = loop.now
    return true
  }

  private func answer(_ problem: Problem?) {
    let done = pending
    pending = nil
    done?(problem)
  }

  private func change(_ state: State, _ message: String) {
    guard state != self.state else { return }
    self.state = state
    // What has been paused has no rate.
    if state != .playing { meter.reset() }
    tell(message)
  }

  private func tell(_ message: String) {
    let report = report
    for watcher in audience.all { watcher.stateChanged(report, message) }
  }

  // MARK: The RTSP side

  private func connect() {
    // A change to TCP on the way does not lengthen the attempt.
    let ends = attemptEnds ?? loop.now + policy.attemptNanoseconds
    attemptEnds = ends
    loop.deadlines.set(self, at: ends)
    reception.connect(to: address)
  }

  private func happened(_ event: RTSPReception.Event) {
    switch event {
    case .ready:
      guard !wantsToPlay else { return reception.play(from: playedFrom) }
      reached()
      change(.ready, "Set up over \(reception.transport.shown)")
      answer(nil)
    case .playing: startedPlaying()
    case .paused:
      wantsToPlay = false
      loop.deadlines.clear(self)
      change(.paused, "Paused")
      answer(nil)
    case .refused(let failure):
      let problem = Self.problem(failure, address, target.videoFile)
      askedFrom = nil
      if isReconnecting { fail(problem) } else { answer(problem) }
    case .fallsBack(let reason):
      home.activity.note(.warning, "viewer falls back to TCP", ["session": id, "reason": reason])
      isReconnecting = wantsToPlay
      askedFrom = nil
      connect()
      if isReconnecting { answer(Self.reconnecting) }
    case .goodbye: unreachable(Self.noConnection("\(address) has ended the stream"))
    case .failed(.noPorts): unreachable(Self.noPorts)
    case .failed(.noConnection(let detail)): unreachable(Self.noConnection(detail))
    case .failed(.silent), .failed(.conversation(.timeout)): unreachable(silence)
    case .failed(.conversation(let failure)):
      fail(Self.problem(failure, address, target.videoFile))
    }
  }

  /// What was asked for has been answered; the next trouble is counted from the beginning.
  private func reached() {
    if retries > 0 {
      home.activity.note(
        .info, "viewer has reached its server", ["session": id, "attempt": String(report.attempt)])
    }
    (retries, attemptEnds) = (0, nil)
    loop.deadlines.clear(self)
  }

  private func startedPlaying() {
    let wasLost = isReconnecting
    reached()
    wantsToPlay = true
    isReconnecting = false
    playedFrom = askedFrom ?? playedFrom
    askedFrom = nil
    meter.reset()
    nextSample = loop.now + Self.sampleNanoseconds
    loop.deadlines.set(self, at: nextSample)
    change(.playing, "Playing")
    // It was said to be playing all the time; that it does so again is news.
    if wasLost { tell("Playing again") }
    answer(nil)
  }

  /// The server is gone or silent. While playing both are worth a few more tries; while setting up
  /// only silence is, because a refusal is an answer.
  private func unreachable(_ problem: Problem) {
    reception.hangUp()
    (attemptEnds, askedFrom) = (nil, nil)
    loop.deadlines.clear(self)
    let isSettingUp = state == .initial && problem.code == silence.code
    let retriesMax = wantsToPlay ? policy.retriesMax : isSettingUp ? policy.attemptsMax - 1 : 0
    guard retries < retriesMax else { return giveUp(problem) }
    isReconnecting = wantsToPlay
    retries += 1
    let delay = policy.delay(before: retries)
    let next = loop.now + delay
    retryAt = next
    loop.deadlines.set(self, at: next)
    let report = report
    home.activity.note(
      .warning,
      isReconnecting ? "viewer lost its server, tries again" : "viewer has no answer, tries again",
      [
        "session": id, "in_ms": String(delay / 1_000_000), "attempt": String(report.attempt),
        "of": String(report.attemptsMax), "reason": problem.detail,
      ])
    let message =
      "\(problem.detail), attempt \(report.attempt) of \(report.attemptsMax) follows in "
      + "\(Double(delay / 1_000_000) / 1000) s"
    for watcher in audience.all { watcher.triesAgain(report, message) }
    // Whoever has asked for something is not kept waiting.
    if wantsToPlay { answer(problem) }
  }

  private func giveUp(_ problem: Problem) {
    var problem = problem
    if wantsToPlay, retries > 0 {
      problem.detail += ", given up after \(retries) retries"
    } else if retries > 0 {
      problem.detail += " (\(retries + 1) attempts)"
    }
    fail(problem)
  }

  private func fail(_ problem: Problem) {
    home.activity.note(.error, "viewer failed", ["session": id, "reason": problem.detail])
    end(problem.detail, problem)
  }

  // MARK: What comes in

  private func show(_ picture: Picture) {
    guard pace.take(at: loop.now) else { return }
    latest = picture
    if let due = picture.due {
      latency = Double(loop.realtime / 1000 - due) / 1000
    }
    audience.show(picture)
  }

  override func wake(at now: Instant) {
    if let retryAt {
      guard now >= retryAt else { return loop.deadlines.set(self, at: retryAt) }
      self.retryAt = nil
      return connect()
    }
    if let attemptEnds {
      guard now >= attemptEnds else { return loop.deadlines.set(self, at: attemptEnds) }
      return unreachable(silence)
    }
    guard state == .playing else { return }
    nextSample += Self.sampleNanoseconds
    if nextSample < now { nextSample = now + Self.sampleNanoseconds }
    let receiver = reception.receiver
    meter.sample(frames: receiver.pictures, bytes: receiver.payloadBytes, at: now)
    let statistics = Statistics(report)
    audience.show(statistics)
    loop.deadlines.set(self, at: nextSample)
  }
}
