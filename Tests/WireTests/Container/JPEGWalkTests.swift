import Testing

@testable import Wire

@Suite("JPEGWalk")
struct JPEGWalkTests {
  private static let pictures: [[UInt8]] = {
    var thumbnail = TestPicture()
    thumbnail.applications = TestPicture.segment(0xE1, TestPicture(scan: [1, 2, 3]).bytes)
    thumbnail.scan = [1, 0xFF, 0x00, 0xD9, 0xFF, 0xD0, 2, 0xFF, 0xD7]
    let plain = TestPicture().bytes
    return [
      plain, thumbnail.bytes, Array(plain.dropLast(2)) + [0xFF, 0xFF, 0xFF] + plain.suffix(1),
      Array(plain.dropLast(2)) + plain, [0xFF, 0xD8, 0, 0], [0xFF, 0xD8, 0xFF, 0xC0, 0, 1], [1, 2],
    ]
  }()

  @Test("comes to the same however the picture is cut", arguments: pictures)
  func cuts(_ picture: [UInt8]) {
    let bytes = picture + [0, 1, 2]
    var whole = JPEGWalk(from: 0)
    let outcome = whole.advance(bytes.span)
    #expect(outcome != .more)
    for step in [1, 2, 3, 7, 64] {
      var walk = JPEGWalk(from: 0)
      var (end, found) = (0, JPEGWalk.Outcome.more)
      while found == .more, end < bytes.count {
        end = min(bytes.count, end + step)
        let before = walk.position
        let piece = Array(bytes[..<end])
        found = walk.advance(piece.span)
        #expect(walk.position >= before && walk.position <= end)
      }
      // Where fill bytes before a marker are cut, the picture behind them begins with the last.
      if case .nextPicture(let a) = outcome, case .nextPicture(let b) = found {
        #expect((a...a + 3).contains(b))
      } else {
        #expect(found == outcome, "in steps of \(step)")
      }
    }
  }

  @Test("goes on where it stood when what lies before the picture is dropped")
  func moved() {
    let picture = TestPicture().bytes
    let bytes = [1, 2, 3] + picture
    var walk = JPEGWalk(from: 3)
    let cut = Array(bytes[..<20])
    let first = walk.advance(cut.span)
    #expect(first == .more)
    walk.moved(by: 3)
    let second = walk.advance(picture.span)
    #expect(second == .endOfImage(picture.count))
  }

  @Test("does not go through fill bytes twice")
  func fill() {
    var walk = JPEGWalk(from: 0)
    var bytes: [UInt8] = [0xFF, 0xD8]
    for _ in 0..<10 {
      bytes += [UInt8](repeating: 0xFF, count: 100)
      let outcome = walk.advance(bytes.span)
      #expect(outcome == .more)
      #expect(walk.position == bytes.count - 1)
    }
  }
}
