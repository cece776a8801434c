import Testing

@testable import Wire

@Suite("RTCPPacket")
struct RTCPPacketTests {
  private static let block = ReportBlockTests.block(lost: -1)
  private static let blockBytes = ReportBlockTests.bytes(lost: [0xFF, 0xFF, 0xFF])

  /// One list for the writer and the parser.
  static let cases: [(RTCPPacket, [UInt8])] = [
    (
      .senderReport(SenderReportTests.report, blocks: []),
      [0x80, 200, 0, 6] + SenderReportTests.bytes
    ),
    (
      .senderReport(SenderReportTests.report, blocks: [block, block]),
      [0x82, 200, 0, 18] + SenderReportTests.bytes + blockBytes + blockBytes
    ),
    (.receiverReport(ssrc: 0x0102_0304, blocks: []), [0x80, 201, 0, 1, 1, 2, 3, 4]),
    (
      .receiverReport(ssrc: 0x0102_0304, blocks: [block]),
      [0x81, 201, 0, 7, 1, 2, 3, 4] + blockBytes
    ),
    (.sourceDescription([:]), [0x80, 202, 0, 0]),
    // Item header and name fill six bytes: two of zero end the list and pad to a word.
    (
      .sourceDescription([0x0A0B_0C0D: "a@bc"]),
      [0x81, 202, 0, 3, 0xA, 0xB, 0xC, 0xD, 1, 4, 0x61, 0x40, 0x62, 0x63, 0, 0]
    ),
    // A list that ends on a word is followed by a whole word of zero.
    (
      .sourceDescription([0x0A0B_0C0D: "ab", 0x0E0F_0001: ""]),
      [
        0x82, 202, 0, 5, 0xA, 0xB, 0xC, 0xD, 1, 2, 0x61, 0x62, 0, 0, 0, 0, 0xE, 0xF, 0, 1, 1, 0, 0,
        0,
      ]
    ),
    (.goodbye([], reason: ""), [0x80, 203, 0, 0]),
    (.goodbye([0x0102_0304], reason: ""), [0x81, 203, 0, 1, 1, 2, 3, 4]),
    (
      .goodbye([1, 2], reason: "end"),
      [0x82, 203, 0, 3, 0, 0, 0, 1, 0, 0, 0, 2, 3, 0x65, 0x6E, 0x64]
    ),
    (
      .goodbye([1], reason: "over"),
      [0x81, 203, 0, 3, 0, 0, 0, 1, 4, 0x6F, 0x76, 0x65, 0x72, 0, 0, 0]
    ),
    (.other(type: 204), [0x80, 204, 0, 0]),
  ]

  private func parse(_ bytes: [UInt8]) throws -> [RTCPPacket] { try RTCPPacket.parse(bytes.span) }

  @Test("is written as in RFC 3550 §6", arguments: cases)
  func writes(packet: RTCPPacket, bytes: [UInt8]) {
    var written: [UInt8] = [0x77]
    packet.emit(into: &written)
    #expect(Array(written.dropFirst()) == bytes)
  }

  @Test("is read from what is written", arguments: cases)
  func reads(packet: RTCPPacket, bytes: [UInt8]) throws {
    #expect(try parse(bytes) == [packet])
  }

  @Test("reads all packets of a compound in their order")
  func readsCompound() throws {
    let bytes = Self.cases.flatMap(\.1)
    #expect(try parse(bytes) == Self.cases.map(\.0))
  }

  @Test("reads every packet with padding", arguments: cases)
  func readsPadding(packet: RTCPPacket, bytes: [UInt8]) throws {
    for padding in [4, 8, 64] as [UInt8] {
      var padded = bytes + [UInt8](repeating: 0, count: Int(padding) - 1) + [padding]
      padded[0] |= 0x20
      padded[3] += padding / 4
      #expect(try parse(padded) == [packet])
    }
  }

  @Test("refuses every truncation of a compound that does not fall between two packets")
  func refusesTruncations() throws {
    let bytes = Self.cases.flatMap(\.1)
    var ends: Set<Int> = []
    var end = 0
    for (_, packet) in Self.cases {
      end += packet.count
      ends.insert(end)
    }
    for length in 0..<bytes.count where !ends.contains(length) {
      let cut = Array(bytes[..<length])
      #expect(throws: PacketError.truncated, "cut to \(length)") { try parse(cut) }
    }
  }

