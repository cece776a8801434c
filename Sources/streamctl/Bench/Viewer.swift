internal import Reactor
internal import Wire

/// One of a load's viewers: a connection, and what came over it or beside it. Subclasses speak a
/// protocol.
class Viewer: Wakeable, EventHandler {
  /// Where it is in its life. It moves down this list, and from `over` to `connecting` only when
  /// viewers come back.
  enum State: Equatable {
    case waiting
    case connecting
    case settingUp
    case playing
    case leaving
    case over
  }

  unowned let load: Load
  private(set) var state = State.waiting
  /// What it has got.
  var reception = Reception()
  /// How long it took from its connecting until it played.
  private(set) var setupNanoseconds: Int64 = 0
  private(set) var socket: StreamSocket?
  private var registration: Registration?
  private var output = OutputQueue(limit: 64 * 1024)
  private var awaitsWritable = true
  private var began: Instant = 0
  private var isFirstTry = true
  /// When it began to play, by the clock of frames.
  private var silentSince: Int64 = 0

  private static let setupNanosecondsMax: Instant = 10_000_000_000
  /// How long it waits before it comes back: twice as long after each try that was in vain.
  private var comebackNanoseconds = comebackNanosecondsMin
  private static let comebackNanosecondsMin: Instant = 50_000_000
  private static let comebackNanosecondsMax: Instant = 500_000_000

  init(_ load: Load) { self.load = load }

  // MARK: What subclasses know

  /// The connection stands.
  func connected() {}

  /// Takes bytes of the connection.
  func take(_ bytes: Span<UInt8>) {}

  /// Something came in on another socket that a subclass watches.
  func datagramsReady(_ registration: Registration) {}

  /// When ``deadlinePassed(at:)`` is to be called.
  var deadline: Instant? { nil }

  /// A deadline of the subclass has come.
  func deadlinePassed(at now: Instant) {}

  /// Says goodbye; ``left()`` is to follow, at once or later.
  func leave() { left() }

  /// Gives up what a subclass holds.
  func release() {}

  // MARK: Life

  /// Connects and sets up.
  func start() {
    (state, began, awaitsWritable) = (.connecting, load.loop.readClock(), true)
    output = OutputQueue(limit: 64 * 1024)
    reception.restart()
    do throws(SystemError) {
      let socket = try StreamSocket(connectingTo: load.address)
      registration = try load.loop.add(socket, [.readable, .writable], self)
      self.socket = socket
    } catch {
      return end(.unreachable("\(error)"))
    }
    setDeadline()
  }

  /// It plays: to be called with its first picture or the server's word.
  func played() {
    guard state == .settingUp else { return }
    state = .playing
    let now = load.loop.readClock()
    (setupNanoseconds, silentSince) = (now - began, load.frameTime)
    comebackNanoseconds = Self.comebackNanosecondsMin
    settle(nil)
    setDeadline()
  }

  /// Ends what plays in an orderly way.
  func finish() {
    switch state {
    case .playing, .settingUp:
      state = .leaving
      leave()
    case .connecting, .leaving: left()
    case .waiting: state = .over
    case .over:
      // It would have come back.
      load.loop.deadlines.clear(self)
    }
  }

  /// The goodbye has been said.
  func left() {
    close()
    state = .over
  }

  /// It cannot go on.
  func end(_ fault: Load.Fault) {
    let before = state
    close()
    state = .over
    if before == .connecting || before == .settingUp { settle(fault) }
    if before == .playing { load.lost(fault) }
    if load.options.reconnects, load.isOpen {
      load.loop.deadlines.set(self, at: load.loop.now + comebackNanoseconds)
      comebackNanoseconds = min(2 * comebackNanoseconds, Self.comebackNanosecondsMax)
    }
  }

  /// Ends what has been silent for too long.
  func judge(silence limit: Int64, at now: Int64) {
    guard state == .playing, now - max(silentSince, reception.newestFrame ?? 0) > limit
    else { return }
    end(.ended("no frame for \(limit / 1_000_000_000) s"))
  }

  private func settle(_ fault: Load.Fault?) {
    load.settled(self, fault, isFirst: isFirstTry)
    isFirstTry = false
  }

  private func close() {
    release()
    load.loop.deadlines.clear(self)
    if let registration { load.loop.remove(registration) }
    (registration, socket) = (nil, nil)
  }

  // MARK: For subclasses

  func send(_ bytes: [UInt8]) {
    output.append(bytes)
    flush()
  }

  func send(_ text: String) { send(Array(text.utf8)) }

  func setDeadline() {
    // What has ended has no other than to come back.
    guard state != .over else { return }
    var next = deadline
    if state == .connecting || state == .settingUp {
      let limit = began + Self.setupNanosecondsMax
      next = next.map { min($0, limit) } ?? limit
    }
    if let next { load.loop.deadlines.set(self, at: next) } else { load.loop.deadlines.clear(self) }
  }

  /// Counts a packet.
  final func count(_ mark: RTPMark, length: Int, at time: Int64) {
    if let interval = reception.packet(mark, length: length, at: time) { load.count(interval) }
  }

  /// Counts a picture.
  final func count(picture bytes: Int, at time: Int64) {
    load.count(reception.picture(bytes: bytes, at: time))
  }

  // MARK: Events

  final func ready(_ registration: Registration, _ readiness: Readiness) {
    guard registration == self.registration, let socket else { return datagramsReady(registration) }
    if state == .connecting {
      guard socket.isConnected else { return failConnecting(socket) }
      state = .settingUp
      connected()
      setDeadline()
    }
    if awaitsWritable { flush() }
    guard readiness.contains(.readable), state != .over else { return }
    switch socket.receive(into: load.buffer) {
    case .bytes: load.buffer.withBytes { take($0) }
    case .nothing: break
    case .closed:
      if state == .leaving { return left() }
      end(.ended(socket.failure.map { "\($0)" } ?? "the server has closed the connection"))
    }
  }

  private func failConnecting(_ socket: StreamSocket) {
    _ = socket.receive(into: load.buffer)
    end(.unreachable(socket.failure?.reason ?? "no connection"))
  }

  private func flush() {
    guard let socket, let registration else { return }
    // A broken connection shows when it is read from.
    _ = output.flush(to: socket)
    guard awaitsWritable == output.isEmpty else { return }
    awaitsWritable = !output.isEmpty
    load.loop.change(registration, awaitsWritable ? [.readable, .writable] : .readable)
  }

  override final func wake(at now: Instant) {
    switch state {
    case .connecting, .settingUp:
      guard now < began + Self.setupNanosecondsMax else {
        let what = state == .connecting ? "no connection" : "no answer"
        return end(.unreachable("\(what) within 10 s"))
      }
      deadlinePassed(at: now)
      setDeadline()
    case .playing, .leaving:
      deadlinePassed(at: now)
      setDeadline()
    case .over: if load.isOpen { start() }
    case .waiting: break
    }
  }
}
