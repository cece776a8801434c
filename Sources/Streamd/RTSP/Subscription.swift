internal import Reactor
internal import Wire

/// Makes a subscriber for the transport that a SETUP has agreed upon: what it is fed from, the
/// sockets, the way back to the connection.
struct Subscription {
  unowned let connection: RTSPConnection
  let server: RTSPServer
  let session: Int
  let isClassroom: Bool

  /// Where frames come from.
  enum Feed {
    /// With the packets in the right layout.
    case file(MediaFile, PacketSlices)
    case live(LiveStream)

    /// The longest frame's bytes, as far as that is known.
    var longestFrame: Int {
      switch self {
      case .file(let media, _): media.longestFrame
      case .live(let stream): stream.longestPicture
      }
    }

    /// One that takes from it and sends by a way.
    func subscriber(
      _ way: Way, _ server: RTSPServer, _ ended: @escaping (Subscriber.End) -> Void
    ) -> Subscriber {
      switch self {
      case .file(let media, let packets):
        FileSubscriber(
          packets: packets, media: media.description, way: way, limits: server.limits,
          loop: server.loop, ended: ended)
      case .live(let stream):
        LiveSubscriber(stream, way: way, limits: server.limits, loop: server.loop, ended: ended)
      }
    }
  }

  /// How packets are laid out for a transport.
  func layout(_ transport: TransportHeader) -> MediaFile.Layout {
    if transport.channels != nil { return .interleaved(segmentBytes: server.segmentBytes) }
    return isClassroom ? .classroom : .datagrams(segmentBytes: server.segmentBytes)
  }

  /// Opens the way.
  ///
  /// - Returns: the subscriber, and the server's ports where it has some.
  /// - Throws: 453 when no ports are left, 503 when the machine has no more sockets.
  func open(
    _ feed: Feed, _ transport: TransportHeader, named name: String
  ) throws(RTSPRefusal) -> (Subscriber, TransportHeader.PortPair?) {
    guard transport.channels != nil || !connection.isBalanced else {
      throw RTSPConnection.noDatagrams
    }
    if transport.isMulticast { return (try member(of: feed, name), nil) }
    if let channels = transport.channels {
      connection.makeRoom(forFramesOf: feed.longestFrame)
      let way = InterleavedWay(layout(transport), channels, of: connection)
      return (feed.subscriber(way, server, ended), nil)
    }
    guard let ports = transport.clientPorts else { throw RTSPRefusal(.unsupportedTransport) }
    let (way, port) = try openDatagrams(ports, layout(transport))
    return (
      feed.subscriber(way, server, ended), TransportHeader.PortPair(rtp: port, rtcp: port + 1)
    )
  }

  private func member(of feed: Feed, _ name: String) throws(RTSPRefusal) -> GroupMember {
    GroupMember(
      try server.groups.stream(name, of: feed), peer: connection.peer, limits: server.limits,
      loop: server.loop,
      heard: { [unowned connection, session] in connection.heard(from: session) }, ended: ended)
  }

  private func openDatagrams(
    _ client: TransportHeader.PortPair, _ layout: MediaFile.Layout
  ) throws(RTSPRefusal) -> (way: DatagramWay, port: UInt16) {
    let sockets = try openSockets(client, segmentBytes: layout.packetizer?.stride)
    let port = sockets.rtp.local.port
    do throws(SystemError) {
      let way = try DatagramWay(
        layout, sockets, loop: server.loop, buffer: server.buffer, backlog: server.rests,
        heard: { [unowned connection, session] in connection.heard(from: session) })
      return (way, port)
    } catch {
      server.ports.release(port)
      throw refusal(error)
    }
  }

  private func openSockets(
    _ client: TransportHeader.PortPair, segmentBytes: Int?
  ) throws(RTSPRefusal) -> DatagramWay.Sockets {
    let sockets: DatagramWay.Sockets?
    do throws(SystemError) {
      sockets = try server.ports.allocate { (port) throws(SystemError) in
        try openSockets(port, client, segmentBytes: segmentBytes)
      }
    } catch {
      throw refusal(error)
    }
    guard let sockets else {
      server.metrics.refused("rtsp", "ports")
      throw RTSPRefusal(.notEnoughBandwidth, "all UDP ports are in use")
    }
    return sockets
  }

  private func refusal(_ error: SystemError) -> RTSPRefusal {
    Log.warning("no sockets for a viewer", ["peer": "\(connection.peer)", "error": "\(error)"])
    return RTSPRefusal(.serviceUnavailable, error.reason)
  }

  /// Packets go to the RTSP client's own address, whatever it asks for, and leave from the address
  /// that it has connected to. The sockets are not connected yet: see ``DatagramWay``.
  private func openSockets(
    _ port: UInt16, _ client: TransportHeader.PortPair, segmentBytes: Int?
  ) throws(SystemError) -> DatagramWay.Sockets {
    let rtp = try DatagramSocket(
      local: connection.local.with(port: port), segmentBytes: segmentBytes,
      receiveBufferBytes: server.limits.unreadBytes)
    var rtcp: DatagramSocket?
    if !isClassroom {
      rtcp = try DatagramSocket(
        local: connection.local.with(port: port + 1),
        receiveBufferBytes: server.limits.controlBytes)
    }
    return DatagramWay.Sockets(
      rtp: rtp, rtcp: rtcp, rtpPeer: connection.peer.with(port: client.rtp),
      rtcpPeer: connection.peer.with(port: client.rtcp), ports: server.ports)
  }

  private var ended: (Subscriber.End) -> Void {
    // Where many end at once, one that is told may take others' connection along.
    { [weak connection, session] end in connection?.ended(session, end) }
  }
}
