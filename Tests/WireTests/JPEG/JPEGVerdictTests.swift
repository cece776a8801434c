import Testing

@testable import Wire

@Suite("JPEGVerdict")
struct JPEGVerdictTests {
  private func verdict(_ picture: TestPicture) throws -> JPEGVerdict {
    let bytes = [0x20] + picture.bytes
    return try JPEGVerdict(bytes.span, at: 1)
  }

  @Test("what RTP can carry is left as it is")
  func asItIs() throws {
    let picture = TestPicture()
    let verdict = try verdict(picture)
    #expect(verdict.changes.isEmpty)
    #expect(verdict.picture == 1..<1 + picture.bytes.count)
    #expect(verdict.width == 16 && verdict.height == 16)
    #expect(verdict.scanBytes == picture.scan.count)
  }

  @Test("what it cannot carry is told with what is to be done")
  func changes() throws {
    var progressive = TestPicture()
    progressive.frameMarker = 0xC2
    #expect(try verdict(progressive).changes == [.huffman, .scans])
    var own = TestPicture()
    own.huffman[own.huffman.count - 1] ^= 1
    #expect(try verdict(own).changes == [.huffman])
    var grey = TestPicture()
    (grey.components, grey.scanHeader) = ([[1, 0x11, 0]], [1, 1, 0x00, 0, 63, 0])
    #expect(try verdict(grey).changes == [.huffman, .greyscale])
    var full = TestPicture()
    full.components = [[1, 0x11, 0], [2, 0x11, 1], [3, 0x11, 1]]
    #expect(try verdict(full).changes == [.huffman, .chroma])
    var other = TestPicture()
    other.components = [[1, 0x22, 0], [2, 0x11, 1], [3, 0x11, 0]]
    #expect(try verdict(other).changes == [.huffman, .tables])
  }

  @Test("what cannot be helped is refused where it is")
  func refused() throws {
    var deep = TestPicture()
    deep.precision = 12
    var error = #expect(throws: JPEGError.self) { try verdict(deep) }
    #expect(error?.reason == "12 bits a sample, RTP carries 8")
    var upside = TestPicture()
    upside.components = [[1, 0x11, 0], [2, 0x21, 1], [3, 0x21, 1]]
    error = #expect(throws: JPEGError.self) { try verdict(upside) }
    #expect(error?.reason == "luma has fewer samples than chroma")
    var empty = TestPicture()
    empty.frameMarker = 0xC2
    empty.scan = []
    error = #expect(throws: JPEGError.self) { try verdict(empty) }
    #expect(error?.reason == "a JPEG without a picture in it")
  }
}
