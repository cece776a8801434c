/// The standard Huffman tables made ready for encoding (ITU-T T.81 §C.2), as one flat list.
enum HuffmanEncoder {
  /// Where a table begins in ``codes``.
  static let luminanceDC = 0
  static let luminanceAC = 256
  static let chrominanceDC = 512
  static let chrominanceAC = 768

  /// By table and value: the code's length above its 16 bits; 0 when there is no code for it.
  static let codes: [UInt32] =
    codes(of: .luminanceDC) + codes(of: .luminanceAC) + codes(of: .chrominanceDC)
    + codes(of: .chrominanceAC)

  /// By value: the codes of one table.
  static func codes(of table: HuffmanTable) -> [UInt32] {
    var codes = [UInt32](repeating: 0, count: 256)
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
    return codes
  }
}
