internal import Reactor
internal import Wire

/// A viewer that speaks RTSP and gets RTP, over UDP or inside its connection.
final class RTSPViewer: Viewer {
  private var conversation: RTSPClientConversation
  private var scanner = InterleavedScanner()
  private var rtp: DatagramSocket?
  private var rtcp: DatagramSocket?
  private var registrations: (rtp: Registration?, rtcp: Registration?)
  /// On the connection; RTCP's is the other one.
  private var channels = TransportHeader.Channels(rtp: 0, rtcp: 1)
  private var nextReport: Instant = .max

  /// An empty receiver report so often is a sign of life, as players give it.
  private static let reportNanoseconds: Instant = 10_000_000_000
  private static let receiveBufferBytes = 1 << 20

  override init(_ load: Load) {
    conversation = RTSPClientConversation(url: "", offer: TransportHeader(.udp), userAgent: "")
    super.init(load)
  }

  override func connected() {
    var offer = TransportHeader(load.options.transport == .tcp ? .tcp : .udp)
    if load.options.transport == .tcp {
      offer.channels = channels
    } else {
      guard let ports = openPorts() else {
        return end(.local("no UDP ports are left, see --ports"))
      }
      offer.clientPorts = ports
    }
    conversation = RTSPClientConversation(
      url: load.options.target.url, offer: offer, userAgent: "streamctl/\(version)")
    (scanner, nextReport) = (InterleavedScanner(), .max)
    conversation.setup()
    conversation.play(from: nil)
    proceed()
  }

  override func take(_ bytes: Span<UInt8>) {
    let time = load.loop.readClock()
    var position = 0
    var hasMessage = false
    while let event = scanner.next(bytes, &position) {
      switch event {
      case .packet(let channel, let length, let mark):
        if let mark, channel == channels.rtp { count(mark, length: length, at: time) }
      case .message(let range):
        conversation.receive(bytes.extracting(range))
        hasMessage = true
      }
    }
    if hasMessage { proceed() }
  }

  private func proceed() {
    while state != .over, let step = conversation.next(at: load.loop.now) {
      switch step {
      case .send(let bytes): send(bytes)
      case .ready(let transport, _, _): ready(transport)
      case .playing:
        nextReport = load.loop.now + Self.reportNanoseconds
        played()
      case .failed(let failure): return end(.init(failure))
      case .refused(let code, let phrase):
        return end(.init(.refused(code: code, phrase: phrase)))
      case .tornDown: return left()
      case .packet, .paused: break
      }
    }
    setDeadline()
  }

  private func ready(_ transport: TransportHeader) {
    if let agreed = transport.channels { channels = agreed }
    if let ports = transport.serverPorts, let peer = socket?.peer {
      // Only to be able to send there; a server that names another port is heard no less.
      try? rtcp?.connect(to: peer.with(port: ports.rtcp))
    }
  }

  override var deadline: Instant? {
    let next = min(conversation.deadline ?? .max, nextReport)
    return next == .max ? nil : next
  }

  override func deadlinePassed(at now: Instant) {
    if now >= nextReport { report(at: now) }
    if let deadline = conversation.deadline, now >= deadline {
      conversation.wake(at: now)
      proceed()
    }
  }

  private func report(at now: Instant) {
    nextReport = now + Self.reportNanoseconds
    var bytes: [UInt8] = []
    RTCPPacket.receiverReport(ssrc: UInt32(truncatingIfNeeded: now), blocks: []).emit(into: &bytes)
    if let rtcp {
      if rtcp.peer != nil { _ = rtcp.send(bytes) }
    } else {
      var message: [UInt8] = []
      InterleavedHeader(channel: channels.rtcp, length: bytes.count).emit(into: &message)
      send(message + bytes)
    }
  }

  override func leave() {
    conversation.teardown()
    proceed()
  }

  // MARK: UDP

  /// A pair of ports: RTCP's is there because the server sends to it.
  private func openPorts() -> TransportHeader.PortPair? {
    guard let local = socket?.local else { return nil }
    for _ in 0..<load.options.ports.count / 2 {
      let port = load.nextPort()
      do throws(SystemError) {
        let rtp = try DatagramSocket(
          local: local.with(port: port), receiveBufferBytes: Self.receiveBufferBytes)
        let rtcp = try DatagramSocket(
          local: local.with(port: port + 1), receiveBufferBytes: 4096)
        rtp.joinDatagrams(withArrival: true)
        // Each is let go of with us, should the other one not be taken.
        (self.rtp, self.rtcp) = (rtp, rtcp)
        registrations.rtp = try load.loop.add(rtp, .readable, self)
        registrations.rtcp = try load.loop.add(rtcp, .readable, self)
        return TransportHeader.PortPair(rtp: port, rtcp: port + 1)
      } catch {
        if error.isAddressInUse { continue }
        return nil
      }
    }
    return nil
  }

  /// One read a turn: the loop comes back as long as there is more.
  override func datagramsReady(_ registration: Registration) {
    guard registration == registrations.rtp, let rtp else {
      _ = rtcp?.receive(into: load.batch)
      return
    }
    let batch = load.batch
    guard rtp.receive(into: batch) else { return }
    let time = batch.arrival != 0 ? batch.arrival : load.loop.realtime
    batch.withBytes { bytes in
      var start = 0
      while start < bytes.count {
        let length = min(batch.stride, bytes.count - start)
        if let mark = RTPMark(bytes, at: start, count: length) {
          count(mark, length: length, at: time)
        }
        start += length
      }
    }
  }

  override func release() {
    if let registration = registrations.rtp { load.loop.remove(registration) }
    if let registration = registrations.rtcp { load.loop.remove(registration) }
    (registrations, rtp, rtcp) = ((nil, nil), nil, nil)
  }
}
