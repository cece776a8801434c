import Testing

@testable import Wire

@Suite("RTPHeader")
struct RTPHeaderTests {
  /// One list for the writer and the parser.
  static let cases: [(RTPHeader, [UInt8])] = [
    (
      RTPHeader(marker: false, sequence: 0x1234, timestamp: 0x0102_0304, ssrc: 0xAABB_CCDD),
      [0x80, 0x1A, 0x12, 0x34, 1, 2, 3, 4, 0xAA, 0xBB, 0xCC, 0xDD]
    ),
    (
      RTPHeader(marker: true, sequence: 0xFFFF, timestamp: .max, ssrc: 0),
      [0x80, 0x9A, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0, 0, 0, 0]
    ),
    (
      RTPHeader(marker: true, payloadType: 127, sequence: 0, timestamp: 0, ssrc: 1),
      [0x80, 0xFF, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1]
    ),
    (
      RTPHeader(marker: false, payloadType: 0, sequence: 1, timestamp: 4500, ssrc: .max),
      [0x80, 0x00, 0, 1, 0, 0, 0x11, 0x94, 0xFF, 0xFF, 0xFF, 0xFF]
    ),
  ]

  @Test("writes the twelve bytes of RFC 3550", arguments: cases)
  func writes(header: RTPHeader, bytes: [UInt8]) {
    var written: [UInt8] = []
    header.emit(into: &written)
    #expect(written == bytes)
  }

  @Test("reads what it writes, and finds the payload behind it", arguments: cases)
  func reads(header: RTPHeader, bytes: [UInt8]) throws {
    let packet = bytes + [9, 9, 9]
    let parsed = try RTPHeader(parsing: packet.span)
    #expect(parsed.marker == header.marker)
    #expect(parsed.payloadType == header.payloadType)
    #expect(parsed.sequence == header.sequence)
    #expect(parsed.timestamp == header.timestamp)
    #expect(parsed.ssrc == header.ssrc)
    #expect(parsed.payload == 12..<15)
  }

  @Test(
    "passes over contributing sources, extension and padding",
    arguments: [
      // 2 contributing sources
      ([0x82], 8, [], 20..<23),
      // an extension of 0 and of 1 words
      ([0x90], 0, [0xBE, 0xDE, 0, 0], 16..<19),
      ([0x90], 0, [0xBE, 0xDE, 0, 1, 1, 2, 3, 4], 20..<23),
      // 15 sources and an extension
      ([0x9F], 60, [0, 0, 0, 1, 1, 2, 3, 4], 80..<83),
    ] as [([UInt8], Int, [UInt8], Range<Int>)])
  func passesOver(first: [UInt8], sources: Int, rest: [UInt8], payload: Range<Int>) throws {
    let fixed: [UInt8] = first + [26, 0, 1, 0, 0, 0, 2, 0, 0, 0, 3]
    let packet = fixed + [UInt8](repeating: 7, count: sources) + rest + [1, 2, 3]
    #expect(try RTPHeader(parsing: packet.span).payload == payload)
    // The same packet with two bytes of padding.
    var padded = packet + [0, 2]
    padded[0] |= 0x20
    #expect(try RTPHeader(parsing: padded.span).payload == payload)
  }

  @Test("accepts a packet without payload")
  func acceptsEmpty() throws {
    let packet: [UInt8] = [0x80, 26, 0, 1, 0, 0, 0, 2, 0, 0, 0, 3]
    #expect(try RTPHeader(parsing: packet.span).payload.isEmpty)
    let onlyPadding: [UInt8] = [0xA0, 26, 0, 1, 0, 0, 0, 2, 0, 0, 0, 3, 0, 0, 0, 4]
    #expect(try RTPHeader(parsing: onlyPadding.span).payload.isEmpty)
  }

  @Test("refuses every truncation of a header with sources, extension and padding")
  func refusesTruncations() {
    // 12 + 2 sources + an extension of 2 words = 32 bytes.
    let packet: [UInt8] =
      [0x92, 26, 0, 1, 0, 0, 0, 2, 0, 0, 0, 3] + [UInt8](repeating: 5, count: 8)
      + [0xBE, 0xDE, 0, 2] + [UInt8](repeating: 6, count: 8)
    for length in 0..<packet.count {
      let cut = Array(packet[..<length])
      #expect(throws: PacketError.self, "cut to \(length)") { try RTPHeader(parsing: cut.span) }
    }
    #expect(throws: Never.self) { try RTPHeader(parsing: packet.span) }
  }

  @Test("refuses every version but 2", arguments: [0x00, 0x40, 0xC0] as [UInt8])
  func refusesVersion(first: UInt8) {
    let packet: [UInt8] = [first, 26, 0, 1, 0, 0, 0, 2, 0, 0, 0, 3]
    #expect(throws: PacketError.version) { try RTPHeader(parsing: packet.span) }
  }

  @Test("refuses padding of no bytes or of more than there are", arguments: [0, 5, 16, 255])
  func refusesPadding(count: Int) {
    let packet: [UInt8] =
      [0xA0, 26, 0, 1, 0, 0, 0, 2, 0, 0, 0, 3] + [0, 0, 0, UInt8(count)]
    #expect(throws: PacketError.malformed) { try RTPHeader(parsing: packet.span) }
  }

  @Test("survives any bytes, and never places the payload outside of the packet")
  func survivesGarbage() {
    let seed: UInt64 = 3550
    var random = SplitMix64(seed: seed)
    for round in 0..<20_000 {
      var packet = random.bytes(random.below(64))
      if !packet.isEmpty { packet[0] = packet[0] & 0x3F | 0x80 }
      guard let header = try? RTPHeader(parsing: packet.span) else { continue }
      if header.payload.lowerBound < 12 || header.payload.upperBound > packet.count {
        Issue.record("seed \(seed), round \(round): \(header.payload) of \(packet.count)")
      }
    }
  }
}
