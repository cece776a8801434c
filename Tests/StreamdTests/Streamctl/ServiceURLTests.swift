import Testing

@testable import streamctl

@Suite("The daemon's URL")
struct ServiceURLTests {
  @Test(
    "hosts, ports, paths and users are taken apart",
    arguments: [
      ("http://127.0.0.1:5000", "127.0.0.1", 5000, "", "http://127.0.0.1:5000"),
      ("HTTP://box", "box", 80, "", "http://box"), ("box:81/", "box", 81, "", "http://box:81"),
      ("http://[::1]:5000/a/b//", "::1", 5000, "/a/b", "http://[::1]:5000/a/b"),
      ("[fe80::1]", "fe80::1", 80, "", "http://[fe80::1]"),
      ("http://u:p@box:5000", "box", 5000, "", "http://box:5000"),
    ])
  func parts(
    _ text: String, _ host: String, _ port: UInt16, _ path: String, _ shown: String
  ) throws {
    let url = try ServiceURL(text)
    #expect(url.host == host && url.port == port && url.path == path)
    #expect(url.description == shown)
    #expect(try ServiceURL(shown).description == shown)
  }

  @Test("a user is resolved, at sign and all")
  func user() throws {
    #expect(try ServiceURL("http://a%40b:c:d@h").userInfo == "a@b:c:d")
    #expect(try ServiceURL("http://a@b@h:1").userInfo == "a@b")
    #expect(try ServiceURL("http://h").userInfo == nil)
  }

  @Test(
    "what is no such URL is refused as bad usage",
    arguments: [
      "", "http://", "http://:5000", "http://h:", "http://h:0", "http://h:+1", "http://h:65536",
      "http://a:b:c", "http://[::1", "http://[h]:1", "http://[::1]x", "ftp://h", "http://h /",
      "http://h/?a", "http://h/#a", "http://h\n", "http://ü", "http://%zz@h", "https://h",
      "HTTPS://h", "http://h/\u{7F}", "http://h\0",
    ])
  func refused(_ text: String) throws {
    do throws(Failure) {
      let url = try ServiceURL(text)
      Issue.record("\(url)")
    } catch {
      #expect(error.status == .usage && !error.message.contains("\n") || text.contains("\n"))
    }
  }
}
