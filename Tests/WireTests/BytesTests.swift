import Testing

@testable import Wire

@Suite("Bytes")
struct BytesTests {
  @Test("writes numbers most significant byte first")
  func writesNetworkOrder() {
    var bytes: [UInt8] = []
    bytes.append(uint16: 0x0102)
    bytes.append(uint24: 0x03_0405)
    bytes.append(uint32: 0x0607_0809)
    #expect(bytes == [1, 2, 3, 4, 5, 6, 7, 8, 9])
  }

  @Test("writes only the low 24 bits of a larger number")
  func cutsTo24Bits() {
    var bytes: [UInt8] = []
    bytes.append(uint24: 0x7F01_0203)
    bytes.append(uint24: -1)
    #expect(bytes == [1, 2, 3, 0xFF, 0xFF, 0xFF])
  }

  @Test("reads numbers at any offset without regard to alignment")
  func readsNetworkOrder() {
    let bytes: [UInt8] = [0xAA, 0xFE, 0xDC, 0xBA, 0x98]
    let span = bytes.span
    let (short, middle, long) = (span.uint16(at: 1), span.uint24(at: 1), span.uint32(at: 1))
    #expect(short == 0xFEDC)
    #expect(middle == 0xFEDCBA)
    #expect(long == 0xFEDC_BA98)
    let copy = span.array(1..<3)
    let none = span.array(5..<5)
    #expect(copy == [0xFE, 0xDC])
    #expect(none == [])
  }

  @Test("what grows piece by piece is moved a few times, not with each piece")
  func growth() {
    let piece = (0..<700).map { UInt8($0 & 255) }
    var (bytes, moves, capacity): ([UInt8], Int, Int) = ([], 0, 0)
    for _ in 0..<1000 {
      bytes.append(piece.span, 1..<699)
      if bytes.capacity != capacity { (moves, capacity) = (moves + 1, bytes.capacity) }
    }
    #expect(moves < 30)
    #expect(bytes == (0..<1000).flatMap { _ in piece[1..<699] })
  }

  @Test(
    "reads digits as a decimal number",
    arguments: [
      ("0", 0), ("7", 7), ("007", 7), ("65535", 65_535),
      ("9223372036854775807", 9_223_372_036_854_775_807),
    ])
  func readsDecimal(text: String, value: Int) {
    #expect(decimal(text) == value)
  }

  @Test(
    "refuses as a decimal number whatever is not digits alone or does not fit",
    arguments: [
      "", " ", "-1", "+5", " 5", "5 ", "5\t", "1e9", "0x10", "1.0", "1_000", "5\0", "٥",
      "9223372036854775808", "18446744073709551616", "99999999999999999999999999",
    ])
  func refusesDecimal(text: String) {
    #expect(decimal(text) == nil)
  }

  @Test("knows the bytes of a token")
  func tokens() {
    let all = (0...255 as ClosedRange<UInt8>).filter { isToken($0) }
    let marks = "!#$%&'*+-.0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ^_`abcdefghijklmnopqrstuvwxyz|~"
    #expect(all == Array(marks.utf8))
  }

  @Test("takes a limit as the largest permitted number")
  func decimalLimit() {
    #expect(decimal("255", limit: 255) == 255)
    #expect(decimal("256", limit: 255) == nil)
    #expect(decimal("00000000000000000000000255", limit: 255) == 255)
  }

  @Test(
    "reads one to eight hexadecimal digits of either case",
    arguments: [
      ("0", 0), ("f", 15), ("F", 15), ("DeadBeef", 0xDEAD_BEEF), ("00000001", 1),
      ("FFFFFFFF", 0xFFFF_FFFF),
    ] as [(String, UInt32)])
  func readsHexadecimal(text: String, value: UInt32) {
    #expect(hexadecimal(text) == value)
  }

  @Test(
    "refuses as a hexadecimal number whatever is not such digits",
    arguments: ["", "g", "-1", "+1", "0x1", " 1", "1 ", "123456789", "1\0", "é"])
  func refusesHexadecimal(text: String) {
    #expect(hexadecimal(text) == nil)
  }

  @Test("writes eight hexadecimal digits in upper case")
  func writesHexadecimal() {
    #expect(hexadecimal(UInt32(0)) == "00000000")
    #expect(hexadecimal(UInt32(0xAB)) == "000000AB")
    #expect(hexadecimal(UInt32.max) == "FFFFFFFF")
  }

  @Test("knows exactly 22 bytes as hexadecimal digits")
  func hexDigits() {
    let digits = (0...255).map { UInt8($0) }.filter { hexDigit($0) != nil }
    #expect(digits == Array("0123456789ABCDEFabcdef".utf8))
    #expect(digits.compactMap(hexDigit) == Array(0...15) + Array(10...15))
  }

  @Test(
    "trims spaces and tabs at both ends and nothing else",
    arguments: [
      ("", ""), (" ", ""), (" \t ", ""), ("a", "a"), ("  a b\t", "a b"), ("\ta", "a"),
      ("\u{A0}a\n", "\u{A0}a\n"),
    ])
  func trims(text: String, expected: String) {
    #expect(trimmed(text) == expected)
  }

  @Test(
    "cuts at separators wherever they stand, also beside marks that Swift takes them together with",
    arguments: [
      ("a;b", ["a", "b"]), ("", [""]), (";", ["", ""]), ("a;;b", ["a", "", "b"]),
      ("a;\u{301}b", ["a", "\u{301}b"]), ("a\u{600};b", ["a\u{600}", "b"]),
      ("\u{600};\u{301}", ["\u{600}", "\u{301}"]), ("a;\r\n;b", ["a", "\r\n", "b"]),
    ])
  func cuts(text: String, expected: [String]) {
    let pieces = text.split(at: ";", omittingEmptySubsequences: false)
    #expect(pieces.map { Array($0.utf8) } == expected.map { Array($0.utf8) })
    #expect(text.split(at: ";").map(String.init) == expected.filter { !$0.isEmpty })
    #expect(text.split(at: ";", maxSplits: 1, omittingEmptySubsequences: false).count <= 2)
  }

  @Test("ignores the case of ASCII letters only")
  func ignoresCase() {
    #expect(equalIgnoringCase("CSeq", "cSEQ"))
    #expect(equalIgnoringCase("", ""))
    #expect(!equalIgnoringCase("CSeq", "CSeq "))
    #expect(!equalIgnoringCase("É", "é"))
    // These differ by the bit that tells the cases of letters apart.
    #expect(!equalIgnoringCase("@", "`"))
    #expect(!equalIgnoringCase("[", "{"))
  }
}
