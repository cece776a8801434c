import Testing

@testable import streamctl

@Suite("What is printed for people")
struct TableTests {
  @Test("columns are as wide as their widest cell, figures to the right, nothing trails")
  func alignment() {
    var table = Table([.text("NAME"), .figure("N"), .text("NOTE")])
    table.append(["a", Table.Cell(1), "x"])
    table.append(["日本", Table.Cell(1000), ""])
    #expect(
      table.lines(isColoured: false) == ["NAME     N  NOTE", "a        1  x", "日本  1000"])
  }

  @Test("colours do not count as width, and are there only where they are wanted")
  func colours() {
    var table = Table([.text("STATE"), .text("X")])
    table.append([.state("playing"), "y"])
    table.append([.state("init"), "z"])
    let lines = table.lines(isColoured: true)
    #expect(lines[1] == "\u{1B}[32mplaying\u{1B}[0m  y")
    #expect(lines[2] == "\u{1B}[2minit\u{1B}[0m     z")
    #expect(!table.lines(isColoured: false).joined().contains("\u{1B}"))
  }

  @Test("a width is never exceeded", arguments: 0...30)
  func width(_ width: Int) {
    var table = Table([.text("NAME"), .figure("FIGURE"), .text("NOTE")])
    table.append(["日本語日本語", Table.Cell(12_345), "and so on and so on"])
    for line in table.lines(isColoured: false, width: width) {
      #expect(PlainText.columns(of: line) <= width, "\(line)")
    }
  }

  @Test(
    "what a terminal would obey is escaped, and nothing else",
    arguments: [
      ("plain ü 日本 👍🏽", "plain ü 日本 👍🏽"), ("a\u{1B}[2Jb", "a\\u{1b}[2Jb"),
      ("a\nb\r\tc", "a\\nb\\r\\tc"), ("\u{9B}2J", "\\u{9b}2J"), ("\u{7F}", "\\u{7f}"),
      ("a\u{202E}b", "a\\u{202e}b"), ("\u{2028}", "\\u{2028}"), ("\0", "\\u{0}"),
      ("\r\n", "\\r\\n"), ("", ""),
    ])
  func escapes(_ text: String, _ shown: String) {
    #expect(PlainText.escaped(text) == shown)
    #expect(Table.Cell(text).text == shown)
  }

  @Test("JSON keeps its meaning while what a terminal would obey is escaped")
  func json() throws {
    let bytes = Array("{\"a\":\"\u{9B}\u{7F}\u{1B}\",\"n\":[1,-2.5,true,null,1e300]}".utf8)
    #expect(JSONValue.parse(bytes) == nil, "a control character in a string is no JSON")
    let value = try #require(
      JSONValue.parse(Array("{\"a_b\":\"\u{9B}\u{7F}\",\"n\":[1,-2.5,true,null]}".utf8)))
    #expect(value.text == "{\"a_b\":\"\\u009b\\u007f\",\"n\":[1,-2.5,true,null]}")
    #expect(JSONValue.parse(Array(value.text.utf8)) == value)
  }

  @Test("figures are what people expect, whatever the number")
  func figures() {
    #expect(Figure.fixed(2.005, 1) == "2.0" && Figure.fixed(-0.04, 1) == "0.0")
    #expect(Figure.fixed(-1.25, 1) == "-1.3" && Figure.fixed(9.99, 0) == "10")
    #expect(Figure.fixed(.nan, 1) == "nan" && Figure.fixed(1e300, 2) == "1e+300")
    #expect(Figure.fixed(-.infinity, 2) == "-inf")
    #expect(Figure.bytes(999) == "999 B" && Figure.bytes(1000) == "1.0 kB")
    #expect(Figure.bytes(2_679_155) == "2.7 MB" && Figure.bytes(.max) == "9223372036.9 GB")
    #expect(Figure.rate(kilobits: 812.4) == "812 kbit/s")
    #expect(Figure.rate(kilobits: 2190) == "2.19 Mbit/s")
    #expect(Figure.duration(12.34) == "12.3 s" && Figure.duration(185) == "3 min 5 s")
    #expect(Figure.duration(7200) == "2 h 0 min" && Figure.duration(97_200) == "1 d 3 h")
    #expect(Figure.duration(1e300) == "34722 d 5 h")
    #expect(Figure.loss(0, of: 0) == "0 (0.00 %)")
    #expect(Figure.loss(1, of: 800) == "1 (0.13 %)")
    #expect(Figure.loss(.max, of: 2 * Double(Int.max)).hasSuffix("(50.00 %)"))
    #expect(Figure.milliseconds(-1) == "-" && Figure.milliseconds(1.26) == "1.3 ms")
  }
}
