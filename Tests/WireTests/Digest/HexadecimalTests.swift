import Testing

@testable import Wire

@Suite("Hexadecimal")
struct HexadecimalTests {
  @Test("two lower-case digits a byte")
  func encode() {
    #expect(Hexadecimal.encode([0, 1, 0xAB, 0xFF]) == "0001abff")
    #expect(Hexadecimal.encode([]) == "")
  }

  @Test("tells digits of the right number from anything else")
  func recognises() {
    #expect(Hexadecimal.isEncoding("00aBfF", ofBytes: 3))
    for text in ["", "00aBf", "00aBfF0", "00aBfG", "0x0102", "+00001", "é0102"] {
      #expect(!Hexadecimal.isEncoding(text, ofBytes: 3), "\(text)")
    }
  }
}
