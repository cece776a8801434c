import Testing

@testable import Wire

@Suite("HuffmanDecoder")
struct HuffmanDecoderTests {
  private static let tables: [HuffmanTable] = [
    .luminanceDC, .luminanceAC, .chrominanceDC, .chrominanceAC,
    // One code of each length: the longest that there can be.
    HuffmanTable(counts: Array(repeating: 1, count: 16), values: Array(0..<16)),
    HuffmanTable(
      counts: [0, 0, 0, 0, 0, 0, 0, 255] + Array(repeating: 0, count: 8),
      values: Array(0..<255)),
  ]

  @Test("every code of a table is found, whatever follows it", arguments: tables)
  func codes(_ table: HuffmanTable) throws {
    let decoder = try #require(HuffmanDecoder(table))
    let encoder = HuffmanEncoder(table)
    for value in table.values {
      let (code, length) = encoder.code(of: Int(value))
      for tail in [0, 0x5555, 0xFFFF] {
        let bits = Int(code) << (16 - length) | tail & (1 << (16 - length) - 1)
        let found = decoder.decode(bits)
        #expect(found?.value == value && found?.length == length)
      }
    }
  }

  @Test("what no code begins with is none", arguments: tables)
  func none(_ table: HuffmanTable) throws {
    let decoder = try #require(HuffmanDecoder(table))
    // All ones are never a code in these.
    #expect(decoder.decode(0xFFFF) == nil)
    for bits in 0...0xFFFF {
      guard let found = decoder.decode(bits) else { continue }
      #expect((1...16).contains(found.length) && table.values.contains(found.value))
    }
  }

  @Test("a table with more codes than there can be is none")
  func overfull() {
    let counts: [[UInt8]] = [[3], [2, 1], [1, 3], [0, 5], [1, 1, 1, 3]]
    for count in counts {
      let padded = count + Array(repeating: 0, count: 16 - count.count)
      let values = (0..<padded.reduce(0, +)).map { $0 }
      #expect(HuffmanDecoder(HuffmanTable(counts: padded, values: values)) == nil)
    }
    #expect(HuffmanDecoder(HuffmanTable(counts: [1], values: [0])) == nil)
    let short = HuffmanTable(counts: [2] + Array(repeating: 0, count: 15), values: [0])
    #expect(HuffmanDecoder(short) == nil)
  }

  @Test("an empty table has no code")
  func empty() throws {
    let table = HuffmanTable(counts: Array(repeating: 0, count: 16), values: [])
    let decoder = try #require(HuffmanDecoder(table))
    #expect(decoder.decode(0) == nil && decoder.decode(0xFFFF) == nil)
  }
}