  @Test(
    "refuses packets that are shorter than their counts say",
    arguments: 200...203 as ClosedRange<UInt8>)
  func refusesCounts(type: UInt8) {
    for count in 1...31 as ClosedRange<UInt8> {
      // Five words of ones: enough neither for a block nor for an ended list of names.
      let bytes = [0x80 | count, type, 0, 5] + [UInt8](repeating: 1, count: 20)
      if type == 203 && count <= 4 { continue }
      if type == 203 && count == 5 {
        #expect(throws: Never.self) { try parse(bytes) }
        continue
      }
      #expect(throws: PacketError.malformed, "count \(count)") { try parse(bytes) }
    }
  }

  @Test("refuses every version but 2", arguments: [0x00, 0x40, 0xC0] as [UInt8])
  func refusesVersion(first: UInt8) {
    #expect(throws: PacketError.version) { try parse([first, 201, 0, 1, 1, 2, 3, 4]) }
  }

  @Test("refuses padding of no bytes or of more than there are", arguments: [0, 5, 8, 255])
  func refusesPadding(count: Int) {
    #expect(throws: PacketError.malformed) { try parse([0xA0, 204, 0, 1, 0, 0, 0, UInt8(count)]) }
  }

  @Test(
    "refuses lists of names that do not end",
    arguments: [
      // no zero byte, an item of one byte, an item longer than the packet
      [0x81, 202, 0, 2, 0, 0, 0, 1, 1, 2, 0x61, 0x62],
      [0x81, 202, 0, 2, 0, 0, 0, 1, 1, 1, 0x61, 1],
      [0x81, 202, 0, 2, 0, 0, 0, 1, 1, 255, 0x61, 0],
      // one list for two sources
      [0x82, 202, 0, 2, 0, 0, 0, 1, 1, 0, 0, 0],
    ] as [[UInt8]])
  func refusesNames(bytes: [UInt8]) {
    #expect(throws: PacketError.malformed) { try parse(bytes) }
  }

  @Test("passes over items that are not the canonical name")
  func passesOverItems() throws {
    let bytes: [UInt8] = [
      0x81, 202, 0, 4, 0, 0, 0, 1, 2, 2, 0x58, 0x59, 1, 1, 0x61, 6, 0, 0, 0, 0,
    ]
    #expect(try parse(bytes) == [.sourceDescription([1: "a"])])
  }

  @Test("refuses a reason that is longer than the packet")
  func refusesReason() {
    #expect(throws: PacketError.malformed) {
      try parse([0x81, 203, 0, 2, 0, 0, 0, 1, 4, 0x61, 0x62, 0x63])
    }
  }

  @Test("cuts names and reasons at 255 bytes and lists at 31 entries")
  func cuts() throws {
    let long = String(repeating: "x", count: 300)
    let cut = String(repeating: "x", count: 255)
    var bytes: [UInt8] = []
    RTCPPacket.goodbye(Array(0..<40), reason: long).emit(into: &bytes)
    RTCPPacket.sourceDescription([5: long]).emit(into: &bytes)
    RTCPPacket.receiverReport(ssrc: 9, blocks: Array(repeating: Self.block, count: 40))
      .emit(into: &bytes)
    #expect(
      try parse(bytes) == [
        .goodbye(Array(0..<31), reason: cut), .sourceDescription([5: cut]),
        .receiverReport(ssrc: 9, blocks: Array(repeating: Self.block, count: 31)),
      ])
  }

  @Test("reads the reports of a compound with 31 blocks in each")
  func manyBlocks() throws {
    let packet = RTCPPacket.senderReport(
      SenderReportTests.report, blocks: Array(repeating: Self.block, count: 31))
    var bytes: [UInt8] = []
    packet.emit(into: &bytes)
    #expect(bytes[..<4] == [0x9F, 200, 0, 192])
    #expect(try parse(bytes) == [packet])
  }

  @Test("survives damaged compounds")
  func survivesGarbage() {
    let seed: UInt64 = 200_203
    var random = SplitMix64(seed: seed)
    let whole = Self.cases.flatMap(\.1)
    var refused = 0
    for _ in 0..<10_000 {
      var bytes = whole
      for _ in 0...random.below(4) { bytes[random.below(bytes.count)] = random.bytes(1)[0] }
      bytes.removeLast(random.below(8))
      do { _ = try parse(bytes) } catch { refused += 1 }
      var garbage = random.bytes(4 + 4 * random.below(12))
      garbage[0] = garbage[0] & 0x3F | 0x80
      garbage[1] = 200 + garbage[1] % 5
      garbage[2] = 0
      garbage[3] = UInt8(garbage.count / 4 - 1)
      do { _ = try parse(garbage) } catch { refused += 1 }
    }
    #expect(refused > 5000 && refused < 20_000, "seed \(seed)")
  }
}
