import Testing

@testable import Wire

/// Drives a parser over bytes that arrive in pieces.
enum ParserRun {
  /// All messages of `bytes` fed in these pieces.
  static func messages(
    _ pieces: [ArraySlice<UInt8>], bounds: RTSPParser.Bounds = RTSPParser.Bounds()
  ) throws(RTSPError) -> [RTSPMessage] {
    var parser = RTSPParser(bounds: bounds)
    var messages: [RTSPMessage] = []
    for piece in pieces {
      parser.feed(piece.span)
      while let message = try parser.next() { messages.append(message) }
    }
    return messages
  }

  static func messages(_ text: String) throws(RTSPError) -> [RTSPMessage] {
    try messages([Array(text.utf8)[...]])
  }

  /// What is thrown, whole and byte by byte; a difference is an issue.
  static func failure(
    _ bytes: [UInt8], bounds: RTSPParser.Bounds = RTSPParser.Bounds()
  ) -> RTSPError? {
    let whole = thrown([bytes[...]], bounds)
    let single = thrown(bytes.indices.map { bytes[$0...$0] }, bounds)
    #expect(whole?.status == single?.status)
    return whole
  }

  static func failure(_ text: String) -> RTSPError? { failure(Array(text.utf8)) }

  private static func thrown(
    _ pieces: [ArraySlice<UInt8>], _ bounds: RTSPParser.Bounds
  ) -> RTSPError? {
    do throws(RTSPError) {
      _ = try messages(pieces, bounds: bounds)
      return nil
    } catch { return error }
  }
}

@Suite("RTSPParser")
struct RTSPParserTests {
  private func request(_ text: String) throws -> RTSPRequest? {
    guard case .request(let request) = try ParserRun.messages(text).first else { return nil }
    return request
  }

