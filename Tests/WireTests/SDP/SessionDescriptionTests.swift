import Testing

@testable import Wire

@Suite("SessionDescription")
struct SessionDescriptionTests {
  /// One list for the writer and the parser.
  static let cases: [(SessionDescription, String)] = [
    (
      SessionDescription(origin: 1, address: "127.0.0.1", name: "x", attributes: [], media: []),
      "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=x\r\nc=IN IP4 0.0.0.0\r\nt=0 0\r\n"
    ),
    (
      SessionDescription(
        origin: .max, address: "fe80::1", name: "Größe 一.mjpeg",
        attributes: [.init("control", "*"), .init("range", "npt=0-10"), .init("recvonly")],
        media: [
          .init(
            kind: "video", profile: "RTP/AVP", formats: [26],
            attributes: [.init("rtpmap", "26 JPEG/90000"), .init("control", "stream=0")]),
          .init(kind: "audio", profile: "RTP/AVP", formats: [0, 127], attributes: []),
        ]),
      """
      v=0\r
      o=- 18446744073709551615 1 IN IP6 fe80::1\r
      s=Größe 一.mjpeg\r
      c=IN IP6 ::\r
      t=0 0\r
      a=control:*\r
      a=range:npt=0-10\r
      a=recvonly\r
      m=video 0 RTP/AVP 26\r
      a=rtpmap:26 JPEG/90000\r
      a=control:stream=0\r
      m=audio 0 RTP/AVP 0 127\r

      """
    ),
  ]

  @Test("is written as in RFC 4566", arguments: cases)
  func writes(description: SessionDescription, text: String) {
    #expect(description.description == text)
  }

  @Test("is read from what is written, whatever the line ends", arguments: cases)
  func reads(description: SessionDescription, text: String) {
    #expect(SessionDescription(text) == description)
    let bare = String(text.unicodeScalars.filter { $0 != "\r" }.map(Character.init))
    #expect(SessionDescription(bare) == description)
  }

  @Test("finds the first attribute of a name, in the session and in each medium")
  func attributes() {
    let text = "v=0\na=x:1\na=x:2\na=flag\nm=video 0 RTP/AVP 26\na=x:3:4\na=y:\n"
    let description = SessionDescription(text)
    #expect(description?.attribute("x") == "1")
    #expect(description?.attribute("flag") == nil)
    #expect(description?.attribute("y") == nil)
    #expect(description?.media.first?.attribute("x") == "3:4")
    #expect(description?.media.first?.attribute("y") == "")
  }

  @Test(
    "passes over lines and numbers that it does not understand",
    arguments: [
      "v=0\nz=what\nb=AS:1\n\n=\nx\no=- nonsense\n", "v=0\nk=\nt=\no=1 2 3 4 5 6 7\n",
      "v=0\no=- -1 1 IN IP4 \n",
    ])
  func passesOver(text: String) {
    #expect(SessionDescription(text)?.media == [])
    #expect(SessionDescription(text)?.origin == 0)
  }

  @Test("leaves payload types out that are no number up to 127")
  func payloadTypes() {
    let description = SessionDescription("v=0\nm=video 5000 RTP/AVP 26 128 -1 +5 x 1e1 127\n")
    #expect(description?.media.first?.formats == [26, 127])
  }

  @Test(
    "refuses what does not begin as a description",
    arguments: ["", "\n", "v=1\n", "s=x\nv=0\n", " v=0\n", "v=0 \n", "<html>", "\0v=0"])
  func refuses(text: String) {
    #expect(SessionDescription(text) == nil)
  }

  @Test(
    "refuses a medium without port, profile or format",
    arguments: ["m=", "m=video", "m=video 0", "m=video 0 RTP/AVP"])
  func refusesMedia(line: String) {
    #expect(SessionDescription("v=0\n\(line)\n") == nil)
  }

  @Test("reads 256 lines and refuses more")
  func linesMax() {
    let lines = String(repeating: "a=x\n", count: 255)
    #expect(SessionDescription("v=0\n" + lines)?.attributes.count == 255)
    #expect(SessionDescription("v=0\n" + lines + "a=x\n") == nil)
  }

  @Test("survives every truncation")
  func survivesTruncations() throws {
    let text = Self.cases[1].1
    let bytes = Array(text.utf8)
    for length in 0...bytes.count {
      let cut = SessionDescription(String(decoding: bytes[..<length], as: UTF8.self))
      // The first line must be there; the shortest `m=` lines have no format yet.
      let last = String(decoding: bytes[..<length], as: UTF8.self).split { $0.isNewline }.last ?? ""
      let isShort = last.hasPrefix("m=") && last.split(separator: " ").count < 4
      #expect((cut != nil) == (length >= 3 && !isShort), "cut to \(length)")
    }
  }

  @Test(
    "a name cannot write lines of its own",
    arguments: [
      ("a\r\na=control:evil", "a??a=control:evil"), ("a\nb", "a?b"), ("\0\u{1F}\u{7F}", "???"),
      ("", "-"),
    ])
  func namesAreHarmless(name: String, written: String) {
    let description = SessionDescription(
      origin: 1, address: "::1", name: name, attributes: [], media: [])
    #expect(description.description.contains("s=\(written)\r\n"))
    #expect(SessionDescription(description.description)?.attributes == [])
    #expect(SessionDescription(description.description)?.name == written)
  }

  @Test("ends lines at CR and LF only, not at other line separators of Unicode")
  func lineSeparators() {
    let name = "a\u{2028}a=x:1\u{2029}a=y:1\u{85}a=z:1"
    let description = SessionDescription(
      origin: 1, address: "::1", name: name, attributes: [], media: [])
    #expect(SessionDescription(description.description)?.name == name)
    #expect(SessionDescription(description.description)?.attributes == [])
  }
}
