import Testing

@testable import Wire

@Suite("UserEntry")
struct UserEntryTests {
  @Test("is read as it is written, with and without patterns")
  func roundTrip() throws {
    for videos in [nil, [], [NamePattern("cam/*"), NamePattern("a:b")]] {
      let entry = try #require(
        UserEntry(name: "alice", role: .control, password: "s3cret", videos: videos))
      #expect(UserEntry(entry.line) == entry)
      #expect(entry.isPassword("s3cret") && !entry.isPassword("s3cre") && !entry.isPassword(""))
    }
    let entry = try #require(UserEntry("bob:view:5F4DCC3B5AA765D61D8327DEB882CF99: x* , y"))
    #expect(entry.videos?.map(\.text) == ["x*", "y"])
    #expect(entry.ha1 == "5f4dcc3b5aa765d61d8327deb882cf99")
  }

  @Test(
    "refuses everything else",
    arguments: [
      "", "alice", "alice:admin", "alice:admin:secret",
      "alice:root:5f4dcc3b5aa765d61d8327deb882cf99",
      ":admin:5f4dcc3b5aa765d61d8327deb882cf99", "a\u{7}:admin:5f4dcc3b5aa765d61d8327deb882cf99",
    ])
  func refuses(line: String) {
    #expect(UserEntry(line) == nil)
  }

  @Test("a name has a length, and no colon")
  func names() {
    for name in ["", "a:b", "a\nb", String(repeating: "x", count: 65)] {
      #expect(UserEntry(name: name, role: .view, password: "x") == nil)
    }
  }
}
