import Testing

@testable import Wire

@Suite("RTSPParser, the classroom dialect")
struct RTSPParserClassroomTests {
  private func parser(_ text: String) -> RTSPParser {
    var parser = RTSPParser()
    let bytes = Array(text.utf8)
    parser.feed(bytes.span)
    return parser
  }

  @Test("reads the course client's requests, of which none ends with an empty line")
  func readsRequests() throws {
    let fixture = Fixture.classroom
    #expect(fixture.messages.count == 5)
    let requests = try ParserRun.messages([fixture.bytes[...]]).compactMap {
      message -> RTSPRequest? in
      if case .request(let request) = message { request } else { nil }
    }
    #expect(requests.map(\.method) == [.setup, .play, .pause, .teardown, .setup])
    #expect(requests.map(\.sequence) == [1, 2, 3, 4, 1])
    #expect(requests.map(\.session) == [nil, "123456", "123456", "123456", nil])
    #expect(requests.allSatisfy { $0.isClassroom })
    #expect(requests.first?.target == "video/movie.Mjpeg")
    #expect(requests.last?.target == "movie.Mjpeg")
    let ports = TransportHeader.PortPair(rtp: 25_000, rtcp: 25_001)
    for request in requests where request.method == .setup {
      let offer = request.headers["Transport"].flatMap { TransportHeader.parse($0)?.first }
      #expect(offer?.clientPorts == ports)
    }
  }

  @Test("reads the same cut at every byte and byte by byte")
  func everySplit() throws {
    let bytes = Fixture.classroom.bytes
    let whole = try ParserRun.messages([bytes[...]])
    #expect(try ParserRun.messages(bytes.indices.map { bytes[$0...$0] }) == whole)
    for split in 1..<bytes.count {
      let cut = try ParserRun.messages([bytes[..<split], bytes[split...]])
      #expect(cut == whole, "cut at \(split)")
    }
  }

  @Test("tolerates an empty line behind a request that is complete without it")
  func emptyLines() throws {
    let text = "PLAY m RTSP/1.0\nCSeq: 1\nSession: 5\n\nPAUSE m RTSP/1.0\nSession: 5\n\r\n\n"
    let parsed = try ParserRun.messages(text)
    #expect(parsed.count == 2)
  }

  @Test("completes a request without Transport and Session at an empty line, or when all is silent")
  func settles() throws {
    #expect(try ParserRun.messages("DESCRIBE m RTSP/1.0\nCSeq: 1\n\n").count == 1)
    var waiting = parser("DESCRIBE m RTSP/1.0\nCSeq: 1\n")
    #expect(try waiting.next() == nil)
    #expect(waiting.isInsideClassroomRequest)
    guard case .request(let request) = try waiting.settle() else {
      Issue.record("a request is expected")
      return
    }
    #expect(request.method == .describe)
    #expect(request.sequence == 1)
    #expect(request.isClassroom)
    #expect(!waiting.isInsideMessage)
    #expect(!waiting.isInsideClassroomRequest)
    #expect(try waiting.settle() == nil)
  }

  @Test("takes a last line without its newline when all is silent")
  func settlesWithoutNewline() throws {
    for text in [
      "SETUP m RTSP/1.0\nCSeq: 1\nTransport: RTP/UDP; client_port= 25000",
      "PLAY m RTSP/1.0\nCSeq: 1\nSession: 123456", "PLAY m RTSP/1.0\nCSeq: 1",
    ] {
      var waiting = parser(text)
      #expect(try waiting.next() == nil)
      guard case .request(let request) = try waiting.settle() else {
        Issue.record("a request is expected")
        return
      }
      #expect(request.sequence == 1)
      // The next request is read as if nothing had been missing.
      let next = Array("\nPLAY m RTSP/1.0\nSession: 1\n".utf8)
      waiting.feed(next.span)
      #expect(try waiting.next() != nil)
      #expect(!waiting.isInsideMessage)
    }
  }

  @Test("completes or refuses a request that is cut anywhere behind its first line")
  func everyTruncation() throws {
    let text = "SETUP m RTSP/1.0\nCSeq: 1\nTransport: RTP/UDP;client_port=25000\n"
    let bytes = Array(text.utf8)
    for length in 0..<bytes.count {
      var waiting = parser(String(decoding: bytes[..<length], as: UTF8.self))
      #expect(try waiting.next() == nil)
      #expect(waiting.isInsideClassroomRequest == (length >= 17), "cut to \(length)")
      // Within a name there is no header yet.
      let isCut = (18...21).contains(length) || (26...34).contains(length)
      do throws(RTSPError) {
        let settled = try waiting.settle()
        #expect((settled != nil) == (length >= 17 && !isCut), "cut to \(length)")
      } catch {
        #expect(isCut, "cut to \(length)")
        #expect(error.status == .badRequest)
      }
    }
  }

  @Test("settles nothing while the body of a request has not come")
  func waitsForBody() throws {
    let text = "SET_PARAMETER m RTSP/1.0\nCSeq: 1\nContent-Length: 5\n\nab"
    var waiting = parser(text)
    #expect(try waiting.next() == nil)
    #expect(try waiting.settle() == nil)
    let rest = Array("cde".utf8)
    waiting.feed(rest.span)
    guard case .request(let request) = try waiting.next() else {
      Issue.record("a request is expected")
      return
    }
    #expect(request.body == Array("abcde".utf8))
  }

  @Test(
    "is told by a bare target and a bare newline together",
    arguments: [
      ("PLAY m RTSP/1.0\n", true), ("PLAY video/m RTSP/1.0\n", true),
      ("PLAY m RTSP/1.0\r\n", false), ("PLAY * RTSP/1.0\n", false), ("PLAY /m RTSP/1.0\n", false),
      ("PLAY rtsp://h/m RTSP/1.0\n", false), ("PLAY x://y RTSP/1.0\n", false),
    ])
  func recognises(line: String, isClassroom: Bool) throws {
    var waiting = parser(line + "Session: 1\n")
    let message = try waiting.next()
    #expect((message != nil) == isClassroom)
    if !isClassroom {
      #expect(!waiting.isInsideClassroomRequest)
      #expect(try waiting.settle() == nil)
      #expect(waiting.isInsideMessage)
    }
  }
}
