import Testing

@testable import Wire

@Suite("ReportBlock")
struct ReportBlockTests {
  static func block(lost: Int32) -> ReportBlock {
    ReportBlock(
      ssrc: 0xDEAD_BEEF, fractionLost: 0x80, cumulativeLost: lost, highestSequence: 0x0001_FFFF,
      jitter: 90, lastSenderReport: 0x4567_89AB, delaySinceLastSenderReport: 0x0001_0000)
  }

  static func bytes(lost: [UInt8]) -> [UInt8] {
    [0xDE, 0xAD, 0xBE, 0xEF, 0x80] + lost
      + [0, 1, 0xFF, 0xFF, 0, 0, 0, 90, 0x45, 0x67, 0x89, 0xAB, 0, 1, 0, 0]
  }

  static let cases: [(Int32, [UInt8])] = [
    (0, [0, 0, 0]), (1, [0, 0, 1]), (-1, [0xFF, 0xFF, 0xFF]), (0x01_0203, [1, 2, 3]),
    (8_388_607, [0x7F, 0xFF, 0xFF]), (-8_388_608, [0x80, 0, 0]),
  ]

  @Test("writes its losses as a signed number of 24 bits", arguments: cases)
  func writes(lost: Int32, bytes: [UInt8]) {
    var written: [UInt8] = []
    Self.block(lost: lost).emit(into: &written)
    #expect(written == Self.bytes(lost: bytes))
    #expect(written.count == ReportBlock.length)
  }

  @Test("reads what it writes, at any offset", arguments: cases)
  func reads(lost: Int32, bytes: [UInt8]) {
    let padded = [1, 2, 3] + Self.bytes(lost: bytes)
    let block = ReportBlock(padded.span, at: 3)
    #expect(block == Self.block(lost: lost))
  }

  @Test("stops at the largest losses that 24 bits can say")
  func clamps() {
    for (lost, bytes) in [
      (Int32.max, [0x7F, 0xFF, 0xFF]), (8_388_608, [0x7F, 0xFF, 0xFF]), (.min, [0x80, 0, 0]),
    ] as [(Int32, [UInt8])] {
      var written: [UInt8] = []
      Self.block(lost: lost).emit(into: &written)
      #expect(written == Self.bytes(lost: bytes))
    }
  }
}
