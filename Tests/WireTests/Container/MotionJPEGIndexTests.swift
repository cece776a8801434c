import Testing

@testable import Wire

@Suite("MotionJPEGIndex")
struct MotionJPEGIndexTests {
  private static let picture = TestPicture().bytes

  /// A picture behind its length in five digits.
  private static func prefixed(_ picture: [UInt8], length: Int? = nil) -> [UInt8] {
    let digits = String(length ?? picture.count)
    return Array((String(repeating: "0", count: 5 - digits.count) + digits).utf8) + picture
  }

  private func index(_ bytes: [UInt8]) throws(JPEGError) -> MotionJPEGIndex {
    try MotionJPEGIndex(bytes.span)
  }

  private func fault(_ bytes: [UInt8]) -> JPEGError? {
    do throws(JPEGError) {
      _ = try index(bytes)
      return nil
    } catch { return error }
  }

  private func isLikely(_ bytes: [UInt8]) -> Bool { ContainerKind.isLikelyVideo(bytes.span) }

  @Test("finds the 200 pictures of the sample movie")
  func sampleMovie() throws {
    let movie = Repository.movie
    let index = try index(movie)
    #expect(index.entries.count == 200)
    #expect(index.width == 640)
    #expect(index.height == 480)
    #expect(index.entries[0] == MotionJPEGIndex.Entry(offset: 5, length: 13_682))
    #expect(index.entries[1].offset == 5 + 13_682 + 5)
    #expect(index.longest == index.entries.map(\.length).max())
    // The pictures and their lengths make up the whole file, each from SOI to EOI.
    #expect(index.entries.reduce(0) { $0 + 5 + $1.length } == movie.count)
    let whole = index.entries.filter { entry in
      let end = entry.offset + entry.length
      return movie[entry.offset] == 0xFF && movie[entry.offset + 1] == 0xD8
        && movie[end - 2] == 0xFF && movie[end - 1] == 0xD9
    }
    #expect(whole.count == 200)
    #expect(isLikely(Array(movie[..<7])))
    #expect(index.container == "length-prefixed" && index.rate == nil)
  }

