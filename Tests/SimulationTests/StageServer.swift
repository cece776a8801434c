@testable import Reactor
@testable import Streamd
@testable import Wire

/// A server's connection without a socket: the hands of the real conversation, with the real
/// subscribers and the real allocator of ports.
final class StageConnection {
  private let stage: Stage
  private var conversation: RTSPServerConversation
  private(set) var subscribers: [Int: FileSubscriber] = [:]
  private var alarm: Occasion?
  private(set) var isOpen = true
  /// What has come while the connection was still in the listener's queue.
  private var early: [[UInt8]]? = []
  /// To the client, and told when the connection is closed from here.
  let pipe: Pipe
  private let hangUp: () -> Void
  let attempt: StageViewer.Attempt

  init(_ stage: Stage, _ attempt: StageViewer.Attempt, pipe: Pipe, hangUp: @escaping () -> Void) {
    self.stage = stage
    self.attempt = attempt
    self.pipe = pipe
    self.hangUp = hangUp
    conversation = RTSPServerConversation(
      settings: .init(), random: SplitMix64(seed: UInt64(stage.network.choose(256))),
      at: stage.loop.now)
    alarm = Occasion { [unowned self] in wake() }
    setAlarm()
    let arrival = stage.loop.now + stage.network.weather.latency
    stage.network.at(arrival) { [weak self] in self?.accept() }
  }

  /// Takes the connection out of the queue: later where the kernel has no descriptor for it, and
  /// not at all where it has no memory to watch it.
  private func accept() {
    guard isOpen else { return }
    do throws(SystemError) {
      try stage.network.exhaust("accept4")
    } catch {
      let again = stage.loop.now + Self.restNanoseconds
      return stage.network.at(again) { [weak self] in self?.accept() }
    }
    do throws(SystemError) {
      try stage.network.exhaust("epoll_ctl")
    } catch {
      return close()
    }
    let waiting = early ?? []
    early = nil
    for bytes in waiting { receive(bytes) }
  }

  /// As long as a listener's.
  private static let restNanoseconds: Instant = 100_000_000

  func receive(_ bytes: [UInt8]) {
    guard isOpen else { return }
    guard early == nil else {
      early?.append(bytes)
      return
    }
    conversation.receive(bytes.span, at: stage.loop.now)
    proceed()
  }

  func heard(_ session: Int, _ bytes: [UInt8]) {
    guard isOpen, let subscriber = subscribers[session] else { return }
    if subscriber.receiveControl(bytes.span) {
      conversation.sawSignOfLife(session: session, at: stage.loop.now)
    }
  }

  /// The client is gone, or we are.
  func close() {
    guard isOpen else { return }
    isOpen = false
    conversation.disconnected()
    while let step = conversation.next(at: stage.loop.now) { perform(step) }
    if let alarm { stage.loop.deadlines.clear(alarm) }
    stage.closed(self)
    pipe.isClosed = true
    hangUp()
  }

  private func wake() {
    for (session, subscriber) in subscribers where subscriber.way.transport == .tcp {
      conversation.sawSignOfLife(session: session, at: subscriber.lastDelivery)
    }
    conversation.wake(at: stage.loop.now)
    proceed()
  }

  private func proceed() {
    while isOpen, let step = conversation.next(at: stage.loop.now) { perform(step) }
    setAlarm()
  }

  private func setAlarm() {
    guard isOpen, let alarm else { return }
    guard let deadline = conversation.deadline else { return stage.loop.deadlines.clear(alarm) }
    if deadline <= stage.loop.now { stage.complain("a deadline of the server's that stays") }
    stage.loop.deadlines.set(alarm, at: deadline)
  }

