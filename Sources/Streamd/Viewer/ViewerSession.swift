internal import Reactor
internal import Wire

/// The dashboard's way of watching: an RTSP client of the configured server, whose RTP comes in on
/// UDP ports of ours (or inside the connection), is put together to pictures and shown to whoever
/// watches. Nothing is taken from the file behind the protocol's back.
///
///     init ──setup──▶ ready ──play──▶ playing ⇄ paused ──teardown──▶ init
final class ViewerSession: Wakeable, EventHandler {
  enum State: String {
    case initial = "init"
    case ready, playing, paused
  }

  typealias Completion = (Problem?) -> Void

  let id: String
  let target: ViewerTarget
  private(set) var state = State.initial
  private(set) var watchers: [ObjectIdentifier: any PictureWatcher] = [:]
  /// The newest picture.
  private(set) var latest: Picture?
  /// When somebody last watched or asked something of it.
  private(set) var lastUse: Instant

  private unowned let home: ViewerSessions
  private let loop: EventLoop
  private let address: SocketAddress
  private var usesTCP: Bool
  private var connection: RTSPClientConnection?
  private var ports: ReceivePorts?
  private var receiver: RTPReceiver
  private var channels = TransportHeader.Channels(rtp: 0, rtcp: 1)
  private var pending: Completion?
  private var meter = RateMeter()
  private var latency: Double = -1
  private var playingSince: Instant = 0
  private var packetsAtPlay = 0
  private var nextSample: Instant = 0
  private var nextReport: Instant = 0
  private var retries = 0
  private var retryAt: Instant?
  private var wantsToPlay = false
  /// Where playing began, to begin there again on another connection.
  private var playedFrom: Int64?
  /// While it is set up anew, the session is still said to be playing.
  private var isReconnecting = false

  /// UDP that stays silent for so long after PLAY is given up for TCP.
  private static let silenceNanoseconds: Instant = 2_000_000_000
  private static let retriesMax = 5
  private static let sampleNanoseconds: Instant = 250_000_000
  private static let reportNanoseconds: Instant = 5_000_000_000

  init(
    id: String, target: ViewerTarget, address: SocketAddress, usesTCP: Bool, home: ViewerSessions
  ) {
    self.id = id
    self.target = target
    self.address = address
    self.usesTCP = usesTCP
    self.home = home
    loop = home.loop
    lastUse = loop.now
    receiver = RTPReceiver(width: nil, height: nil)
    super.init()
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
    if let from { playedFrom = from }
    connection?.command { $0.play(from: from) }
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
    connection?.command { $0.pause() }
  }

  /// Ends the session; it cannot be used again.
  func teardown(_ message: String = "Torn down") {
    wantsToPlay = false
    answer(Self.wrongState("the session was torn down", "Setup again"))
    let connection = connection
    self.connection = nil
    connection?.detach()
    releasePorts()
    loop.deadlines.clear(self)
    change(.initial, message)
    watchers = [:]
    home.ended(self)
  }

  func add(_ watcher: any PictureWatcher) {
    watchers[ObjectIdentifier(watcher)] = watcher
    lastUse = loop.now
  }

  func remove(_ watcher: any PictureWatcher) {
    watchers[ObjectIdentifier(watcher)] = nil
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
    report.transport = usesTCP ? "tcp" : "udp"
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
    for watcher in Array(watchers.values) { watcher.stateChanged(report, message) }
  }

  private static func wrongState(_ detail: String, _ hint: String) -> Problem {
    Problem(.conflict, "wrong_state", detail, hint: hint)
  }

  private static let reconnecting = Problem(
    .conflict, "reconnecting", "the server is being connected to again",
    hint: "try again in a moment, or Teardown")

  // MARK: The RTSP side

  private func connect() {
    do throws(SystemError) {
      var offer = TransportHeader(usesTCP ? .tcp : .udp)
      if usesTCP {
        offer.channels = channels
      } else {
        let ports = try home.openPorts(near: address, for: self)
        self.ports = ports
        offer.clientPorts = ports.pair
      }
      let url = "rtsp://\(address)/\(PercentEncoding.encode(target.videoFile))"
      var conversation = RTSPClientConversation(
        url: url, offer: offer, userAgent: RTSPServer.name)
      conversation.setup()
      connection = try RTSPClientConnection(
        to: address, conversation, loop: loop, buffer: home.buffer,
        happened: { [unowned self] in happened($0) }, lost: { [weak self] in self?.lost($0) })
    } catch {
      fail(
        Problem(
          .badGateway, "unreachable", "cannot connect to \(address): \(error.reason)",
          hint: "check address and port, and that the server is started"))
    }
  }

  private func happened(_ step: RTSPClientConversation.Step) {
    switch step {
    case .send: break
    case .ready(let transport, let width, let height):
      receiver = RTPReceiver(width: width, height: height)
      guard agree(transport) else { return }
      retries = 0
      change(.ready, "Set up over \(usesTCP ? "TCP" : "UDP")")
      if wantsToPlay {
        connection?.command { [playedFrom] in $0.play(from: playedFrom) }
      } else {
        answer(nil)
      }
    case .playing: startedPlaying()
    case .paused:
      wantsToPlay = false
      loop.deadlines.clear(self)
      change(.paused, "Paused")
      answer(nil)
    case .tornDown: break
    case .packet(let channel, let packet):
      if channel == channels.rtp {
        show(receiver.receive(packet, at: loop.now))
      } else if channel == channels.rtcp {
        receiveControl(packet.span)
      }
    case .failed(let failure): fail(Self.problem(failure, address, target.videoFile))
    }
  }

