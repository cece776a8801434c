internal import Reactor
internal import Wire

/// A viewer that gets its packets over UDP, from a pair of ports of its own.
final class DatagramSubscriber: Subscriber, EventHandler {
  private let rtp: DatagramSocket
  /// Absent in the classroom dialect, which knows no RTCP.
  private let rtcp: DatagramSocket?
  private let loop: EventLoop
  private let buffer: ReceiveBuffer
  private let ports: PortAllocator
  private var registration: Registration?
  /// Told when RTCP came in.
  private let heard: () -> Void

  /// A pair of ports, or one, and where they send to.
  struct Way {
    var rtp: DatagramSocket
    var rtcp: DatagramSocket?
    var ports: PortAllocator
  }

  init(
    _ way: Way, packets: PacketSlices, media: MediaDescription, limits: Limits, loop: EventLoop,
    buffer: ReceiveBuffer, heard: @escaping () -> Void, ended: @escaping (End) -> Void
  ) throws(SystemError) {
    rtp = way.rtp
    rtcp = way.rtcp
    ports = way.ports
    self.loop = loop
    self.buffer = buffer
    self.heard = heard
    super.init(
      packets: packets, media: media, channel: 0, isClassroom: way.rtcp == nil, limits: limits,
      loop: loop, ended: ended)
    if let rtcp { registration = try loop.add(rtcp, .readable, self) }
  }

  override var transportName: String { rtcp == nil ? "classroom" : "udp" }

  override func send(_ packets: PacketBuffer, frame: Int) -> Delivery {
    switch rtp.send(packets, frame: frame) {
    case .sent: .sent
    case .full: .full
    case .refused, .tooLarge: .refused
    }
  }

  override func sendControl(_ bytes: [UInt8]) {
    // A report that does not get through is followed by the next one.
    _ = rtcp?.send(bytes)
  }

  override func releaseWay() {
    if let registration { loop.remove(registration) }
    registration = nil
    ports.release(rtp.local.port)
  }

  /// RTCP from the receiver. One datagram a turn; level-triggering brings the next.
  func ready(_ registration: Registration, _ readiness: Readiness) {
    guard let rtcp, rtcp.receive(into: buffer) != nil else { return }
    if buffer.withBytes({ receiveControl($0) }) { heard() }
  }
}