  @Test("finds pictures one after the other, and passes over what lies between them")
  func concatenated() throws {
    let other = TestPicture(scan: [1]).bytes
    let count = Self.picture.count
    let bytes = Self.picture + other + [0, 1, 0xFF] + Self.picture + [0xFF, 0, 0xFF]
    let index = try index(bytes)
    #expect(
      index.entries == [
        .init(offset: 0, length: count), .init(offset: count, length: other.count),
        .init(offset: count + other.count + 3, length: count),
      ])
    #expect(index.longest == count)
    #expect([index.width, index.height] == [16, 16])
  }

  @Test("finds a last picture whose end marker is missing")
  func withoutEnd() throws {
    let bytes = Self.picture + Self.picture.dropLast(2)
    let count = Self.picture.count
    #expect(
      try index(bytes).entries == [
        .init(offset: 0, length: count), .init(offset: count, length: count - 2),
      ])
    let prefixed = Self.prefixed(Array(Self.picture.dropLast(2)))
    #expect(try index(prefixed).entries == [.init(offset: 5, length: count - 2)])
  }

  @Test("counts what follows a picture within its length as part of its frame")
  func padding() throws {
    let frame = Self.prefixed(Self.picture + [0, 0, 0])
    let index = try index(frame + frame)
    #expect(index.entries.map(\.length) == [Self.picture.count + 3, Self.picture.count + 3])
  }

  @Test("refuses a file that is empty or of none of the known kinds")
  func refusesOthers() {
    #expect(fault([])?.reason == "the file is empty")
    for bytes in [
      [0], [0xFF], [0xFF, 0xD9], Array("RIFF".utf8), Array(" 1234".utf8), [0xD8, 0xFF],
    ]
      as [[UInt8]]
    {
      #expect(fault(bytes)?.offset == 0)
      #expect(!isLikely(bytes))
    }
  }

  @Test(
    "refuses lengths that are not five digits, with their place",
    arguments: ["1", "1234", "1234x", "+ 123", "-0001", "1 234", "0x123", "1234\0", "1.234"])
  func refusesDigits(prefix: String) {
    let bytes = Array(prefix.utf8) + (prefix.utf8.count < 5 ? [] : Self.picture)
    #expect(fault(bytes)?.offset == 0)
    let second = Self.prefixed(Self.picture)
    // What is no whole length is the end of a file that was cut off.
    #expect(fault(second + bytes)?.offset == (prefix.utf8.count < 5 ? nil : second.count))
    #expect(!isLikely(bytes))
  }

  @Test("refuses a frame of length 0")
  func refusesZero() {
    #expect(fault(Self.prefixed([]))?.reason == "a frame of length 0")
    let bytes = Self.prefixed(Self.picture) + Array("00000".utf8) + Self.prefixed(Self.picture)
    #expect(fault(bytes)?.offset == Self.picture.count + 5)
  }

  @Test("refuses a frame that is longer than the file, or whose picture is longer than the frame")
  func refusesLengths() {
    let count = Self.picture.count
    for length in [count + 1, 99_999] {
      let error = fault(Self.prefixed(Self.picture, length: length))
      #expect(
        error?.reason == "a frame of \(length) bytes of which only \(count) are in the file")
    }
    for length in [1, 2, count - 1] {
      let error = fault(Self.prefixed(Self.picture, length: length))
      #expect(error?.reason == "a frame of \(length) bytes whose picture is longer")
      #expect(error?.offset == 0)
    }
  }

  @Test("a file that was cut off plays as far as it goes, wherever that is")
  func cutOff() throws {
    let frames = [Self.picture, Self.picture, Self.picture].flatMap { Self.prefixed($0) }
    let frame = Self.picture.count + 5
    for length in frame..<frames.count {
      let bytes = Array(frames[..<length])
      let found = try index(bytes)
      // Of the last one so much may be there that it is shown.
      let whole = length / frame
      #expect((whole...whole + 1).contains(found.entries.count), "\(length)")
      // It is told of, once there is something of it.
      let isTold = length % frame < 5 || found.entries.count > whole
      #expect(isTold == (found.cutOff == nil), "\(length)")
      #expect(found.cutOff.map { $0.offset >= whole * frame + 5 } != false)
      #expect(found.entries.last.map { $0.offset + $0.length <= length } == true)
    }
    // A length that is wrong is no cut: the picture is there to its end.
    let wrong = Self.prefixed(Self.picture) + Self.prefixed(Self.picture, length: 99_999)
    #expect(fault(wrong)?.offset == frame)
  }

  @Test("refuses a frame that does not begin with a picture")
  func refusesNoPicture() {
    #expect(fault(Self.prefixed([0] + Self.picture))?.offset == 5)
    #expect(fault(Self.prefixed(Array("12345".utf8)))?.offset == 5)
  }

  @Test("refuses every truncation of a file's first frame")
  func truncations() throws {
    let frame = Self.prefixed(Self.picture)
    for length in 0..<frame.count {
      #expect(fault(Array(frame[..<length])) != nil, "cut to \(length)")
    }
    #expect(try index(frame).entries.count == 1)
  }

  @Test("a picture that cannot be carried keeps its place, and is told of in the file's offsets")
  func offsets() throws {
    let bad = TestPicture(frameMarker: 0xC9).bytes
    // Two DQT segments of 69 bytes lie before the frame header's parameters.
    let plain = try index(Self.picture + bad + Self.picture + bad)
    #expect(plain.fault?.offset == Self.picture.count + 2 + 138 + 4)
    #expect(plain.entries.count == 4 && plain.damaged == 2 && !plain.isHopeless)
    let prefixed = try index(Self.prefixed(Self.picture) + Self.prefixed(bad))
    #expect(prefixed.fault?.offset == Self.picture.count + 5 + 5 + 2 + 138 + 4)
    #expect(prefixed.entries.count == 2 && prefixed.damaged == 1)
    // The size is that of the first one that can be.
    let first = try index(TestPicture(frameMarker: 0xC9, width: 64).bytes + Self.picture)
    #expect(first.width == 16 && first.fault?.offset == 2 + 138 + 4)
    #expect(fault(bad + bad) == JPEGError(2 + 138 + 4, first.fault?.reason ?? ""))
  }

  @Test("one that is torn takes none of those behind it along")
  func torn() throws {
    var bad = Self.picture
    // A marker is expected behind the first segment.
    bad[2 + 69] = 0
    let count = Self.picture.count
    let index = try index(Self.picture + bad + Self.picture)
    #expect(index.entries.map(\.offset) == [0, count, 2 * count] && index.damaged == 1)
  }

  @Test("pictures that are files of their own make an index as well")
  func numbered() {
    var index = MotionJPEGIndex(container: "pictures")
    #expect(index.isHopeless)
    let nothing: [UInt8] = [1, 2]
    index.add(nothing.span)
    index.add(Self.picture.span)
    #expect(index.entries.map(\.length) == [2, Self.picture.count])
    #expect(index.damaged == 1 && index.width == 16 && !index.isHopeless)
  }

  @Test("where an AVI file repeats all pictures alike, none is, and the rate is lower")
  func folds() throws {
    let other = TestPicture(scan: [1, 2, 3]).bytes
    // How often each picture is shown, and what becomes of it at 50 frames a second.
    let cases: [(shown: [Int], folded: [Int], rate: String)] = [
      ([2, 2, 2], [1, 1, 1], "25"), ([2, 2, 1], [1, 1, 1], "25"),
      ([4, 2, 6, 2], [2, 1, 3, 1], "25"),
      ([3, 3, 3], [1, 1, 1], "50/3"), ([2, 1, 2], [2, 1, 2], "50"), ([1, 1, 2], [1, 1, 2], "50"),
      ([5], [5], "50"), ([4, 4, 3], [4, 4, 3], "50"), ([2, 2, 3], [2, 2, 3], "50"),
      ([600, 600], [600, 600], "50"), ([500, 500], [1, 1], "1/10"),
    ]
    for (shown, folded, rate) in cases {
      var file = TestAVI([])
      file.streams = [.init(scale: 1, rate: 50)]
      for (number, count) in shown.enumerated() {
        file.movie += TestAVI.chunk("00dc", number % 2 == 0 ? Self.picture : other)
        for _ in 1..<count { file.movie += TestAVI.chunk("00dc", []) }
      }
      let index = try index(file.bytes)
      var runs: [Int] = []
      for (number, entry) in index.entries.enumerated() {
        let isRepeated = number > 0 && index.entries[number - 1] == entry
        if isRepeated { runs[runs.count - 1] += 1 } else { runs.append(1) }
      }
      #expect(runs == folded && index.rate == FrameRate(rate), "\(shown)")
    }
  }

  @Test("lets the size change up to 2040 pixels only")
  func sizes() throws {
    func picture(_ width: Int, _ height: Int) -> [UInt8] {
      TestPicture(width: width, height: height).bytes
    }
    #expect(try index(picture(8, 8) + picture(2040, 2040)).entries.count == 2)
    #expect(try index(picture(2048, 8) + picture(2048, 8)).entries.count == 2)
    for (first, second) in [((2048, 8), (2049, 8)), ((8, 8), (8, 2041)), ((8, 2041), (8, 8))] {
      let index = try index(picture(first.0, first.1) + picture(second.0, second.1))
      #expect(index.fault?.offset == picture(first.0, first.1).count && index.damaged == 1)
    }
  }

  @Test("carries data that a fragment offset can reach, and no more")
  func scanBytesMax() throws {
    // 2^24 - 1 bytes, of which the last has the offset 2^24 - 2.
    let largest = TestPicture(scan: [UInt8](repeating: 0, count: 0xFF_FFFF))
    #expect(fault(largest.bytes) == nil)
    let larger = TestPicture(scan: [UInt8](repeating: 0, count: 0x100_0000))
    #expect(fault(larger.bytes)?.offset == 0)
  }

  @Test("survives damaged files")
  func survivesGarbage() {
    let seed: UInt64 = 5
    var random = SplitMix64(seed: seed)
    let frames = Self.prefixed(Self.picture) + Self.prefixed(Self.picture)
    let files = [frames, Self.picture + Self.picture]
    var (read, refused) = (0, 0)
    for round in 0..<4000 {
      var bytes = files[round % 2]
      for _ in 0...random.below(3) {
        bytes[random.below(bytes.count)] = random.below(2) == 0 ? 0xFF : random.bytes(1)[0]
      }
      if random.below(4) == 0 { bytes.removeLast(random.below(bytes.count)) }
      guard let index = try? index(bytes) else {
        refused += 1
        continue
      }
      read += 1
      if index.entries.contains(where: { $0.offset + $0.length > bytes.count || $0.length < 4 }) {
        Issue.record("seed \(seed), round \(round)")
      }
    }
    #expect(read > 1000 && refused > 100, "seed \(seed)")
  }
}
