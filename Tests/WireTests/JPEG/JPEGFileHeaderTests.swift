import Testing

@testable import Wire

@Suite("JPEGFileHeader")
struct JPEGFileHeaderTests {
  private static func frame(
    sampling: RTPJPEGFrame.Sampling, restart: UInt16 = 0, width: Int = 16, height: Int = 16
  ) -> RTPJPEGFrame {
    RTPJPEGFrame(
      width: width, height: height, sampling: sampling, restartInterval: restart,
      quantizationTables: TestPicture.luma + TestPicture.chroma)
  }

  @Test("is the header that an encoder would write, byte for byte")
  func matchesEncoder() {
    var expected = TestPicture()
    #expect(Self.frame(sampling: .halved).fileHeader == expected.head)
    expected.components[0][1] = 0x21
    expected.restart = [[0x12, 0x34]]
    expected.width = 65_535
    expected.height = 1
    let frame = Self.frame(
      sampling: .horizontallyHalved, restart: 0x1234, width: 65_535, height: 1)
    #expect(frame.fileHeader == expected.head)
  }

  @Test("gives back the real picture's own header but for its JFIF segment")
  func realPicture() throws {
    let picture = Repository.picture
    let frame = try TestPicture.inspect(picture).frame
    // SOI, then 18 bytes of JFIF, then everything up to the data.
    #expect(frame.fileHeader == Array(picture[..<2]) + Array(picture[20..<0x26F]))
  }

  @Test(
    "is read back as the frame it was made of",
    arguments: [
      frame(sampling: .halved), frame(sampling: .horizontallyHalved),
      frame(sampling: .halved, restart: 1), frame(sampling: .horizontallyHalved, restart: .max),
      frame(sampling: .halved, width: 3840, height: 2160),
    ])
  func roundTrip(frame: RTPJPEGFrame) throws {
    let file = frame.fileHeader + [1, 2, 3, 0xFF, 0xD9]
    let carriable = try TestPicture.inspect(file)
    #expect(carriable.frame == frame)
    #expect(carriable.scan.count == 3)
    #expect(carriable.picture == 0..<file.count)
  }
}
