import Testing

@testable import Wire

@Suite("MultipartScanner")
struct MultipartScannerTests {
  /// How many pictures a body has, read by read.
  private func count(_ reads: [[UInt8]]) -> Int {
    var scanner = MultipartScanner()
    var count = 0
    for read in reads {
      var position = 0
      while scanner.next(read.span, &position) { count += 1 }
      #expect(position == read.count)
    }
    return count
  }

  /// A picture that has line ends, hyphens and almost the delimiter in it.
  private static let picture = "\u{1}\n\r\n\r\n--fram\n--frame3\r\nContent-Length: 9999\r\n\r\n\n--"

  private static let length = picture.utf8.count

  @Test(
    "counts the pictures, whole, in two parts, and byte by byte",
    arguments: [
      // As streamd, with CRLF: the delimiter stands behind the picture as well.
      (
        3,
        "--frame\r\n"
          + String(
            repeating: "Content-Type: image/jpeg\r\nContent-Length: \(length)\r\n\r\n"
              + "\(picture)\r\n--frame\r\n", count: 3)
      ),
      // As mjpg-streamer and others: a line's end before each delimiter, other headers in between.
      (
        2,
        String(
          repeating:
            "\r\n--frame\r\nX-A: 1\r\ncontent-length:\(length)\r\nX-B: 2\r\n\r\n\(picture)",
          count: 2)
      ),
      // Without lengths, with bare line ends; the last picture has no end yet.
      (
        2,
        String(repeating: "--frame\nContent-Type: image/jpeg\n\n\(picture)\n", count: 3)
      ),
      // The last delimiter of all.
      (1, "--frame\r\nContent-Type: IMAGE/jpeg\r\n\r\n\(picture)\r\n--frame--\r\n"),
      // Parts that are no pictures.
      (
        1,
        "--frame\r\nContent-Type: text/plain\r\nContent-Length: 2\r\n\r\nhi\r\n"
          + "--frame\r\nContent-Length: 1\r\n\r\nx"
      ),
      // No bytes are no picture, and a length that is none is not believed.
      (0, "--frame\r\nContent-Length: 0\r\n\r\n\r\n--frame\r\n"),
      (1, "--frame\r\nContent-Length: many\r\n\r\nx\r\n--frame\r\n"), (0, ""),
      (0, String(repeating: "x", count: 1000)),
    ])
  func cuts(expected: Int, body: String) {
    let bytes = Array(body.utf8)
    #expect(count([bytes]) == expected)
    for cut in bytes.indices {
      #expect(count([Array(bytes[..<cut]), Array(bytes[cut...])]) == expected, "cut at \(cut)")
    }
    #expect(count(bytes.map { [$0] }) == expected)
  }
}
