import Testing

@testable import Wire

@Suite("PublishedName")
struct PublishedNameTests {
  @Test(
    "letters, digits, dots, hyphens and underscores below live/",
    arguments: [
      "live/door", "live/a.b-c_D9", "live/a/b/c/d", "live/-", "live/_", "live/x..y",
      "live/" + String(repeating: "x", count: 123),
    ])
  func good(_ name: String) {
    #expect(PublishedName(name)?.text == name)
  }

  @Test(
    "anything else is none",
    arguments: [
      "", "live", "live/", "door", "Live/door", "/live/door", "live//door", "live/door/",
      "live/.door",
      "live/..", "live/a/../b", "live/a b", "live/é", "live/a%", "live/a=b", "live/a\n", "live/a\0",
      "live/stream=0", "video/live/door", "live/a/b/c/d/e",
      "live/" + String(repeating: "x", count: 124),
    ])
  func bad(_ name: String) {
    #expect(PublishedName(name) == nil)
  }
}
