@testable import Reactor
@testable import Streamd
@testable import Wire

/// A viewer without a socket: the real client's conversation, receiver and patience, and a script
/// of commands that its choices write.
final class StageViewer {
  private let stage: Stage
  private let policy = RetryPolicy()
  private var retries = 0
  private var attempt: Attempt?
  private let usesTCP: Bool
  /// When it has had enough.
  private let ends: Instant
  private var isLeaving = false
  private(set) var isDone = false

  init(_ stage: Stage) {
    self.stage = stage
    usesTCP = stage.network.choose(2) == 0
    ends = stage.loop.now + Instant(1 + stage.network.choose(20)) * 1_000_000_000
    connect()
    stage.network.at(ends) { [unowned self] in leave() }
  }

  private func connect() {
    guard !isLeaving else { return }
    do throws(SystemError) {
      try stage.network.exhaust("socket")
    } catch {
      return tryAgain()
    }
    attempt = Attempt(stage, usesTCP: usesTCP) { [unowned self] in tryAgain() }
  }

  /// The server is silent, gone or unwilling.
  private func tryAgain() {
    attempt = nil
    guard retries < policy.retriesMax, !isLeaving else { return finish() }
    retries += 1
    stage.network.at(stage.loop.now + policy.delay(before: retries)) { [unowned self] in connect() }
  }

  private func leave() {
    isLeaving = true
    guard let attempt else { return finish() }
    attempt.leave()
    stage.network.at(stage.loop.now + 1_000_000_000) { [unowned self] in
      attempt.close()
      finish()
    }
  }

  private func finish() {
    isDone = true
    attempt = nil
  }

  /// One connection to the server and what comes over it.
  final class Attempt {
    private let stage: Stage
    private var conversation: RTSPClientConversation
    private var receiver = RTPReceiver(width: nil, height: nil)
    private var channels: TransportHeader.Channels?
    private let failed: () -> Void
    private var alarm: Occasion?
    private var toServer: Pipe?
    private var fromServer: Pipe?
    private var connection: StageConnection?
    private var isOpen = true
    /// The server's way of hearing RTCP over UDP.
    var heard: ([UInt8]) -> Void = { _ in }
    /// The frames that the server has sent, in order, and when.
    private var sent: [(frame: Int, at: Instant)] = []
    /// How far the pictures shown have come among them.
    private(set) var shown = 0
    private var next = 0
    private var closedAt: Instant?
    private var nextReport: Instant
    private var vanishedAt: Instant?

    init(_ stage: Stage, usesTCP: Bool, failed: @escaping () -> Void) {
      self.stage = stage
      self.failed = failed
      var offer = TransportHeader(usesTCP ? .tcp : .udp)
      if usesTCP {
        channels = .init(rtp: 0, rtcp: 1)
        offer.channels = channels
      } else {
        offer.clientPorts = .init(rtp: 40_000, rtcp: 40_001)
      }
      conversation = RTSPClientConversation(url: "rtsp://h/m", offer: offer, userAgent: "stage")
      nextReport = stage.loop.now + 5_000_000_000
      alarm = Occasion { [unowned self] in wake() }
      stage.attempts.append(self)
      let fromServer = Pipe(stage.network) { [unowned self] in receiveStream($0) }
      let connection = StageConnection(
        stage, self, pipe: fromServer, hangUp: { [weak self] in self?.lost() })
      self.fromServer = fromServer
      self.connection = connection
      toServer = Pipe(stage.network) { [unowned connection] in connection.receive($0) }
      stage.connections.append(connection)
      conversation.setup()
      proceed()
    }

    func leave() {
      conversation.teardown()
      proceed()
    }

    /// Resets the connection: both ends learn of it.
    func reset() {
      guard isOpen, vanishedAt == nil else { return }
      connection?.close()
    }

    /// From now on nothing gets through, and nobody is told.
    func vanish() {
      guard isOpen else { return }
      vanishedAt = stage.loop.now
      for pipe in [toServer, fromServer] { pipe?.isDead = true }
      heard = { _ in }
    }

