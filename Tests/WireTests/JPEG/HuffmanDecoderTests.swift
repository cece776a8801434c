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

  @Test("every code of a table is found, whatever follows it and whatever tables stand before it")
  func codes() throws {
    var decoder = HuffmanDecoder()
    let places = Self.tables.map { decoder.add($0) }
    for (table, added) in zip(Self.tables, places) {
      let place = try #require(added)
      let codes = HuffmanEncoder.codes(of: table)
      for value in table.values {
        let (code, length) = (Int(codes[Int(value)] & 0xFFFF), Int(codes[Int(value)] >> 16))
        for tail in [0, 0x5555, 0xFFFF] {
          let bits = code << (16 - length) | tail & (1 << (16 - length) - 1)
          let found = HuffmanDecoder.decode(bits, decoder.numbers.span, at: place)
          #expect(found == length << 8 | Int(value))
        }
      }
    }
  }

  @Test("what no code begins with is none", arguments: tables)
  func none(_ table: HuffmanTable) throws {
    var decoder = HuffmanDecoder()
    let added = decoder.add(table)
    let place = try #require(added)
    // All ones are never a code in these.
    #expect(HuffmanDecoder.decode(0xFFFF, decoder.numbers.span, at: place) == 0)
    for bits in 0...0xFFFF {
      let found = HuffmanDecoder.decode(bits, decoder.numbers.span, at: place)
      guard found != 0 else { continue }
      let isKnown = table.values.contains(UInt8(found & 0xFF))
      if !isKnown || !(1...16).contains(found >> 8) { Issue.record("\(bits) is \(found)") }
    }
  }

  @Test("a table with more codes than there can be is none")
  func overfull() {
    var decoder = HuffmanDecoder()
    let counts: [[UInt8]] = [[3], [2, 1], [1, 3], [0, 5], [1, 1, 1, 3]]
    for count in counts {
      let padded = count + Array(repeating: 0, count: 16 - count.count)
      let values = (0..<padded.reduce(0, +)).map { $0 }
      let added = decoder.add(HuffmanTable(counts: padded, values: values))
      #expect(added == nil)
    }
    for table in [
      HuffmanTable(counts: [1], values: [0]),
      HuffmanTable(counts: [2] + Array(repeating: 0, count: 15), values: [0]),
    ] {
      let added = decoder.add(table)
      #expect(added == nil)
    }
    #expect(decoder.numbers.isEmpty)
  }

  @Test("an empty table has no code")
  func empty() throws {
    let table = HuffmanTable(counts: Array(repeating: 0, count: 16), values: [])
    var decoder = HuffmanDecoder()
    let added = decoder.add(table)
    let place = try #require(added)
    for bits in [0, 1, 0x8000, 0xFFFF] {
      #expect(HuffmanDecoder.decode(bits, decoder.numbers.span, at: place) == 0)
    }
  }
}
