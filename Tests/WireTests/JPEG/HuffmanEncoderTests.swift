import Testing

@testable import Wire

@Suite("HuffmanEncoder")
struct HuffmanEncoderTests {
  @Test("codes are those of ITU-T T.81 tables K.3 to K.6")
  func standard() {
    func code(_ encoder: HuffmanEncoder, _ value: Int) -> String {
      let (code, length) = encoder.code(of: value)
      let digits = String(code, radix: 2)
      return String(repeating: "0", count: max(0, length - digits.count)) + digits
    }
    #expect(code(.luminanceDC, 0) == "00" && code(.luminanceDC, 11) == "111111110")
    #expect(code(.chrominanceDC, 0) == "00" && code(.chrominanceDC, 11) == "11111111110")
    #expect(code(.luminanceAC, 0x00) == "1010" && code(.luminanceAC, 0x01) == "00")
    #expect(code(.luminanceAC, 0xF0) == "11111111001" && code(.luminanceAC, 0x11) == "1100")
    #expect(code(.chrominanceAC, 0x00) == "00" && code(.chrominanceAC, 0xF0) == "1111111010")
    #expect(code(.luminanceAC, 0xFA) == "1111111111111110")
  }

  @Test("what the table does not have has no length")
  func none() {
    #expect(HuffmanEncoder.luminanceDC.code(of: 12).length == 0)
    #expect(HuffmanEncoder.luminanceAC.code(of: 0x0B).length == 0)
  }
}
