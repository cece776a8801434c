internal import Reactor
internal import Wire

/// To a viewer that gets its packets over UDP, from a pair of ports of its own.
///
/// Packets go to the RTSP client's address and to no other, to the ports that SETUP named; but a
/// translator (NAT) on the way may know them by other numbers. Players send a packet to each of
/// our ports before PLAY, to open such a way back. So until PLAY the sockets hear anyone, and the
/// first packet from the client's own address tells the port (that is the latch, and it falls once
/// for each socket); from then on the kernel lets in and out what is of that port alone.
final class DatagramWay: Way, EventHandler {
  private let rtp: DatagramSocket
  /// Absent in the classroom dialect, which knows no RTCP.
  private let rtcp: DatagramSocket?
  private let loop: EventLoop
  private let buffer: ReceiveBuffer
  private let ports: PortAllocator
  private var registration: Registration?
  private let rtpPeer: SocketAddress
  private var rtcpPeer: SocketAddress
  private var isControlLatched = false
  private var frames: DatagramFrames
  /// Told when RTCP came in.
  private let heard: () -> Void

  /// A pair of ports, or one, and where they send to.
  struct Sockets {
    var rtp: DatagramSocket
    var rtcp: DatagramSocket?
    /// As SETUP has it.
    var rtpPeer: SocketAddress
    var rtcpPeer: SocketAddress
    var ports: PortAllocator
  }

  init(
    _ layout: MediaFile.Layout, _ sockets: Sockets, loop: EventLoop, buffer: ReceiveBuffer,
    backlog: Backlog, heard: @escaping () -> Void
  ) throws(SystemError) {
    rtp = sockets.rtp
    rtcp = sockets.rtcp
    rtpPeer = sockets.rtpPeer
    rtcpPeer = sockets.rtcpPeer
    ports = sockets.ports
    self.loop = loop
    self.buffer = buffer
    frames = DatagramFrames(rtp, loop: loop, backlog: backlog)
    self.heard = heard
    super.init(layout)
    if let rtcp { registration = try loop.add(rtcp, .readable, self) }
  }

  override var transport: Transport { rtcp == nil ? .classroom : .udp }

  override var objects: (AnyObject, AnyObject) { (self, rtp) }

  override func open() {
    if rtp.peer == nil { settlePeers() }
  }

  private func settlePeers() {
    var peer = rtpPeer
    // So little fits into the buffer that this ends soon.
    while let source = rtp.receiveFromAnyone(into: buffer) {
      guard source.isSameHost(as: rtpPeer) else { continue }
      peer = source
      break
    }
    settle(rtp, peer)
    if let rtcp { settle(rtcp, rtcpPeer) }
  }

  private func settle(_ socket: DatagramSocket, _ peer: SocketAddress) {
    // A way that cannot be had shows when a frame is sent.
    try? socket.connect(to: peer)
    socket.discard(into: buffer)
  }

  override func send(_ packets: PacketBuffer, frame: Int) -> Delivery {
    frames.send(packets, frame: frame)
  }

  override func sendControl(_ bytes: [UInt8]) {
    // A report that does not get through is followed by the next one.
    _ = rtcp?.send(bytes)
  }

  override func release() {
    if let registration { loop.remove(registration) }
    registration = nil
    frames.drop()
    ports.release(rtp.local.port)
  }

  /// RTCP from the receiver. One datagram a turn; level-triggering brings the next.
  func ready(_ registration: Registration, _ readiness: Readiness) {
    guard let rtcp, rtcp.peer == nil ? latchControl(rtcp) : rtcp.receive(into: buffer) != nil
    else { return }
    if buffer.withBytes({ received($0) }) { heard() }
  }

  /// Reads before PLAY; true when the datagram is from the client.
  private func latchControl(_ rtcp: DatagramSocket) -> Bool {
    guard let source = rtcp.receiveFromAnyone(into: buffer), source.isSameHost(as: rtcpPeer) else {
      return false
    }
    if !isControlLatched { rtcpPeer = source }
    isControlLatched = true
    return true
  }
}
