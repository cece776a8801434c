import Testing

@testable import Wire

@Suite("EntropyReader")
struct EntropyReaderTests {
  /// Reads numbers of so many bits.
  private func numbers(_ bytes: [UInt8], _ lengths: [Int]) -> [Int] {
    var reader = EntropyReader(0..<bytes.count)
    return lengths.map { length in
      reader.fill(bytes.span)
      return reader.take(length)
    }
  }

  @Test("takes bits from the top, and none at all")
  func bits() {
    #expect(
      numbers([0b1010_0101, 0x0F, 0xF0], [1, 3, 0, 4, 16]) == [1, 0b010, 0, 0b0101, 0x0FF0])
    #expect(
      numbers([0x12, 0x34, 0x56, 0x78, 0x9A], Array(repeating: 4, count: 10))
        == [1, 2, 3, 4, 5, 6, 7, 8, 9, 0xA])
  }

  @Test("takes stuffed zeros out, wherever they are")
  func stuffing() {
    for position in 0..<12 {
      var bytes = [UInt8](repeating: 0x11, count: 12)
      bytes.insert(contentsOf: [0xFF, 0x00], at: position)
      var expected = [Int](repeating: 0x11, count: 12)
      expected.insert(0xFF, at: position)
      #expect(numbers(bytes, Array(repeating: 8, count: 13)) == expected)
    }
  }

  @Test("is all zeros behind the end and behind a marker", arguments: [[], [0xFF, 0xD0], [0xFF]])
  func end(_ tail: [UInt8]) {
    #expect(numbers([0xAB] + tail, [8, 16, 16, 16, 16]) == [0xAB, 0, 0, 0, 0])
  }

  @Test("goes on behind a restart marker, from a whole byte")
  func restart() {
    let bytes: [UInt8] = [0b1000_0000, 0xFF, 0x00, 0x55, 0xFF, 0xD3, 0xC3, 0xFF, 0xD4]
    var reader = EntropyReader(0..<bytes.count)
    reader.fill(bytes.span)
    #expect(reader.take(1) == 1)
    reader.restart(bytes.span)
    reader.fill(bytes.span)
    #expect(reader.take(8) == 0xC3)
    reader.restart(bytes.span)
    reader.restart(bytes.span)
    reader.fill(bytes.span)
    #expect(reader.take(8) == 0)
  }

  @Test("a coefficient with a leading 0 is negative (T.81 table F.1)")
  func signed() {
    func signed(_ bits: UInt8, _ length: Int) -> Int {
      let bytes = [bits << UInt8(8 - length)]
      var reader = EntropyReader(0..<1)
      reader.fill(bytes.span)
      return reader.takeSigned(length)
    }
    #expect(signed(0, 1) == -1 && signed(1, 1) == 1)
    #expect([0, 1, 2, 3].map { signed($0, 2) } == [-3, -2, 2, 3])
    #expect(signed(0, 7) == -127 && signed(127, 7) == 127)
    var reader = EntropyReader(0..<0)
    #expect(reader.takeSigned(0) == 0)
  }
}
