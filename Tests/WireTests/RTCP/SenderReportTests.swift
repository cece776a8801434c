import Testing

@testable import Wire

@Suite("SenderReport")
struct SenderReportTests {
  static let report = SenderReport(
    ssrc: 0x1122_3344, time: NTPTimestamp(bits: 0x0102_0304_0506_0708), timestamp: 0xA0B0_C0D0,
    packets: 0x0000_0102, octets: 0xFFFF_FFFE)

  /// RFC 3550 §6.4.1 without the common header.
  static let bytes: [UInt8] = [
    0x11, 0x22, 0x33, 0x44, 1, 2, 3, 4, 5, 6, 7, 8, 0xA0, 0xB0, 0xC0, 0xD0, 0, 0, 1, 2, 0xFF,
    0xFF, 0xFF, 0xFE,
  ]

  @Test("is written in the order of the RFC")
  func writes() {
    var written: [UInt8] = []
    Self.report.emit(into: &written)
    #expect(written == Self.bytes)
    #expect(written.count == SenderReport.length)
  }

  @Test("is read at any offset")
  func reads() {
    for offset in 0..<5 {
      let bytes = [UInt8](repeating: 0xEE, count: offset) + Self.bytes + [0xEE]
      let report = SenderReport(bytes.span, at: offset)
      #expect(report == Self.report)
    }
  }
}
