import Testing

@testable import Wire

@Suite("HuffmanEncoder")
struct HuffmanEncoderTests {
  @Test("codes are those of ITU-T T.81 tables K.3 to K.6")
  func standard() {
    func code(_ table: Int, _ value: Int) -> String {
      let entry = HuffmanEncoder.codes[table + value]
      let (code, length) = (entry & 0xFFFF, Int(entry >> 16))
      let digits = String(code, radix: 2)
      return String(repeating: "0", count: max(0, length - digits.count)) + digits
    }
    #expect(
      code(HuffmanEncoder.luminanceDC, 0) == "00"
        && code(HuffmanEncoder.luminanceDC, 11) == "111111110")
    #expect(
      code(HuffmanEncoder.chrominanceDC, 0) == "00"
        && code(HuffmanEncoder.chrominanceDC, 11) == "11111111110")
    #expect(
      code(HuffmanEncoder.luminanceAC, 0x00) == "1010"
        && code(HuffmanEncoder.luminanceAC, 0x01) == "00")
    #expect(
      code(HuffmanEncoder.luminanceAC, 0xF0) == "11111111001"
        && code(HuffmanEncoder.luminanceAC, 0x11) == "1100")
    #expect(
      code(HuffmanEncoder.chrominanceAC, 0x00) == "00"
        && code(HuffmanEncoder.chrominanceAC, 0xF0) == "1111111010")
    #expect(code(HuffmanEncoder.luminanceAC, 0xFA) == "1111111111111110")
  }

  @Test("what the table does not have has no length")
  func none() {
    #expect(HuffmanEncoder.codes[HuffmanEncoder.luminanceDC + 12] == 0)
    #expect(HuffmanEncoder.codes[HuffmanEncoder.luminanceAC + 0x0B] == 0)
  }
}
