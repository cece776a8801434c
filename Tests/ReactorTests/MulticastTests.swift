import Testing

@testable import Reactor

@Suite("Multicast")
struct MulticastTests {
  private static let loopback = try? NetworkInterface.index(named: "lo")

  /// A group of this test's own.
  private func newGroup() -> SocketAddress? {
    let (a, b) = (UInt8.random(in: .min ... .max), UInt8.random(in: .min ... .max))
    return SocketAddress(host: "239.255.\(a).\(b)", port: UInt16.random(in: 20_000...60_000))
  }

  @Test("one datagram is heard by every member, and by nobody else")
  func members() throws {
    let group = try #require(newGroup())
    let interface = try #require(Self.loopback)
    let members = try (0..<2).map { _ in
      let socket = try DatagramSocket(local: group, receiveBufferBytes: 65_536, isShared: true)
      try socket.join(group, interface: interface)
      return socket
    }
    let stranger = try DatagramSocket(
      local: group.loopback.with(port: 0), receiveBufferBytes: 65_536)
    let sender = try DatagramSocket(
      local: group.anyAddress, segmentBytes: 100, receiveBufferBytes: 4096)
    try sender.setMulticast(hops: 0, interface: interface)
    try sender.connect(to: group)
    #expect(sender.send([1, 2, 3]) == .sent)
    let buffer = ReceiveBuffer(capacity: 4096)
    for member in members {
      let source = try #require(member.receiveFromAnyone(into: buffer))
      #expect(buffer.copy() == [1, 2, 3])
      #expect(source.host == sender.ownAddress?.host)
    }
    #expect(stranger.receiveFromAnyone(into: buffer) == nil)
  }

  @Test("a frame is cut into its packets for a group as well")
  func segments() throws {
    let group = try #require(newGroup())
    let interface = try #require(Self.loopback)
    let member = try DatagramSocket(local: group, receiveBufferBytes: 1 << 20, isShared: true)
    try member.join(group, interface: interface)
    let sender = try DatagramSocket(
      local: group.anyAddress, segmentBytes: 100, receiveBufferBytes: 4096)
    try sender.setMulticast(hops: 1, interface: interface)
    try sender.connect(to: group)
    let packets = PacketBuffer(stride: 100, prefix: 0, frameCapacity: 1, byteCapacity: 1)
    packets.append((0..<25).flatMap { [UInt8](repeating: $0, count: $0 == 24 ? 12 : 100) })
    #expect(sender.send(packets, frame: 0) == .sent)
    let buffer = ReceiveBuffer(capacity: 4096)
    for number in 0..<25 as Range<UInt8> {
      #expect(member.receive(into: buffer) == (number == 24 ? 12 : 100))
      #expect(buffer.copy().allSatisfy { $0 == number })
    }
    #expect(member.receive(into: buffer) == nil)
  }

  @Test("an address says whether it is a group's")
  func addresses() {
    for host in ["224.0.0.1", "239.255.255.255", "ff02::1"] {
      #expect(SocketAddress(host: host, port: 1)?.isMulticast == true)
    }
    for host in ["223.255.255.255", "240.0.0.1", "127.0.0.1", "::", "fe80::1"] {
      #expect(SocketAddress(host: host, port: 1)?.isMulticast == false)
    }
  }

  @Test("what cannot be joined says so")
  func refused() throws {
    let group = try #require(newGroup())
    let socket = try DatagramSocket(local: group, receiveBufferBytes: 4096, isShared: true)
    #expect(throws: SystemError.self) { try socket.join(group, interface: 0x7FFF_FFFF) }
    #expect(throws: SystemError.self) { try socket.join(Loopback.any, interface: 0) }
    #expect(throws: SystemError.self) { try NetworkInterface.index(named: "no-such-thing") }
  }
}