    /// A command in the middle of things.
    func command() {
      guard isOpen else { return }
      switch stage.network.choose(4) {
      case 0: conversation.pause()
      case 1: conversation.play(from: nil)
      case 2: conversation.play(from: Int64(stage.network.choose(256)) * 20_000)
      default: break
      }
      proceed()
    }

    func close() {
      guard isOpen else { return }
      isOpen = false
      closedAt = stage.loop.now
      if let alarm { stage.loop.deadlines.clear(alarm) }
      toServer?.isClosed = true
      // Who has vanished cannot even say that.
      if vanishedAt == nil { connection?.close() }
    }

    private func lost() {
      guard isOpen else { return }
      if vanishedAt != nil { return }
      close()
      failed()
    }

    // MARK: What comes in

    private func receiveStream(_ bytes: [UInt8]) {
      guard isOpen else { return }
      conversation.receive(bytes.span)
      proceed()
    }

    func receive(_ packet: [UInt8]) {
      guard isOpen, vanishedAt == nil else { return }
      show(receiver.receive(packet.span, at: stage.loop.now))
      setAlarm()
    }

    func receiveControl(_ bytes: [UInt8]) {
      guard isOpen, vanishedAt == nil else { return }
      _ = receiver.receiveControl(bytes.span, at: stage.loop.now)
    }

    /// Each picture is one that was sent, behind the one before it.
    private func show(_ pictures: [Picture]) {
      for picture in pictures {
        guard let frame = stage.frames[picture.jpeg] else {
          return stage.complain("a picture that was never sent")
        }
        guard let index = sent[next...].firstIndex(where: { $0.frame == frame }) else {
          return stage.complain("frame \(frame) out of order")
        }
        next = index + 1
        shown += 1
      }
    }

    func noteSent(_ frame: Int) { sent.append((frame, stage.loop.now)) }

    /// Where nothing is lost on the way, nothing is missing in the end.
    func checkCompleteness() {
      // What was sent last was still under way.
      let end = (closedAt ?? stage.loop.now) - 400_000_000
      let owed = sent.count { $0.at < end }
      // A packet that overtakes the very first one makes that late.
      if shown + 1 < owed { stage.complain("\(owed) frames sent, \(shown) shown") }
    }

    private func wake() {
      let now = stage.loop.now
      if let vanishedAt, now > vanishedAt + 70_000_000_000 {
        return stage.complain("a server that has vanished is still waited for")
      }
      show(receiver.expire(at: now))
      if now >= nextReport {
        nextReport = now + 5_000_000_000
        report()
      }
      conversation.wake(at: now)
      proceed()
    }

    private func report() {
      let bytes = receiver.report(at: stage.loop.now)
      if let channels {
        var message: [UInt8] = []
        InterleavedHeader(channel: channels.rtcp, length: bytes.count).emit(into: &message)
        toServer?.send(message + bytes)
      } else {
        stage.network.send(bytes) { [weak self] in self?.heard($0) }
      }
    }

    private func proceed() {
      while isOpen, let step = conversation.next(at: stage.loop.now) {
        switch step {
        case .send(let bytes): toServer?.send(bytes)
        case .ready(let transport, let width, let height):
          receiver = RTPReceiver(width: width, height: height)
          if let agreed = transport.channels { channels = agreed }
          conversation.play(from: 0)
        case .playing, .paused, .tornDown: break
        case .packet(let channel, let packet):
          if channel == channels?.rtp {
            show(receiver.receive(packet.span, at: stage.loop.now))
          } else {
            _ = receiver.receiveControl(packet.span, at: stage.loop.now)
          }
        case .refused, .failed:
          close()
          failed()
        }
      }
      setAlarm()
    }

    private func setAlarm() {
      guard isOpen, let alarm else { return }
      let next = min(conversation.deadline ?? .max, receiver.deadline ?? .max, nextReport)
      stage.loop.deadlines.set(alarm, at: next)
    }
  }
}
