import Testing

@testable import Wire

@Suite("RTSPURL")
struct RTSPURLTests {
  struct Case: Sendable, CustomTestStringConvertible {
    var text: String
    var authority = "h"
    var name: String
    var track: Int?
    var testDescription: String { text }
  }

  @Test(
    "takes a URL apart",
    arguments: [
      Case(text: "rtsp://h", name: ""),
      Case(text: "rtsp://h/", name: ""),
      Case(text: "rtsp://h?x=/y", name: ""),
      Case(text: "rtsp://h:8554/movie.Mjpeg", authority: "h:8554", name: "movie.Mjpeg"),
      Case(text: "rtsp://h/a/b/", name: "a/b"),
      Case(text: "rtsp://h//a//b//", name: "a//b"),
      Case(text: "rtsp://h/m/stream=0", name: "m", track: 0),
      Case(text: "rtsp://h/m/stream=0/", name: "m", track: 0),
      Case(text: "rtsp://h/m//stream=0", name: "m", track: 0),
      Case(text: "rtsp://h/m/stream=255?q", name: "m", track: 255),
      Case(text: "rtsp://h/stream=3", name: "", track: 3),
      Case(text: "rtsp://h/m/stream=256", name: "m/stream=256"),
      Case(text: "rtsp://h/m/stream=", name: "m/stream="),
      Case(text: "rtsp://h/m/stream=-1", name: "m/stream=-1"),
      Case(text: "rtsp://h/m/stream=x", name: "m/stream=x"),
      Case(text: "rtsp://h/stream=0/m", name: "stream=0/m"),
      Case(text: "rtsp://user:pa@ss@h:1/m", authority: "h:1", name: "m"),
      Case(text: "rtsp://[::1]:554/m", authority: "[::1]:554", name: "m"),
      Case(text: "rtsp:///m", authority: "", name: "m"),
      Case(text: "rtsp://h/m%20n%2Fo%41", name: "m n/oA"),
      Case(text: "rtsp://h/%c3%BC", name: "ü"),
      Case(text: "rtsp://h/ü", name: "ü"),
      Case(text: "rtsp://h/a@b", name: "a@b"),
      // A mark that combines with the slash before it, and one that combines with what follows.
      Case(text: "rtsp://h/\u{301}x?y", name: "\u{301}x"),
      Case(text: "rtsp://h/x%D8%85/stream=0", name: "x\u{605}", track: 0),
      // What climbs out of a folder stays in the name: whoever opens files has to refuse it.
      Case(text: "rtsp://h/../../etc/passwd", name: "../../etc/passwd"),
      Case(text: "rtsp://h/%2e%2e/x%00", name: "../x\0"),
    ])
  func reads(item: Case) throws {
    let url = try #require(RTSPURL(item.text))
    #expect(url.scheme == "rtsp")
    #expect(url.authority == item.authority)
    #expect(url.name == item.name)
    #expect(url.track == item.track)
  }

  @Test("knows its two schemes in any case")
  func schemes() {
    #expect(RTSPURL("RTSP://h/m")?.scheme == "rtsp")
    #expect(RTSPURL("rtsps://h/m")?.scheme == "rtsps")
    #expect(RTSPURL("RtspS://h/m")?.scheme == "rtsps")
  }

  @Test(
    "refuses other schemes, no scheme, broken escapes and text that is not UTF-8",
    arguments: [
      "", "*", "/m", "m", "://", "://h/m", "http://h/m", "rtspu://h/m", "rtsp:/h/m", "rtsp:h",
      " rtsp://h/m", "rtsp ://h", "rtsp://h/%", "rtsp://h/%4", "rtsp://h/%zz", "rtsp://h/%4g",
      "rtsp://h/%-1", "rtsp://h/m%", "rtsp://h/%ff", "rtsp://h/%C3", "rtsp://h/%C0%80",
      "rtsp://h/%ED%A0%80", "rtsp://h/%F5%80%80%80",
    ])
  func refuses(text: String) {
    #expect(RTSPURL(text) == nil)
  }

  @Test("refuses every truncation inside an escape and no other behind the authority's slashes")
  func truncations() {
    let text = "rtsp://h/a%41b"
    for length in 0...text.count {
      let cut = RTSPURL(String(text.prefix(length)))
      #expect((cut == nil) == (length < 7 || length == 11 || length == 12), "cut to \(length)")
    }
  }

  @Test(
    "has a base that ends with a slash, in escapes, and leads back to the same medium",
    arguments: [
      ("rtsp://h:1/m", "rtsp://h:1/m/"), ("rtsp://h", "rtsp://h/"),
      ("rtsp://h/m/stream=0?x", "rtsp://h/m/"), ("rtsp://u@h/a b", "rtsp://h/a%20b/"),
      ("rtsp://h/a/%C3%BC%22%0D%0A", "rtsp://h/a/%C3%BC%22%0D%0A/"),
      ("rtsps://h/m%2c%3b~-_.", "rtsps://h/m%2C%3B~-_./"),
    ])
  func base(text: String, base: String) throws {
    let url = try #require(RTSPURL(text))
    #expect(url.base == base)
    let again = try #require(RTSPURL(base))
    #expect(again.name == url.name)
    #expect(again.authority == url.authority)
  }

  @Test("escapes every byte but letters, digits, -._~ and the slash")
  func encodes() {
    let ascii = String((0..<128).map { Character(UnicodeScalar(UInt8($0))) })
    let kept = PercentEncoding.encode(ascii).filter { !$0.isASCII || $0 == "%" }.count
    #expect(kept == 128 - 26 - 26 - 10 - 5)
    #expect(PercentEncoding.encode("a b%é") == "a%20b%25%C3%A9")
    #expect(PercentEncoding.encode("") == "")
  }

  @Test(
    "takes a bare path as the classroom dialect sends it, without escapes",
    arguments: [
      ("video/movie.Mjpeg", "video/movie.Mjpeg", nil), ("movie.Mjpeg", "movie.Mjpeg", nil),
      ("/m/stream=0", "m", 0), ("", "", nil), ("a%20b", "a%20b", nil), ("///", "", nil),
    ] as [(String, String, Int?)])
  func paths(path: String, name: String, track: Int?) {
    let url = RTSPURL(path: path)
    #expect(url.name == name)
    #expect(url.track == track)
    #expect(url.authority == "")
  }

  @Test("survives any text, and encodes what it decoded")
  func survivesGarbage() {
    let seed: UInt64 = 3986
    var random = SplitMix64(seed: seed)
    for _ in 0..<5000 {
      let path = String(decoding: random.bytes(random.below(24)), as: UTF8.self)
      let text = "rtsp://h/" + path.filter { $0 != "?" && $0 != "%" }
      guard let url = RTSPURL(text), let again = RTSPURL(url.base) else {
        // A combining mark behind the slashes makes another character of them.
        continue
      }
      if again.name != url.name { Issue.record("seed \(seed): \(text)") }
    }
  }

  @Test("the path is all of it, the track included")
  func path() {
    #expect(RTSPURL("rtsp://h/live/x/stream=0/?q")?.path == "live/x/stream=0")
    #expect(RTSPURL("rtsp://h/live/x/streamid=0")?.path == "live/x/streamid=0")
    #expect(RTSPURL("rtsp://h")?.path == "" && RTSPURL(path: "/m%20/").path == "m%20")
  }
}
