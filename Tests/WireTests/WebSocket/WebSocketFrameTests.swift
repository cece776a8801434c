import Testing

@testable import Wire

@Suite("WebSocketFrame")
struct WebSocketFrameTests {
  @Test("writes the unmasked examples of RFC 6455 §5.7")
  func examples() {
    let hello = Array("Hello".utf8)
    #expect(WebSocketFrame.frame(.text, hello) == [0x81, 0x05, 0x48, 0x65, 0x6C, 0x6C, 0x6F])
    #expect(WebSocketFrame.frame(.ping, hello) == [0x89, 0x05, 0x48, 0x65, 0x6C, 0x6C, 0x6F])
    let small = [UInt8](repeating: 7, count: 256)
    #expect(WebSocketFrame.frame(.binary, small) == [0x82, 0x7E, 0x01, 0x00] + small)
    let large = [UInt8](repeating: 7, count: 65_536)
    #expect(
      WebSocketFrame.frame(.binary, large) == [0x82, 0x7F, 0, 0, 0, 0, 0, 0x01, 0, 0] + large)
    #expect(WebSocketFrame.frame(.pong, []) == [0x8A, 0x00])
  }

  @Test(
    "writes lengths in as few bytes as they take",
    arguments: [
      (0, [0]), (125, [125]), (126, [126, 0, 126]), (127, [126, 0, 127]),
      (65_535, [126, 0xFF, 0xFF]), (65_536, [127, 0, 0, 0, 0, 0, 1, 0, 0]),
      (0x1_2345_6789, [127, 0, 0, 0, 1, 0x23, 0x45, 0x67, 0x89]),
      (Int.max, [127, 0x7F, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF]),
    ] as [(Int, [UInt8])])
  func lengths(length: Int, bytes: [UInt8]) {
    var head: [UInt8] = []
    WebSocketFrame.emitHead(.binary, length: length, into: &head)
    #expect(head == [0x82] + bytes)
  }

  @Test("writes a close frame with code and reason")
  func close() {
    #expect(WebSocketFrame.close(.normal) == [0x88, 0x02, 0x03, 0xE8])
    #expect(WebSocketFrame.close(.tooBig, "no") == [0x88, 0x04, 0x03, 0xF1, 0x6E, 0x6F])
  }

  @Test("cuts a reason to what a control frame holds, at a character")
  func longReason() {
    let fits = String(repeating: "x", count: 123)
    #expect(WebSocketFrame.close(.goingAway, fits).count == 2 + 125)
    #expect(WebSocketFrame.close(.goingAway, fits + "y") == WebSocketFrame.close(.goingAway, fits))
    let accented = WebSocketFrame.close(.goingAway, "x" + String(repeating: "é", count: 100))
    #expect(accented.count == 2 + 125)
    let even = WebSocketFrame.close(.goingAway, String(repeating: "é", count: 100))
    #expect(even.count == 2 + 124)
    #expect(String(validating: even[4...], as: UTF8.self) != nil)
    // One character that is longer than a frame.
    let long = "e" + String(repeating: "\u{301}", count: 200)
    #expect(WebSocketFrame.close(.goingAway, long).count == 4)
  }

  @Test("has the close codes of RFC 6455 §7.4.1")
  func codes() {
    let codes: [(WebSocketCloseCode, UInt16)] = [
      (.normal, 1000), (.goingAway, 1001), (.protocolError, 1002), (.unsupportedData, 1003),
      (.invalidPayload, 1007), (.tooBig, 1009),
    ]
    for (code, value) in codes {
      #expect(code.rawValue == value)
      #expect(WebSocketCloseCode(received: value) == code)
    }
  }

  @Test("takes no code from a peer that is reserved or undefined (RFC 6455 §7.4)")
  func receivedCodes() {
    // 1012 to 1014 were registered later.
    let allowed = Set([1000, 1001, 1002, 1003] + Array(1007...1014) + Array(3000...4999))
    for code in 0...65_535 {
      let isTaken = WebSocketCloseCode(received: UInt16(code)) != nil
      if isTaken != allowed.contains(code) { Issue.record("\(code)") }
    }
  }

  @Test("a client's frame is what a server reads")
  func masked() throws {
    var parser = WebSocketParser(messageBytesMax: 100_000)
    for length in [0, 5, 125, 126, 70_000] {
      let payload = (0..<length).map { UInt8(truncatingIfNeeded: $0) }
      parser.feed(WebSocketFrame.masked(.binary, payload, key: 0x1234_5678).span)
      #expect(try parser.next() == .binary(payload))
    }
  }
}
