import Testing

@testable import Reactor

@Suite("Socket address")
struct SocketAddressTests {
  @Test(
    "reads and prints host and port",
    arguments: [
      ("127.0.0.1:8554", "127.0.0.1:8554"), ("0.0.0.0:0", "0.0.0.0:0"),
      ("255.255.255.255:65535", "255.255.255.255:65535"), ("localhost:80", "127.0.0.1:80"),
      ("[::1]:8554", "[::1]:8554"), ("[::]:0", "[::]:0"),
      ("[2001:DB8:0:0::1]:9", "[2001:db8::1]:9"),
      ("[::ffff:10.1.2.3]:5", "10.1.2.3:5"), ("[::ffff:0a01:0203]:5", "10.1.2.3:5"),
      ("127.0.0.1:0080", "127.0.0.1:80"),
    ])
  func parse(text: String, printed: String) throws {
    let address = try #require(SocketAddress(text))
    #expect(address.description == printed)
  }

  @Test(
    "refuses what is not an address literal with a port",
    arguments: [
      "", ":", ":80", "127.0.0.1", "127.0.0.1:", "127.0.0.1:65536", "127.0.0.1:-1",
      "127.0.0.1:+80", "127.0.0.1:-0", "127.0.0.1:8o", "127.0.0.1: 80", "127.0.0.1 :80",
      "127.1:80", "127.0.0.256:80", "127.0.0.01.2:80", "example.org:80", "::1:80", "[::1]", "::1",
      "[::1]80", "[::1:80", "::1]:80", "[127.0.0.1]:80", "[localhost]:80", "[]:80", "[:]:80",
      "[::g]:80", "[[::1]]:80", "[1::2::3]:80", "127.0.0.1\0:80", "127.0.0.1\0x:80", "[::1\0]:80",
      "127.0.0.1:٣",
    ])
  func refuse(text: String) {
    #expect(SocketAddress(text) == nil)
  }

  @Test("a bare host may be IPv6 without brackets, but a name it is not")
  func host() {
    #expect(SocketAddress(host: "::1", port: 5)?.description == "[::1]:5")
    #expect(SocketAddress(host: "localhost", port: 5)?.description == "127.0.0.1:5")
    for text in ["", "[::1]", "example.org", "1.2.3", "::1%lo"] {
      #expect(SocketAddress(host: text, port: 5) == nil)
    }
  }

  @Test(
    "knows its kind",
    arguments: [
      (host: "127.0.0.1", kinds: "loopback"), (host: "127.9.9.9", kinds: "loopback"),
      (host: "::1", kinds: "six loopback"), (host: "::ffff:127.0.0.1", kinds: "loopback"),
      (host: "0.0.0.0", kinds: "unspecified"), (host: "::", kinds: "six unspecified"),
      (host: "192.168.1.1", kinds: ""), (host: "fe80::1", kinds: "six"),
      (host: "12.7.0.1", kinds: ""),
    ])
  func kinds(host: String, kinds: String) throws {
    let address = try #require(SocketAddress(host: host, port: 1))
    let found = [
      address.isIPv6 ? "six" : nil, address.isLoopback ? "loopback" : nil,
      address.isUnspecified ? "unspecified" : nil,
    ]
    #expect(found.compactMap(\.self).joined(separator: " ") == kinds)
  }

  @Test("another port leaves the host")
  func withPort() throws {
    let address = try #require(SocketAddress("[fe80::1]:5"))
    #expect(address.with(port: 6).description == "[fe80::1]:6")
    #expect(address.with(port: 5) == address && address.with(port: 6) != address)
  }

  @Test("comes back from the kernel as it was given", arguments: ["127.0.0.1:0", "[::1]:0"])
  func roundTrip(text: String) throws {
    let address = try #require(SocketAddress(text))
    guard !address.isIPv6 || Loopback.hasIPv6 else { return }
    let receiver = try DatagramReceiver(address)
    #expect(receiver.address.host == address.host && receiver.address.port > 0)
  }

  @Test(
    "this machine by its usual name is localhost, by any other it is not",
    arguments: [
      ("127.0.0.1", true), ("::1", true), ("::ffff:127.0.0.1", true), ("127.0.0.2", false),
      ("0.0.0.0", false), ("::", false), ("::2", false), ("1::1", false), ("192.0.2.1", false),
    ])
  func localhost(host: String, isLocalhost: Bool) throws {
    #expect(try #require(SocketAddress(host: host, port: 1)).isLocalhost == isLocalhost)
  }

  @Test("is counted by its IPv4 address, or by the first half of its IPv6 address")
  func networks() throws {
    func network(_ host: String) throws -> UInt64 {
      try #require(SocketAddress(host: host, port: .random(in: 0 ... .max))).network
    }
    #expect(try network("192.0.2.1") == network("192.0.2.1"))
    #expect(try network("192.0.2.1") == network("::ffff:192.0.2.1"))
    #expect(try network("2001:db8:1:2::1") == network("2001:db8:1:2:ffff:ffff:ffff:ffff"))
    let all = [
      "192.0.2.1", "192.0.2.2", "0.0.0.0", "255.255.255.255", "2001:db8:1:2::1", "2001:db8:1:3::1",
      "::", "fe80::1",
    ]
    #expect(Set(try all.map(network)).count == all.count)
  }

  @Test("knows which addresses are this machine's")
  func own() throws {
    #expect(SocketAddress.localhost(port: 8554).isOfThisMachine)
    if Loopback.hasIPv6 { #expect(try #require(SocketAddress("[::1]:8554")).isOfThisMachine) }
    // Documentation's, which nobody has.
    for other in ["192.0.2.7:8554", "[2001:db8::7]:8554", "255.255.255.255:1", "0.0.0.0:1"] {
      #expect(!(try #require(SocketAddress(other)).isOfThisMachine), "\(other)")
    }
  }

  @Test("is the same host whatever the port")
  func sameHost() throws {
    let address = try #require(SocketAddress("192.0.2.1:5"))
    #expect(address.isSameHost(as: address.with(port: 6)))
    #expect(!address.isSameHost(as: try #require(SocketAddress("192.0.2.2:5"))))
  }
}
