import Testing

@testable import Wire

@Suite("MultipartReader")
struct MultipartReaderTests {
  private static let picture = TestPicture().bytes
  private static let other = TestPicture(scan: [1, 2, 3, 4, 5, 6, 7]).bytes

  /// A stored stream and where the pictures are in it.
  private struct Stored {
    var bytes: [UInt8] = []
    var ranges: [Range<Int>] = []

    /// - Parameter length: what Content-Length says; nil leaves the field out.
    mutating func add(
      _ picture: [UInt8], newline: String = "\r\n", length: Int?, delimiter: String = "--frame",
      fields: [String] = ["Content-Type: image/jpeg"], end: String? = nil
    ) {
      let fields = fields + (length.map { ["Content-Length: \($0)"] } ?? [])
      bytes += Array(([delimiter] + fields + ["", ""]).joined(separator: newline).utf8)
      ranges.append(bytes.count..<bytes.count + picture.count)
      bytes += picture + Array((end ?? newline).utf8)
    }
  }

  private func read(_ bytes: [UInt8]) -> [PictureLocation] {
    guard var reader = MultipartReader(head: bytes.span.extracting(first: 2048)) else { return [] }
    var locations: [PictureLocation] = []
    while let location = reader.next(in: bytes.span, beyond: 0) { locations.append(location) }
    return locations
  }

  private func expect(_ stored: Stored, sourceLocation: SourceLocation = #_sourceLocation) {
    let found = read(stored.bytes)
    #expect(found.map(\.range) == stored.ranges, sourceLocation: sourceLocation)
    let index = try? MotionJPEGIndex(stored.bytes.span)
    #expect(
      index?.entries.map(\.offset) == stored.ranges.map(\.lowerBound),
      sourceLocation: sourceLocation)
    #expect(index?.container == "multipart" && index?.rate == nil, sourceLocation: sourceLocation)
  }

  @Test(
    "finds parts with and without a length, with CRLF and with bare LF",
    arguments: ["\r\n", "\n"], [true, false])
  func parts(newline: String, hasLength: Bool) {
    var stored = Stored()
    for picture in [Self.picture, Self.other, Self.picture] {
      stored.add(picture, newline: newline, length: hasLength ? picture.count : nil)
    }
    expect(stored)
    // As a server ends it that can: with the closing boundary, and something behind it.
    stored.bytes += Array("--frame--\(newline)bye\(newline)".utf8)
    expect(stored)
  }

  @Test("finds parts behind a response's header, an empty line or a preamble")
  func preambles() {
    for preamble in [
      "\r\n", "\n\n", "This is a stream.\r\n\r\n",
      "HTTP/1.0 200 OK\r\nContent-Type: multipart/x-mixed-replace;boundary=frame\r\n\r\n",
    ] {
      var stored = Stored()
      stored.bytes = Array(preamble.utf8)
      stored.add(Self.picture, length: nil)
      stored.add(Self.other, length: Self.other.count)
      expect(stored)
    }
  }

  @Test("takes boundaries with blanks behind them, and none before them")
  func boundaries() {
    var stored = Stored()
    for picture in [Self.picture, Self.other] {
      stored.add(picture, length: nil, delimiter: "--boundary donot cross \t", end: "")
    }
    expect(stored)
  }

  @Test("a length that does not lead to a boundary is not believed")
  func wrongLengths() {
    for wrong in [0, 1, 10, Self.picture.count - 1, Self.picture.count + 9, 99_999_999] {
      var stored = Stored()
      for picture in [Self.picture, Self.picture, Self.other] {
        stored.add(picture, length: wrong)
      }
      expect(stored)
    }
    for text in ["-1", "x", "", "99999999999999999999", "1 2"] {
      var stored = Stored()
      let fields = ["Content-Type: image/jpeg", "Content-Length: \(text)"]
      stored.add(Self.picture, length: nil, fields: fields)
      stored.add(Self.other, length: nil, fields: fields)
      expect(stored)
    }
  }

  @Test("the boundary's text within a picture splits nothing")
  func boundaryWithin() {
    var picture = TestPicture()
    let text = Array("\r\n--frame\r\nContent-Type: image/jpeg\r\n\r\n".utf8)
    picture.applications = TestPicture.segment(0xFE, text + Self.picture)
    picture.scan = [1] + text + [2]
    for length in [nil, picture.bytes.count] {
      var stored = Stored()
      stored.add(picture.bytes, length: length)
      stored.add(picture.bytes, length: length)
      expect(stored)
    }
  }

  @Test("a picture without EOI ends before the boundary")
  func withoutEnd() {
    let open = Array(Self.picture.dropLast(2))
    for newline in ["\r\n", "\n"] {
      var stored = Stored()
      stored.add(open, newline: newline, length: nil)
      stored.add(open, newline: newline, length: nil)
      stored.bytes += Array("--frame--\(newline)".utf8)
      expect(stored)
    }
  }

  @Test("parts that are no pictures are passed over")
  func otherParts() {
    var stored = Stored()
    stored.add(Self.picture, length: nil)
    stored.add(Array("hello".utf8), length: 5, fields: ["Content-Type: text/plain"])
    stored.add(Self.other, length: nil, fields: ["Content-type: IMAGE/JPEG", "X-Time: 1"])
    stored.ranges.remove(at: 1)
    stored.bytes += Array("--frame\r\nno header\r\n--frame\r\n".utf8)
    expect(stored)
  }

  @Test("a stream that was cut off plays as far as it goes, however it was cut")
  func truncations() {
    var stored = Stored()
    stored.add(Self.picture, length: Self.picture.count)
    stored.add(Self.other, length: nil)
    let (first, second) = (stored.ranges[0], stored.ranges[1])
    let head = TestPicture().head.count
    for length in 0..<stored.bytes.count {
      let index = try? MotionJPEGIndex(Array(stored.bytes[..<length]).span)
      let hasFirst = length > first.lowerBound + head
      let hasSecond = length > second.lowerBound + head
      let count = (hasFirst ? 1 : 0) + (hasSecond ? 1 : 0)
      #expect((index?.entries.count ?? 0) == count, "cut to \(length)")
    }
  }

  @Test(
    "boundaries one after the other take no more time than they are long", .timeLimit(.minutes(1)))
  func boundariesOnly() {
    var stored = Stored()
    stored.add(Self.picture, length: nil, delimiter: "--a:")
    stored.bytes += [[UInt8]](repeating: Array("--a:\n".utf8), count: 100_000).flatMap { $0 }
    expect(stored)
  }

  @Test("survives damage")
  func survivesGarbage() {
    var stored = Stored()
    stored.add(Self.picture, length: Self.picture.count)
    stored.add(Self.other, length: nil)
    stored.add(Self.picture, length: 7)
    let seed: UInt64 = 21
    var random = SplitMix64(seed: seed)
    var (read, refused) = (0, 0)
    for round in 0..<3000 {
      var bytes = stored.bytes
      for _ in 0...random.below(4) {
        bytes[random.below(bytes.count)] = [0xFF, 0x2D, 0x0A, random.bytes(1)[0]][random.below(4)]
      }
      if random.below(4) == 0 { bytes.removeLast(random.below(bytes.count)) }
      guard let index = try? MotionJPEGIndex(bytes.span) else {
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
}
