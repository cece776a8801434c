import Testing

@testable import Wire

@Suite("RecordingName")
struct RecordingNameTests {
  /// 2026-11-25 02:30:27 UTC.
  private static let time: Int64 = 1_795_573_827_999_999_999

  @Test(
    "a source's name becomes a file's, whatever it is",
    arguments: [
      ("live/door", "live-door"), ("movie.Mjpeg", "movie.Mjpeg"), ("", "recording"),
      ("../../etc/passwd", "etc-passwd"), (".hidden", "hidden"), ("a b\u{0}c\n", "a-b-c"),
      ("Tür/1", "T-r-1"), ("///", "recording"), ("-x.-.y-", "x.-y"), ("a..b", "a..b"),
      ("..", "recording"),
    ])
  func safe(_ source: String, _ expected: String) {
    #expect(
      RecordingName.name(source: source, realtime: Self.time) == "\(expected)-20261125-023027.avi")
  }

  @Test("names are no longer than a folder takes, and a second one has a number")
  func bounds() {
    let long = String(repeating: "x", count: 5000)
    #expect(RecordingName.name(source: long, realtime: Self.time).utf8.count == 100 + 20)
    #expect(
      RecordingName.name(source: "a", realtime: Self.time, attempt: 3)
        == "a-20261125-023027-3.avi")
  }
}
