internal import Reactor
internal import Wire

/// Connections of proxies that speak the PROXY protocol, each until its first bytes have said whom
/// it is made for. There is no guessing (the protocol forbids it): from these addresses a header
/// has to come, from others none is understood.
final class ProxiedArrivals {
  let loop: EventLoop
  let buffer: ReceiveBuffer
  private let port: String
  private let metrics: Metrics
  private var arrivals: [ObjectIdentifier: ProxiedArrival] = [:]
  /// Connections that the daemon has made itself, to its own port: nobody is behind them.
  var isOwn: (SocketAddress) -> Bool = { _ in false }

  /// - Parameter port: which one, for people.
  init(_ port: String, loop: EventLoop, buffer: ReceiveBuffer, metrics: Metrics) {
    self.port = port
    self.loop = loop
    self.buffer = buffer
    self.metrics = metrics
  }

  /// Hands a connection on, at once or when a proxy has introduced it.
  func admit(
    _ socket: StreamSocket, from proxies: [AddressRange], _ limits: Limits,
    _ accept: @escaping (StreamSocket) -> Void
  ) {
    guard proxies.contains(where: { $0.contains(socket.peer) }), !isOwn(socket.peer) else {
      return accept(socket)
    }
    guard arrivals.count < limits.connectionsMax else {
      return metrics.refused(port, Door.Refusal.connections.rawValue)
    }
    do throws(SystemError) {
      let arrival = try ProxiedArrival(
        socket, home: self, until: loop.now + Instant(limits.requestSeconds) * 1_000_000_000,
        accept: accept)
      arrivals[ObjectIdentifier(arrival)] = arrival
    } catch {
      Log.warning("a connection could not be taken", ["error": "\(error)"])
    }
  }

  func ended(_ arrival: ProxiedArrival) { arrivals[ObjectIdentifier(arrival)] = nil }

  func refused(_ peer: SocketAddress, _ reason: String) {
    metrics.refused(port, "proxy")
    Log.warning(
      "a proxy's connection is closed", ["port": port, "peer": "\(peer)", "reason": reason])
  }
}
