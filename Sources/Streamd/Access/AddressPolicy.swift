internal import Reactor
internal import Wire

/// From which addresses anybody may come at all.
struct AddressPolicy: Equatable {
  /// Only these, unless there are none.
  var allowed: [AddressRange] = []
  /// Never these.
  var denied: [AddressRange] = []
  /// Proxies that say the truth of whom they speak for.
  var trustedProxies: [AddressRange] = []
  /// Those that say so at the beginning of each connection to the RTSP port, in the PROXY protocol.
  var rtspProxies: [AddressRange] = []
  /// The same of the HTTP port.
  var httpProxies: [AddressRange] = []

  /// Whether somebody at this address is served.
  func admits(_ address: SocketAddress) -> Bool {
    !denied.contains { $0.contains(address) }
      && (allowed.isEmpty || allowed.contains { $0.contains(address) })
  }

  /// Whether an address is that of a trusted proxy, whose clients are looked at instead.
  func isProxy(_ address: SocketAddress) -> Bool {
    trustedProxies.contains { $0.contains(address) }
  }

  /// The client behind a connection: the peer itself, unless that is a trusted proxy; then the last
  /// address in `X-Forwarded-For` that is not one. What stands in front of it anybody can have
  /// written.
  func client(of peer: SocketAddress, _ headers: HeaderFields) -> SocketAddress {
    guard isProxy(peer) else { return peer }
    let hops = headers.all("X-Forwarded-For").joined(separator: ",").split(at: ",")
    var client = peer
    for hop in hops.reversed() {
      let words = hop.split(at: " ")
      guard words.count == 1, let address = SocketAddress(host: String(words[0]), port: 0) else {
        return client
      }
      client = address
      if !isProxy(address) { return client }
    }
    return client
  }
}
