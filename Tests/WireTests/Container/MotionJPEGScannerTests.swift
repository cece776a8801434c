import Testing

@testable import Wire

@Suite("MotionJPEGScanner")
struct MotionJPEGScannerTests {
  /// Pictures of 700 bytes to 60 kB.
  private static let pictures: [[UInt8]] = (0..<60).map { number in
    var picture = TestPicture()
    picture.scan = TestPicture.randomScan(100 + number * number * 17, seed: UInt64(number))
    return picture.bytes
  }

  private static func prefixed(_ picture: [UInt8]) -> [UInt8] {
    Array(String(100_000 + picture.count).utf8.dropFirst()) + picture
  }

  private static func multipart(_ pictures: [[UInt8]], hasLengths: Bool) -> [UInt8] {
    pictures.flatMap { picture in
      let length = hasLengths ? "Content-Length: \(picture.count)\r\n" : ""
      return Array("--frame\r\nContent-Type: image/jpeg\r\n\(length)\r\n".utf8) + picture
        + Array("\r\n".utf8)
    }
  }

  /// One of each kind, with what makes it hard.
  private static func files() -> [(name: String, bytes: [UInt8])] {
    let junk = [UInt8](repeating: 0, count: 30_000)
    var torn = pictures
    torn[20][2 + 69] = 0
    torn[40].removeLast(2)
    return [
      ("length-prefixed", pictures.flatMap { prefixed($0) }),
      ("concatenated", Array(pictures.joined())),
      ("with junk", pictures[0] + junk + pictures[30] + junk + pictures[59]),
      ("torn", Array(torn.joined())),
      ("cut", Array(pictures.joined().dropLast(1000))),
      ("multipart", multipart(pictures, hasLengths: true)),
      ("multipart without lengths", multipart(torn, hasLengths: false)),
      ("AVI", TestAVI(pictures).bytes),
      ("AVI with repetitions", repeating().bytes),
      ("AVI, torn", TestAVI(torn).bytes),
      ("AVI, cut", Array(TestAVI(pictures).bytes.dropLast(20_000))),
    ]
  }

  private static func repeating() -> TestAVI {
    var file = TestAVI([])
    for picture in pictures.prefix(20) {
      file.movie +=
        TestAVI.chunk("00dc", picture) + TestAVI.chunk("JUNK", Array(picture.prefix(99)))
      file.movie += TestAVI.chunk("00dc", []) + TestAVI.chunk("01wb", Array(picture.prefix(5000)))
    }
    return file
  }

  /// Scans with a window of so many bytes, and counts what was read.
  private func scan(
    _ bytes: [UInt8], window: Int, indexed: Int = .max
  ) throws -> (index: MotionJPEGIndex, read: Int) {
    var scanner = MotionJPEGScanner(
      size: bytes.count, named: "a", windowBytes: window, indexedBytes: indexed)
    var read = 0
    while let wanted = scanner.wanted {
      read += wanted.count
      let window = Array(bytes[wanted])
      try scanner.take(window.span)
    }
    #expect(scanner.progress == 1)
    return (scanner.index, read)
  }

  @Test("finds the same through a small window as in the whole file")
  func windows() throws {
    for (name, bytes) in Self.files() {
      let whole = try MotionJPEGIndex(bytes.span, named: "a")
      #expect(whole.entries.count > 2, "\(name)")
      for window in [2048, 10_000, 33_333, 100_000, 262_144] {
        let (index, read) = try scan(bytes, window: window)
        #expect(index == whole, "\(name) through \(window)")
        // Where nothing ends, a window grows by doubling.
        #expect(read < 40 * bytes.count, "\(name) through \(window)")
      }
    }
  }

  @Test("a large file is read once, but for the pictures that lie across two windows")
  func readsOnce() throws {
    let bytes = [[UInt8]](repeating: Self.pictures[30], count: 400).flatMap { $0 }
    let (index, read) = try scan(bytes, window: 1 << 20)
    #expect(index.entries.count == 400)
    #expect(read < bytes.count * 11 / 10)
  }

  @Test("what has been found can be played before the rest, where it stays as it is")
  func inOrder() throws {
    let files: [([UInt8], Bool)] = [
      (Array(Self.pictures.joined()), true), (TestAVI(Self.pictures).bytes, false),
    ]
    for (bytes, isInOrder) in files {
      var scanner = MotionJPEGScanner(size: bytes.count, named: "a", windowBytes: 100_000)
      #expect(scanner.progress == 0 && !scanner.isInOrder)
      let wanted = try #require(scanner.wanted)
      let window = Array(bytes[wanted])
      try scanner.take(window.span)
      #expect(scanner.isInOrder == isInOrder && scanner.index.entries.count > 5)
      #expect(scanner.progress > 0 && scanner.progress < 1)
    }
  }

  @Test("a file that ends while it is read is told of, and nothing is taken from it")
  func shorter() throws {
    let bytes = Array(Self.pictures.joined())
    var scanner = MotionJPEGScanner(size: bytes.count, named: "a", windowBytes: 100_000)
    let window = Array(bytes[..<5])
    #expect(throws: JPEGError(5, "the file ends here while it is being read")) {
      try scanner.take(window.span)
    }
    let nothing: [UInt8] = []
    var empty = MotionJPEGScanner(size: 0, named: "a")
    #expect(throws: JPEGError(0, "the file is empty")) { try empty.take(nothing.span) }
  }

  @Test("of a large AVI file the index is read and not the pictures, and they are the same")
  func aviIndex() throws {
    let pictures = (0..<500).map { Self.pictures[30 + $0 % 20] }
    var file = TestAVI(pictures)
    file.index = TestAVI.oldIndex(pictures)
    let walked = try scan(file.bytes, window: 1 << 20)
    let indexed = try scan(file.bytes, window: 65_536, indexed: 1 << 20)
    #expect(indexed.index == walked.index && indexed.index.rate == FrameRate(25))
    #expect(indexed.read < 100_000)
  }

  @Test("an index that is wrong is not believed, and the file is walked")
  func wrongIndex() throws {
    let pictures = (0..<100).map { Self.pictures[30 + $0 % 20] }
    var file = TestAVI(pictures)
    let right = TestAVI.oldIndex(pictures)
    let whole = try MotionJPEGIndex(file.bytes.span, named: "a")
    let wrongs = [
      TestAVI.oldIndex(Array(pictures.reversed())), TestAVI.oldIndex(pictures, origin: 5),
      TestAVI.chunk("idx1", []), TestAVI.chunk("idx2", Array(right.dropFirst(8))), [],
      Array(right.dropLast(100)), TestAVI.chunk("idx1", [UInt8](repeating: 0xFF, count: 160)),
    ]
    for (number, index) in wrongs.enumerated() {
      file.index = index
      let found = try scan(file.bytes, window: 65_536, indexed: 1000).index
      #expect(found.entries == whole.entries, "\(number)")
    }
  }

  @Test("survives damaged files through any window")
  func damage() throws {
    var random = SplitMix64(seed: 11)
    let files = Self.files().map(\.bytes)
    for round in 0..<300 {
      var bytes = files[round % files.count]
      for _ in 0...random.below(20) { bytes[random.below(bytes.count)] = random.bytes(1)[0] }
      if random.below(3) == 0 { bytes.removeLast(random.below(bytes.count)) }
      let window = 2048 << random.below(6)
      guard let index = try? scan(bytes, window: window, indexed: 1000).index else { continue }
      #expect(
        index.entries.allSatisfy { $0.offset >= 0 && $0.offset + $0.length <= bytes.count },
        "round \(round)")
    }
  }
}
