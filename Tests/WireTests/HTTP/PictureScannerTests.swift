import Testing

@testable import Wire

@Suite("PictureScanner")
struct PictureScannerTests {
  private func scan(
    _ form: PictureScanner.Form, _ reads: [[UInt8]], pictureBytesMax: Int = 1000
  ) throws -> (pictures: [[UInt8]], damaged: Int) {
    var scanner = PictureScanner(form, pictureBytesMax: pictureBytesMax)
    var pictures: [[UInt8]] = []
    for read in reads {
      var position = 0
      while let picture = try scanner.next(read.span, &position) { pictures.append(picture) }
      #expect(position == read.count)
    }
    return (pictures, scanner.damaged)
  }

  /// The same whole, in two parts, and byte by byte.
  private func expect(
    _ form: PictureScanner.Form, _ bytes: [UInt8], _ pictures: [[UInt8]], damaged: Int = 0,
    sourceLocation: SourceLocation = #_sourceLocation
  ) throws {
    let cuts =
      [[bytes], bytes.map { [$0] }]
      + bytes.indices.map { [Array(bytes[..<$0]), Array(bytes[$0...])] }
    for reads in cuts {
      let found = try scan(form, reads)
      #expect(found.pictures == pictures, "\(reads.count)", sourceLocation: sourceLocation)
      #expect(found.damaged == damaged, sourceLocation: sourceLocation)
    }
  }

  /// Small pictures, with line ends and almost the delimiter in the second one.
  private static let first: [UInt8] = [
    0xFF, 0xD8, 0xFF, 0xDA, 0x00, 0x03, 0x01, 0x0A, 0xFF, 0x00, 0xFF, 0xD9,
  ]
  private static let second: [UInt8] =
    [0xFF, 0xD8, 0xFF, 0xDA, 0x00, 0x02] + Array("\r\n\r\n--fram\n--frame3\r\n\n--".utf8)
    + [0xFF, 0xD9]

  private func part(_ picture: [UInt8], _ header: String, end: String = "\r\n") -> [UInt8] {
    Array("--frame\(end)\(header)\(end)\(end)".utf8) + picture + Array(end.utf8)
  }

  @Test("parts with lengths, with other headers, with bare line ends, in other letters")
  func lengths() throws {
    for end in ["\r\n", "\n"] {
      let body =
        part(Self.first, "Content-Type: image/jpeg\(end)Content-Length: 12", end: end)
        + part(Self.second, "content-length:\(Self.second.count)\(end)X-Timestamp: 1.5", end: end)
        + part(Self.first, "CONTENT-TYPE: IMAGE/JPEG\(end)Content-Length: 12", end: end)
      try expect(.multipart, body, [Self.first, Self.second, Self.first])
    }
  }

  @Test("parts without lengths end with their pictures, whatever is in those")
  func noLengths() throws {
    let body =
      part(Self.first, "Content-Type: image/jpeg") + part(Self.second, "Content-Type: image/jpeg")
      + part(Self.first, "Content-Type: image/jpeg") + Array("--frame--\r\n".utf8)
    try expect(.multipart, body, [Self.first, Self.second, Self.first])
  }

  @Test("a length is believed, also of what is no JPEG; no bytes are no picture")
  func believed() throws {
    let body =
      part([1, 2, 3], "Content-Type: image/jpeg\r\nContent-Length: 3")
      + part([], "Content-Type: image/jpeg\r\nContent-Length: 0") + part([4], "Content-Length: 1")
    try expect(.multipart, body, [[1, 2, 3], [4]])
  }

  @Test("parts that are no pictures are passed over, with their lengths and without")
  func others() throws {
    let body =
      part(Array("--frame\r\n".utf8), "Content-Type: text/plain\r\nContent-Length: 9")
      + part(Array("some\r\nwords".utf8), "Content-Type: text/plain")
      + part(Self.first, "Content-Type: image/jpeg")
    try expect(.multipart, body, [Self.first])
  }

  @Test("a damaged picture in a part without a length costs only itself")
  func damagedPart() throws {
    let body =
      part([0xFF, 0xD8, 0x00, 0x0A], "Content-Type: image/jpeg")
      + part(Self.first, "Content-Type: image/jpeg") + part([7], "Content-Type: image/jpeg")
      + part(Self.second, "Content-Type: image/jpeg")
    try expect(.multipart, body, [Self.first, Self.second], damaged: 2)
  }

  @Test("one picture after the other, with padding and text between them")
  func concatenated() throws {
    let body =
      [0, 0, 0xFF] + Self.first + Self.second + Array("text".utf8) + [0xFF, 0xD8, 0x01, 0xFF]
      + Self.first + [0xFF, 0xD8]
    try expect(.concatenated, body, [Self.first, Self.second, Self.first])
  }

  @Test("a picture that is cut off is found out by the next one, and that one is not lost")
  func cutOff() throws {
    let cut = Array(Self.second.dropLast(2))
    try expect(.concatenated, cut + Self.first, [Self.first], damaged: 1)
    try expect(
      .concatenated, [0xFF, 0xD8, 0xFF, 0xE0, 0, 1] + Self.first, [Self.first], damaged: 1)
  }

  @Test("a picture that is too large ends it, before it has cost its size")
  func oversize() throws {
    let large = [0xFF, 0xD8, 0xFF, 0xDA, 0, 2] + [UInt8](repeating: 1, count: 2000)
    let length = part([], "Content-Length: 1001")
    let huge = part([], "Content-Length: 99999999999")
    for (form, bytes) in [
      (PictureScanner.Form.concatenated, large), (.multipart, part(large, "X-A: 1")),
      (.multipart, length), (.multipart, huge),
    ] {
      for reads in [[bytes], bytes.map { [$0] }] {
        #expect(throws: PictureScanner.Oversize(bytesMax: 1000)) { try scan(form, reads) }
      }
    }
    #expect(
      try scan(.multipart, [part(Self.first, "Content-Length: 12")], pictureBytesMax: 12).pictures
        == [Self.first])
    #expect(throws: PictureScanner.Oversize.self) {
      try scan(.concatenated, [Self.first], pictureBytesMax: 11)
    }
  }

  @Test("what is no multipart at all has no pictures and gathers nothing")
  func garbage() throws {
    var random = SplitMix64(seed: 3)
    for form in [PictureScanner.Form.multipart, .concatenated] {
      for _ in 0..<200 { _ = try? scan(form, [random.bytes(500)]) }
    }
    try expect(.multipart, Array(String(repeating: "x: y\n", count: 50).utf8), [])
  }

  @Test(
    "the form is told by the media type",
    arguments: [
      ("multipart/x-mixed-replace", PictureScanner.Form.multipart), ("image/jpeg", .concatenated),
      ("video/x-motion-jpeg", .concatenated), ("application/octet-stream", .concatenated),
      ("text/html", nil), ("", nil), ("image/png", nil),
    ])
  func form(_ type: String, _ form: PictureScanner.Form?) {
    #expect(PictureScanner.Form(contentType: type) == form)
  }
}
