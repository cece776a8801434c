import Testing

@testable import Wire

@Suite("MulticastGroup")
struct MulticastGroupTests {
  @Test("has a port for RTP and the next one for RTCP", arguments: [1, 5004, 65_534] as [UInt16])
  func ports(port: UInt16) throws {
    let group = try #require(MulticastGroup(address: "239.1.2.3", port: port, ttl: 1))
    #expect(group.ports == .init(rtp: port, rtcp: port + 1))
  }

  @Test("is none without room for both", arguments: [0, 65_535] as [UInt16])
  func none(port: UInt16) {
    #expect(MulticastGroup(address: "239.1.2.3", port: port, ttl: 1) == nil)
  }

  @Test("has its TTL in the description over IPv4 (RFC 4566 §5.7)")
  func connection() {
    #expect(
      MulticastGroup(address: "239.1.2.3", port: 5004, ttl: 0)?.connection
        == "IN IP4 239.1.2.3/0")
    #expect(
      MulticastGroup(address: "ff15::1", port: 5004, ttl: 9)?.connection == "IN IP6 ff15::1")
  }
}
