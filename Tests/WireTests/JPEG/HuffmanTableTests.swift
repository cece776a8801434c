import Testing

@testable import Wire

@Suite("HuffmanTable")
struct HuffmanTableTests {
  private static let tables: [(UInt8, HuffmanTable)] = [
    (0x00, .luminanceDC), (0x10, .luminanceAC), (0x01, .chrominanceDC), (0x11, .chrominanceAC),
  ]

  @Test("holds the standard tables as another encoder writes them")
  func matchesEncoder() {
    var bytes: [UInt8] = []
    for (place, table) in Self.tables {
      bytes += TestPicture.segment(0xC4, [place] + table.counts + table.values)
    }
    #expect(bytes == TestPicture.standardHuffman)
  }

  @Test("has as many values as codes, no value twice, and leaves the code of all ones free")
  func isComplete() {
    for (place, table) in Self.tables {
      #expect(table.counts.count == 16)
      #expect(table.counts.reduce(0) { $0 + Int($1) } == table.values.count, "\(place)")
      #expect(Set(table.values).count == table.values.count)
      // The share of all codes of 16 bits that is taken.
      let taken = table.counts.enumerated().reduce(0) { $0 + Int($1.1) << (15 - $1.0) }
      #expect(taken < 1 << 16)
    }
    // Twelve sizes of differences; sixteen runs by ten sizes, end of block and a run of sixteen.
    #expect(HuffmanTable.luminanceDC.values.count == 12)
    #expect(HuffmanTable.luminanceAC.values.count == 162)
    #expect(Set(HuffmanTable.luminanceAC.values) == Set(HuffmanTable.chrominanceAC.values))
  }
}
