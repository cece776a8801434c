internal import Reactor
internal import Wire

/// Makes a subscriber for the transport that a SETUP has agreed upon: the packets in the right
/// layout, the sockets, the way back to the connection.
struct Subscription {
  unowned let connection: RTSPConnection
  let server: RTSPServer
  let session: Int
  let isClassroom: Bool

  /// Opens the way.
  ///
  /// - Returns: the subscriber, and the server's ports where it has some.
  /// - Throws: 453 when no ports are left, 503 when the machine has no more sockets.
  func open(
    _ media: MediaFile, _ packets: PacketSlices, _ transport: TransportHeader
  ) throws(RTSPRefusal) -> (Subscriber, TransportHeader.PortPair?) {
    if let channels = transport.channels {
      connection.makeRoom(forFramesOf: media.longestFrame)
      let subscriber = InterleavedSubscriber(
        channels, of: connection, packets: packets, media: media.description,
        limits: server.limits, loop: server.loop, ended: ended)
      return (subscriber, nil)
    }
    guard let ports = transport.clientPorts else { throw RTSPRefusal(.unsupportedTransport) }
    return try openDatagrams(media, packets, ports)
  }

  private func openDatagrams(
    _ media: MediaFile, _ packets: PacketSlices, _ client: TransportHeader.PortPair
  ) throws(RTSPRefusal) -> (Subscriber, TransportHeader.PortPair?) {
    let way = try openWay(
      client, segmentBytes: isClassroom ? nil : JPEGPacketizer(interleaved: false).stride)
    let port = way.rtp.local.port
    do throws(SystemError) {
      let subscriber = try DatagramSubscriber(
        way, packets: packets, media: media.description, limits: server.limits, loop: server.loop,
        buffer: server.buffer,
        heard: { [unowned connection, session] in connection.heard(from: session) },
        ended: ended)
      return (subscriber, TransportHeader.PortPair(rtp: port, rtcp: port + 1))
    } catch {
      server.ports.release(port)
      throw refusal(error)
    }
  }

  private func openWay(
    _ client: TransportHeader.PortPair, segmentBytes: Int?
  ) throws(RTSPRefusal) -> DatagramSubscriber.Way {
    let way: DatagramSubscriber.Way?
    do throws(SystemError) {
      way = try server.ports.allocate { (port) throws(SystemError) in
        try openSockets(port, client, segmentBytes: segmentBytes)
      }
    } catch {
      throw refusal(error)
    }
    guard let way else {
      server.metrics.refused("rtsp", "ports")
      throw RTSPRefusal(.notEnoughBandwidth, "all UDP ports are in use")
    }
    return way
  }

  private func refusal(_ error: SystemError) -> RTSPRefusal {
    Log.warning("no sockets for a viewer", ["peer": "\(connection.peer)", "error": "\(error)"])
    return RTSPRefusal(.serviceUnavailable, error.reason)
  }

  /// Packets go to the RTSP client's own address, whatever it asks for, and leave from the address
  /// that it has connected to. The sockets are not connected yet: see ``DatagramSubscriber``.
  private func openSockets(
    _ port: UInt16, _ client: TransportHeader.PortPair, segmentBytes: Int?
  ) throws(SystemError) -> DatagramSubscriber.Way {
    let rtp = try DatagramSocket(
      local: connection.local.with(port: port), segmentBytes: segmentBytes,
      receiveBufferBytes: server.limits.unreadBytes)
    var rtcp: DatagramSocket?
    if !isClassroom {
      rtcp = try DatagramSocket(
        local: connection.local.with(port: port + 1),
        receiveBufferBytes: server.limits.controlBytes)
    }
    return DatagramSubscriber.Way(
      rtp: rtp, rtcp: rtcp, rtpPeer: connection.peer.with(port: client.rtp),
      rtcpPeer: connection.peer.with(port: client.rtcp), ports: server.ports)
  }

  private var ended: (Subscriber.End) -> Void {
    { [unowned connection, session] end in connection.ended(session, end) }
  }
}
