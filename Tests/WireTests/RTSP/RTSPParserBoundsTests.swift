import Testing

@testable import Wire

@Suite("RTSPParser, what it refuses")
struct RTSPParserBoundsTests {
  @Test(
    "refuses what is no beginning of a message at its first wrong byte",
    arguments: [
      (" OPTIONS * RTSP/1.0\r\n", 0), ("\tOPTIONS", 0), ("\0OPTIONS", 0), ("\u{1}", 0), ("/", 0),
      (":", 0), ("\"", 0), ("é", 0), ("\r\n OPTIONS", 2), ("\r\r\n", 0), ("OPT\0IONS", 3),
      ("OPT:IONS", 3), ("OPTIONS\r", 7), ("OPTIONS\t* RTSP/1.0", 7), ("{\"json\":1}", 0),
      ("\n\nx\u{7F}", 3),
    ])
  func refusesBeginnings(text: String, position: Int) {
    let failure = ParserRun.failure(text)
    #expect(failure?.status == .badRequest)
    #expect(failure?.position == position)
    #expect(failure?.isHTTP == false)
  }

  @Test("refuses a method of more than 64 bytes without waiting for its end")
  func longMethod() throws {
    let method = String(repeating: "M", count: 64)
    #expect(try ParserRun.messages("\(method) * RTSP/1.0\r\n\r\n").count == 1)
    #expect(ParserRun.failure("\(method)M")?.status == .badRequest)
  }

  @Test(
    "refuses request lines that are not METHOD TARGET RTSP/1.0",
    arguments: [
      "OPTIONS\r\n", "OPTIONS \r\n", "OPTIONS *\r\n", "OPTIONS * \r\n", "OPTIONS  RTSP/1.0\r\n",
      "OPTIONS * rtsp/1.0\r\n", "OPTIONS  * RTSP/1.0\r\n", "OPTIONS * * RTSP/1.0\r\n",
      "OPTIONS * SIP/2.0\r\n", "OPTIONS *\tRTSP/1.0\r\n", "OPTIONS * RTSP\r\n",
      "OPTIONS \u{1} RTSP/1.0\r\n", "OPTIONS a\0b RTSP/1.0\r\n", "OPTIONS a\u{7F} RTSP/1.0\r\n",
      "OPTIONS a\rb RTSP/1.0\r\n", "OPTIONS * RTSP/1.0\r\r\n",
    ])
  func refusesRequestLines(text: String) {
    #expect(ParserRun.failure(text)?.status == .badRequest)
  }

  @Test(
    "refuses other versions with 505, requests once their number is known",
    arguments: [
      "OPTIONS * RTSP/2.0\r\n\r\n", "OPTIONS * RTSP/1.1\r\nCSeq: 1\r\n\r\n",
      "OPTIONS * RTSP/\r\n\r\n", "OPTIONS * RTSP/1.0 x\r\n\r\n", "RTSP/2.0 200 OK\r\n",
      "RTSP/ 200 OK\r\n",
    ])
  func refusesVersions(text: String) {
    #expect(ParserRun.failure(text)?.status == .versionNotSupported)
  }

  @Test(
    "refuses malformed status lines",
    arguments: [
      "RTSP/1.0\n", "RTSP/1.0 \n", "RTSP/1.0 20\n", "RTSP/1.0 2000 OK\n", "RTSP/1.0 2x0 OK\n",
      "RTSP/1.0 -20 OK\n", "RTSP/1.0  200 OK\n", "RTSP/1.0 200 O\0K\n",
    ])
  func refusesStatusLines(text: String) {
    #expect(ParserRun.failure(text)?.status == .badRequest)
  }

  @Test(
    "recognises HTTP, so that it can be answered in HTTP",
    arguments: [
      "GET / HTTP/1.1\r\n", "GET /../../etc/passwd HTTP/1.0\r\n", "POST /m HTTP/1.1\r\nHost: h\r\n",
      "PRI * HTTP/2.0\r\n",
    ])
  func recognisesHTTP(text: String) {
    let failure = ParserRun.failure(text)
    #expect(failure?.status == .badRequest)
    #expect(failure?.isHTTP == true)
  }

