import Testing

@testable import Wire

@Suite("JPEGImage")
struct JPEGImageTests {
  private func walk(_ bytes: [UInt8], at offset: Int = 0) throws -> JPEGImage {
    try JPEGImage(bytes.span, at: offset)
  }

  @Test("takes a real picture apart")
  func realPicture() throws {
    let image = try walk(Repository.picture)
    #expect(image.range == 0..<13_682)
    #expect(image.hasEndOfImage)
    #expect(image.frame?.marker == 0xC0)
    #expect(image.frame?.width == 640)
    #expect(image.frame?.height == 480)
    #expect(image.frame?.components.map(\.identifier) == [1, 2, 3])
    #expect(image.frame?.components.map(\.horizontalSampling) == [2, 1, 1])
    #expect(image.frame?.components.map(\.verticalSampling) == [2, 1, 1])
    #expect(image.frame?.components.map(\.quantizationTable) == [0, 1, 1])
    #expect(image.quantizationTables[0]?[..<4] == [16, 11, 12, 14])
    #expect(image.quantizationTables[1]?[..<4] == [17, 18, 18, 24])
    #expect(image.huffmanTables.keys.sorted() == [0x00, 0x01, 0x10, 0x11])
    #expect(image.restartInterval == 0)
    // SOS ends at 0x274 of the file, five digits further than in the picture.
    #expect(image.scans.map(\.data) == [0x26F..<13_680])
  }

  @Test("walks a picture that does not begin the bytes, and leaves what follows")
  func offset() throws {
    let picture = TestPicture()
    let bytes = [1, 2, 3] + picture.bytes + picture.bytes
    let image = try walk(bytes, at: 3)
    #expect(image.range == 3..<3 + picture.bytes.count)
    #expect(image.scans.first?.data.count == 5)
  }

  @Test(
    "refuses every truncation of the headers and takes one of the data as a picture without end")
  func truncations() throws {
    let picture = TestPicture(
      restart: [[0, 4]], applications: TestPicture.segment(0xE0, Array("JFIF".utf8)))
    let (bytes, head) = (picture.bytes, picture.head.count)
    for length in 0..<bytes.count {
      let cut = Array(bytes[..<length])
      if length < head {
        #expect(throws: JPEGError.self, "cut to \(length)") { try walk(cut) }
      } else {
        let image = try walk(cut)
        #expect(!image.hasEndOfImage, "cut to \(length)")
        #expect(image.scans.map(\.data) == [head..<length])
      }
    }
  }

  @Test("refuses every truncation of a real picture's headers and survives those of its data")
  func realTruncations() throws {
    let bytes = Repository.picture
    for length in 0..<0x26F {
      let cut = Array(bytes[..<length])
      #expect(throws: JPEGError.self, "cut to \(length)") { try walk(cut) }
    }
    let lengths = Array(stride(from: 0x26F, to: 13_600, by: 61)) + Array(13_600..<13_682)
    for length in lengths {
      let image = try walk(Array(bytes[..<length]))
      if image.hasEndOfImage || image.range != 0..<length { Issue.record("cut to \(length)") }
    }
  }

  @Test("passes over fill bytes before any marker")
  func fillBytes() throws {
    let plain = TestPicture()
    // Each marker of the headers doubled and redoubled.
    var filled: [UInt8] = [0xFF, 0xD8]
    var position = 2
    while position < plain.head.count {
      let length = Int(plain.head[position + 2]) << 8 | Int(plain.head[position + 3])
      filled += [0xFF, 0xFF, 0xFF] + plain.head[position..<position + 2 + length]
      position += 2 + length
    }
    filled += plain.scan + [0xFF, 0xFF, 0xFF, 0xD9]
    let image = try walk(filled)
    #expect(image.hasEndOfImage)
    #expect(image.range == 0..<filled.count)
    #expect(image.frame?.width == 16)
    #expect(image.scans.first?.components == (try walk(plain.bytes)).scans.first?.components)
  }

  @Test("keeps stuffed zeros and restart markers inside the data")
  func stuffing() throws {
    var picture = TestPicture()
    picture.scan = [1, 0xFF, 0, 2] + (0xD0...0xD7).flatMap { [3, 0xFF, $0] } + [0xFF, 0, 0xFF, 0]
    let image = try walk(picture.bytes)
    #expect(image.hasEndOfImage)
    #expect(image.scans.map(\.data.count) == [picture.scan.count])
  }

  @Test("skips application data, be it a whole picture or of the largest size")
  func applications() throws {
    var picture = TestPicture()
    let thumbnail = TestPicture.segment(0xE1, Array("Exif\0\0".utf8) + TestPicture().bytes)
    let largest = TestPicture.segment(0xEF, [UInt8](repeating: 0xFF, count: 65_533))
    picture.applications = thumbnail + TestPicture.segment(0xFE, []) + largest
    let image = try walk(picture.bytes)
    #expect(image.range.count == picture.bytes.count)
    #expect(image.scans.count == 1)
    #expect(image.frame?.offset == thumbnail.count + 4 + largest.count + 2 + 69 * 2 + 4)
  }

