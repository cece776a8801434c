internal import Reactor
internal import Wire

/// All viewers of a bench, on one loop: it starts them, a few at a time, lets them settle, counts
/// for as long as was asked for, and sends them home.
final class Load: Wakeable {
  /// Why a viewer cannot play, or plays no more.
  enum Fault: Error, Equatable {
    /// There is no connection, or nothing comes over it.
    case unreachable(String)
    case unauthorised(String)
    case refused(String)
    /// It played, and the connection ended.
    case ended(String)
    /// This machine has not got what it takes.
    case local(String)

    init(_ failure: RTSPClientConversation.Failure) {
      switch failure {
      case .refused(let code, let phrase): self.init(status: code, phrase)
      case .protocolError(let reason): self = .refused(reason)
      case .timeout: self = .unreachable("no answer")
      }
    }

    init(status: Int, _ phrase: String) {
      let text = "\(status) \(phrase)"
      self = status == 401 ? .unauthorised(text) : .refused(text)
    }

    var reason: String {
      switch self {
      case .unreachable(let text), .unauthorised(let text), .refused(let text), .ended(let text),
        .local(let text):
        text
      }
    }
  }

  private enum Phase {
    case settingUp
    /// The last viewer may have disturbed the others.
    case warmingUp(until: Instant)
    case measuring(until: Instant)
    case leaving(until: Instant)
  }

  let options: BenchOptions
  let address: SocketAddress
  let loop: EventLoop
  /// For one read of any connection.
  let buffer = ReceiveBuffer(capacity: 256 * 1024)
  /// For one read of any UDP socket.
  let batch = DatagramBatch()
  /// The viewer session that WebSockets join, once there is one.
  var session: String?

  private(set) var viewers: [Viewer] = []
  private(set) var tally = Tally()
  private(set) var jitter = JitterHistogram()
  private var phase = Phase.settingUp
  private let progress = Progress()
  private var port: Int
  private var began: Instant = 0
  private var started = 0
  /// What lies between two pictures without timestamps: seen while warming up, then taken as given.
  private var intervals: [Int64] = []
  private var intervalCount = 0
  private var usualInterval: Int64?
  private var window = Window()

  /// What became of the viewers.
  struct Tally {
    /// Viewers that have played or failed, each once.
    var settled = 0
    var playing = 0
    /// Viewers whose first try was in vain.
    var failed = 0
    /// Connections that ended while they played.
    var ended = 0
    /// Connections of those who came back and play again.
    var reconnected = 0
    var faults: [String: Int] = [:]
    var firstFault: Fault?
    /// Until the last viewer played.
    var setupNanoseconds: Int64 = 0
  }

  /// Where the counting began and ended.
  struct Window {
    var start: (monotonic: Int64, realtime: Int64) = (0, 0)
    var end: (monotonic: Int64, realtime: Int64) = (0, 0)
    var server: (start: Process.Resources?, end: Process.Resources?)
    var ownMicroseconds = (start: 0, end: 0)
    /// Of those who have played, as they were at the end: what comes while they leave is not
    /// counted.
    var receptions: [Reception] = []
  }

  /// So many viewers are being set up at a time.
  private static let startsMax = 64
  private static let warmUpNanoseconds: Instant = 2_000_000_000
  private static let leaveNanoseconds: Instant = 3_000_000_000
  private static let tickNanoseconds: Instant = 250_000_000
  /// Those seen last; no more, so that beginning to measure is no pause that is measured.
  private static let intervalsMax = 2048

  init(_ options: BenchOptions, to address: SocketAddress) throws(SystemError) {
    self.options = options
    self.address = address
    port = options.ports.lowerBound
    session = options.session
    loop = try EventLoop()
    super.init()
    viewers = (0..<options.clients).map { _ in
      switch options.transport {
      case .udp, .tcp: RTSPViewer(self)
      case .http: MultipartViewer(self)
      case .ws: WebSocketViewer(self)
      }
    }
  }

  /// Runs to its end, or until Ctrl-C, which ends the measuring early.
  func run() throws(SystemError) -> Window {
    let signals = try Signals(on: loop) { [unowned self] _ in interrupt() }
    began = loop.now
    progress.begin()
    loop.deadlines.set(self, at: loop.now)
    try loop.run()
    progress.end()
    withExtendedLifetime(signals) {}
    return window
  }

  /// The viewers are still wanted.
  var isOpen: Bool {
    if case .leaving = phase { return false }
    return true
  }

  /// Now, by the clock that frames come with: RTP over UDP has the kernel's times of arrival, which
  /// are the calendar's.
  var frameTime: Int64 { options.transport == .udp ? loop.realtime : loop.readClock() }

  /// The next port to try for RTP; RTCP's is the one behind it.
  func nextPort() -> UInt16 {
    defer {
      port += 2
      if port + 1 > options.ports.upperBound { port = options.ports.lowerBound }
    }
    return UInt16(clamping: port)
  }

  // MARK: What viewers tell