  private func agree(_ transport: TransportHeader) -> Bool {
    if usesTCP {
      if let channels = transport.channels { self.channels = channels }
      return true
    }
    guard let server = transport.serverPorts, let ports else {
      // Without knowing where packets come from, anyone could send some.
      switchToTCP("the server names no ports")
      return false
    }
    ports.connect(to: address, server)
    return true
  }

  private func startedPlaying() {
    wantsToPlay = true
    isReconnecting = false
    meter.reset()
    playingSince = loop.now
    packetsAtPlay = receiver.packets
    nextSample = loop.now + Self.sampleNanoseconds
    nextReport = loop.now + Self.reportNanoseconds
    loop.deadlines.set(self, at: nextSample)
    change(.playing, "Playing")
    answer(nil)
  }

  private func switchToTCP(_ reason: String) {
    home.activity.note(.warning, "viewer falls back to TCP", ["session": id, "reason": reason])
    usesTCP = true
    reconnect()
  }

  private func reconnect() {
    let old = connection
    connection = nil
    old?.detach()
    releasePorts()
    isReconnecting = wantsToPlay
    connect()
  }

  private func releasePorts() {
    ports?.release()
    ports = nil
  }

  /// The connection is gone. While playing that is worth a few more tries.
  private func lost(_ error: SystemError?) {
    guard connection != nil else { return }
    connection = nil
    releasePorts()
    let detail = error.map { "no connection to \(address): \($0.reason)" }
    let problem = Problem(
      .badGateway, "unreachable", detail ?? "\(address) has closed the connection",
      hint: "check address and port, and that the server is started")
    guard wantsToPlay, retries < Self.retriesMax else { return fail(problem) }
    answer(problem)
    isReconnecting = true
    retries += 1
    let delay = Instant(250_000_000) << Instant(retries)
    retryAt = loop.now + delay
    loop.deadlines.set(self, at: loop.now + delay)
    home.activity.note(
      .warning, "viewer lost its server, tries again",
      ["session": id, "in_ms": String(delay / 1_000_000), "attempt": String(retries)])
  }

  private func fail(_ problem: Problem) {
    home.activity.note(.error, "viewer failed", ["session": id, "reason": problem.detail])
    answer(problem)
    teardown(problem.detail)
  }

  private static func problem(
    _ failure: RTSPClientConversation.Failure, _ address: SocketAddress, _ file: String
  ) -> Problem {
    switch failure {
    case .refused(404, _):
      Problem(
        .notFound, "no_such_video", "\(address) has no \(file)", hint: "choose another video")
    case .refused(415, _):
      Problem(
        .unsupportedMediaType, "unplayable", "\(file) cannot be played",
        hint: "the video list says why")
    case .refused(let code, let phrase):
      Problem(.badGateway, "refused", "\(address) answers \(code) \(phrase)")
    case .protocolError(let reason):
      Problem(.badGateway, "protocol_error", "\(address): \(reason)")
    case .timeout:
      Problem(
        .badGateway, "timeout", "\(address) does not answer",
        hint: "check address and port, and that the server is started")
    }
  }

  // MARK: The RTP side

  func ready(_ registration: Registration, _ readiness: Readiness) {
    guard let ports else { return }
    // Several packets a turn, but not for ever: others have their turn, too.
    if registration == ports.rtpRegistration {
      for _ in 0..<64 {
        guard ports.rtp.receive(into: home.buffer) != nil else { break }
        let packet = home.buffer.copy()
        show(receiver.receive(packet, at: loop.now))
      }
      if let deadline = receiver.deadline, deadline < due {
        loop.deadlines.set(self, at: deadline)
      }
    } else if ports.rtcp.receive(into: home.buffer) != nil {
      home.buffer.withBytes { receiveControl($0) }
    }
  }

  private func receiveControl(_ bytes: Span<UInt8>) {
    guard receiver.receiveControl(bytes, at: loop.now), state == .playing else { return }
    home.activity.note(.info, "the server has ended the stream", ["session": id])
  }

  private func show(_ pictures: [Picture]) {
    for picture in pictures {
      latest = picture
      if let due = picture.due {
        latency = Double(loop.realtime / 1000 - due) / 1000
      }
      for watcher in watchers.values { watcher.show(picture) }
    }
  }

  override func wake(at now: Instant) {
    if let retryAt {
      guard now >= retryAt else { return loop.deadlines.set(self, at: retryAt) }
      self.retryAt = nil
      return connect()
    }
    guard state == .playing else { return }
    show(receiver.expire(at: now))
    if now >= nextSample {
      nextSample += Self.sampleNanoseconds
      if nextSample < now { nextSample = now + Self.sampleNanoseconds }
      meter.sample(frames: receiver.pictures, bytes: receiver.payloadBytes, at: now)
      let report = report
      for watcher in watchers.values { watcher.show(report) }
    }
    if now >= nextReport { sendReport(now) }
    if !usesTCP, receiver.packets == packetsAtPlay, now - playingSince > Self.silenceNanoseconds {
      return switchToTCP("no packet has come over UDP")
    }
    loop.deadlines.set(self, at: min(nextSample, receiver.deadline ?? .max))
  }

  private func sendReport(_ now: Instant) {
    nextReport = now + Self.reportNanoseconds
    let bytes = receiver.report(at: now)
    if let ports {
      _ = ports.rtcp.send(bytes)
    } else {
      connection?.sendControl(bytes, channel: channels.rtcp)
    }
  }
}
