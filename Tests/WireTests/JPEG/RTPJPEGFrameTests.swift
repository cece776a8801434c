import Testing

@testable import Wire

@Suite("RTPJPEGFrame")
struct RTPJPEGFrameTests {
  private func refusal(_ picture: TestPicture) -> JPEGError? {
    do throws(JPEGError) {
      _ = try picture.inspect()
      return nil
    } catch { return error }
  }

  @Test("carries a real picture: 4:2:0, the tables of quality 50, and the data as they are")
  func realPicture() throws {
    let carriable = try TestPicture.inspect(Repository.movie, at: 5)
    #expect(carriable.picture == 5..<13_687)
    #expect(carriable.scan == 0x274..<13_685)
    #expect(carriable.frame.width == 640)
    #expect(carriable.frame.height == 480)
    #expect(carriable.frame.sampling == .halved)
    #expect(carriable.frame.restartInterval == 0)
    #expect(carriable.frame.quantizationTables == StandardQuantization.tables(quality: 50))
  }

  @Test("carries 4:2:0 and 4:2:2 and no other sampling")
  func sampling() throws {
    for luma in 0...255 as ClosedRange<UInt8> {
      var picture = TestPicture()
      picture.components[0][1] = luma
      switch luma {
      case 0x22: #expect(try picture.inspect().frame.sampling.rawValue == 1)
      case 0x21: #expect(try picture.inspect().frame.sampling.rawValue == 0)
      default: #expect(refusal(picture) != nil, "\(luma)")
      }
      var chroma = TestPicture()
      chroma.components[2][1] = luma
      #expect((refusal(chroma) == nil) == (luma == 0x11))
    }
    #expect(RTPJPEGFrame.Sampling.halved.lumaFactors == 0x22)
    #expect(RTPJPEGFrame.Sampling.horizontallyHalved.lumaFactors == 0x21)
  }

  @Test("names the sampling that it refuses")
  func namesSampling() {
    var picture = TestPicture()
    picture.components[0][1] = 0x11
    #expect(refusal(picture)?.reason == "sampling 1x1,1x1,1x1, neither 4:2:0 nor 4:2:2")
  }

  @Test(
    "refuses every frame header but baseline, in words",
    arguments: [
      (0xC1, "extended"), (0xC2, "progressive"), (0xC3, "lossless"), (0xC5, "hierarchical"),
      (0xC6, "hierarchical"), (0xC7, "hierarchical"), (0xC9, "arithmetic"), (0xCA, "arithmetic"),
      (0xCB, "arithmetic"), (0xCD, "arithmetic"), (0xCE, "arithmetic"), (0xCF, "arithmetic"),
    ] as [(UInt8, String)])
  func refusesFrames(marker: UInt8, word: String) throws {
    let error = try #require(refusal(TestPicture(frameMarker: marker)))
    #expect(error.reason.contains(word))
    // Behind SOI, two DQT segments, the marker and the length.
    #expect(error.offset == 2 + 2 * 69 + 4)
    #expect(error.description.hasPrefix("at byte 144: "))
  }

  @Test("refuses samples of other than 8 bits", arguments: [0, 7, 12, 255] as [UInt8])
  func refusesPrecision(bits: UInt8) {
    #expect(refusal(TestPicture(precision: bits)) != nil)
  }

  @Test(
    "refuses a picture without width or height",
    arguments: [(0, 16), (16, 0), (0, 0)])
  func refusesSizes(width: Int, height: Int) {
    #expect(refusal(TestPicture(width: width, height: height)) != nil)
  }

  @Test("carries every size from 1 to 65,535", arguments: [1, 2040, 2041, 65_535])
  func sizes(side: Int) throws {
    let frame = try TestPicture(width: side, height: 65_536 - side).inspect().frame
    #expect(frame.width == side)
    #expect(frame.height == 65_536 - side)
  }

  @Test("refuses greyscale, and any number of components but three")
  func refusesComponents() {
    let three = TestPicture().components
    for components in [[], [three[0]], Array(three[..<2]), three + [[4, 0x11, 1]]] {
      var picture = TestPicture(components: components)
      picture.scanHeader =
        [UInt8(components.count)] + components.flatMap { [$0[0], $0[0] == 1 ? 0 : 0x11] }
        + [0, 63, 0]
      #expect(refusal(picture) != nil, "\(components.count) components")
    }
  }

