import Testing

@testable import Wire

@Suite("LengthPrefixedReader")
struct LengthPrefixedReaderTests {
  private static let picture = TestPicture().bytes

  private func length(_ text: String) -> Int? {
    LengthPrefixedReader.length(in: Array(text.utf8).span, at: 0)
  }

  /// Where the pictures are, or the first fault.
  private func read(_ bytes: [UInt8]) -> Result<[Range<Int>], JPEGError> {
    var reader = LengthPrefixedReader()
    var ranges: [Range<Int>] = []
    do throws(JPEGError) {
      while let location = try reader.next(in: bytes.span, beyond: 0) {
        ranges.append(location.range)
      }
      return .success(ranges)
    } catch { return .failure(error) }
  }

  @Test(
    "a length is what Python's int() takes for a number",
    arguments: [
      ("00000", 0), ("00123", 123), ("99999", 99_999), ("  123", 123), ("123  ", 123),
      (" 123 ", 123), ("+1234", 1234), ("  +12", 12), ("\t\n\u{b}\u{c}7", 7), ("7\r\n  ", 7),
      ("1_234", 1234), ("1_2_3", 123), ("0_0_1", 1), ("+1_23", 123),
    ])
  func numbers(text: String, value: Int) {
    #expect(length(text) == value)
  }

  @Test(
    "a length is nothing that Python's int() refuses, and not negative",
    arguments: [
      "     ", "+    ", "_1234", "1234_", "1__23", "+_123", "1 234", "+ 123", "++123", "-0001",
      "-1234",
      "0x123", "1.234", "12e10", "1234\0", "\0\u{1}234", "\u{1c}1234", "abcde", "1234", "",
    ])
  func noNumbers(text: String) {
    #expect(length(text) == nil)
  }

  @Test("finds frames whose lengths are written in different ways")
  func forms() throws {
    let count = Self.picture.count
    let digits = String(count)
    let forms = ["  \(digits)", "+0\(digits)", "\(digits)\r\n", "00\(digits)"].map { form in
      String(form.suffix(5))
    }
    var bytes: [UInt8] = []
    var expected: [Range<Int>] = []
    for form in forms {
      #expect(form.utf8.count == 5 && length(form) == count)
      expected.append(bytes.count + 5..<bytes.count + 5 + count)
      bytes += Array(form.utf8) + Self.picture
    }
    #expect(read(bytes) == .success(expected))
    #expect(try MotionJPEGIndex(bytes.span).entries.map(\.offset) == expected.map(\.lowerBound))
  }

  @Test("a frame without EOI, or with padding, is as long as it says")
  func withoutEnd() {
    let open = Array(Self.picture.dropLast(2))
    let padded = Self.picture + [0, 0, 0]
    let prefixed = [open, padded, open].flatMap { frame in
      Array(String(100_000 + frame.count).utf8.dropFirst()) + frame
    }
    let ranges = [5..<5 + open.count, 10 + open.count..<10 + open.count + padded.count]
    guard case .success(let found) = read(prefixed) else {
      Issue.record("refused")
      return
    }
    #expect(Array(found.prefix(2)) == ranges && found.count == 3)
    #expect((try? MotionJPEGIndex(prefixed.span).entries.count) == 3)
  }

  @Test("a file that ends within its first frame is refused, one that ends later is cut off")
  func cut() {
    let frame = Array(String(100_000 + Self.picture.count).utf8.dropFirst()) + Self.picture
    let bytes = frame + frame
    for length in 1..<bytes.count where length != frame.count {
      switch read(Array(bytes[..<length])) {
      case .failure(let error): #expect(length < frame.count && error.offset == 0)
      case .success(let ranges):
        let rest = length < frame.count + 5 ? [] : [frame.count + 5..<length]
        #expect(ranges == [5..<frame.count] + rest, "\(length)")
      }
    }
  }
}
