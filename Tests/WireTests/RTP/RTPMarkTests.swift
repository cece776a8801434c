import Testing

@testable import Wire

@Suite("RTPMark")
struct RTPMarkTests {
  private func mark(_ bytes: [UInt8], at start: Int, count: Int) -> RTPMark? {
    RTPMark(bytes.span, at: start, count: count)
  }

  @Test("says what the header says, wherever the packet begins", arguments: [0, 1, 4])
  func fields(start: Int) throws {
    var bytes = [UInt8](repeating: 0xFF, count: start)
    RTPHeader(marker: true, sequence: 0xFFFE, timestamp: 0x8000_0001, ssrc: 7).emit(into: &bytes)
    let found = try #require(mark(bytes, at: start, count: 12))
    #expect(found.isLast && found.sequence == 0xFFFE && found.timestamp == 0x8000_0001)
    bytes[start + 1] &= 0x7F
    #expect(mark(bytes, at: start, count: 12)?.isLast == false)
  }

  @Test("what is too short or of another version has none")
  func none() {
    var bytes: [UInt8] = []
    RTPHeader(marker: true, sequence: 1, timestamp: 1, ssrc: 1).emit(into: &bytes)
    for count in 0..<12 { #expect(mark(bytes, at: 0, count: count) == nil) }
    for start in [-1, 1, 12, Int.max - 12] { #expect(mark(bytes, at: start, count: 12) == nil) }
    bytes[0] = 0x40
    #expect(mark(bytes, at: 0, count: 12) == nil)
  }
}
