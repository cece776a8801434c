internal import Reactor
internal import Wire

/// An RTSP session with one JPEG track, from the receiving end: the connection, RTP over UDP or
/// inside of the connection or from a group, pictures and receiver reports. UDP that stays silent
/// is given up for TCP. When to begin, and what follows from a failure, is its owner's business.
final class RTSPReception: Wakeable, EventHandler {
  /// What is to be received, and what is shown to the server.
  struct Target {
    var url: String
    var userInfo: UserInfo?
    var token: String?
    /// For the connection, and then for each answer.
    var answerNanoseconds: Instant
    /// Who plays and sends nothing for so long is taken for lost; nil waits for ever.
    var silenceNanoseconds: Instant?
    /// The interface that multicast comes by; nil leaves it to the routes.
    var interface: String?
  }

  enum Event {
    /// The track is set up: ``play(from:)`` may follow.
    case ready
    /// Pictures follow.
    case playing
    /// No pictures follow.
    case paused
    /// What was asked for last was refused; everything is as it was.
    case refused(RTSPClientConversation.Failure)
    /// UDP is of no use here, for the reason given. ``connect(to:)`` goes over TCP from now on.
    case fallsBack(String)
    /// The server has ended the stream.
    case goodbye
    /// Connection and ports are let go of.
    case failed(Failure)
  }

  enum Failure: Error {
    /// All of our ports are in use.
    case noPorts
    /// There is no connection, or none any more, for the reason given.
    case noConnection(String)
    /// It said that it plays, and nothing comes.
    case silent
    case conversation(RTSPClientConversation.Failure)
  }

  let target: Target
  private(set) var transport: ReceptionTransport
  private(set) var receiver = RTPReceiver(width: nil, height: nil)
  private let loop: EventLoop
  private let buffer: ReceiveBuffer
  private let allocator: PortAllocator
  private let happened: (Event) -> Void
  private let show: (Picture) -> Void
  private var address: SocketAddress
  private var connection: RTSPClientConnection?
  private var ports: (any MediaPorts)?
  private var channels = TransportHeader.Channels(rtp: 0, rtcp: 1)
  private var isPlaying = false
  private var playingSince: Instant = 0
  private var packetsAtPlay = 0
  private var lastPacket: Instant = 0
  private var nextReport: Instant = 0

  /// UDP that stays silent for so long after PLAY is given up for TCP.
  private static let silenceNanoseconds: Instant = 2_000_000_000
  private static let reportNanoseconds: Instant = 5_000_000_000

  /// - Parameters:
  ///   - buffer: shared by whatever reads on the loop.
  ///   - ports: where UDP ports come from.
  ///   - happened: told of everything but pictures.
  ///   - show: given each picture.
  init(
    _ target: Target, over transport: ReceptionTransport, loop: EventLoop, buffer: ReceiveBuffer,
    ports: PortAllocator,
    happened: @escaping (Event) -> Void, show: @escaping (Picture) -> Void
  ) {
    (self.target, self.transport) = (target, transport)
    (self.loop, self.buffer, allocator) = (loop, buffer, ports)
    (self.happened, self.show) = (happened, show)
    address = .localhost(port: 0)
    super.init()
  }

  // MARK: Commands

  /// Connects and sets up; `ready`, `fallsBack` or `failed` follows.
  func connect(to address: SocketAddress) {
    hangUp()
    self.address = address
    do throws(SystemError) {
      guard let offer = try offer() else { return fail(.noPorts) }
      var conversation = RTSPClientConversation(
        url: target.url, offer: offer, userAgent: RTSPServer.name, userInfo: target.userInfo,
        token: target.token, answerNanoseconds: target.answerNanoseconds)
      conversation.setup()
      connection = try RTSPClientConnection(
        to: address, conversation, connectNanoseconds: target.answerNanoseconds, loop: loop,
        buffer: buffer, happened: { [unowned self] in happened(step: $0) },
        lost: { [weak self] in self?.lost($0) })
    } catch {
      fail(.noConnection("cannot connect to \(address): \(error.reason)"))
    }
  }

  /// Nil when no ports are free.
  private func offer() throws(SystemError) -> TransportHeader? {
    var offer = TransportHeader(transport == .tcp ? .tcp : .udp)
    switch transport {
    case .tcp: offer.channels = channels
    case .multicast: offer.isMulticast = true
    case .udp:
      let opened = try ReceivePorts.open(
        on: address.anyAddress, from: allocator, loop: loop, handler: self)
      guard let opened else { return nil }
      ports = opened
      offer.clientPorts = opened.pair
    }
    return offer
  }

  /// Plays from a place in microseconds, or from where it stands.
  func play(from start: Int64?) { connection?.command { $0.play(from: start) } }

  /// Our end of the connection.
  var local: SocketAddress? { connection?.socket.local }

