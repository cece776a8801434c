import Reactor
import Testing

@testable import Streamd

@Suite("Door")
struct DoorTests {
  private static let second: Instant = 1_000_000_000

  private func address(_ host: String, _ port: UInt16 = 1) throws -> SocketAddress {
    try #require(SocketAddress(host: host, port: port))
  }

  /// A door that can be asked within an expectation.
  private final class Entrance {
    var door: Door
    init(_ door: Door) { self.door = door }
    func enter(_ peer: SocketAddress, at now: Instant) -> Door.Refusal? {
      door.enter(peer, at: now)
    }
    func leave(_ peer: SocketAddress) { door.leave(peer) }
    func asked(_ peer: SocketAddress, at now: Instant) { door.asked(peer, at: now) }
    func isAskingTooOften(_ peer: SocketAddress, at now: Instant) -> Bool {
      door.isAskingTooOften(peer, at: now)
    }
    func openSession(_ peer: SocketAddress) -> Door.Refusal? { door.openSession(peer) }
    func closeSession(_ peer: SocketAddress) { door.closeSession(peer) }
  }

  private func door(_ set: (inout Limits) -> Void) -> Entrance {
    var limits = Limits()
    set(&limits)
    return Entrance(Door(limits))
  }

  @Test("the total holds for everybody, and who leaves makes room")
  func total() throws {
    let door = door { $0.connectionsMax = 2 }
    let (near, far) = (try address("127.0.0.1"), try address("192.0.2.1"))
    #expect(door.enter(near, at: 0) == nil && door.enter(far, at: 0) == nil)
    #expect(door.enter(near, at: 0) == .connections && door.enter(far, at: 0) == .connections)
    door.leave(far)
    #expect(door.door.connections == 1)
    #expect(door.enter(near, at: 0) == nil)
  }

  @Test("one address has its share, whatever its ports; others have theirs")
  func share() throws {
    let door = door { $0.addressConnectionsMax = 3 }
    for port in 1...3 { #expect(door.enter(try address("192.0.2.1", UInt16(port)), at: 0) == nil) }
    #expect(door.enter(try address("192.0.2.1", 4), at: 0) == .addressConnections)
    #expect(door.enter(try address("192.0.2.2"), at: 0) == nil)
    #expect(door.door.connections == 4)
    door.leave(try address("192.0.2.1", 2))
    #expect(door.enter(try address("192.0.2.1", 5), at: 0) == nil)
  }

  @Test("a whole IPv6 subscriber has one share")
  func subscriber() throws {
    let door = door { $0.addressConnectionsMax = 1 }
    #expect(door.enter(try address("2001:db8:0:1::1"), at: 0) == nil)
    #expect(door.enter(try address("2001:db8:0:1:ffff::2"), at: 0) == .addressConnections)
    #expect(door.enter(try address("2001:db8:0:2::1"), at: 0) == nil)
  }

  @Test("localhost is everybody behind a proxy and is held to the total only")
  func localhost() throws {
    let door = door {
      ($0.addressConnectionsMax, $0.addressRequestsPerSecond, $0.addressSessionsMax) = (1, 1, 1)
    }
    for host in ["127.0.0.1", "::1"] {
      for _ in 0..<100 {
        #expect(door.enter(try address(host), at: 0) == nil)
        door.asked(try address(host), at: 0)
        #expect(door.openSession(try address(host)) == nil)
      }
      #expect(!door.isAskingTooOften(try address(host), at: 0))
    }
    #expect(door.door.addressCount == 0)
    #expect(door.enter(try address("127.0.0.2"), at: 0) == nil)
    #expect(door.enter(try address("127.0.0.2"), at: 0) == .addressConnections)
  }

  @Test("connections and requests draw from one bucket of four seconds' worth")
  func rate() throws {
    let door = door { $0.addressRequestsPerSecond = 10 }
    let peer = try address("192.0.2.1")
    for _ in 0..<20 {
      #expect(door.enter(peer, at: 0) == nil)
      door.asked(peer, at: 0)
    }
    #expect(door.isAskingTooOften(peer, at: 0))
    #expect(door.enter(peer, at: 0) == .addressRequests)
    #expect(!door.isAskingTooOften(try address("192.0.2.2"), at: 0))
    #expect(!door.isAskingTooOften(peer, at: Self.second / 10))
    // Coming back does not help.
    for _ in 0..<20 { door.leave(peer) }
    #expect(door.enter(peer, at: Self.second / 20) == .addressRequests)
    #expect(door.enter(peer, at: Self.second) == nil)
  }

  @Test("sessions of one address are counted, and given back")
  func sessions() throws {
    let door = door { $0.addressSessionsMax = 2 }
    let peer = try address("192.0.2.1")
    #expect(door.enter(peer, at: 0) == nil)
    #expect(door.openSession(peer) == nil && door.openSession(peer) == nil)
    #expect(door.openSession(peer) == .addressSessions)
    door.closeSession(peer)
    #expect(door.openSession(peer) == nil)
  }

  @Test("of addresses that come and go a bounded number is remembered, of those inside all")
  func memory() throws {
    let door = door {
      ($0.addressesMax, $0.connectionsMax, $0.addressConnectionsMax) = (100, 50, 1)
    }
    let inside = try (0..<49).map { try address("198.51.100.\($0)") }
    for peer in inside { #expect(door.enter(peer, at: 0) == nil) }
    for number in 0..<10_000 {
      let peer = try address("10.0.\(number / 256).\(number % 256)")
      #expect(door.enter(peer, at: 0) == nil)
      door.leave(peer)
      #expect(door.door.addressCount <= 150)
    }
    for peer in inside { #expect(door.enter(peer, at: 0) == .addressConnections) }
  }

  @Test("new limits hold for those who come from now on")
  func reload() throws {
    let door = door { $0.addressConnectionsMax = 1 }
    let peer = try address("192.0.2.1")
    #expect(door.enter(peer, at: 0) == nil && door.enter(peer, at: 0) == .addressConnections)
    door.door.limits.addressConnectionsMax = 2
    #expect(door.enter(peer, at: 0) == nil && door.enter(peer, at: 0) == .addressConnections)
  }
}
