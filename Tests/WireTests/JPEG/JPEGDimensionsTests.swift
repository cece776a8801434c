import Testing

@testable import Wire

@Suite("JPEGDimensions")
struct JPEGDimensionsTests {
  private func dimensions(_ bytes: [UInt8]) -> [Int]? {
    JPEGDimensions(bytes.span).map { [$0.width, $0.height] }
  }

  @Test("the size is in the frame header, wherever that is")
  func sizes() {
    #expect(dimensions(Repository.picture) == [640, 480])
    var picture = TestPicture()
    (picture.width, picture.height) = (4097, 33)
    #expect(dimensions(picture.bytes) == [4097, 33])
    picture.frameMarker = 0xC2
    picture.applications = TestPicture.segment(0xE0, [1, 2, 3]) + [0xFF]
    #expect(dimensions(picture.bytes) == [4097, 33])
  }

  @Test("what has none is told, cut anywhere")
  func none() {
    #expect(dimensions([]) == nil && dimensions(Array("hello".utf8)) == nil)
    var picture = TestPicture()
    picture.height = 0
    #expect(dimensions(picture.bytes) == nil)
    let bytes = TestPicture().bytes
    let size = TestPicture().head.firstRange(of: [0xFF, 0xC0]).map { $0.lowerBound + 9 } ?? 0
    for length in bytes.indices {
      #expect((dimensions(Array(bytes[..<length])) != nil) == (length >= size), "\(length)")
    }
    #expect(dimensions([0xFF, 0xD8, 0xFF, 0xC0, 0, 1, 0, 0, 0]) == nil)
    #expect(dimensions([0xFF, 0xD8, 0xFF, 0xD8, 0xFF, 0xDA, 0, 2]) == nil)
  }
}
