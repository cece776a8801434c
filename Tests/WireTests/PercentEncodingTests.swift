import Testing

@testable import Wire

@Suite("PercentEncoding")
struct PercentEncodingTests {
  @Test(
    "resolves escapes",
    arguments: [
      ("", ""), ("abc", "abc"), ("%41", "A"), ("a%20b", "a b"), ("%2f%2F", "//"), ("%25", "%"),
      ("%2541", "%41"), ("+", "+"), ("%C3%A9", "é"), ("é", "é"), ("%E2%82%AC", "€"),
      ("%F0%9F%8E%A5", "🎥"), ("%00", "\0"), ("%0d%0A", "\r\n"), ("65%CC%81", "65\u{301}"),
    ])
  func decodes(text: String, expected: String) {
    #expect(PercentEncoding.decode(text).map { Array($0.utf8) } == Array(expected.utf8))
  }

  @Test(
    "refuses broken escapes and what is not UTF-8",
    arguments: [
      "%", "%4", "a%", "a%4", "%%", "%%41", "%g0", "%0g", "%-1", "%+1", "% 1", "%é", "%80", "%FF",
      "%C3", "%C3x", "%C0%AF", "%E0%80%AF", "%ED%A0%80", "%F4%90%80%80", "%F0%9F%8E",
    ])
  func refuses(text: String) {
    #expect(PercentEncoding.decode(text) == nil)
  }

  @Test("escapes everything but unreserved characters and slashes (RFC 3986 §2.3)")
  func encodes() {
    let kept = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~/"
    #expect(PercentEncoding.encode(kept) == kept)
    #expect(PercentEncoding.encode("a b?c#d%e") == "a%20b%3Fc%23d%25e")
    #expect(PercentEncoding.encode("é€🎥") == "%C3%A9%E2%82%AC%F0%9F%8E%A5")
    #expect(PercentEncoding.encode("\r\n\0\u{7F}") == "%0D%0A%00%7F")
    #expect(PercentEncoding.encode(":@!$&'()*+,;=[]\"<>\\^`{|}").allSatisfy { $0 != "@" })
    #expect(PercentEncoding.encode("") == "")
  }

  @Test("leaves in a query what may stand there, escapes among it (RFC 3986 §3.4)")
  func query() {
    let kept = "videocodec=jpeg&resolution=640x480&user=a%20b&x=/?:@!$'()*+,;"
    #expect(PercentEncoding.encode(query: kept) == kept)
    #expect(PercentEncoding.encode(query: "a b#c\r\n\"<é>") == "a%20b%23c%0D%0A%22%3C%C3%A9%3E")
  }

  @Test("resolves what it has escaped, for every character of Unicode's first planes")
  func roundTrip() {
    for value: UInt32 in 0...0x1_FFFF {
      guard let scalar = Unicode.Scalar(value) else { continue }
      let text = "a" + String(Character(scalar))
      let escaped = PercentEncoding.encode(text)
      if PercentEncoding.decode(escaped) != text || !escaped.utf8.allSatisfy({ $0 < 0x7F }) {
        Issue.record("U+\(String(value, radix: 16)) became \(escaped)")
      }
    }
  }
}
