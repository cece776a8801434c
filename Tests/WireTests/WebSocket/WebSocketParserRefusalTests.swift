import Testing

@testable import Wire

@Suite("WebSocketParser, what it refuses")
struct WebSocketParserRefusalTests {
  typealias Run = WebSocketRun

  @Test("refuses a frame without a mask (RFC 6455 §5.1)")
  func unmasked() {
    for frame in [
      WebSocketFrame.frame(.text, Array("Hello".utf8)), WebSocketFrame.frame(.ping, []),
      WebSocketFrame.close(.normal),
      WebSocketFrame.frame(.binary, [UInt8](repeating: 0, count: 300)),
    ] {
      #expect(Run.failure(frame) == .protocolError)
      #expect(Run.failure(Array(frame[..<2])) == .protocolError)
    }
  }

  @Test("refuses every first byte but those of known opcodes without reserved bits")
  func firstBytes() {
    // Final text, binary, close, ping, pong, and the beginnings of fragmented text and binary.
    let allowed: Set<UInt8> = [0x81, 0x82, 0x88, 0x89, 0x8A, 0x01, 0x02]
    for first: UInt8 in 0...255 {
      let code = Run.failure(Run.frame(first, []))
      #expect(code == (allowed.contains(first) ? nil : .protocolError), "first byte \(first)")
    }
  }

  @Test("refuses control frames in fragments or of more than 125 bytes (RFC 6455 §5.5)")
  func controlFrames() {
    for opcode: UInt8 in [0x8, 0x9, 0xA] {
      #expect(Run.failure(Run.frame(opcode, [])) == .protocolError)
      let most = [0x03, 0xE8] + [UInt8](repeating: 0x78, count: 123)
      #expect(Run.failure(Run.frame(0x80 | opcode, most)) == nil)
      #expect(Run.failure(Run.frame(0x80 | opcode, most + [0x78])) == .protocolError)
      let long = [UInt8](repeating: 0x78, count: 70_000)
      #expect(Run.failure(Run.frame(0x80 | opcode, long)) == .protocolError)
    }
  }

  @Test(
    "refuses a length that is longer than it need be (RFC 6455 §5.2)",
    arguments: [
      [126, 0, 0], [126, 0, 5], [126, 0, 125], [127, 0, 0, 0, 0, 0, 0, 0, 0],
      [127, 0, 0, 0, 0, 0, 0, 0, 125], [127, 0, 0, 0, 0, 0, 0, 0, 126],
      [127, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF],
    ] as [[UInt8]])
  func needlessLengths(length: [UInt8]) {
    #expect(Run.failure([0x82, length[0] | 0x80] + length[1...]) == .protocolError)
  }

  @Test("refuses fragments out of order")
  func fragmentOrder() {
    let (first, middle, last) = (Run.frame(0x01, "a"), Run.frame(0x00, "b"), Run.frame(0x80, "c"))
    for bytes in [
      last, middle, first + first, first + Run.frame(0x81, "x"), first + Run.frame(0x82, "x"),
      first + middle + Run.frame(0x02, "x"), first + last + last, Run.frame(0x81, "x") + last,
      Run.frame(0x89, "x") + last,
    ] {
      #expect(Run.failure(bytes) == .protocolError)
    }
  }

  @Test(
    "refuses close codes that may not be sent",
    arguments: [0, 999, 1004, 1005, 1006, 1015, 1016, 1100, 2000, 2999, 5000, 65_535])
  func closeCodes(code: UInt16) {
    let payload = [UInt8(code >> 8), UInt8(code & 255)]
    #expect(Run.failure(Run.frame(0x88, payload)) == .protocolError)
  }

  @Test("refuses half a close code, and a reason that is not UTF-8")
  func closePayloads() {
    #expect(Run.failure(Run.frame(0x88, [0x03])) == .protocolError)
    #expect(Run.failure(Run.frame(0x88, [0x03, 0xE8, 0xC3])) == .invalidPayload)
    #expect(Run.failure(Run.frame(0x88, [0x03, 0xE8, 0xC3, 0xA9])) == nil)
  }

  @Test("survives 20,000 rounds of damaged frames in random pieces")
  func survivesGarbage() {
    let seed: UInt64 = 6455
    var random = SplitMix64(seed: seed)
    let whole = [
      Run.frame(0x81, "text"), Run.frame(0x01, "a") + Run.frame(0x89, "b") + Run.frame(0x80, "c"),
      Run.frame(0x82, [UInt8](repeating: 3, count: 130)), Run.frame(0x88, [3, 0xE8, 0x78]),
    ]
    var (read, refused) = (0, 0)
    for round in 0..<20_000 {
      var bytes = whole[random.below(4)] + whole[random.below(4)] + whole[random.below(4)]
      bytes.removeLast(random.below(bytes.count))
      if round % 4 == 0 { bytes = random.bytes(1 + random.below(64)) }
      for _ in 0..<random.below(3) {
        bytes[random.below(bytes.count)] ^= 1 << UInt8(random.below(8))
      }
      var parser = WebSocketParser(messageBytesMax: random.below(200))
      var position = 0
      do throws(WebSocketParser.Failure) {
        while position < bytes.count {
          let end = min(bytes.count, position + 1 + random.below(40))
          let piece = bytes[position..<end]
          parser.feed(piece.span)
          while try parser.next() != nil { read += 1 }
          position = end
        }
      } catch {
        refused += 1
        // Nothing can be read any more, but asking is harmless.
        _ = try? parser.next()
      }
    }
    #expect(read > 5000 && refused > 5000, "seed \(seed): read \(read), refused \(refused)")
  }

  @Test("refuses a message in more fragments than anybody needs, though there is nothing in them")
  func fragments() {
    let middle = Run.frame(0x00, [])
    func message(_ count: Int) -> [UInt8] {
      Run.frame(0x01, "a") + [[UInt8]](repeating: middle, count: count - 2).flatMap { $0 }
        + Run.frame(0x80, "b")
    }
    #expect(Run.failure(message(1024)) == nil)
    #expect(Run.failure(message(1025)) == .policyViolation)
  }
}
