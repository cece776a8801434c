/// Where a medium goes that is sent once for all who want it (RFC 2326 §12.39, RFC 4566 §5.7).
public struct MulticastGroup: Equatable, Sendable {
  /// An address literal.
  public var address: String
  /// RTP's port; RTCP has the next one.
  public var port: UInt16
  /// How many routers it may pass: 1 keeps it in the local network.
  public var ttl: UInt8

  /// All parts. RTCP has to have a port, too: the last one is none for RTP.
  public init?(address: String, port: UInt16, ttl: UInt8) {
    guard port > 0, port < .max else { return nil }
    self.address = address
    self.port = port
    self.ttl = ttl
  }

  /// Both ports.
  public var ports: TransportHeader.PortPair {
    TransportHeader.PortPair(rtp: port, rtcp: port + 1)
  }

  /// The `c=` line's value. IPv6 has no TTL in it.
  var connection: String {
    address.contains(":") ? "IN IP6 \(address)" : "IN IP4 \(address)/\(ttl)"
  }
}
