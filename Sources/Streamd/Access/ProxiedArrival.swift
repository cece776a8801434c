internal import Reactor
internal import Wire

/// A proxy's connection whose header has not come in whole. What is behind the header stays in the
/// kernel, for whoever serves the client.
final class ProxiedArrival: Wakeable, EventHandler {
  private let socket: StreamSocket
  private unowned let home: ProxiedArrivals
  private let accept: (StreamSocket) -> Void
  private var registration: Registration?
  private var header: [UInt8] = []

  init(
    _ socket: StreamSocket, home: ProxiedArrivals, until deadline: Instant,
    accept: @escaping (StreamSocket) -> Void
  ) throws(SystemError) {
    self.socket = socket
    self.home = home
    self.accept = accept
    super.init()
    registration = try home.loop.add(socket, .readable, self)
    home.loop.deadlines.set(self, at: deadline)
  }

  func ready(_ registration: Registration, _ readiness: Readiness) {
    switch socket.peek(into: home.buffer) {
    case .bytes(let count): take(count)
    case .nothing: break
    // It looked whether somebody is here.
    case .closed: end()
    }
  }

  private func take(_ count: Int) {
    let known = header.count
    home.buffer.withBytes { bytes in
      for index in bytes.indices { header.append(bytes[index]) }
    }
    do throws(ProxyHeader.Fault) {
      guard let whole = try ProxyHeader.parse(header.span) else { return consume(count) }
      consume(whole.length - known)
      try introduce(whole.client)
    } catch {
      refuse("\(error)")
    }
  }

  /// Takes what belongs to the header, and no more.
  private func consume(_ bytes: Int) {
    _ = socket.receive(into: home.buffer, atMost: bytes)
  }

  private func introduce(_ client: ProxyHeader.Client?) throws(ProxyHeader.Fault) {
    var address: SocketAddress?
    if let client {
      address = SocketAddress(host: client.host, port: client.port)
      guard address != nil else { throw .malformed }
    }
    socket.speaks(for: address)
    end()
    accept(socket)
  }

  override func wake(at now: Instant) { refuse("its PROXY header did not come in time") }

  private func refuse(_ reason: String) {
    home.refused(socket.peer, reason)
    end()
  }

  private func end() {
    home.loop.deadlines.clear(self)
    if let registration { home.loop.remove(registration) }
    registration = nil
    home.ended(self)
  }
}