  @Test("reads tables that share a segment, and of 16 bits")
  func quantization() throws {
    var picture = TestPicture()
    let wide: [UInt8] = (0..<64).flatMap { [UInt8(1), UInt8($0)] }
    picture.quantization = [[0] + TestPicture.luma + [0x12] + wide + [3] + TestPicture.chroma]
    let image = try walk(picture.bytes)
    #expect(image.quantizationTables.keys.sorted() == [0, 2, 3])
    #expect(image.quantizationTables[2] == (0..<64).map { 256 + $0 })
    #expect(image.quantizationTables[3]?.last == 164)
  }

  @Test(
    "refuses malformed DQT segments",
    arguments: [
      [], [0], [0] + [UInt8](repeating: 1, count: 63), [0] + [UInt8](repeating: 1, count: 65),
      [4] + [UInt8](repeating: 1, count: 64), [0x20] + [UInt8](repeating: 1, count: 128),
      [0x10] + [UInt8](repeating: 1, count: 64), [0xFF] + [UInt8](repeating: 1, count: 255),
    ])
  func refusesQuantization(body: [UInt8]) {
    let picture = TestPicture(quantization: [body])
    #expect(throws: JPEGError.self) { try walk(picture.bytes) }
  }

  @Test(
    "refuses malformed DHT segments",
    arguments: [
      [], [0], [0] + [UInt8](repeating: 0, count: 15),
      [0] + [UInt8](repeating: 1, count: 16), [0] + [UInt8](repeating: 255, count: 16),
      [0x20] + [UInt8](repeating: 0, count: 16), [4] + [UInt8](repeating: 0, count: 16),
      [0] + [UInt8](repeating: 0, count: 17),
      [0] + [255, 2] + [UInt8](repeating: 0, count: 14 + 257),
    ] as [[UInt8]])
  func refusesHuffman(body: [UInt8]) {
    let picture = TestPicture(huffman: TestPicture.segment(0xC4, body))
    #expect(throws: JPEGError.self) { try walk(picture.bytes) }
  }

  @Test("refuses segments whose length is below 2 or beyond the end", arguments: [0, 1, 0xFFFF])
  func refusesLengths(length: Int) {
    for marker in [0xDB, 0xC4, 0xC0, 0xDD, 0xE0, 0xFE] as [UInt8] {
      var picture = TestPicture()
      picture.applications = [0xFF, marker, UInt8(length >> 8), UInt8(length & 0xFF)]
      let error = #expect(throws: JPEGError.self) { try walk(picture.bytes) }
      #expect(error?.offset == 4)
    }
  }

  @Test("reads every restart interval and refuses a segment of another length")
  func restartInterval() throws {
    for (body, interval) in [([0, 0], 0), ([0, 1], 1), ([0xFF, 0xFF], 65_535)] as [([UInt8], Int)] {
      #expect(try walk(TestPicture(restart: [body]).bytes).restartInterval == interval)
    }
    for body in [[], [1], [1, 2, 3]] as [[UInt8]] {
      #expect(throws: JPEGError.self) { try walk(TestPicture(restart: [body]).bytes) }
    }
  }

  @Test("refuses frame and scan headers whose counts contradict their lengths")
  func refusesCounts() {
    let picture = TestPicture()
    for body in [[], [8], [8, 0, 1, 0, 1, 1], [8, 0, 1, 0, 1, 1, 1, 1], [8, 0, 1, 0, 1, 255]]
      as [[UInt8]]
    {
      let bytes = [0xFF, 0xD8] + TestPicture.segment(0xC0, body) + picture.bytes.dropFirst(2)
      #expect(throws: JPEGError.self, "\(body)") { try walk(bytes) }
    }
    for body in [
      [], [0, 0, 63, 0], [1, 1, 0, 0, 63], [1, 1, 0, 0, 63, 0, 0], [255, 0, 0, 0, 0, 0],
    ]
      as [[UInt8]]
    {
      #expect(throws: JPEGError.self, "\(body)") {
        try walk(TestPicture(scanHeader: body).bytes)
      }
    }
  }

  @Test("refuses a second frame header, as of a picture that begins before the last one ended")
  func refusesSecondFrame() {
    let endless = TestPicture(end: [])
    #expect(throws: JPEGError.self) { try walk(endless.bytes + TestPicture().bytes) }
  }

  @Test("refuses more than 256 scans")
  func scansMax() throws {
    let scan = TestPicture.segment(0xDA, [1, 1, 0, 0, 63, 0]) + [1]
    let many = { (count: Int) -> [UInt8] in
      [0xFF, 0xD8] + Array([[UInt8]](repeating: scan, count: count).joined()) + [0xFF, 0xD9]
    }
    #expect(try walk(many(256)).scans.count == 256)
    #expect(throws: JPEGError.self) { try walk(many(257)) }
  }

  @Test("refuses what is no JPEG, and bytes between segments")
  func refusesOther() {
    for bytes in [[], [0xFF], [0xFF, 0xD9], [0xD8, 0xFF], [0, 0, 0], [0xFF, 0xFF, 0xD8]]
      as [[UInt8]]
    {
      let error = #expect(throws: JPEGError.self) { try walk(bytes) }
      #expect(error?.offset == 0)
    }
    for between in [[0], [0xFF, 0], [0xFF, 0xFF, 0]] as [[UInt8]] {
      let error = #expect(throws: JPEGError.self) {
        try walk(TestPicture(applications: between).bytes)
      }
      #expect(error?.offset == 2)
    }
  }
}
