import Testing

@testable import Wire

@Suite("Surveys of Motion-JPEG files")
struct MotionJPEGSurveyTests {
  private func survey(_ bytes: [UInt8]) -> MotionJPEGSurvey { MotionJPEGSurvey(bytes.span) }

  private func prefixed(_ picture: [UInt8]) -> [UInt8] {
    let digits = String(picture.count)
    return Array((String(repeating: "0", count: 5 - digits.utf8.count) + digits).utf8) + picture
  }

  private var arithmetic: TestPicture {
    var picture = TestPicture()
    picture.frameMarker = 0xC9
    return picture
  }

  private var twelveBit: TestPicture {
    var picture = TestPicture()
    picture.precision = 12
    return picture
  }

  @Test("the sample movie is what it was made to be")
  func movie() throws {
    let survey = survey(Repository.movie)
    #expect(survey.container == .lengthPrefixed && survey.frames == 200 && survey.fault == nil)
    #expect(survey.variations.isEmpty && survey.obstacles.isEmpty)
    let first = try #require(survey.first)
    #expect(first.width == 640 && first.height == 480 && first.coding == "baseline")
    #expect(first.sampling == "4:2:0" && first.huffman == .standard && first.restartInterval == 0)
    #expect(first.quantization.count == 2 && first.quality != nil)
  }

  @Test("standard tables are told by their quality, others are not")
  func quality() throws {
    for quality in [1, 25, 50, 75, 99, 100] {
      let tables =
        quality == 100
        ? [UInt8](repeating: 1, count: 128) : StandardQuantization.tables(quality: quality)
      var picture = TestPicture()
      picture.quantization = [[0] + tables[..<64], [1] + tables[64...]]
      #expect(survey(picture.bytes).first?.quality == quality)
    }
    #expect(survey(TestPicture().bytes).first?.quality == nil)
    var one = TestPicture()
    one.components = [[1, 0x22, 0], [2, 0x11, 0], [3, 0x11, 0]]
    #expect(survey(one.bytes).first?.quality == nil)
    #expect(survey(one.bytes).first?.quantization.count == 1)
  }

  @Test("what a picture is shows whether RTP can carry it or not")
  func properties() throws {
    var restarts = TestPicture()
    restarts.restart = [[0, 7]]
    #expect(survey(restarts.bytes).first?.restartInterval == 7)
    var grey = TestPicture()
    (grey.components, grey.scanHeader) = ([[1, 0x11, 0]], [1, 1, 0x00, 0, 63, 0])
    #expect(survey(grey.bytes).first?.sampling == "greyscale")
    var odd = TestPicture()
    odd.components = [[1, 0x41, 0], [2, 0x11, 1], [3, 0x21, 1]]
    #expect(survey(odd.bytes).first?.sampling == "4x1,1x1,2x1")
    var bare = TestPicture()
    bare.huffman = []
    #expect(survey(bare.bytes).first?.huffman == .absent)
    #expect(survey(bare.bytes).fault == nil)
    var own = TestPicture()
    own.huffman[own.huffman.count - 1] ^= 1
    #expect(survey(own.bytes).first?.huffman == .own)
    var deep = TestPicture()
    deep.precision = 12
    #expect(survey(deep.bytes).first?.coding == "baseline, 12 bits a sample")
    for (marker, word) in [
      (0xC1, "extended sequential"), (0xC2, "progressive"), (0xC3, "lossless"),
      (0xC9, "arithmetic"), (0xC5, "hierarchical"),
    ] {
      var picture = TestPicture()
      picture.frameMarker = UInt8(marker)
      let survey = survey(picture.bytes)
      #expect(survey.first?.coding == word)
      #expect((survey.fault == nil) == (marker < 0xC3))
    }
  }

