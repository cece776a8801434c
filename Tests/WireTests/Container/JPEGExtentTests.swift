import Testing

@testable import Wire

@Suite("JPEGExtent")
struct JPEGExtentTests {
  private static let picture = TestPicture().bytes

  private func extent(_ bytes: [UInt8], from start: Int = 0) -> JPEGExtent {
    JPEGExtent(bytes.span, from: start)
  }

  private func next(_ bytes: [UInt8], _ start: Int) -> Int? {
    JPEGExtent.nextPicture(bytes.span, from: start)
  }

  @Test("ends behind EOI, whatever follows")
  func endOfImage() {
    let count = Self.picture.count
    for rest in [[], [0], [0xFF], [0xFF, 0xD8, 0xFF], Self.picture] as [[UInt8]] {
      let extent = extent(Self.picture + rest)
      #expect(extent.end == count && extent.ending == .endOfImage)
    }
    #expect(extent([1, 2, 3] + Self.picture, from: 3).end == count + 3)
  }

  @Test("ends before the next picture where EOI is missing")
  func nextPicture() {
    let open = Array(Self.picture.dropLast(2))
    let extent = extent(open + [0, 0] + Self.picture)
    #expect(extent.end == open.count + 2 && extent.ending == .nextPicture)
    // Fill bytes before the marker belong to it.
    let filled = self.extent(open + [0xFF, 0xFF] + Self.picture)
    #expect(filled.end <= open.count + 2 && filled.ending == .nextPicture)
  }

  @Test("is not split by a thumbnail, by stuffed bytes, restarts or what looks like a boundary")
  func inside() {
    var picture = TestPicture()
    let thumbnail = TestPicture(scan: [1, 2, 3]).bytes
    picture.applications =
      TestPicture.segment(0xE1, Array("Exif\0\0".utf8) + thumbnail)
      + TestPicture.segment(
        0xFE, Array("\r\n--boundary\r\n".utf8) + [0xFF, 0xD9, 0xFF, 0xD8, 0xFF])
    picture.scan = [1, 0xFF, 0x00, 0xD9, 0xFF, 0xD0, 2, 0xFF, 0xD7] + Array("\n--boundary\n".utf8)
    let bytes = picture.bytes
    #expect(extent(bytes + Self.picture).end == bytes.count)
  }

  @Test("is no stricter and no laxer than the parser of pictures, wherever it is cut")
  func truncations() {
    for length in 2..<Self.picture.count {
      let cut = Array(Self.picture[..<length])
      #expect(extent(cut).ending == .endOfBytes && extent(cut).end == length, "cut to \(length)")
    }
    for bytes in [[], [0xFF], [0xD8, 0xFF], [0xFF, 0xD8, 0x00], [0xFF, 0xD8, 0xFF, 0x00]]
      as [[UInt8]]
    {
      #expect(extent(bytes).ending == .malformed && extent(bytes).end == bytes.count)
    }
    #expect(extent([0xFF, 0xD8, 0xFF, 0xFE, 0, 1, 0]).ending == .malformed)
    #expect(extent([0xFF, 0xD8], from: 2).ending == .malformed)
  }

  @Test("agrees with the parser of pictures about damaged ones")
  func damaged() {
    let seed: UInt64 = 8
    var random = SplitMix64(seed: seed)
    var (whole, refused) = (0, 0)
    for round in 0..<3000 {
      var bytes = Self.picture + [0, 0] + Self.picture
      for _ in 0...random.below(3) {
        let limit = random.below(2) == 0 ? 12 : bytes.count
        bytes[random.below(limit)] = random.below(2) == 0 ? 0xFF : random.bytes(1)[0]
      }
      let extent = extent(bytes)
      let image = try? JPEGImage(bytes.span.extracting(0..<extent.end), at: 0)
      if image?.hasEndOfImage == true, let image {
        whole += 1
        if image.range != 0..<extent.end { Issue.record("seed \(seed), round \(round)") }
      } else if extent.ending == .malformed {
        refused += 1
        if image != nil { Issue.record("seed \(seed), round \(round)") }
      }
    }
    #expect(whole > 100 && refused > 100, "seed \(seed)")
  }

  @Test("the next picture is an SOI marker that another marker follows")
  func search() {
    let bytes: [UInt8] = [0xFF, 0xD8, 0, 0xFF, 0xFF, 0xD8, 0xFF, 0xD8, 0xFF]
    #expect(next(bytes, 0) == 4)
    #expect(next(bytes, 5) == 6)
    #expect(next(bytes, 7) == nil)
    #expect(next([0xFF, 0xD8], 0) == nil)
    #expect(next(bytes, 100) == nil)
  }
}
