import Testing

@testable import Wire

@Suite("StandalonePicture")
struct StandalonePictureTests {
  private func complete(_ bytes: [UInt8]) -> [UInt8] { StandalonePicture.bytes(of: bytes) }

  private func image(_ bytes: [UInt8]) throws -> JPEGImage { try JPEGImage(bytes.span, at: 0) }

  @Test("a picture that lacks nothing stays as it is, with what follows it")
  func unchanged() {
    let picture = TestPicture().bytes
    for bytes in [picture, picture + [0, 0, 0], Repository.picture] {
      #expect(complete(bytes) == bytes)
    }
  }

  @Test("what is no picture stays as it is", arguments: [[], [0xFF], [0xFF, 0xD8], [1, 2, 3]])
  func noPicture(bytes: [UInt8]) {
    #expect(complete(bytes) == bytes)
  }

  @Test("a missing EOI is added")
  func endOfImage() throws {
    for cut in 2...4 {
      let open = Array(TestPicture().bytes.dropLast(cut))
      #expect(complete(open) == open + [0xFF, 0xD9])
      #expect(try image(complete(open)).hasEndOfImage)
    }
  }

  @Test("missing Huffman tables are the standard ones")
  func tables() throws {
    var picture = TestPicture()
    picture.huffman = []
    let image = try image(complete(picture.bytes))
    #expect(
      image.huffmanTables == [
        0x00: .luminanceDC, 0x10: .luminanceAC, 0x01: .chrominanceDC, 0x11: .chrominanceAC,
      ])
    #expect(image.hasEndOfImage && image.frame?.width == 16)
    let before = try JPEGImage(picture.bytes.span, at: 0)
    let grown = complete(picture.bytes).count - picture.bytes.count
    #expect(
      image.scans[0].data == before.scans[0].data.lowerBound + grown..<before.scans[0].data
        .upperBound + grown)
    #expect(grown == StandalonePicture.addedBytesMax - 2)
    // Both at once.
    picture.end = []
    #expect(
      complete(picture.bytes).count - picture.bytes.count == StandalonePicture.addedBytesMax)
    #expect(try self.image(complete(picture.bytes)).hasEndOfImage)
  }

  @Test("fill bytes before the scan's marker do no harm")
  func fillBytes() throws {
    var picture = TestPicture()
    picture.huffman = [0xFF, 0xFF, 0xFF]
    #expect(try image(complete(picture.bytes)).huffmanTables.count == 4)
  }

  @Test("survives every truncation, and what comes out can be walked if what went in could")
  func truncations() {
    var picture = TestPicture()
    picture.huffman = []
    let bytes = picture.bytes
    for length in 0...bytes.count {
      let cut = Array(bytes[..<length])
      let result = complete(cut)
      if (try? RTPJPEGFrame.inspect(cut.span, at: 0)) != nil {
        #expect((try? RTPJPEGFrame.inspect(result.span, at: 0)) != nil, "cut to \(length)")
        #expect(result.suffix(2) == [0xFF, 0xD9], "cut to \(length)")
      } else {
        #expect(result.count <= cut.count + StandalonePicture.addedBytesMax)
      }
    }
  }
}
