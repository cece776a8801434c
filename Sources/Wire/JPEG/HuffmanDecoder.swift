/// Huffman tables made ready for decoding (ITU-T T.81 §F.2.2.3): codes of up to nine bits are
/// looked up, longer ones searched for by their length.
///
/// All tables of a scan are one flat list of numbers, and each is known by where it begins: a span
/// of numbers costs nothing to hand on, where a structure with arrays in it would be counted again
/// for every block.
struct HuffmanDecoder: Sendable {
  private(set) var numbers: [Int32] = []

  private static let shortBits = 9
  /// By the next nine bits: the code's length above, its value in the low eight bits; 0 when the
  /// code is longer or is none.
  private static let short = 0
  /// By length: one more than the last code of that length, as the first of 16 bits.
  private static let limits = 1 << shortBits
  /// By length: what to add to a code to find its value's index.
  private static let offsets = limits + 17
  private static let valueCount = offsets + 17
  private static let values = valueCount + 1
  private static let size = values + 256

  /// Adds a table and returns where it begins; nil when it has more codes of a length than there
  /// can be.
  mutating func add(_ table: HuffmanTable) -> Int? {
    guard table.counts.count == 16, table.values.count <= 256,
      table.values.count == table.counts.reduce(0, { $0 + Int($1) })
    else { return nil }
    var added = [Int32](repeating: 0, count: Self.size)
    var (code, index) = (0, 0)
    for length in 1...16 {
      let count = Int(table.counts[length - 1])
      guard code + count <= 1 << length else { return nil }
      added[Self.offsets + length] = Int32(index - code)
      if length <= Self.shortBits {
        let width = 1 << (Self.shortBits - length)
        for place in 0..<count {
          let entry = Int32(length) << 8 | Int32(table.values[index + place])
          let first = (code + place) * width
          for bits in first..<first + width { added[Self.short + bits] = entry }
        }
      }
      code += count
      index += count
      added[Self.limits + length] = Int32(code << (16 - length))
      code <<= 1
    }
    added[Self.valueCount] = Int32(index)
    for (place, value) in table.values.enumerated() { added[Self.values + place] = Int32(value) }
    defer { numbers += added }
    return numbers.count
  }

  /// The code that `bits`, the next 16, begin with: its length above its value in the low eight
  /// bits. 0 when it is none of the table's.
  @inline(__always)
  static func decode(_ bits: Int, _ numbers: Span<Int32>, at table: Int) -> Int {
    let entry = Int(numbers[table + bits >> (16 - shortBits)])
    return entry != 0 ? entry : decodeLong(bits, numbers, at: table)
  }

  private static func decodeLong(_ bits: Int, _ numbers: Span<Int32>, at table: Int) -> Int {
    for length in shortBits + 1...16 where bits < Int(numbers[table + limits + length]) {
      let index = bits >> (16 - length) + Int(numbers[table + offsets + length])
      guard index >= 0, index < Int(numbers[table + valueCount]) else { return 0 }
      return length << 8 | Int(numbers[table + values + index])
    }
    return 0
  }
}
