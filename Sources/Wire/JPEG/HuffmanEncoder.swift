/// A Huffman table made ready for encoding (ITU-T T.81 §C.2).
struct HuffmanEncoder: Sendable {
  /// By value: the code's length above its 16 bits; 0 when the table has no code for it.
  private var codes: [UInt32]

  init(_ table: HuffmanTable) {
    codes = Array(repeating: 0, count: 256)
    var code: UInt32 = 0
    var index = 0
    for length in 1...16 {
      for _ in 0..<table.counts[length - 1] {
        codes[Int(table.values[index])] = UInt32(length) << 16 | code
        code += 1
        index += 1
      }
      code <<= 1
    }
  }

  /// A value's code and its length; the length is 0 when there is none.
  func code(of value: Int) -> (code: UInt32, length: Int) {
    let entry = codes[value]
    return (entry & 0xFFFF, Int(entry >> 16))
  }

  static let luminanceDC = HuffmanEncoder(.luminanceDC)
  static let luminanceAC = HuffmanEncoder(.luminanceAC)
  static let chrominanceDC = HuffmanEncoder(.chrominanceDC)
  static let chrominanceAC = HuffmanEncoder(.chrominanceAC)
}
