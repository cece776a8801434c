import Testing

@testable import Wire

@Suite("SessionHeader")
struct SessionHeaderTests {
  @Test(
    "reads the identifier and the timeout, 60 s where none or a senseless one is given",
    arguments: [
      ("abc", "abc", 60), ("abc;timeout=30", "abc", 30), (" abc ; Timeout=1", "abc", 1),
      ("abc;x;timeout=86400;y=z", "abc", 86_400), ("abc;timeout=0", "abc", 60),
      ("abc;timeout=-1", "abc", 60), ("abc;timeout=86401", "abc", 60), ("abc;", "abc", 60),
      ("abc;timeout=", "abc", 60), ("abc;timeout=1e3", "abc", 60), ("a b", "a b", 60),
      ("abc;timeout=18446744073709551616", "abc", 60),
    ])
  func reads(text: String, identifier: String, seconds: Int) {
    #expect(
      SessionHeader(text) == SessionHeader(identifier: identifier, timeoutSeconds: seconds))
  }

  @Test("refuses a header without an identifier", arguments: ["", " ", ";", ";timeout=60", " ;"])
  func refuses(text: String) {
    #expect(SessionHeader(text) == nil)
  }

  @Test("is written with its timeout and read back")
  func writes() {
    let header = SessionHeader(identifier: "12345678", timeoutSeconds: 90)
    #expect(header.description == "12345678;timeout=90")
    #expect(SessionHeader(header.description) == header)
  }
}
