import Testing

@testable import Reactor

@Suite("Name lookup")
struct NameLookupTests {
  @Test("literals are taken as they are, and names are looked up")
  func found() throws {
    #expect(
      try NameLookup.addresses(of: "192.0.2.7", port: 80).map(\.description) == ["192.0.2.7:80"])
    #expect(try NameLookup.addresses(of: "::1", port: 81).map(\.description) == ["[::1]:81"])
    #expect(
      try NameLookup.addresses(of: "localhost", port: 5000).map(\.description)
        == ["127.0.0.1:5000"])
    // Not the literal's way: the C library turns this number into an address.
    let looked = try NameLookup.addresses(of: "127.1", port: 9)
    #expect(looked.map(\.description) == ["127.0.0.1:9"])
  }

  @Test("what has no address is told in words", arguments: ["", "a\0b", "no-such-name.invalid"])
  func missing(_ name: String) throws {
    do throws(NameLookup.Failure) {
      let found = try NameLookup.addresses(of: name, port: 1)
      Issue.record("\(found)")
    } catch {
      #expect(!error.reason.isEmpty)
    }
  }
}
