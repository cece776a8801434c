import Testing

@testable import Wire

@Suite("WebSocketScanner")
struct WebSocketScannerTests {
  private func events(_ reads: [[UInt8]]) -> [WebSocketScanner.Event] {
    var scanner = WebSocketScanner()
    var events: [WebSocketScanner.Event] = []
    for read in reads {
      var position = 0
      while let event = scanner.next(read.span, &position) { events.append(event) }
    }
    return events
  }

  private static func frame(
    _ opcode: WebSocketFrame.Opcode, _ length: Int, isFinal: Bool = true
  ) -> [UInt8] {
    var frame = WebSocketFrame.frame(opcode, [UInt8](repeating: 0x61, count: length))
    if !isFinal { frame[0] &= 0x7F }
    return frame
  }

  private static let stream =
    frame(.text, 5) + frame(.binary, 0) + frame(.binary, 125) + frame(.binary, 126)
    + frame(.binary, 300, isFinal: false) + frame(.ping, 3) + frame(.continuation, 10)
    + frame(.text, 2, isFinal: false) + frame(.pong, 1) + frame(.continuation, 1)
    + frame(.ping, 0) + WebSocketFrame.close(.normal)
  private static let expected: [WebSocketScanner.Event] = [
    .text("aaaaa"), .binary, .binary, .binary, .ping([0x61, 0x61, 0x61]), .binary, .text("aaa"),
    .ping([]), .close,
  ]

  @Test("messages are found whole, in two parts, and byte by byte")
  func cuts() {
    let bytes = Self.stream
    #expect(events([bytes]) == Self.expected)
    for cut in bytes.indices {
      #expect(events([Array(bytes[..<cut]), Array(bytes[cut...])]) == Self.expected, "\(cut)")
    }
    #expect(events(bytes.map { [$0] }) == Self.expected)
  }

  @Test("long messages have long lengths", arguments: [65_535, 65_536, 200_000])
  func long(length: Int) {
    let bytes = Self.frame(.binary, length)
    #expect(events([bytes, Self.frame(.ping, 0)]) == [.binary, .ping([])])
    #expect(events([Array(bytes.dropLast())]) == [])
  }

  @Test("of a text no more than permitted is kept")
  func longText() throws {
    let found = events([Self.frame(.text, 100_000), Self.frame(.text, 1)])
    guard case .text(let text) = try #require(found.first) else {
      Issue.record("no text")
      return
    }
    #expect(text.utf8.count == 65_536 && found.dropFirst() == [.text("a")])
  }

  @Test(
    "what no server may send is told once, and nothing more",
    arguments: [
      [0x81, 0x80, 0, 0, 0, 0], [0xC1, 0], [0x83, 0], [0x09, 0], [0x89, 126, 0, 126],
      [0x82, 127, 0, 0, 0, 1, 0, 0, 0, 0],
    ] as [[UInt8]])
  func broken(bytes: [UInt8]) {
    #expect(events([bytes, Self.frame(.text, 1)]) == [.broken])
  }
}
