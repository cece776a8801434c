import Glibc
import Testing

@testable import Reactor

/// What the tests need of the loopback interface: real sockets, and a loop that cannot hang.
enum Loopback {
  static let any = SocketAddress(loopbackPort: 0)

  /// Two ends of one TCP connection, without a loop.
  static func connection() throws -> (near: StreamSocket, far: StreamSocket) {
    let loop = try EventLoop()
    var accepted: StreamSocket?
    let listener = try Listener(any, on: loop, exhausted: { _ in }, accepted: { accepted = $0 })
    defer { listener.close() }
    let far = try connect(to: listener.address)
    try loop.turns { accepted != nil }
    return (try #require(accepted), far)
  }

  /// A client's end of a TCP connection.
  static func connect(to address: SocketAddress) throws -> StreamSocket {
    // Connecting waits, so that nobody needs to watch for it; everything afterwards does not.
    let type = Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue)
    let descriptor = Descriptor(
      Int32(try checkedCall("socket") { Int(socket(address.family, type, 0)) }))
    try Socket.connect(descriptor, to: address)
    let number = descriptor.number
    try checkedCall("fcntl") { Int(fcntl(number, F_SETFL, O_NONBLOCK)) }
    return StreamSocket(descriptor, peer: address)
  }

  static var hasIPv6: Bool {
    guard let address = SocketAddress("[::1]:0"),
      let descriptor = try? Socket.open(.datagram, address.family)
    else { return false }
    return (try? Socket.bind(descriptor, to: address)) != nil
  }
}

extension SocketAddress {
  /// 127.0.0.1 with a port.
  init(loopbackPort port: UInt16) {
    guard let address = SocketAddress(host: "127.0.0.1", port: port) else {
      preconditionFailure("127.0.0.1 is an address")
    }
    self = address
  }
}

extension DatagramSocket {
  /// Bound and connected.
  convenience init(
    local: SocketAddress, peer: SocketAddress, segmentBytes: Int?, receiveBufferBytes: Int = 1 << 20
  ) throws {
    try self.init(
      local: local, segmentBytes: segmentBytes, receiveBufferBytes: receiveBufferBytes)
    try connect(to: peer)
  }
}

/// Remembers what it was told, and does what the test says.
final class Probe: EventHandler {
  private(set) var events: [Readiness] = []
  var onReady: (Registration) -> Void = { _ in }

  func ready(_ registration: Registration, _ readiness: Readiness) {
    events.append(readiness)
    onReady(registration)
  }
}

/// A deadline that remembers when it was woken.
final class Alarm: Wakeable {
  private(set) var moments: [Instant] = []
  var onWake: (Instant) -> Void = { _ in }

  override func wake(at now: Instant) {
    moments.append(now)
    onWake(now)
  }
}

extension EventLoop {
  /// Takes turns until `condition` holds, and returns how many; a test that waits in vain fails
  /// after ten seconds.
  @discardableResult
  func turns(until condition: () -> Bool) throws -> Int {
    let limit = Alarm()
    deadlines.set(limit, at: now + 10_000_000_000)
    defer { deadlines.clear(limit) }
    var turns = 0
    while !condition() {
      try #require(limit.moments.isEmpty, "waited in vain")
      try turn()
      turns += 1
    }
    return turns
  }
}

/// A bound UDP port that takes datagrams from anyone.
final class DatagramReceiver {
  let address: SocketAddress
  private let descriptor: Descriptor

  init(_ address: SocketAddress = Loopback.any) throws {
    descriptor = try Socket.open(.datagram, address.family)
    try Socket.bind(descriptor, to: address)
    try Socket.set(descriptor, SOL_SOCKET, SO_RCVBUF, 1 << 20)
    self.address = Socket.localAddress(descriptor) ?? address
  }

  /// Waits for `count` datagrams.
  func receive(_ count: Int) throws -> [[UInt8]] {
    let loop = try EventLoop()
    let probe = Probe()
    let registration = try loop.add(descriptor, .readable, probe)
    var datagrams: [[UInt8]] = []
    probe.onReady = { _ in
      while let datagram = self.next() { datagrams.append(datagram) }
    }
    try loop.turns { datagrams.count >= count }
    loop.remove(registration)
    return datagrams
  }

  /// Takes one datagram if there is one.
  func next() -> [UInt8]? {
    let number = descriptor.number
    var bytes = [UInt8](repeating: 0, count: 65_536)
    let capacity = bytes.count
    let call = systemCall { unsafe recv(number, &bytes, capacity, 0) }
    guard case .value(let count) = call else { return nil }
    return Array(bytes.prefix(count))
  }
}

extension ReceiveBuffer {
  /// A copy of what the last read brought.
  var copy: [UInt8] {
    withBytes { bytes in
      [UInt8](capacity: bytes.count) { copy in
        for index in bytes.indices { copy.append(bytes[index]) }
      }
    }
  }
}
