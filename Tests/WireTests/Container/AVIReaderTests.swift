import Testing

@testable import Wire

@Suite("AVIReader")
struct AVIReaderTests {
  private static let picture = TestPicture().bytes
  /// Of odd length, as ``picture`` is of even length or the other way round.
  private static let other = TestPicture(scan: [0x12, 0x34, 0xFF, 0x00, 0x56, 0x78]).bytes

  private func index(_ bytes: [UInt8]) throws(JPEGError) -> MotionJPEGIndex {
    try MotionJPEGIndex(bytes.span, named: "clip.avi")
  }

  private func fault(_ bytes: [UInt8]) -> JPEGError? {
    do throws(JPEGError) {
      _ = try index(bytes)
      return nil
    } catch { return error }
  }

  /// The pictures that the index finds.
  private func pictures(_ bytes: [UInt8]) throws(JPEGError) -> [[UInt8]] {
    try index(bytes).entries.map { Array(bytes[$0.offset..<$0.offset + $0.length]) }
  }

  // MARK: Chunks

  @Test("finds pictures of odd and even length, with or without a byte between them")
  func padding() throws {
    #expect(Self.picture.count % 2 != Self.other.count % 2)
    let expected = [Self.picture, Self.other, Self.other, Self.picture]
    for isPadded in [true, false] {
      var file = TestAVI([])
      file.movie = expected.flatMap { TestAVI.chunk("00dc", $0, isPadded: isPadded) }
      #expect(try pictures(file.bytes) == expected)
    }
    let index = try index(TestAVI(expected).bytes)
    #expect(index.container == "AVI" && [index.width, index.height] == [16, 16])
    #expect(index.longest == max(Self.picture.count, Self.other.count))
  }

  @Test("finds pictures in rec lists and passes over sound, indexes and junk")
  func interleaved() throws {
    var file = TestAVI([])
    let sound = TestAVI.chunk("01wb", [1, 2, 3])
    file.movie =
      TestAVI.chunk("JUNK", [UInt8](repeating: 0, count: 100))
      + TestAVI.list("rec ", sound + TestAVI.chunk("00dc", Self.picture) + sound)
      + TestAVI.list("rec ", TestAVI.chunk("00db", Self.other))
      + TestAVI.chunk("ix00", Self.picture) + TestAVI.chunk("00pc", [0, 0]) + sound
      + TestAVI.chunk("00dc", Self.picture)
    #expect(try pictures(file.bytes) == [Self.picture, Self.other, Self.picture])
  }

