internal import Reactor
internal import Wire

/// The pair of UDP ports that a viewer session receives on, from the same allocator as the
/// server's.
final class ReceivePorts: MediaPorts {
  private let rtp: DatagramSocket
  private let rtcp: DatagramSocket
  let rtpRegistration: Registration
  private let rtcpRegistration: Registration
  private let loop: EventLoop
  private let allocator: PortAllocator

  /// A second of large pictures may wait here while the loop is busy.
  static let receiveBufferBytes = 1 << 20
  static let controlBufferBytes = 16 * 1024

  /// Binds a pair to `local` and watches it for `handler`.
  ///
  /// - Returns: nil when no pair is free.
  static func open(
    on local: SocketAddress, from allocator: PortAllocator, loop: EventLoop,
    handler: any EventHandler
  ) throws(SystemError) -> ReceivePorts? {
    try allocator.allocate { (port) throws(SystemError) in
      try ReceivePorts(
        local.with(port: port), local.with(port: port + 1), allocator, loop, handler)
    }
  }

  private init(
    _ rtpAddress: SocketAddress, _ rtcpAddress: SocketAddress, _ allocator: PortAllocator,
    _ loop: EventLoop, _ handler: any EventHandler
  ) throws(SystemError) {
    let rtp = try DatagramSocket(
      local: rtpAddress, receiveBufferBytes: Self.receiveBufferBytes)
    let rtcp = try DatagramSocket(local: rtcpAddress, receiveBufferBytes: Self.controlBufferBytes)
    rtp.joinDatagrams()
    self.rtp = rtp
    self.rtcp = rtcp
    self.loop = loop
    self.allocator = allocator
    (rtpRegistration, rtcpRegistration) = try Self.watch(rtp, rtcp, loop, handler)
  }

  /// Has the loop tell of both.
  static func watch(
    _ rtp: DatagramSocket, _ rtcp: DatagramSocket, _ loop: EventLoop, _ handler: any EventHandler
  ) throws(SystemError) -> (rtp: Registration, rtcp: Registration) {
    let registration = try loop.add(rtp, .readable, handler)
    do throws(SystemError) {
      return (registration, try loop.add(rtcp, .readable, handler))
    } catch {
      // The loop would keep the handler for as long as nobody gets the descriptor's number.
      loop.remove(registration)
      throw error
    }
  }

  func receive(into batch: DatagramBatch) -> Bool { rtp.receive(into: batch) }

  func receiveControl(into buffer: ReceiveBuffer) -> Bool { rtcp.receive(into: buffer) != nil }

  func sendControl(_ bytes: [UInt8]) { _ = rtcp.send(bytes) }

  /// As SETUP offers it.
  var pair: TransportHeader.PortPair {
    TransportHeader.PortPair(rtp: rtp.local.port, rtcp: rtcp.local.port)
  }

  /// From now on only the server's packets are heard. Where the kernel cannot see to that, nobody's
  /// are: who waits for pictures finds out soon.
  func connect(
    to server: SocketAddress, _ ports: TransportHeader.PortPair, buffer: ReceiveBuffer
  ) {
    do throws(SystemError) {
      try rtp.connect(to: server.with(port: ports.rtp))
      try rtcp.connect(to: server.with(port: ports.rtcp))
    } catch {
      loop.remove(rtpRegistration)
      loop.remove(rtcpRegistration)
    }
    rtp.discard(into: buffer)
    rtcp.discard(into: buffer)
  }

  func release() {
    loop.remove(rtpRegistration)
    loop.remove(rtcpRegistration)
    allocator.release(rtp.local.port)
  }
}