  @Test("reads a request with headers and body, and leaves what follows")
  func readsRequest() throws {
    let text =
      "SET_PARAMETER rtsp://h/m RTSP/1.0\r\nCSeq: 9\r\nX:\ty  z \r\nContent-Length: 4\r\n\r\n"
      + "a:\r\nPLAY * RTSP/1.0\r\n\r\n"
    let messages = try ParserRun.messages(text)
    var headers = HeaderFields()
    headers.append("CSeq", "9")
    headers.append("X", "y  z")
    headers.append("Content-Length", "4")
    #expect(
      messages == [
        .request(
          RTSPRequest(
            method: .setParameter, target: "rtsp://h/m", headers: headers,
            body: Array("a:\r\n".utf8)
          )),
        .request(RTSPRequest(method: .play, target: "*")),
      ])
  }

  @Test("reads replies, with and without a phrase")
  func readsResponses() throws {
    let text = "RTSP/1.0 200 OK\r\n\r\nRTSP/1.0 404\r\n\r\nRTSP/1.0 451 Not Understood\n\n"
    let expected = [(200, "OK"), (404, ""), (451, "Not Understood")].map {
      RTSPMessage.response(
        RTSPResponse(code: $0.0, phrase: $0.1, headers: HeaderFields(), body: []))
    }
    #expect(try ParserRun.messages(text) == expected)
  }

  private static let stream: [UInt8] =
    Array("\r\n\r\nOPTIONS * RTSP/1.0\r\nCSeq: 1\r\n\r\n\r\n".utf8)
    + [0x24, 1, 0, 3, 0x0D, 0x0A, 0x24] + [0x24, 0, 0, 0]
    + Array("RTSP/1.0 200 OK\nCSeq: 7\nContent-Length: 3\n\n$\r\n\n".utf8)
    + Array("PLAY rtsp://h/m RTSP/1.0\r\nA: b\r\n c\r\n\td\r\n\r\n".utf8)

  @Test("reads messages and packets in any order, cut at every byte and byte by byte")
  func everySplit() throws {
    let bytes = Self.stream
    let whole = try ParserRun.messages([bytes[...]])
    #expect(whole.count == 5)
    #expect(whole[1] == .interleaved(channel: 1, packet: [0x0D, 0x0A, 0x24]))
    #expect(whole[2] == .interleaved(channel: 0, packet: []))
    guard case .response(let reply) = whole[3], case .request(let play) = whole[4] else {
      Issue.record("a reply and a request are expected")
      return
    }
    #expect(reply.body == [0x24, 0x0D, 0x0A])
    #expect(play.headers["A"] == "b c d")
    for split in 0...bytes.count {
      #expect(
        try ParserRun.messages([bytes[..<split], bytes[split...]]) == whole, "cut at \(split)")
    }
    #expect(try ParserRun.messages(bytes.indices.map { bytes[$0...$0] }) == whole)
  }

  @Test("waits at every truncation, and says whether a message has begun")
  func everyTruncation() throws {
    let text = "SETUP rtsp://h/m RTSP/1.0\r\nCSeq: 1\r\nContent-Length: 2\r\n\r\nab"
    let bytes = Array(text.utf8)
    for length in 0..<bytes.count {
      var parser = RTSPParser()
      let cut = bytes[..<length]
      parser.feed(cut.span)
      #expect(try parser.next() == nil, "cut to \(length)")
      #expect(parser.isInsideMessage == (length > 0))
      #expect(!parser.isInsideClassroomRequest)
      #expect(try parser.settle() == nil)
      let rest = bytes[length...]
      parser.feed(rest.span)
      #expect(try parser.next() != nil)
      #expect(!parser.isInsideMessage)
    }
  }

  @Test("reads an interleaved packet of the largest size")
  func largestPacket() throws {
    let packet = [UInt8](repeating: 0x0A, count: 65_535)
    let bytes = [0x24, 255, 0xFF, 0xFF] + packet
    let halves = [bytes[..<30_000], bytes[30_000...]]
    #expect(try ParserRun.messages(halves) == [.interleaved(channel: 255, packet: packet)])
  }

  @Test("takes an interleaved packet that comes in the middle of a message for part of it")
  func packetInsideHead() {
    let failure = ParserRun.failure(
      Array("OPTIONS * RTSP/1.0\r\n".utf8) + [0x24, 0, 0, 1, 0x0A] + Array("\r\n".utf8))
    #expect(failure?.status == .badRequest)
  }

  @Test(
    "reads a body of as many bytes as Content-Length says",
    arguments: [
      ("0", 0), ("1", 1), ("00002", 2), ("65536", 65_536), (" 5", 5), ("5 \t", 5),
    ])
  func bodyLength(value: String, length: Int) throws {
    let body = String(repeating: "x", count: length)
    let text = "OPTIONS * RTSP/1.0\r\nContent-Length:\(value)\r\n\r\n\(body)OPTIONS"
    #expect(try request(text)?.body.count == length)
  }

  @Test(
    "refuses a Content-Length that is no number with 400",
    arguments: ["", "-1", "-0", "+5", "1e9", "0x5", "5 5", "5,5", "5;5", "٥", "1.0", "five"])
  func refusesLength(value: String) {
    let failure = ParserRun.failure("OPTIONS * RTSP/1.0\r\nContent-Length: \(value)\r\n\r\n")
    #expect(failure?.status == .badRequest)
  }

  @Test(
    "refuses a body that is too large with 413, before any of it has come",
    arguments: [
      "65537", "2147483647", "2147483648", "4294967296", "9223372036854775807",
      "9223372036854775808", "18446744073709551615", "18446744073709551616",
      "99999999999999999999999999999999999999",
    ])
  func refusesLargeBody(value: String) {
    let failure = ParserRun.failure("OPTIONS * RTSP/1.0\r\nContent-Length: \(value)\r\n\r\n")
    #expect(failure?.status == .entityTooLarge)
  }

  @Test("accepts a Content-Length that is repeated alike and refuses one that is not")
  func repeatedLength() throws {
    let twice = "OPTIONS * RTSP/1.0\r\nContent-Length: 2\r\ncontent-length: 2\r\n\r\nab"
    #expect(try request(twice)?.body == [0x61, 0x62])
    for other in ["3", "02", ""] {
      let text = "OPTIONS * RTSP/1.0\r\nContent-Length: 2\r\nContent-Length: \(other)\r\n\r\nab"
      #expect(ParserRun.failure(text)?.status == .badRequest)
    }
  }

  @Test("folds lines that begin with white space into the one before")
  func folds() throws {
    let text = "OPTIONS * RTSP/1.0\r\nA: 1\r\n 2\r\n\t\t3 \r\n \r\nB: 4\r\n\r\n"
    let request = try request(text)
    #expect(request?.headers["A"] == "1 2 3")
    #expect(request?.headers["B"] == "4")
    let failure = ParserRun.failure("OPTIONS * RTSP/1.0\r\n folded\r\n\r\n")
    #expect(failure?.status == .badRequest)
    #expect(failure?.position == 20)
  }

  @Test("does not take a name for a header's end: values may hold colons")
  func colons() throws {
    let request = try request("OPTIONS * RTSP/1.0\r\nA: b: c\r\nB:\r\nC::\r\n\r\n")
    #expect(request?.headers["A"] == "b: c")
    #expect(request?.headers["B"] == "")
    #expect(request?.headers["C"] == ":")
  }

  @Test("tells where a fault lies, counted from the connection's first byte")
  func positions() {
    let first = "OPTIONS * RTSP/1.0\r\nCSeq: 1\r\n\r\n"
    let text = first + first + "OPTIONS * RTSP/1.0\r\nA: \u{1}\r\n\r\n"
    let bytes = Array(text.utf8)
    let position = 31 + 31 + 23
    for split in 0...bytes.count {
      let error = #expect(throws: RTSPError.self) {
        try ParserRun.messages([bytes[..<split], bytes[split...]])
      }
      #expect(error?.position == position, "cut at \(split)")
    }
  }
}
