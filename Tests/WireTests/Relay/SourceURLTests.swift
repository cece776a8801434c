import Testing

@testable import Wire

@Suite("SourceURL")
struct SourceURLTests {
  @Test(
    "takes URLs apart",
    arguments: [
      ("rtsp://camera", "rtsp", "camera", 554, "/"),
      ("RTSP://camera:8554/a/b", "rtsp", "camera", 8554, "/a/b"),
      ("http://10.0.0.1/stream.mjpg?x=1#top", "http", "10.0.0.1", 80, "/stream.mjpg?x=1"),
      ("http://cam?action=stream", "http", "cam", 80, "/?action=stream"),
      ("rtsp://[fe80::1]/x", "rtsp", "fe80::1", 554, "/x"),
      ("rtsp://user@[::1]:1/", "rtsp", "::1", 1, "/"),
      ("rtsp://a:b@c/d@e", "rtsp", "c", 554, "/d@e"),
    ])
  func parts(_ text: String, _ scheme: String, _ host: String, _ port: Int, _ path: String) throws {
    let url = try #require(SourceURL(text))
    #expect(url.scheme.rawValue == scheme && url.host == host && Int(url.port) == port)
    #expect(url.path == path)
  }

  @Test(
    "what is no such URL is none",
    arguments: [
      "", "rtsp", "rtsp:/x", "rtsp://", "rtsp:///x", "https://x/", "rtsps://x/", "file:///x",
      "rtsp://a b/", "rtsp://a/\r\nX: y", "rtsp://a/ä", "rtsp://a:0/", "rtsp://a:65536/",
      "rtsp://a:-1/", "rtsp://a:/", "rtsp://a:1x/", "rtsp://[::1/", "rtsp://[::1]x/",
      "rtsp://[a]/", "rtsp://[]/", "rtsp://a:b:c/", "rtsp://a\"b/", "rtsp://%41/",
      "rtsp://u%zz@a/", "rtsp://u%0A@a/", "rtsp://\(String(repeating: "a", count: 254))/",
      "rtsp://a/\(String(repeating: "a", count: 2048))",
    ])
  func refused(_ text: String) { #expect(SourceURL(text) == nil) }

  @Test("user and password are read with their escapes, and asked and shown without them")
  func userInfo() throws {
    let url = try #require(SourceURL("rtsp://ad%40min:p%3As@s@cam:8554/x?a=1"))
    #expect(url.userInfo == UserInfo(user: "ad@min", password: "p:s@s"))
    #expect(url.requested == "rtsp://cam:8554/x?a=1")
    #expect(url.shown == "rtsp://cam:8554/x?a=…")
    #expect("\(url)" == url.shown && "\([url])".contains("p:s") == false)
    let user = try #require(SourceURL("rtsp://viewer@cam/x"))
    #expect(user.userInfo == UserInfo(user: "viewer", password: ""))
    #expect(SourceURL("rtsp://@cam/x")?.userInfo == nil)
  }

  @Test(
    "what stands behind an equals sign is not shown",
    arguments: [
      ("http://c/?user=a&pwd=b", "http://c/?user=…&pwd=…"),
      ("rtsp://c/user=a&password=b=c&channel=1/x", "rtsp://c/user=…&password=…&channel=…/x"),
      ("rtsp://c/a;k=v;l", "rtsp://c/a;k=…;l"), ("http://c:80/=", "http://c/=…"),
      ("rtsp://[::1]:554/", "rtsp://[::1]/"),
    ])
  func shown(_ text: String, _ shown: String) { #expect(SourceURL(text)?.shown == shown) }

  @Test("every truncation of a URL is one or none")
  func truncations() {
    let text = "rtsp://user:pass@[::1]:8554/path?query=1#fragment"
    for count in 0...text.count { _ = SourceURL(String(text.prefix(count))) }
    #expect(SourceURL(text)?.port == 8554)
  }
}