  @Test("refuses the beginning of a TLS connection at its first byte")
  func refusesTLS() {
    // ClientHello: handshake record, TLS 1.0, 512 bytes, with a newline among the random bytes.
    let hello: [UInt8] = [0x16, 0x03, 0x01, 0x02, 0x00, 0x01, 0x00, 0x01, 0xFC, 0x03, 0x03, 0x0A]
    for length in 1...hello.count {
      let failure = ParserRun.failure(Array(hello[..<length]))
      #expect(failure?.status == .badRequest)
      #expect(failure?.position == 0)
    }
  }

  @Test(
    "refuses header lines without a proper name",
    arguments: [
      "CSeq\r\n", ": 1\r\n", "C Seq: 1\r\n", "CSeq : 1\r\n", "C\u{E9}: 1\r\n", "(x): 1\r\n",
      "A: 1\r\nB\r\n", "A: \u{0}\r\n", "A: \u{8}\r\n", "A: \u{7F}\r\n", "A: b\rc\r\n",
      "A: b\r\r\n", "\u{0}\r\n",
    ])
  func refusesHeaders(lines: String) {
    let failure = ParserRun.failure("OPTIONS * RTSP/1.0\r\n\(lines)\r\n")
    #expect(failure?.status == .badRequest)
  }

  @Test("accepts every byte but control bytes in a value", arguments: 0...255 as ClosedRange<UInt8>)
  func values(byte: UInt8) {
    let bytes =
      Array("OPTIONS * RTSP/1.0\r\nA: x".utf8) + [byte] + Array("y\r\n\r\n".utf8)
    // A newline ends the line, and `y` alone is no header.
    let isAllowed = byte == 9 || (byte >= 32 && byte != 127)
    #expect((ParserRun.failure(bytes) == nil) == isAllowed)
  }

  private func head(bytes: Int) -> [UInt8] {
    let frame = "OPTIONS * RTSP/1.0\r\nA: \r\n\r\n".utf8.count
    let value = String(repeating: "x", count: bytes - frame)
    return Array("OPTIONS * RTSP/1.0\r\nA: \(value)\r\n\r\n".utf8)
  }

  @Test("accepts a head of 8192 bytes and refuses a longer one with 413")
  func headBytes() throws {
    #expect(ParserRun.failure(head(bytes: 8191)) == nil)
    #expect(ParserRun.failure(head(bytes: 8192)) == nil)
    #expect(ParserRun.failure(head(bytes: 8193))?.status == .entityTooLarge)
    #expect(ParserRun.failure(head(bytes: 20_000))?.status == .entityTooLarge)
  }

