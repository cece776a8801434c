import Testing

@testable import Reactor

@Suite("AddressRange")
struct AddressRangeTests {
  @Test(
    "has the addresses that begin like it, and no others",
    arguments: [
      ("192.0.2.0/24", ["192.0.2.0", "192.0.2.255", "::ffff:192.0.2.7"], ["192.0.3.0", "::1"]),
      ("192.0.2.128/25", ["192.0.2.128", "192.0.2.255"], ["192.0.2.127"]),
      ("192.0.2.7", ["192.0.2.7"], ["192.0.2.6", "192.0.2.8"]),
      ("0.0.0.0/0", ["0.0.0.0", "255.255.255.255"], ["::", "2001:db8::1"]),
      ("10.0.0.0/7", ["10.1.2.3", "11.255.0.0"], ["12.0.0.0", "9.255.255.255"]),
      ("2001:db8::/32", ["2001:db8::1", "2001:db8:ffff::"], ["2001:db9::", "10.0.0.1"]),
      ("::1", ["::1"], ["::2", "127.0.0.1"]), ("::/0", ["::1", "2001::"], ["127.0.0.1"]),
    ])
  func contains(text: String, inside: [String], outside: [String]) throws {
    let range = try #require(AddressRange(text))
    #expect(range.description == text)
    for host in inside + outside {
      let address = try #require(SocketAddress(host: host, port: 5))
      #expect(range.contains(address) == inside.contains(host), "\(text) and \(host)")
    }
  }

  @Test(
    "refuses what could be read in two ways, and what cannot be read",
    arguments: [
      "", "/", "localhost", "192.0.2.7/24", "192.0.2.0/33", "192.0.2.0/-1", "192.0.2.0/+8",
      "192.0.2.0/", "192.0.2/24", "2001:db8::1/32", "::/129", "[::1]", "192.0.2.7:80", "a/8",
      "::ffff:192.0.2.0/120", "192.0.2.0/ 8",
    ])
  func refuses(text: String) {
    #expect(AddressRange(text) == nil)
  }
}