  func pause() { connection?.command { $0.pause() } }

  /// Lets go of the connection, which tells us nothing any more, and of the ports.
  func hangUp() {
    let old = connection
    connection = nil
    old?.detach()
    ports?.release()
    ports = nil
    isPlaying = false
    loop.deadlines.clear(self)
  }

  // MARK: The conversation

  private func happened(step: RTSPClientConversation.Step) {
    switch step {
    case .send, .tornDown: break
    case .ready(let transport, let width, let height):
      receiver = RTPReceiver(width: width, height: height)
      if agree(transport) { happened(.ready) }
    case .playing:
      isPlaying = true
      playingSince = loop.now
      lastPacket = loop.now
      packetsAtPlay = receiver.packets
      nextReport = loop.now + Self.reportNanoseconds
      setDeadline()
      happened(.playing)
    case .paused:
      isPlaying = false
      loop.deadlines.clear(self)
      happened(.paused)
    case .packet(let channel, let packet):
      if channel == channels.rtp {
        take(receiver.receive(packet.span, at: loop.now))
      } else if channel == channels.rtcp {
        receiveControl(packet.span)
      }
    case .refused(let code, let phrase):
      happened(.refused(.refused(code: code, phrase: phrase)))
    case .failed(let failure): fail(.conversation(failure))
    }
  }

  private func agree(_ agreed: TransportHeader) -> Bool {
    switch transport {
    case .tcp:
      if let channels = agreed.channels { self.channels = channels }
    case .udp:
      guard let server = agreed.serverPorts, let ports = ports as? ReceivePorts else {
        // Without knowing where packets come from, anyone could send some.
        fallBack("the server names no ports")
        return false
      }
      ports.connect(to: address, server, buffer: buffer)
    case .multicast: return join(agreed)
    }
    return true
  }

  private func join(_ agreed: TransportHeader) -> Bool {
    do throws(SystemError) {
      ports = try GroupPorts.join(
        agreed, server: address, interface: target.interface, loop: loop, handler: self)
      if ports == nil { fallBack("the server names no group") }
    } catch {
      fallBack("there is no way to the group: \(error.reason)")
    }
    return ports != nil
  }

  private func fallBack(_ reason: String) {
    transport = .tcp
    hangUp()
    happened(.fallsBack(reason))
  }

  /// The connection is gone.
  private func lost(_ error: SystemError?) {
    guard connection != nil else { return }
    let detail = error.map { "no connection to \(address): \($0.reason)" }
    fail(.noConnection(detail ?? "\(address) has closed the connection"))
  }

  private func fail(_ failure: Failure) {
    hangUp()
    happened(.failed(failure))
  }

  // MARK: The RTP side

  func ready(_ registration: Registration, _ readiness: Readiness) {
    guard let ports else { return }
    if registration == ports.rtpRegistration {
      ports.receive(with: buffer) { batch in
        take(receiver.receive(batch, at: loop.now))
        // Whoever is shown a picture may have hung up.
        return self.ports === ports
      }
    } else if ports.receiveControl(into: buffer) {
      buffer.withBytes { receiveControl($0) }
    }
  }

  /// Packets have come, and completed these pictures.
  private func take(_ pictures: [Picture]) {
    lastPacket = loop.now
    for picture in pictures { show(picture) }
    if isPlaying, let deadline = receiver.deadline, deadline < due {
      loop.deadlines.set(self, at: deadline)
    }
  }

  private func receiveControl(_ bytes: Span<UInt8>) {
    if receiver.receiveControl(bytes, at: loop.now), isPlaying { happened(.goodbye) }
  }

  private func setDeadline() {
    var next = min(nextReport, receiver.deadline ?? .max)
    if isSilentOverUDP { next = min(next, playingSince + Self.silenceNanoseconds) }
    if let silence = target.silenceNanoseconds { next = min(next, lastPacket + silence) }
    loop.deadlines.set(self, at: next)
  }

  private var isSilentOverUDP: Bool { transport != .tcp && receiver.packets == packetsAtPlay }

  override func wake(at now: Instant) {
    guard isPlaying else { return }
    for picture in receiver.expire(at: now) { show(picture) }
    guard isPlaying else { return }
    if now >= nextReport { sendReport(now) }
    if isSilentOverUDP, now - playingSince >= Self.silenceNanoseconds {
      return fallBack("no packet has come over \(transport.shown)")
    }
    if let silence = target.silenceNanoseconds, now - lastPacket >= silence {
      return fail(.silent)
    }
    setDeadline()
  }

  private func sendReport(_ now: Instant) {
    nextReport = now + Self.reportNanoseconds
    let bytes = receiver.report(at: now)
    if let ports {
      ports.sendControl(bytes)
    } else {
      connection?.sendControl(bytes, channel: channels.rtcp)
    }
  }
}
