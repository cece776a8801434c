internal import Reactor
internal import Wire

/// To everybody who listens to a multicast group: RTP goes to its port, RTCP to the next one, where
/// receivers send their reports as well (RFC 3550 §6.2).
final class GroupWay: Way, EventHandler {
  private let rtp: DatagramSocket
  private let control: SocketAddress
  private let rtcp: DatagramSocket
  private let loop: EventLoop
  private let buffer: ReceiveBuffer
  private var frames: DatagramFrames
  private var registration: Registration?
  /// Told of what a receiver, or somebody else, says.
  var heard: (Span<UInt8>, _ source: SocketAddress) -> Void = { _, _ in }

  private static let controlBytes = 64 * 1024

  /// - Parameters:
  ///   - segmentBytes: the length of RTP packets.
  ///   - interface: which one packets leave by; 0 leaves it to the routes.
  /// - Throws: when there is no way to the group.
  init(
    _ group: MulticastSetting, segmentBytes: Int, interface: UInt32, loop: EventLoop,
    buffer: ReceiveBuffer, backlog: Backlog
  ) throws(SystemError) {
    let address = group.address
    rtp = try DatagramSocket(
      local: address.anyAddress, segmentBytes: segmentBytes, receiveBufferBytes: 4096)
    try rtp.setMulticast(hops: group.ttl, interface: interface)
    try rtp.connect(to: address)
    control = address.with(port: address.port + 1)
    // Bound to the group itself, it hears nothing else.
    rtcp = try DatagramSocket(
      local: control, receiveBufferBytes: Self.controlBytes, isShared: true)
    try rtcp.setMulticast(hops: group.ttl, interface: interface)
    try rtcp.join(address, interface: interface)
    self.loop = loop
    self.buffer = buffer
    frames = DatagramFrames(rtp, loop: loop, backlog: backlog)
    super.init(.datagrams(segmentBytes: segmentBytes))
    registration = try loop.add(rtcp, .readable, self)
  }

  override var transport: Transport { .multicast }
  override var objects: (AnyObject, AnyObject) { (self, rtp) }

  /// Which of our addresses packets come from.
  var source: String? { rtp.ownAddress?.host }

  override func send(_ packets: PacketBuffer, frame: Int) -> Delivery {
    let delivery = frames.send(packets, frame: frame)
    // Nobody in particular listens, so nobody can be missing.
    return delivery == .refused ? .undeliverable : delivery
  }

  override func sendControl(_ bytes: [UInt8]) { _ = rtcp.send(bytes, to: control) }

  override func release() {
    if let registration { loop.remove(registration) }
    registration = nil
    frames.drop()
  }

  /// One datagram a turn; level-triggering brings the next.
  func ready(_ registration: Registration, _ readiness: Readiness) {
    guard let source = rtcp.receiveFromAnyone(into: buffer) else { return }
    buffer.withBytes { heard($0, source) }
  }
}
