import Testing

@testable import Wire

/// Drives a parser over bytes that arrive in pieces, and makes a client's frames.
enum WebSocketRun {
  /// The mask of the RFC's examples.
  static let mask: [UInt8] = [0x37, 0xFA, 0x21, 0x3D]

  /// A frame with this first byte, its length in the shortest form.
  static func frame(_ first: UInt8, _ payload: [UInt8], mask: [UInt8] = mask) -> [UInt8] {
    var bytes: [UInt8] = []
    WebSocketFrame.emitHead(.binary, length: payload.count, into: &bytes)
    bytes[0] = first
    bytes[1] |= 0x80
    return bytes + mask + payload.enumerated().map { $1 ^ mask[$0 % 4] }
  }

  static func frame(_ first: UInt8, _ payload: String) -> [UInt8] {
    frame(first, Array(payload.utf8))
  }

  static func messages(
    _ pieces: [ArraySlice<UInt8>], max: Int = 1 << 20
  ) throws(WebSocketParser.Failure) -> [WebSocketParser.Message] {
    var parser = WebSocketParser(messageBytesMax: max)
    var messages: [WebSocketParser.Message] = []
    for piece in pieces {
      parser.feed(piece.span)
      while let message = try parser.next() { messages.append(message) }
    }
    return messages
  }

  static func messages(
    _ bytes: [UInt8], max: Int = 1 << 20
  ) throws(WebSocketParser.Failure) -> [WebSocketParser.Message] {
    try messages([bytes[...]], max: max)
  }

  /// What is thrown, whole and byte by byte; a difference is an issue.
  static func failure(_ bytes: [UInt8], max: Int = 1 << 20) -> WebSocketCloseCode? {
    let whole = thrown([bytes[...]], max)
    let single = thrown(bytes.indices.map { bytes[$0...$0] }, max)
    #expect(whole == single)
    return whole?.code
  }

  private static func thrown(
    _ pieces: [ArraySlice<UInt8>], _ max: Int
  ) -> WebSocketParser.Failure? {
    do throws(WebSocketParser.Failure) {
      _ = try messages(pieces, max: max)
      return nil
    } catch { return error }
  }
}

@Suite("WebSocketParser")
struct WebSocketParserTests {
  typealias Run = WebSocketRun

  @Test("reads the masked examples of RFC 6455 §5.7")
  func examples() throws {
    let hello: [UInt8] = [0x37, 0xFA, 0x21, 0x3D, 0x7F, 0x9F, 0x4D, 0x51, 0x58]
    #expect(try Run.messages([0x81, 0x85] + hello) == [.text("Hello")])
    #expect(try Run.messages([0x8A, 0x85] + hello) == [.pong(Array("Hello".utf8))])
  }

