import Testing

@testable import Streamd

@Suite("A client's identifier")
struct ClientKeyTests {
  @Test("is read as it is written")
  func text() throws {
    for text in ["0-1", "1-1", "10-2", "123456-8"] {
      #expect(try #require(ClientKey(text)).description == text)
    }
  }

  @Test(
    "anything else is none",
    arguments: ["", "-", "1", "1-", "-1", "1-2-3", "a-1", "1-b", "1-99999999999999999999"])
  func bad(_ text: String) { #expect(ClientKey(text) == nil) }

  @Test("is sorted by number")
  func order() {
    let sorted = ["0-1", "0-10", "1-1", "2-1", "2-2", "10-1"].compactMap { ClientKey($0) }
    #expect(sorted.count == 6 && sorted.reversed().sorted() == sorted)
  }
}