  @Test("takes luma's table and chroma's, wherever they come from")
  func tables() throws {
    let expected = TestPicture.luma + TestPicture.chroma
    var oneSegment = TestPicture()
    oneSegment.quantization = [[0] + TestPicture.luma + [1] + TestPicture.chroma]
    #expect(try oneSegment.inspect().frame.quantizationTables == expected)
    var oneTable = TestPicture()
    oneTable.quantization = [[0] + TestPicture.luma]
    for index in 1...2 { oneTable.components[index][2] = 0 }
    #expect(
      try oneTable.inspect().frame.quantizationTables == TestPicture.luma + TestPicture.luma)
    // Values of 16 bits that fit into 8.
    var wide = TestPicture()
    wide.quantization = [
      [0x10] + TestPicture.luma.flatMap { [0, $0] },
      [0x11] + TestPicture.chroma.flatMap { [0, $0] },
    ]
    #expect(try wide.inspect().frame.quantizationTables == expected)
    // Three tables, of which two are alike.
    var three = TestPicture()
    three.quantization.append([2] + TestPicture.chroma)
    three.components[2][2] = 2
    #expect(try three.inspect().frame.quantizationTables == expected)
    // A fourth that nothing refers to.
    var four = three
    four.quantization.append([3] + TestPicture.luma)
    #expect(try four.inspect().frame.quantizationTables == expected)
  }

  @Test("refuses tables that are missing, differ between Cb and Cr, or hold no 8-bit divisors")
  func refusesTables() {
    #expect(refusal(TestPicture(quantization: [])) != nil)
    #expect(refusal(TestPicture(quantization: [[0] + TestPicture.luma])) != nil)
    var three = TestPicture()
    three.quantization.append([2] + TestPicture.luma)
    three.components[2][2] = 2
    #expect(refusal(three)?.reason == "three quantisation tables, RTP carries two")
    for reference in [2, 4, 255] as [UInt8] {
      var picture = TestPicture()
      picture.components[1][2] = reference
      #expect(refusal(picture) != nil)
    }
    for (place, value) in [(0, 0), (1, 256)] as [(UInt8, UInt16)] {
      var picture = TestPicture()
      let values = [UInt16](repeating: 1, count: 63) + [value]
      picture.quantization[Int(place)] =
        [0x10 | place] + values.flatMap { [UInt8($0 >> 8), UInt8($0 & 0xFF)] }
      #expect(refusal(picture) != nil, "\(value)")
    }
  }

  @Test("carries every restart interval", arguments: [0, 1, 256, 65_535])
  func restart(interval: Int) throws {
    let picture = TestPicture(restart: [[UInt8(interval >> 8), UInt8(interval & 0xFF)]])
    #expect(try picture.inspect().frame.restartInterval == UInt16(interval))
  }

  @Test("carries a picture without Huffman tables, as webcams make them")
  func withoutHuffman() throws {
    let picture = TestPicture(huffman: [])
    #expect(try picture.inspect().scan.count == 5)
    var other = picture
    other.scanHeader[2] = 0x11
    #expect(refusal(other) != nil)
  }

  @Test("refuses Huffman tables that are not the standard ones, or only some of them")
  func refusesHuffman() {
    let standard = TestPicture.standardHuffman
    for index in [5, 22, 30, 60, 200, 250, 300, 431] {
      var bytes = standard
      bytes[index] = bytes[index] == 0 ? 1 : bytes[index] - 1
      #expect(refusal(TestPicture(huffman: bytes)) != nil, "byte \(index)")
    }
    // Segments of 33 and 183 bytes by turns.
    for range in [33..<432, 0..<33, 0..<216, 0..<249] {
      #expect(refusal(TestPicture(huffman: Array(standard[range]))) != nil, "\(range)")
    }
    // Luma coded with chroma's tables.
    #expect(refusal(TestPicture(scanHeader: [3, 1, 0x11, 2, 0x11, 3, 0x11, 0, 63, 0])) != nil)
  }

  @Test(
    "refuses scans that do not cover the whole picture in order",
    arguments: [
      [1, 1, 0x00, 0, 63, 0], [2, 1, 0x00, 2, 0x11, 0, 63, 0],
      [3, 2, 0x11, 1, 0x00, 3, 0x11, 0, 63, 0], [3, 1, 0x00, 2, 0x11, 4, 0x11, 0, 63, 0],
      [3, 1, 0x00, 2, 0x11, 3, 0x11, 1, 63, 0], [3, 1, 0x00, 2, 0x11, 3, 0x11, 0, 62, 0],
      [3, 1, 0x00, 2, 0x11, 3, 0x11, 0, 63, 1],
    ] as [[UInt8]])
  func refusesScans(header: [UInt8]) {
    #expect(refusal(TestPicture(scanHeader: header)) != nil)
  }

  @Test("refuses several scans")
  func refusesSeveralScans() {
    var picture = TestPicture()
    picture.end = TestPicture.segment(0xDA, picture.scanHeader) + [1, 0xFF, 0xD9]
    #expect(refusal(picture)?.reason == "several scans, not one")
  }

  @Test("refuses a picture without a frame header, a scan or data")
  func refusesEmpty() {
    let empty: [[UInt8]] = [
      [0xFF, 0xD8, 0xFF, 0xD9], TestPicture(scan: []).bytes, TestPicture(scan: [], end: []).bytes,
      [0xFF, 0xD8] + TestPicture.segment(0xDA, TestPicture().scanHeader) + [1, 0xFF, 0xD9],
    ]
    for bytes in empty {
      #expect(throws: JPEGError.self) { try TestPicture.inspect(bytes) }
    }
  }

  @Test("carries a picture whose end marker is missing")
  func withoutEnd() throws {
    let picture = TestPicture(end: [])
    let carriable = try picture.inspect()
    #expect(carriable.picture == 0..<picture.bytes.count)
    #expect(carriable.scan.count == 5)
  }

  @Test("survives damaged pictures")
  func survivesGarbage() {
    let seed: UInt64 = 2435
    var random = SplitMix64(seed: seed)
    let whole = TestPicture(
      restart: [[0, 1]], applications: TestPicture.segment(0xE0, [1, 2, 3])
    ).bytes
    var (carried, refused) = (0, 0)
    for round in 0..<10_000 {
      var bytes = whole
      for _ in 0...random.below(3) {
        bytes[random.below(bytes.count)] = random.below(3) == 0 ? 0xFF : random.bytes(1)[0]
      }
      if round % 4 == 0 { bytes.removeLast(random.below(bytes.count)) }
      do throws(JPEGError) {
        let carriable = try TestPicture.inspect(bytes)
        carried += 1
        if carriable.scan.isEmpty || carriable.picture.upperBound > bytes.count
          || carriable.scan.upperBound > carriable.picture.upperBound
          || carriable.frame.quantizationTables.count != 128
        {
          Issue.record("seed \(seed), round \(round)")
        }
      } catch { refused += 1 }
    }
    #expect(carried > 500 && refused > 5000, "seed \(seed)")
  }
}
