import Testing

@testable import Wire

@Suite("RIFFChunk")
struct RIFFChunkTests {
  private func isWhole(_ bytes: [UInt8], at offset: Int) -> Bool {
    RIFFChunk(bytes.span, at: offset).isWhole(in: bytes.span)
  }

  private func code(_ bytes: [UInt8]) -> FourCC { FourCC(bytes.span, at: 0) }

  @Test("has a name, a little-endian size and data behind both")
  func header() {
    let bytes: [UInt8] = [0x2A] + Array("00dc".utf8) + [3, 0, 0, 0, 1, 2, 3]
    let chunk = RIFFChunk(bytes.span, at: 1)
    #expect(chunk.identifier == "00dc" && chunk.data == 9 && chunk.size == 3)
    #expect(!chunk.isList && isWhole(bytes, at: 1))
    #expect(!isWhole(bytes.dropLast(), at: 1))
    let largest = Array("LIST".utf8) + [0xFF, 0xFF, 0xFF, 0xFF]
    let list = RIFFChunk(largest.span, at: 0)
    #expect(list.size == 0xFFFF_FFFF && list.isList && !isWhole(largest, at: 0))
  }

  @Test("four characters are compared as they stand, or without regard to case")
  func characters() {
    #expect(FourCC("abc") == code([0x61, 0x62, 0x63, 0]))
    #expect(FourCC("MJPG") != FourCC("mjpg") && FourCC("mjpg").uppercased == "MJPG")
    #expect(FourCC("H264").text == "H264" && code([1, 0x41, 0x7F, 0xFF]).text == "?A??")
    #expect(FourCC("idx1").isPrintable && FourCC("rec ").isPrintable)
    #expect(
      !FourCC("abc").isPrintable && !code([0x30, 0x30, 0x64, 0xFF]).isPrintable)
    #expect(FourCC("0dc\u{5}").isShifted && FourCC("0dcA").isShifted)
    #expect(!FourCC("00dc").isShifted && !FourCC("ix00").isShifted && !FourCC("LIST").isShifted)
  }
}
