import Testing

@testable import Wire

@Suite("JPEGPayloadHeader")
struct JPEGPayloadHeaderTests {
  private static let tables = TestPicture.luma + TestPicture.chroma

  private static func header(
    _ offset: Int, type: UInt8 = 1, quality: UInt8 = 255, restart: UInt16? = nil,
    tables: [UInt8]? = nil
  ) -> JPEGPayloadHeader {
    JPEGPayloadHeader(
      fragmentOffset: offset, type: type, quality: quality, width: 80, height: 60,
      restartInterval: restart, quantizationTables: tables)
  }

  /// One list for the writer and the parser.
  static let cases: [(JPEGPayloadHeader, [UInt8])] = [
    (header(0, quality: 99), [0, 0, 0, 0, 1, 99, 80, 60]),
    (header(0x01_0203), [0, 1, 2, 3, 1, 255, 80, 60]),
    (header(0xFF_FFFF, type: 0, quality: 1), [0, 255, 255, 255, 0, 1, 80, 60]),
    (header(0, tables: tables), [0, 0, 0, 0, 1, 255, 80, 60, 0, 0, 0, 128] + tables),
    (header(0, quality: 128, tables: []), [0, 0, 0, 0, 1, 128, 80, 60, 0, 0, 0, 0]),
    // Types 64 and 65 have a restart header: interval, F and L set, count of all ones.
    (
      header(0, type: 0, restart: 0x1234, tables: tables),
      [0, 0, 0, 0, 64, 255, 80, 60, 0x12, 0x34, 0xFF, 0xFF, 0, 0, 0, 128] + tables
    ),
    (header(5, restart: 1), [0, 0, 0, 5, 65, 255, 80, 60, 0, 1, 0xFF, 0xFF]),
  ]

  private func parse(_ bytes: [UInt8], _ range: Range<Int>? = nil) throws -> JPEGPayloadHeader {
    try JPEGPayloadHeader(bytes.span, range ?? 0..<bytes.count)
  }

  @Test("is written as in RFC 2435 §3.1", arguments: cases)
  func writes(header: JPEGPayloadHeader, bytes: [UInt8]) {
    var written: [UInt8] = []
    header.emit(into: &written)
    #expect(written == bytes)
    #expect(header.length == bytes.count)
  }

  @Test("is read from what is written, wherever it lies, whatever follows", arguments: cases)
  func reads(header: JPEGPayloadHeader, bytes: [UInt8]) throws {
    #expect(try parse(bytes) == header)
    let inside = [7, 7, 7] + bytes + [9, 9]
    #expect(try parse(inside, 3..<inside.count) == header)
  }

  @Test("refuses every truncation, also where other bytes follow the payload", arguments: cases)
  func truncations(header: JPEGPayloadHeader, bytes: [UInt8]) {
    for length in 0..<bytes.count {
      #expect(throws: PacketError.truncated, "cut to \(length)") {
        try parse(bytes, 0..<length)
      }
    }
  }

  @Test(
    "refuses types from 128 on, which a session would have to define",
    arguments: [128, 192, 255] as [UInt8])
  func refusesTypes(type: UInt8) {
    #expect(throws: PacketError.malformed) { try parse([0, 0, 0, 0, type, 50, 1, 1, 0, 0, 0, 0]) }
  }

  @Test("refuses tables of 16 bits, which baseline does not have")
  func refusesPrecision() {
    for precision in [1, 2, 3, 255] as [UInt8] {
      let bytes = [0, 0, 0, 0, 1, 255, 80, 60, 0, precision, 0, 128] + Self.tables
      #expect(throws: PacketError.malformed) { try parse(bytes) }
    }
    #expect(throws: Never.self) { try parse([0, 0, 0, 0, 1, 255, 80, 60, 0, 3, 0, 0]) }
  }

  @Test("has tables in front of a picture's first byte only")
  func tablesOnce() throws {
    #expect(try parse([0, 0, 0, 1, 1, 255, 80, 60]).quantizationTables == nil)
    #expect(try parse([0, 0, 0, 0, 1, 127, 80, 60]).quantizationTables == nil)
  }

  @Test("passes over the type-specific byte and the restart count")
  func passesOver() throws {
    let parsed = try parse([3, 0, 0, 7, 65, 50, 1, 2, 0, 9, 0x80, 0x01])
    #expect(parsed.type == 1)
    #expect(parsed.restartInterval == 9)
    #expect(parsed.fragmentOffset == 7)
    #expect(parsed.length == 12)
  }
}