  @Test("the verdict is the index's, with its place; every obstacle is counted")
  func obstacles() throws {
    let good = TestPicture().bytes
    let bytes = good + arithmetic.bytes + good + twelveBit.bytes + arithmetic.bytes
    let survey = survey(bytes)
    let index = try MotionJPEGIndex(bytes.span)
    #expect(survey.fault == nil && survey.damaged == 3 && index.damaged == 3)
    #expect(survey.frames == 5)
    #expect(survey.obstacles.map(\.count) == [2, 1])
    let first = try #require(survey.obstacles.first)
    #expect(first.reason.contains("arithmetic"))
    #expect(first.offset == index.fault?.offset)
    let hopeless = arithmetic.bytes + twelveBit.bytes
    let refused = self.survey(hopeless)
    #expect(throws: try #require(refused.fault)) { try MotionJPEGIndex(hopeless.span) }
    #expect(refused.fault == index.fault?.moved(by: -good.count))
    #expect(survey.variations == ["coding"])
    let framed = prefixed(good) + prefixed(twelveBit.bytes)
    #expect(self.survey(framed).obstacles.map(\.count) == [1])
    #expect(self.survey(framed).frames == 2)
  }

  @Test("what changes from picture to picture is named once")
  func variations() {
    var other = TestPicture()
    (other.width, other.restart) = (32, [[0, 4]])
    other.quantization = [[0] + TestPicture.chroma, [1] + TestPicture.luma]
    other.huffman = []
    let survey = survey(TestPicture().bytes + other.bytes + TestPicture().bytes + other.bytes)
    #expect(
      survey.variations == ["size", "quantisation tables", "Huffman tables", "restart interval"])
    #expect(survey.fault == nil && survey.frames == 4)
  }

  @Test("containers are told by their first bytes")
  func containers() {
    let heads: [([UInt8], MotionJPEGSurvey.Container)] = [
      (Array("RIFF\u{1}\u{2}\u{3}\u{4}AVI LIST".utf8), .avi),
      (Array("\u{0}\u{0}\u{0}\u{20}ftypisom".utf8), .mp4),
      (Array("--b\nContent-Length: 1\n\n".utf8), .multipart),
      ([0x1A, 0x45, 0xDF, 0xA3, 0x9F], .matroska), (Array("OggS".utf8), .unknown), ([], .unknown),
      (Array("hello".utf8), .unknown),
      ([0xFF, 0xD8], .concatenated), (Array("00005x".utf8), .lengthPrefixed),
    ]
    for (bytes, container) in heads {
      let survey = survey(bytes)
      #expect(survey.container == container)
      #expect(survey.fault != nil && survey.frames == 0 && survey.first == nil)
    }
  }

  @Test("pictures in an AVI file are surveyed whether it plays or not")
  func avi() {
    let good = TestPicture().bytes
    let playable = survey(TestAVI([good, Array(good.dropLast(2)), good]).bytes)
    #expect(playable.fault == nil && playable.frames == 3 && playable.rate == FrameRate(25))
    let file = TestAVI([arithmetic.bytes, twelveBit.bytes, arithmetic.bytes])
    let refused = survey(file.bytes)
    #expect(refused.fault != nil && refused.frames == 3 && refused.rate == nil)
    #expect(refused.obstacles.map(\.count) == [2, 1])
    #expect(refused.obstacles.first?.offset == refused.fault?.offset)
  }

  @Test("a file that is cut or damaged anywhere is surveyed without a trap")
  func damage() {
    let bytes = TestPicture().bytes + arithmetic.bytes
    for count in bytes.indices {
      let survey = survey(Array(bytes[..<count]))
      #expect(survey.frames <= 2)
    }
    var random = SplitMix64(seed: 2435)
    for _ in 0..<5000 {
      var damaged = prefixed(TestPicture().bytes) + prefixed(twelveBit.bytes)
      for _ in 0..<3 { damaged[random.below(damaged.count)] = UInt8(random.below(256)) }
      let survey = survey(damaged)
      #expect((survey.fault == nil) == ((try? MotionJPEGIndex(damaged.span)) != nil))
    }
  }
}
