/// A Huffman table made ready for decoding (ITU-T T.81 §F.2.2.3): codes of up to nine bits are
/// looked up, longer ones searched for by their length.
struct HuffmanDecoder: Sendable {
  /// By the next nine bits: the code's length above, its value in the low eight bits; 0 when the
  /// code is longer or is none.
  private var short: [UInt16]
  /// By length: one more than the last code of that length, as the first of 16 bits.
  private var limits: [Int]
  /// By length: what to add to a code to find its value's index.
  private var offsets: [Int]
  private let values: [UInt8]

  private static let shortBits = 9

  /// Nil when the table has more codes of a length than there can be.
  init?(_ table: HuffmanTable) {
    guard table.counts.count == 16, table.values.count == table.counts.reduce(0, { $0 + Int($1) })
    else { return nil }
    values = table.values
    short = Array(repeating: 0, count: 1 << Self.shortBits)
    limits = Array(repeating: 0, count: 17)
    offsets = Array(repeating: 0, count: 17)
    var code = 0
    var index = 0
    for length in 1...16 {
      let count = Int(table.counts[length - 1])
      guard code + count <= 1 << length else { return nil }
      offsets[length] = index - code
      if length <= Self.shortBits {
        for _ in 0..<count {
          let first = code << (Self.shortBits - length)
          let entry = UInt16(length) << 8 | UInt16(values[index])
          for place in first..<first + 1 << (Self.shortBits - length) { short[place] = entry }
          code += 1
          index += 1
        }
      } else {
        code += count
        index += count
      }
      limits[length] = code << (16 - length)
      code <<= 1
    }
  }

  /// The value and the length of the code that `bits`, the next 16, begin with; nil when it is none
  /// of the table's.
  func decode(_ bits: Int) -> (value: UInt8, length: Int)? {
    let entry = short[bits >> (16 - Self.shortBits)]
    if entry != 0 { return (UInt8(truncatingIfNeeded: entry), Int(entry >> 8)) }
    for length in Self.shortBits + 1...16 where bits < limits[length] {
      let index = bits >> (16 - length) + offsets[length]
      guard values.indices.contains(index) else { return nil }
      return (values[index], length)
    }
    return nil
  }
}
