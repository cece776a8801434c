internal import Reactor
internal import Wire

/// The ports of a multicast group that a server sends to. Anyone may send to a group: heard is only
/// who the server says is the source, and of that one only the port that spoke first.
final class GroupPorts: MediaPorts {
  let rtpRegistration: Registration
  private let rtp: DatagramSocket
  private let rtcp: DatagramSocket
  private let rtcpRegistration: Registration
  private let loop: EventLoop
  private let control: SocketAddress
  private let source: String

  /// Joins the group that a server has agreed to.
  ///
  /// - Parameters:
  ///   - server: the source, where the server names none.
  ///   - interface: the one to join by; nil leaves it to the routes.
  /// - Throws: when there is no way to the group. Nil when it is none.
  static func join(
    _ transport: TransportHeader, server: SocketAddress, interface: String?, loop: EventLoop,
    handler: any EventHandler
  ) throws(SystemError) -> GroupPorts? {
    guard let ports = transport.groupPorts, let destination = transport.destination,
      let group = SocketAddress(host: destination, port: ports.rtp), group.isMulticast
    else { return nil }
    return try GroupPorts(
      group, rtcpPort: ports.rtcp, source: transport.source ?? server.host,
      interface: try interface.map(NetworkInterface.index) ?? 0, loop, handler)
  }

  private init(
    _ group: SocketAddress, rtcpPort: UInt16, source: String, interface: UInt32,
    _ loop: EventLoop, _ handler: any EventHandler
  ) throws(SystemError) {
    control = group.with(port: rtcpPort)
    self.source = source
    self.loop = loop
    // Bound to the group itself: what others send to the same port is not ours.
    let rtp = try DatagramSocket(
      local: group, receiveBufferBytes: ReceivePorts.receiveBufferBytes, isShared: true)
    let rtcp = try DatagramSocket(
      local: control, receiveBufferBytes: ReceivePorts.controlBufferBytes, isShared: true)
    try rtp.join(group, interface: interface)
    try rtcp.join(control, interface: interface)
    rtp.joinDatagrams()
    // Reports leave by the same one.
    try rtcp.setMulticast(hops: 255, interface: interface)
    (self.rtp, self.rtcp) = (rtp, rtcp)
    (rtpRegistration, rtcpRegistration) = try ReceivePorts.watch(rtp, rtcp, loop, handler)
  }

  func receive(into batch: DatagramBatch) -> Bool {
    let isHeard = hears(rtp)
    // A stranger's is read all the same, and is gone.
    return rtp.receive(into: batch) && isHeard
  }

  func receiveControl(into buffer: ReceiveBuffer) -> Bool {
    let isHeard = hears(rtcp)
    return rtcp.receive(into: buffer) != nil && isHeard
  }

  /// Whether what is there to be read comes from the source.
  private func hears(_ socket: DatagramSocket) -> Bool {
    guard socket.peer == nil else { return true }
    guard let sender = socket.peekSender(), sender.host == source else { return false }
    // Where the kernel cannot see to it, each packet's sender is looked at.
    try? socket.connect(to: sender)
    return true
  }

  /// Receivers' reports are for the whole group (RFC 3550 §6.2).
  func sendControl(_ bytes: [UInt8]) { _ = rtcp.send(bytes, to: control) }

  func release() {
    loop.remove(rtpRegistration)
    loop.remove(rtcpRegistration)
  }
}
