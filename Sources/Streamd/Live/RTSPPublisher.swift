internal import Reactor
internal import Wire

/// An RTSP client that publishes: its packets come in on a pair of ports, or on its connection, and
/// are put together to pictures for a live source.
///
/// Only what comes from the client's own address and ports is heard. Whatever it sends costs
/// nobody but itself: what makes no picture is counted, and a session without pictures ends.
final class RTSPPublisher: Wakeable, EventHandler, LivePublisher {
  let publication: Publication
  private unowned let connection: RTSPConnection
  private let session: Int
  private let loop: EventLoop
  private let buffer: ReceiveBuffer
  private var ports: ReceivePorts?
  private var channels: TransportHeader.Channels?
  private var receiver: RTPReceiver
  /// Broken pictures that have been told of.
  private var toldBroken = 0
  private var nextReport: Instant = .max

  init(
    _ name: String, _ track: AnnouncedTrack, _ transport: TransportHeader,
    of connection: RTSPConnection, session: Int, server: RTSPServer
  ) {
    publication = Publication(
      name, transport.channels == nil ? "udp" : "tcp", from: connection.peer, server: server)
    self.connection = connection
    self.session = session
    loop = server.loop
    buffer = server.buffer
    channels = transport.channels
    receiver = RTPReceiver(
      width: track.width, height: track.height, payloadType: track.payloadType,
      pictureBytesMax: server.limits.livePictureBytesMax)
  }

  deinit { loop.deadlines.clear(self) }

  /// Opens a pair of ports for packets from the client's.
  ///
  /// - Throws: 453 when no ports are left, 503 when the machine has no more sockets.
  func open(
    for client: TransportHeader.PortPair, _ server: RTSPServer
  ) throws(RTSPRefusal) -> TransportHeader.PortPair {
    let opened: ReceivePorts?
    do throws(SystemError) {
      opened = try ReceivePorts.open(
        on: connection.local, from: server.ports, loop: loop, handler: self)
    } catch {
      Log.warning(
        "no sockets for a publisher", ["peer": "\(connection.peer)", "error": "\(error)"])
      throw RTSPRefusal(.serviceUnavailable, error.reason)
    }
    guard let opened else {
      server.metrics.refused("rtsp", "ports")
      throw RTSPRefusal(.notEnoughBandwidth, "all UDP ports are in use")
    }
    opened.connect(to: connection.peer, client, buffer: buffer)
    ports = opened
    return opened.pair
  }

  // MARK: What the connection says

  /// Publishes what comes from now on.
  func record() throws(PublishRefusal) {
    try publication.begin(by: self)
    nextReport = loop.now + RTSPConnection.reportNanoseconds
    loop.deadlines.set(self, at: nextReport)
  }

  /// What comes is thrown away from now on.
  func pause() { stop("PAUSE") }

  /// It is over.
  func finish(_ reason: RTSPServerConversation.EndReason) {
    stop("\(reason)")
    ports?.release()
    ports = nil
  }

  private func stop(_ reason: String) {
    loop.deadlines.clear(self)
    nextReport = .max
    publication.end(by: self, reason)
  }

  func displaced() { connection.displaced(session) }

  func kick() { connection.close() }

  // MARK: What comes in

  func ready(_ registration: Registration, _ readiness: Readiness) {
    guard let ports else { return }
    if registration == ports.rtpRegistration {
      ports.receive(with: buffer) { batch in
        if publication.isLive { take(receiver.receive(batch, at: loop.now)) }
        return true
      }
    } else if ports.receiveControl(into: buffer) {
      buffer.withBytes { takeControl($0) }
    }
  }

  func take(_ packet: [UInt8]) {
    guard publication.isLive else { return }
    take(receiver.receive(packet.span, at: loop.now))
  }

  private func take(_ pictures: [Picture]) {
    show(pictures)
    if let deadline = receiver.deadline, deadline < due {
      loop.deadlines.set(self, at: deadline)
    }
  }

  /// A goodbye is no end: TEARDOWN is, or that nothing comes.
  func takeControl(_ bytes: Span<UInt8>) {
    _ = receiver.receiveControl(bytes, at: loop.now)
  }

  private func show(_ pictures: [Picture]) {
    for picture in pictures { publication.show(picture) }
    publication.note(.incomplete, receiver.skipped - toldBroken)
    toldBroken = receiver.skipped
  }

  override func wake(at now: Instant) {
    guard publication.isLive else { return }
    show(receiver.expire(at: now))
    if now >= nextReport {
      nextReport = now + RTSPConnection.reportNanoseconds
      sendReport(receiver.report(at: now))
    }
    loop.deadlines.set(self, at: min(nextReport, receiver.deadline ?? .max))
  }

  private func sendReport(_ bytes: [UInt8]) {
    if let ports {
      ports.sendControl(bytes)
    } else if let channels {
      var message: [UInt8] = []
      InterleavedHeader(channel: channels.rtcp, length: bytes.count).emit(into: &message)
      connection.sendIfRoom(message + bytes)
    }
  }

  /// As the list of clients has it.
  var report: ClientReport {
    var report = publication.report
    report.id = ClientKey(connection: connection.number, session: session).description
    report.userAgent = connection.userAgent
    report.packets = receiver.packets
    report.lost = receiver.lost
    report.jitterMs = Double(receiver.jitter / 1000) / 1000
    return report
  }
}