  @Test("an empty chunk shows the previous picture once more")
  func repeated() throws {
    var file = TestAVI([])
    let empty = TestAVI.chunk("00dc", [])
    file.movie =
      empty + TestAVI.chunk("00dc", Self.picture) + empty + empty
      + TestAVI.chunk("00dc", Self.other)
      + empty
    #expect(
      try pictures(file.bytes) == [
        Self.picture, Self.picture, Self.picture, Self.other, Self.other,
      ])
  }

  @Test("goes on in OpenDML's further RIFF chunks, whatever the indexes say")
  func openDML() throws {
    var file = TestAVI([Self.picture, Self.other])
    file.index = TestAVI.chunk("idx1", [UInt8](repeating: 0xFF, count: 17))
    let segment = TestAVI.list(
      "AVIX",
      TestAVI.list("movi", TestAVI.chunk("ix00", [1, 2, 3]) + TestAVI.chunk("00dc", Self.other)),
      in: "RIFF")
    #expect(
      try pictures(file.bytes + segment + segment) == [
        Self.picture, Self.other, Self.other, Self.other,
      ])
  }

  // MARK: Streams

  @Test("takes the first stream of Motion-JPEG, whatever its number")
  func streams() throws {
    var file = TestAVI([])
    file.streams = [
      .init(type: "auds"), .init(handler: "H264", compression: "H264"),
      .init(scale: 1001, rate: 30_000), .init(rate: 7),
    ]
    file.movie =
      TestAVI.chunk("00dc", Self.other) + TestAVI.chunk("01dc", [0, 0, 0, 1])
      + TestAVI.chunk("02dc", Self.picture) + TestAVI.chunk("03dc", Self.other)
    #expect(try pictures(file.bytes) == [Self.picture])
    #expect(try index(file.bytes).rate == FrameRate(30_000, 1001))
  }

  @Test(
    "the compression decides, else the handler",
    arguments: [
      ("MJPG", "MJPG", true), ("mjpg", "mjpg", true), ("\0\0\0\0", "AVRn", true),
      ("mjpg", "\0\0\0\0", true), ("xxxx", "dmb1", true), ("MJPG", "H264", false),
      ("mjpg", "XVID", false), ("\0\0\0\0", "\0\0\0\0", false),
    ])
  func compressions(handler: String, compression: String, isRead: Bool) {
    var file = TestAVI([Self.picture])
    file.streams = [.init(handler: handler, compression: compression)]
    #expect((fault(file.bytes) == nil) == isRead)
  }

  @Test("names the compression that is not read, and the command that helps")
  func otherCompression() {
    var file = TestAVI([Self.picture])
    file.streams = [.init(handler: "xvid", compression: "XVID")]
    #expect(
      fault(file.bytes)?.reason
        == "the video in this AVI file is XVID, not Motion-JPEG; convert it with: ffmpeg -i "
        + "clip.avi -an -c:v mjpeg -huffman default -pix_fmt yuvj420p -q:v 3 clip.mjpeg.avi")
    file.streams = [.init(type: "auds")]
    #expect(fault(file.bytes)?.reason.hasPrefix("this AVI file has no video stream") == true)
    file.streams = []
    #expect(fault(file.bytes)?.reason.hasPrefix("this AVI file has no video stream") == true)
  }

  @Test("a file without pictures says so")
  func empty() {
    #expect(fault(TestAVI([]).bytes)?.reason == "there is no picture in the file")
    let head = Array("RIFF\0\0\0\0AVI ".utf8) + TestAVI([]).head
    #expect(fault(head)?.reason == "the AVI file ends before its pictures begin")
  }

  @Test("two fields to a frame are refused, with the command that helps")
  func interlaced() {
    func field(_ polarity: UInt8) -> [UInt8] {
      var field = TestPicture(height: 8)
      field.applications = TestPicture.segment(0xE0, Array("AVI1".utf8) + [polarity, 0, 0, 0])
      return field.bytes
    }
    let frames = [
      field(1) + field(2), field(2) + [0, 0] + field(1), Self.picture + Self.picture, field(1),
    ]
    for frame in frames {
      let reason = fault(TestAVI([frame, frame]).bytes)?.reason
      #expect(reason?.hasPrefix("interlaced Motion-JPEG, two fields to a frame;") == true)
      #expect(reason?.contains("ffmpeg -i clip.avi -vf yadif ") == true)
    }
    // Whole frames have the segment as well.
    #expect(fault(TestAVI([field(0), field(0)]).bytes) == nil)
    var whole = TestAVI([field(1)])
    whole.streams = [.init(height: 8)]
    #expect(fault(whole.bytes) == nil)
    whole.streams = [.init(height: UInt32(bitPattern: -16))]
    #expect(fault(whole.bytes) != nil)
  }

  // MARK: Rates

  @Test(
    "a rate as writers round it stands for the one that is meant",
    arguments: [
      (25, 1, "25"), (30_000, 1001, "30000/1001"), (2997, 100, "29.97"), (1, 3, "1/3"),
      (10_000_000, 333_333, "30"), (10_000_000, 333_667, "30000/1001"), (10_000_000, 400_000, "25"),
      (1_000_000, 33_333, "30"), (1_000_000, 33_367, "30000/1001"),
      (1_000_000, 41_708, "24000/1001"),
      (1_000_000, 16_683, "60000/1001"), (1_000_000, 66_667, "15"), (1_000_000, 71_429, "14"),
      (4_294_967_295, 214_748_365, "20"), (12_345_678, 1_000_000, "12.346"),
      (1_000_000, 130_000, "100/13"),
    ] as [(UInt32, UInt32, String)])
  func rates(numerator: UInt32, denominator: UInt32, text: String) {
    #expect(AVIReader.rate(numerator, denominator) == FrameRate(text), "\(text)")
  }

  @Test("a rate that makes no sense is none")
  func noRates() {
    let extremes: [UInt32] = [0, 1, 2, 0x7FFF_FFFF, 0x8000_0000, 0xFFFF_FFFF]
    for (a, b) in [(0, 0), (0, 1), (1, 0), (241, 1), (1, 11), (1, 0xFFFF_FFFF), (0xFFFF_FFFF, 1)]
      as [(UInt32, UInt32)]
    {
      #expect(AVIReader.rate(a, b) == nil)
    }
    for a in extremes { for b in extremes where a != b { _ = AVIReader.rate(a, b) } }
  }

  @Test("the stream's rate goes before the file's, and the file's before none")
  func rateOrder() throws {
    var file = TestAVI([Self.picture])
    file.microseconds = 100_000
    #expect(try index(file.bytes).rate == FrameRate(25))
    file.streams = [.init(scale: 0, rate: 25)]
    #expect(try index(file.bytes).rate == FrameRate(10))
    file.microseconds = 0
    #expect(try index(file.bytes).rate == nil)
  }

  // MARK: Damage

  @Test("a recording that was cut off plays, whatever sizes it has", arguments: [0, 0xFFFF_FFFF])
  func unfinished(size: UInt32) throws {
    var file = TestAVI([Self.picture, Self.other])
    file.openSize = size
    file.index = []
    #expect(try pictures(file.bytes) == [Self.picture, Self.other])
    file.movie += TestAVI.chunk("00dc", Self.picture, size: size)
    #expect(try pictures(file.bytes) == [Self.picture, Self.other, Self.picture])
    // Space that was reserved for what never came.
    file.movie += [UInt8](repeating: 0, count: 5000)
    #expect(try pictures(file.bytes) == [Self.picture, Self.other, Self.picture])
  }

  @Test("what is no chunk is passed over up to the next picture")
  func resynchronizes() throws {
    for junk in [[0], [1, 2, 3, 4, 5], Array("00dc".utf8), [UInt8](repeating: 0xFF, count: 999)] {
      var file = TestAVI([Self.picture])
      file.movie += junk + TestAVI.chunk("00dc", Self.other)
      #expect(try pictures(file.bytes) == [Self.picture, Self.other])
    }
    var file = TestAVI([])
    file.movie =
      TestAVI.chunk("00dc", Self.picture, size: 0x7FFF_FFFF)
      + TestAVI.chunk("01wb", [1], size: 9_999)
      + TestAVI.chunk("00dc", Self.other)
    #expect(try pictures(file.bytes) == [Self.picture, Self.other])
  }

  @Test("survives every truncation, and shows what is there")
  func truncations() throws {
    let file = TestAVI([Self.picture, Self.other])
    let whole = file.bytes
    let entries = try index(whole).entries
    let head = TestPicture().head.count
    for length in 0..<whole.count {
      let index = try? index(Array(whole[..<length]))
      let count = entries.filter { length > $0.offset + head }.count
      #expect((index?.entries.count ?? 0) == count, "cut to \(length)")
    }
  }

  @Test("survives damage")
  func survivesGarbage() {
    var file = TestAVI([Self.picture, Self.other])
    file.movie += TestAVI.list("rec ", TestAVI.chunk("00dc", Self.picture))
    file.movie += TestAVI.chunk("00dc", [])
    let whole = file.bytes + TestAVI.list("AVIX", TestAVI.list("movi", file.movie), in: "RIFF")
    let seed: UInt64 = 34
    var random = SplitMix64(seed: seed)
    var (read, refused) = (0, 0)
    for round in 0..<3000 {
      var bytes = whole
      for _ in 0...random.below(4) {
        bytes[12 + random.below(bytes.count - 12)] = [0, 0xFF, random.bytes(1)[0]][random.below(3)]
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
    #expect(read > 100 && refused > 100, "seed \(seed)")
  }

  @Test(
    "a damaged picture whose size was never written takes none along", arguments: [0, 0x7FFF_FFFF])
  func damagedWithoutSize(size: UInt32) throws {
    var torn = Self.picture
    torn[2] = 0
    var file = TestAVI([Self.picture])
    file.movie += TestAVI.chunk("00dc", torn, size: size)
    for _ in 0..<3 { file.movie += TestAVI.chunk("00dc", Self.other) }
    let index = try index(file.bytes)
    #expect(index.entries.filter { $0.length == Self.other.count }.count == 3)
    #expect(index.entries.allSatisfy { $0.length < 2 * Self.picture.count })
  }
}