  /// A viewer plays, or cannot; for the first time or after it has come back.
  func settled(_ viewer: Viewer, _ fault: Fault?, isFirst: Bool) {
    if isFirst { tally.settled += 1 }
    if let fault {
      note(fault)
      if isFirst { tally.failed += 1 }
    } else {
      tally.playing += 1
      if !isFirst { tally.reconnected += 1 }
      if case .settingUp = phase { tally.setupNanoseconds = loop.readClock() - began }
    }
    if case .settingUp = phase { loop.deadlines.set(self, at: loop.now) }
  }

  /// A viewer that played has lost its connection.
  func lost(_ fault: Fault) {
    guard isOpen else { return }
    note(fault)
    tally.ended += 1
    tally.playing -= 1
  }

  private func note(_ fault: Fault) {
    tally.faults[fault.reason, default: 0] += 1
    tally.firstFault = tally.firstFault ?? fault
  }

  /// A frame is complete.
  func count(_ interval: Reception.Interval) {
    switch (interval, phase) {
    case (.error(let error), .measuring): jitter.add(nanoseconds: error)
    case (.length(let length), .measuring):
      if let usualInterval { jitter.add(nanoseconds: length - usualInterval) }
    case (.length(let length), .warmingUp):
      noteUsual(length)
    default: break
    }
  }

  private func noteUsual(_ length: Int64) {
    if intervals.count < Self.intervalsMax {
      intervals.append(length)
    } else {
      intervals[intervalCount % Self.intervalsMax] = length
    }
    intervalCount += 1
  }

  // MARK: Phases

  override func wake(at now: Instant) {
    if options.reconnects { endSilentViewers() }
    switch phase {
    case .settingUp:
      startMore()
      if tally.settled >= viewers.count {
        if tally.playing == 0 && !options.reconnects { return leave(at: now) }
        phase = .warmingUp(until: now + Self.warmUpNanoseconds)
      }
    case .warmingUp(let end): if now >= end { beginWindow(at: now) }
    case .measuring(let end): if now >= end { endWindow(at: now) }
    case .leaving(let end):
      if now >= end || viewers.allSatisfy({ $0.state == .over }) { return stop() }
    }
    showProgress()
    loop.deadlines.set(self, at: min(now + Self.tickNanoseconds, phaseEnd ?? .max))
  }

  private var phaseEnd: Instant? {
    switch phase {
    case .settingUp: nil
    case .warmingUp(let end), .measuring(let end), .leaving(let end): end
    }
  }

  private func endSilentViewers() {
    guard isOpen else { return }
    let (limit, now) = (Int64(options.silenceSeconds) * 1_000_000_000, frameTime)
    for viewer in viewers { viewer.judge(silence: limit, at: now) }
  }

  private func startMore() {
    // The first WebSocket sets up the session that all others join.
    let isAlone = options.transport == .ws && !options.ownsSessions && session == nil
    let limit = isAlone ? 1 : Self.startsMax
    while started < viewers.count, started - tally.settled < limit {
      started += 1
      viewers[started - 1].start()
    }
  }

  private func beginWindow(at now: Instant) {
    intervals.sort()
    usualInterval = intervals.isEmpty ? nil : intervals[intervals.count / 2]
    intervals = []
    for viewer in viewers { viewer.reception.begin() }
    window.start = (loop.readClock(), loop.realtime)
    window.server.start = options.resources
    window.ownMicroseconds.start = Process.resources.cpuMicroseconds
    phase = .measuring(until: now + Instant(options.seconds) * 1_000_000_000)
  }

  private func endWindow(at now: Instant) {
    window.end = (loop.readClock(), loop.realtime)
    window.receptions = viewers.filter { $0.setupNanoseconds > 0 }.map(\.reception)
    window.server.end = options.resources
    window.ownMicroseconds.end = Process.resources.cpuMicroseconds
    leave(at: now)
  }

  private func interrupt() {
    switch phase {
    case .measuring: endWindow(at: loop.now)
    case .settingUp, .warmingUp: leave(at: loop.now)
    // The second time it is meant at once.
    case .leaving: return stop()
    }
    loop.deadlines.set(self, at: loop.now)
  }

  private func leave(at now: Instant) {
    phase = .leaving(until: now + Self.leaveNanoseconds)
    for viewer in viewers { viewer.finish() }
    loop.deadlines.set(self, at: now)
  }

  private func stop() {
    loop.deadlines.clear(self)
    for viewer in viewers { viewer.left() }
    loop.stop()
  }

  private func showProgress() {
    switch phase {
    case .settingUp: progress.show("\(tally.playing) of \(viewers.count) viewers play")
    case .warmingUp: progress.show("all viewers play, and settle")
    case .measuring(let end):
      let seconds = (max(0, end - loop.now) + 999_999_999) / 1_000_000_000
      let (frames, lost) = viewers.reduce((0, 0)) {
        ($0.0 + $1.reception.frames, $0.1 + $1.reception.lost)
      }
      let text = "\(tally.playing) viewers, \(frames) frames, \(lost) packets lost"
      progress.show("\(text), \(seconds) s to go")
    case .leaving: progress.show("the viewers leave")
    }
  }
}