  @Test("refuses a head that does not end, whatever it is made of")
  func endlessHeads() {
    for line in ["A: b\r\n", "A: b\r\n c\r\n", "A:", " "] {
      let endless = String(repeating: line, count: 9000 / line.utf8.count)
      let start = line == " " ? "A: b\r\n" : ""
      #expect(
        ParserRun.failure("OPTIONS * RTSP/1.0\r\n\(start)\(endless)")?.status == .entityTooLarge,
        "lines \(line.debugDescription)")
    }
    #expect(ParserRun.failure(String(repeating: "A", count: 9000))?.status == .badRequest)
  }

  @Test("counts empty lines between messages toward no head")
  func emptyLines() throws {
    let bytes = Array((String(repeating: "\r\n\n", count: 5000) + "OPTIONS * RTSP/1.0\n\n").utf8)
    #expect(try ParserRun.messages([bytes[...]]).count == 1)
    #expect(ParserRun.failure(bytes) == nil)
  }

  @Test("accepts a target of 2048 bytes and refuses a longer one with 414")
  func targetBytes() throws {
    let target = "rtsp://h/" + String(repeating: "x", count: 2048 - 9)
    #expect(try ParserRun.messages("OPTIONS \(target) RTSP/1.0\r\n\r\n").count == 1)
    let failure = ParserRun.failure("OPTIONS \(target)x RTSP/1.0\r\n\r\n")
    #expect(failure?.status == .uriTooLong)
    #expect(failure?.position == 8)
    let endless = "OPTIONS rtsp://h/" + String(repeating: "x", count: 9000)
    #expect(ParserRun.failure(endless)?.status == .uriTooLong)
  }

  @Test("accepts 64 header lines and refuses one more with 413")
  func headerCount() throws {
    let lines = String(repeating: "A: b\r\n", count: 64)
    #expect(try ParserRun.messages("OPTIONS * RTSP/1.0\r\n\(lines)\r\n").count == 1)
    let failure = ParserRun.failure("OPTIONS * RTSP/1.0\r\n\(lines)A: b\r\n\r\n")
    #expect(failure?.status == .entityTooLarge)
  }

  @Test("keeps to the bounds that it is given")
  func givenBounds() {
    var bounds = RTSPParser.Bounds()
    bounds.headBytesMax = 40
    bounds.targetBytesMax = 4
    bounds.headerCountMax = 1
    bounds.bodyBytesMax = 1
    let cases: [(String, RTSPStatus?)] = [
      ("PLAY /abc RTSP/1.0\nA: b\n\n", nil), ("PLAY /abcd RTSP/1.0\n\n", .uriTooLong),
      ("PLAY /abc RTSP/1.0\nA: b\nB: c\n\n", .entityTooLarge),
      ("PLAY /abc RTSP/1.0\nA: bbbbbbbbbbbbbbbbbbbbbb\n\n", .entityTooLarge),
      ("PLAY * RTSP/1.0\nContent-Length: 1\n\na", nil),
      ("PLAY * RTSP/1.0\nContent-Length: 2\n\n", .entityTooLarge),
    ]
    for (text, status) in cases {
      #expect(ParserRun.failure(Array(text.utf8), bounds: bounds)?.status == status, "\(text)")
    }
  }

  @Test("reads 10,000 pipelined requests that arrive at once")
  func pipelined() throws {
    let one = Array("DESCRIBE rtsp://h/m RTSP/1.0\r\nCSeq: 1\r\n\r\n".utf8)
    let all = [[UInt8]](repeating: one, count: 10_000).flatMap { $0 }
    #expect(try ParserRun.messages([all[...]]).count == 10_000)
  }

  @Test("survives 20,000 rounds of damaged messages in random pieces")
  func survivesGarbage() {
    let seed: UInt64 = 2326_2435
    var random = SplitMix64(seed: seed)
    let whole = (Fixture.players + [Fixture.classroom]).flatMap(\.messages)
    let odd: [UInt8] = [0, 9, 10, 13, 32, 36, 58, 127, 128, 255]
    var (read, refused) = (0, 0)
    for round in 0..<20_000 {
      let source = whole[random.below(whole.count)]
      let start = round % 3 == 0 ? random.below(source.count) : 0
      var bytes = Array(source[start...]) + whole[random.below(whole.count)]
      bytes.removeLast(random.below(bytes.count))
      if round % 4 == 0 { bytes = random.bytes(1 + random.below(64)) }
      for _ in 0..<random.below(4) { bytes[random.below(bytes.count)] = odd[random.below(10)] }
      var parser = RTSPParser()
      var position = 0
      do throws(RTSPError) {
        while position < bytes.count {
          let end = min(bytes.count, position + 1 + random.below(80))
          let piece = bytes[position..<end]
          parser.feed(piece.span)
          while try parser.next() != nil { read += 1 }
          if random.below(8) == 0, try parser.settle() != nil { read += 1 }
          position = end
        }
      } catch {
        refused += 1
        if error.position > bytes.count {
          Issue.record("seed \(seed), round \(round): at \(error.position) of \(bytes.count)")
        }
        // Nothing can be read any more, but asking is harmless.
        _ = try? parser.next()
        _ = try? parser.settle()
      }
    }
    #expect(read > 500 && refused > 5000, "seed \(seed): read \(read), refused \(refused)")
  }
}
