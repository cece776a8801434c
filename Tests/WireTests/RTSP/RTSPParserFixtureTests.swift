import Testing

@testable import Wire

@Suite("RTSPParser, what players send")
struct RTSPParserFixtureTests {
  /// What each recording holds, by CSeq.
  private static let methods: [RTSPMethod] = [.options, .describe, .setup, .play, .teardown]

  @Test("reads every player's requests in their order", arguments: Fixture.players)
  func readsPlayers(fixture: Fixture) throws {
    let messages = try ParserRun.messages([fixture.bytes[...]])
    #expect(messages.count == fixture.messages.count)
    let requests = messages.compactMap { message -> RTSPRequest? in
      if case .request(let request) = message { request } else { nil }
    }
    // GStreamer's recordings end with PLAY.
    let count = fixture.name.hasPrefix("gst") ? 4 : 5
    #expect(requests.map(\.method) == Array(Self.methods[..<count]))
    #expect(requests.map(\.sequence) == Array(1...count))
    #expect(requests.allSatisfy { !$0.isClassroom && $0.body.isEmpty })
    #expect(requests.allSatisfy { $0.target.hasPrefix("rtsp://127.0.0.1:8554/movie.Mjpeg") })
    let name = requests.map { RTSPURL($0.target)?.name }
    #expect(name == Array(repeating: "movie.Mjpeg", count: count))
    #expect(RTSPURL(requests[2].target)?.track == 0)
    #expect(requests[3].session?.count == 16)
    #expect(requests[3].headers["Range"].flatMap { try? NPTRange($0) }?.start == .at(0))
    let offer = requests[2].headers["Transport"].flatMap { TransportHeader.parse($0)?.first }
    let isUDP = fixture.name.hasSuffix("_udp")
    #expect(offer?.carrier == (isUDP ? .udp : .tcp))
    #expect((offer?.clientPorts != nil) == isUDP)
    #expect((offer?.channels == .init(rtp: 0, rtcp: 1)) == !isUDP)
  }

  @Test("reads GStreamer's packet behind its PLAY request")
  func readsPacket() throws {
    let fixture = try #require(Fixture.players.first { $0.name == "gst_tcp" })
    let last = try ParserRun.messages([fixture.bytes[...]]).last
    guard case .interleaved(let channel, let packet) = last else {
      Issue.record("a packet is expected")
      return
    }
    #expect(channel == 1)
    #expect(packet == Array(0..<84))
  }

  @Test("reads the same cut at every byte and byte by byte", arguments: Fixture.players)
  func everySplit(fixture: Fixture) throws {
    let bytes = fixture.bytes
    let whole = try ParserRun.messages([bytes[...]])
    #expect(try ParserRun.messages(bytes.indices.map { bytes[$0...$0] }) == whole)
    for split in 1..<bytes.count {
      let cut = try ParserRun.messages([bytes[..<split], bytes[split...]])
      if cut != whole { Issue.record("cut at \(split)") }
    }
  }

  @Test("never completes or refuses a request before its last byte", arguments: Fixture.players)
  func everyTruncation(fixture: Fixture) throws {
    for message in fixture.messages {
      var parser = RTSPParser()
      for index in message.indices {
        let byte = message[index...index]
        parser.feed(byte.span)
        let result = try parser.next()
        if (result != nil) != (index == message.count - 1) {
          Issue.record("byte \(index) of \(String(decoding: message, as: UTF8.self))")
        }
      }
    }
  }
}