  private func perform(_ step: RTSPServerConversation.Step) {
    switch step {
    case .authorize: conversation.authorized(at: stage.loop.now)
    case .find(let name):
      if name == Stage.media.name {
        conversation.found(Stage.media)
      } else {
        conversation.refused(RTSPRefusal(.notFound))
      }
    case .open(let session, let transport, _, _):
      // The packets may have to be made first.
      guard stage.network.happens(64) else { return open(session, transport) }
      let ready = stage.loop.now + Instant(stage.network.choose(64)) * 100_000_000
      stage.network.at(ready) { [self] in
        guard isOpen, conversation.isWaiting else { return }
        open(session, transport)
        proceed()
      }
    case .play(let session, let order, let wasPlaying):
      guard let subscriber = subscribers[session] else {
        return stage.complain("PLAY of a session that is not open")
      }
      if !wasPlaying {
        subscriber.play(order) { _ in 3_000_000 }
      } else if order != .resume {
        subscriber.move(order)
      }
      conversation.playing(
        frame: subscriber.playhead.frame, end: subscriber.playhead.end,
        sequence: subscriber.sequence, timestamp: subscriber.playhead.timestamp)
    case .announce, .receive, .record: conversation.refused(RTSPRefusal(.forbidden))
    case .packet: stage.complain("a packet of somebody who does not publish")
    case .pause(let session): subscribers[session]?.pause()
    case .end(let session, _):
      guard let subscriber = subscribers.removeValue(forKey: session) else {
        return stage.complain("the end of a session that is not open")
      }
      subscriber.finish()
    case .control(let session, let bytes):
      _ = subscribers[session]?.receiveControl(bytes.span)
    case .send(let bytes, _): pipe.send(bytes)
    case .close: close()
    }
  }

  private func open(_ session: Int, _ transport: TransportHeader) {
    var port: UInt16?
    if transport.carrier == .udp {
      do throws(SystemError) {
        port = try stage.ports.allocate { (port) throws(SystemError) in
          try stage.network.exhaust("socket")
          return port
        }
      } catch {
        return conversation.refused(RTSPRefusal(.serviceUnavailable, error.reason))
      }
      guard port != nil else { return conversation.refused(RTSPRefusal(.notEnoughBandwidth)) }
    }
    let way = StageWay(stage, self, port: port, channels: transport.channels)
    let subscriber = FileSubscriber(
      packets: PacketSlices(port == nil ? stage.interleaved : stage.datagrams),
      media: Stage.media, way: way, limits: Limits(), loop: stage.loop,
      ended: { [unowned self] _ in conversation.reachedEnd(session: session) })
    if let old = subscribers[session] {
      subscriber.takeOver(old)
      old.finish()
    }
    subscribers[session] = subscriber
    let number = session
    attempt.heard = { [weak self] bytes in self?.heard(number, bytes) }
    conversation.opened(
      serverPorts: port.map { TransportHeader.PortPair(rtp: $0, rtcp: $0 + 1) },
      ssrc: subscriber.ssrc)
  }
}

/// A way into the simulated network.
final class StageWay: Way {
  private unowned let stage: Stage
  private unowned let connection: StageConnection
  private let attempt: StageViewer.Attempt
  private let port: UInt16?
  private let channels: TransportHeader.Channels?

  init(
    _ stage: Stage, _ connection: StageConnection, port: UInt16?,
    channels: TransportHeader.Channels?
  ) {
    self.stage = stage
    self.connection = connection
    attempt = connection.attempt
    self.port = port
    self.channels = channels
    super.init(
      channels == nil
        ? .datagrams(segmentBytes: Stage.segmentBytes)
        : .interleaved(segmentBytes: Stage.segmentBytes))
  }

  override var transport: Transport { channels == nil ? .udp : .tcp }
  override var channel: UInt8 { channels?.rtp ?? 0 }

  override func send(_ packets: PacketBuffer, frame: Int) -> Delivery {
    if stage.network.happens(stage.network.weather.shortage) { return .full }
    let bytes = packets.copy(of: frame)
    if channels != nil {
      guard connection.pipe.hasRoom else { return .full }
      connection.pipe.send(bytes)
    } else {
      for start in stride(from: 0, to: bytes.count, by: packets.stride) {
        let packet = Array(bytes[start..<min(start + packets.stride, bytes.count)])
        stage.network.send(packet) { [attempt] in attempt.receive($0) }
      }
    }
    attempt.noteSent(frame)
    return .sent
  }

  override func sendControl(_ bytes: [UInt8]) {
    if let channels {
      var message: [UInt8] = []
      InterleavedHeader(channel: channels.rtcp, length: bytes.count).emit(into: &message)
      connection.pipe.send(message + bytes)
    } else {
      stage.network.send(bytes) { [attempt] in attempt.receiveControl($0) }
    }
  }

  override func release() { if let port { stage.ports.release(port) } }
}