  @Test("reads every kind of message, empty ones too")
  func kinds() throws {
    let bytes =
      Run.frame(0x81, "hé") + Run.frame(0x82, [0, 255]) + Run.frame(0x89, "p")
      + Run.frame(0x8A, "") + Run.frame(0x81, "") + Run.frame(0x82, []) + Run.frame(0x89, "")
      + Run.frame(0x88, [0x03, 0xE8] + Array("bye".utf8)) + Run.frame(0x88, [])
    #expect(
      try Run.messages(bytes) == [
        .text("hé"), .binary([0, 255]), .ping([0x70]), .pong([]), .text(""), .binary([]), .ping([]),
        .close(.normal), .close(nil),
      ])
  }

  @Test("puts fragments together, and lets control frames pass between them (RFC 6455 §5.4)")
  func fragments() throws {
    let bytes =
      Run.frame(0x01, "Hel") + Run.frame(0x89, "?") + Run.frame(0x00, "lo ")
      + Run.frame(0x8A, "!") + Run.frame(0x00, "") + Run.frame(0x80, "world")
      + Run.frame(0x02, [1]) + Run.frame(0x80, [2]) + Run.frame(0x01, "") + Run.frame(0x80, "")
    let expected: [WebSocketParser.Message] = [
      .ping([0x3F]), .pong([0x21]), .text("Hello world"), .binary([1, 2]), .text(""),
    ]
    #expect(try Run.messages(bytes) == expected)
    for split in 0...bytes.count {
      let pieces = [bytes[..<split], bytes[split...]]
      #expect((try? Run.messages(pieces)) == expected, "cut at \(split)")
    }
    #expect(try Run.messages(bytes.indices.map { bytes[$0...$0] }) == expected)
  }

  @Test("waits at every truncation, with each form of length", arguments: [5, 200, 70_000])
  func everyTruncation(length: Int) throws {
    let payload = (0..<length).map { UInt8(truncatingIfNeeded: $0) }
    let bytes = Run.frame(0x82, payload)
    for cut in Array(0..<min(bytes.count, 250)) + [bytes.count - 1] {
      var parser = WebSocketParser(messageBytesMax: 1 << 20)
      let (first, rest) = (bytes[..<cut], bytes[cut...])
      parser.feed(first.span)
      #expect(try parser.next() == nil, "cut to \(cut)")
      parser.feed(rest.span)
      #expect(try parser.next() == .binary(payload))
      #expect(try parser.next() == nil)
    }
  }

  @Test(
    "reads payloads around the edges of the forms of length",
    arguments: [0, 1, 124, 125, 126, 127, 128, 65_534, 65_535, 65_536, 65_537])
  func lengths(length: Int) throws {
    let payload = (0..<length).map { UInt8(truncatingIfNeeded: $0 &* 7) }
    #expect(try Run.messages(Run.frame(0x82, payload)) == [.binary(payload)])
  }

  @Test("undoes any mask, also one of zeros")
  func masks() throws {
    for mask: [UInt8] in [[0, 0, 0, 0], [255, 255, 255, 255], [1, 2, 3, 4], [0, 0, 0, 128]] {
      #expect(
        try Run.messages(Run.frame(0x81, Array("abcdefg".utf8), mask: mask)) == [.text("abcdefg")])
    }
  }

  @Test("checks text when it is whole: a character may be cut by fragments")
  func textAcrossFragments() throws {
    let text = Array("κόσμε🎥".utf8)
    for cut in 0...text.count {
      let bytes = Run.frame(0x01, Array(text[..<cut])) + Run.frame(0x80, Array(text[cut...]))
      #expect(try Run.messages(bytes) == [.text("κόσμε🎥")])
    }
  }

  @Test(
    "refuses text that is not UTF-8 with 1007, whole and in fragments",
    arguments: [
      [0xFF], [0x80], [0xC3], [0xC0, 0xAF], [0xE2, 0x82], [0xED, 0xA0, 0x80],
      [0xF4, 0x90, 0x80, 0x80],
      [0x61, 0xF0, 0x9F, 0x8E, 0x61], [0xF8, 0x88, 0x80, 0x80, 0x80],
    ] as [[UInt8]])
  func invalidText(bytes: [UInt8]) throws {
    #expect(Run.failure(Run.frame(0x81, bytes)) == .invalidPayload)
    let fragments = Run.frame(0x01, bytes) + Run.frame(0x80, "x")
    #expect(Run.failure(fragments) == .invalidPayload)
    #expect(try Run.messages(Run.frame(0x82, bytes)) == [.binary(bytes)])
  }

  @Test("accepts a message of the largest size, also in fragments, and no larger one")
  func bound() throws {
    for (length, isAllowed) in [(199, true), (200, true), (201, false)] {
      let whole = Run.frame(0x82, [UInt8](repeating: 1, count: length))
      #expect((Run.failure(whole, max: 200) == nil) == isAllowed)
      let fragments =
        Run.frame(0x02, [UInt8](repeating: 1, count: length - 150))
        + Run.frame(0x00, [UInt8](repeating: 1, count: 100))
        + Run.frame(0x80, [UInt8](repeating: 1, count: 50))
      #expect((Run.failure(fragments, max: 200) == nil) == isAllowed)
    }
    let over = Run.frame(0x02, [UInt8](repeating: 1, count: 200)) + Run.frame(0x80, [1])
    #expect(Run.failure(over, max: 200) == .tooBig)
    // Each message is measured by itself.
    let two = Run.frame(0x82, [UInt8](repeating: 1, count: 200))
    #expect(try Run.messages(two + two, max: 200).count == 2)
  }

  @Test("counts control frames toward no message")
  func controlBeyondBound() throws {
    let bytes =
      Run.frame(0x01, "0123456789") + Run.frame(0x89, [UInt8](repeating: 2, count: 125))
      + Run.frame(0x80, "") + Run.frame(0x88, [0x03, 0xE9] + Array("leaving the page".utf8))
    #expect(
      try Run.messages(bytes, max: 10) == [
        .ping([UInt8](repeating: 2, count: 125)), .text("0123456789"), .close(.goingAway),
      ])
  }

  @Test("refuses a length beyond the bound before the mask has come")
  func hugeLengths() throws {
    let cases: [[UInt8]] = [
      [0x82, 0xFE, 0x01, 0x00], [0x82, 0xFF, 0, 0, 0, 0, 0, 1, 0, 0],
      [0x82, 0xFF, 0, 0, 0, 0, 0xFF, 0xFF, 0xFF, 0xFF], [0x82, 0xFF, 0, 0, 0, 1, 0, 0, 0, 0],
      [0x82, 0xFF, 0x7F, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF],
    ]
    for head in cases { #expect(Run.failure(head, max: 200) == .tooBig) }
    // The highest bit must be 0 (RFC 6455 §5.2); too large it is as well.
    for head: [UInt8] in [
      [0x82, 0xFF, 0x80, 0, 0, 0, 0, 0, 0, 0],
      [0x82, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF],
    ] {
      let code = Run.failure(head, max: 200)
      #expect(code == .tooBig || code == .protocolError)
    }
  }
}
