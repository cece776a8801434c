import Testing

@testable import Wire

@Suite("DamagedStretch")
struct DamagedStretchTests {
  @Test("the search goes on behind the marker, and behind the damage when it is met again")
  func resumption() {
    var damage = DamagedStretch()
    let first = damage.resumption(behind: 10, reach: 100)
    let same = damage.resumption(behind: 20, reach: 100)
    let shorter = damage.resumption(behind: 30, reach: 90)
    let further = damage.resumption(behind: 40, reach: 150)
    #expect([first, same, shorter, further] == [12, 100, 90, 42])
    damage.moved(by: 100)
    let met = damage.resumption(behind: 0, reach: 50)
    let new = damage.resumption(behind: 10, reach: 51)
    #expect([met, new] == [50, 12])
    damage.moved(by: 1000)
    let fresh = damage.resumption(behind: 0, reach: 1)
    #expect(fresh == 2)
  }

  /// Each of these begins in the one before, and all of them break off at the same place: walked
  /// over one by one, a few megabytes would take hours.
  private static func nested(_ unit: [UInt8], bytes: Int) -> [UInt8] {
    [[UInt8]](repeating: unit, count: bytes / unit.count).flatMap { $0 }
      + [UInt8](repeating: 0, count: 64)
  }

  /// SOI, and an application segment that reaches over as many bytes to the marker behind the next
  /// SOI.
  private static func unit(_ bytes: Int) -> [UInt8] { [0xFF, 0xD8, 0xFF, 0xE0, 0, UInt8(bytes)] }

  @Test("pictures nested in one another are split in the time that their bytes take")
  func body() throws {
    for (bytes, form) in [
      (Self.nested(Self.unit(4), bytes: 4 << 20), "concatenated"),
      (
        Self.nested(Array("--b\n\n".utf8) + Self.unit(9), bytes: 4 << 20), "multipart"
      ),
    ] {
      var splitter = PictureSplitter(pictureBytesMax: 16 << 20)
      var broken = 0
      for start in stride(from: 0, to: bytes.count, by: 16_384) {
        splitter.feed(bytes[start..<min(start + 16_384, bytes.count)].span)
        while let item = try splitter.next() {
          #expect(item == .broken)
          broken += 1
        }
      }
      #expect(broken > 0, "\(form)")
    }
  }

  @Test(
    "files of pictures nested in one another are read in the time that their bytes take",
    arguments: [
      unit(4), Array("--b\n\n".utf8) + unit(9), Array("00006".utf8) + unit(9),
    ])
  func file(_ unit: [UInt8]) {
    let bytes = Self.nested(unit, bytes: 4 << 20)
    // Each of them is damaged.
    #expect(throws: JPEGError.self) { try MotionJPEGIndex(bytes.span) }
  }

  @Test("a damaged picture takes none along, nor do two whose walks meet")
  func neighbours() throws {
    let picture = TestPicture().bytes
    // A segment that reaches into the next picture's data.
    var damaged = picture
    (damaged[4], damaged[5]) = (1, 0)
    for (bytes, count) in [
      (picture + damaged + picture, 2), (picture + damaged + damaged + picture + picture, 3),
    ] {
      var splitter = PictureSplitter(pictureBytesMax: 1 << 20)
      splitter.feed(bytes.span)
      var pictures = 0
      while let item = try splitter.next() { if item == .picture(picture) { pictures += 1 } }
      #expect(pictures == count)
    }
  }
}
