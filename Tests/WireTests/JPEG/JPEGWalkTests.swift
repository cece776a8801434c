import Testing

@testable import Wire

@Suite("JPEGWalk")
struct JPEGWalkTests {
  /// Where the walk ends, and how.
  private func walk(_ reads: [[UInt8]]) -> (end: Int, outcome: JPEGWalk.Outcome) {
    var (walk, before) = (JPEGWalk(), 0)
    for read in reads {
      var position = 0
      let outcome = walk.take(read.span, &position)
      if outcome != .more { return (before + position, outcome) }
      #expect(position == read.count)
      before += read.count
    }
    return (before, .more)
  }

  /// A picture with a thumbnail in a segment, stuffed zeros, restarts, fill bytes and two scans.
  private static let picture: [UInt8] =
    [0xFF, 0xD8, 0xFF, 0xE1, 0x00, 0x08, 0xFF, 0xD8, 0xFF, 0xD9, 0x00, 0x00]
    + [0xFF, 0xFF, 0xFF, 0xDA, 0x00, 0x03, 0x01, 0x11, 0xFF, 0x00, 0x22, 0xFF, 0xD0, 0x33, 0xFF]
    + [0xFF, 0xDA, 0x00, 0x02, 0x44, 0xFF, 0xFF, 0xD9]

  @Test("finds the end, however the bytes are cut, and not before")
  func cuts() {
    let bytes = Self.picture + [0xFF, 0xD8, 0xFF]
    let end = Self.picture.count
    #expect(walk([bytes]) == (end, .ended))
    for cut in 0...bytes.count {
      #expect(walk([Array(bytes[..<cut]), Array(bytes[cut...])]) == (end, .ended), "cut at \(cut)")
    }
    #expect(walk(bytes.map { [$0] }) == (end, .ended))
    for count in 0..<end { #expect(walk([Array(bytes[..<count])]).outcome == .more) }
  }

  @Test("sees what JPEGExtent sees in a real picture")
  func extents() {
    let picture = Repository.picture
    #expect(walk([picture]) == (picture.count, .ended))
    let extent = JPEGExtent(picture.span, from: 0)
    #expect(extent.end == picture.count && extent.ending == .endOfImage)
    #expect(walk([picture + picture]) == (picture.count, .ended))
    for end in stride(from: 0, to: picture.count, by: 97) {
      #expect(walk([Array(picture[..<end])]).outcome == .more)
    }
  }

  @Test(
    "no marker where one has to be",
    arguments: [
      ([0x00], 0), ([0xFF, 0x00], 1), ([0xFF, 0xD8, 0x00], 2), ([0xFF, 0xD8, 0xFF, 0x00], 3),
      ([0xFF, 0xD8, 0xFF, 0xE0, 0x00, 0x01], 5), ([0xFF, 0xD8, 0xFF, 0xD8], 3),
      ([0xFF, 0xD8, 0xFF, 0xDA, 0x00, 0x02, 0x01, 0xFF, 0xD8], 8),
      ([0xFF, 0xD8, 0xFF, 0xE0, 0x00, 0x02, 0x00], 6),
    ] as [([UInt8], Int)])
  func malformed(_ bytes: [UInt8], _ end: Int) {
    #expect(walk([bytes]) == (end, .malformed))
    #expect(walk(bytes.map { [$0] }) == (end, .malformed))
  }
}
