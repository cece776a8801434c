import Testing

@testable import Wire

@Suite("ConcatenatedReader")
struct ConcatenatedReaderTests {
  private static let picture = TestPicture().bytes

  private func read(_ bytes: [UInt8]) -> [PictureLocation] {
    var reader = ConcatenatedReader()
    var locations: [PictureLocation] = []
    while let location = reader.next(in: bytes.span, beyond: 0) { locations.append(location) }
    return locations
  }

  @Test(
    "passes over what lies between pictures and behind the last one",
    arguments: [
      [], [0], [0, 0, 0, 0, 0, 0, 0], [0xFF], [0xFF, 0xFF], [0xFF, 0xD8, 0x00], [0xFF, 0xD9],
      Array("\r\nframe 12 at 10:00:00\r\n".utf8),
    ] as [[UInt8]])
  func junk(junk: [UInt8]) {
    let (count, step) = (Self.picture.count, Self.picture.count + junk.count)
    let found = read(Self.picture + junk + Self.picture + junk)
    #expect(found.map(\.range) == [0..<count, step..<step + count])
    #expect(found.allSatisfy { !$0.isCut })
  }

  @Test("a picture without EOI ends where the next one begins")
  func withoutEnd() throws {
    let open = Array(Self.picture.dropLast(2))
    let found = read(open + Self.picture + open)
    #expect(found.map(\.range.count) == [open.count, Self.picture.count, open.count])
    #expect(found.map(\.isCut) == [false, false, true])
    let index = try MotionJPEGIndex((open + Self.picture + open).span)
    #expect(index.entries.map(\.length) == found.map(\.range.count))
  }

  @Test("thumbnails in an EXIF segment split nothing")
  func thumbnails() throws {
    var picture = TestPicture()
    picture.applications = TestPicture.segment(0xE1, Array("Exif\0\0".utf8) + Self.picture)
    let bytes = picture.bytes + picture.bytes
    let index = try MotionJPEGIndex(bytes.span)
    #expect(index.entries.map(\.length) == [picture.bytes.count, picture.bytes.count])
    #expect(index.container == "concatenated JPEG" && index.rate == nil)
  }

  @Test("a recording that was cut off plays as far as it goes, however it was cut")
  func cut() throws {
    let bytes = Self.picture + Self.picture
    let (count, head) = (Self.picture.count, TestPicture().head.count)
    for length in count..<bytes.count {
      let entries = try MotionJPEGIndex(Array(bytes[..<length]).span).entries
      // Of the second picture one byte of data has to be there.
      let isShown = length > count + head
      #expect(entries.count == (isShown ? 2 : 1), "cut to \(length)")
      #expect(entries.last.map { $0.offset + $0.length } == (isShown ? length : count))
    }
  }
}
