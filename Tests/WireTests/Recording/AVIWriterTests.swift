import Testing

@testable import Wire

@Suite("AVIWriter")
struct AVIWriterTests {
  /// What the caller does: a file as it is after each flush.
  private struct File {
    var writer: AVIWriter
    var bytes: [UInt8] = []
    var flushes = 0

    init(rate: FrameRate = .standard) {
      writer = AVIWriter(width: 16, height: 16, rate: rate)
    }

    mutating func flush() {
      if let output = writer.flush() { take(output) }
    }

    mutating func take(_ output: AVIWriter.Output) {
      #expect(output.offset == bytes.count)
      bytes += output.pieces.joined()
      bytes.replaceSubrange(..<output.head.count, with: output.head)
      flushes += 1
      #expect(bytes.count == writer.size && writer.waitingBytes == 0)
    }

    mutating func finish() { take(writer.finish()) }
  }

  private static func picture(_ number: Int) -> [UInt8] {
    TestPicture(scan: TestPicture.randomScan(40 + number % 7, seed: UInt64(number))).bytes
  }

  /// The pictures that the catalog finds, and the rate; large files are those from `indexed` on.
  private static func read(
    _ bytes: [UInt8], indexed: Int = .max
  ) throws -> (pictures: [[UInt8]], index: MotionJPEGIndex) {
    var scanner = MotionJPEGScanner(
      size: bytes.count, named: "x.avi", windowBytes: 4096, indexedBytes: indexed)
    while let wanted = scanner.wanted {
      let part = Array(bytes[wanted])
      try scanner.take(part.span)
    }
    return (
      scanner.index.entries.map { Array(bytes[$0.offset..<$0.offset + $0.length]) }, scanner.index
    )
  }

  @Test("what was appended is read again, by walking and by the index", arguments: [.max, 0])
  func roundTrip(indexed: Int) throws {
    let pictures = (0..<100).map { Self.picture($0) }
    var file = File(rate: try #require(FrameRate(30_000, 1001)))
    for (number, picture) in pictures.enumerated() {
      file.writer.append(picture)
      if number % 9 == 8 { file.flush() }
    }
    file.finish()
    let (read, index) = try Self.read(file.bytes, indexed: indexed)
    #expect(read == pictures && index.container == "AVI")
    #expect(index.rate == FrameRate(30_000, 1001))
    #expect(file.writer.frameCount == 100)
  }

  @Test("a picture is shown for longer by an empty chunk", arguments: [.max, 0])
  func repeats(indexed: Int) throws {
    var file = File()
    for number in 0..<10 {
      file.writer.append(Self.picture(number))
      for _ in 0..<number { file.writer.repeatPicture() }
      file.flush()
    }
    file.finish()
    let (read, _) = try Self.read(file.bytes, indexed: indexed)
    let shown = (0..<10).flatMap { number in (0...number).map { _ in Self.picture(number) } }
    #expect(read == shown && file.writer.frameCount == 55)
  }

  @Test("after each flush the file is whole, has an index, and its sizes are right")
  func flushes() throws {
    var file = File()
    for number in 0..<300 {
      file.writer.append(Self.picture(number))
      file.writer.append(Self.picture(number + 1000))
      file.flush()
      #expect(file.writer.flush() == nil)
      let riff = RIFFChunk(file.bytes.span, at: 0)
      #expect(riff.data + riff.size == file.bytes.count)
      let movie = RIFFChunk(file.bytes.span, at: AVIWriter.headLength - 12)
      #expect(movie.data + movie.size == file.bytes.count)
      guard number % 30 == 29 || number == 63 || number == 64 else { continue }
      let expected = (0...number).flatMap { [Self.picture($0), Self.picture($0 + 1000)] }
      for indexed in [Int.max, 0] {
        #expect(try Self.read(file.bytes, indexed: indexed).pictures == expected)
      }
    }
    // Four places of 64 flushes each, and one for each flush since.
    let head = file.bytes
    let start = try #require(head.firstRange(of: Array("indx".utf8))).lowerBound
    #expect(head.span.littleEndian32(at: start + 12) == 4 + 300 - 4 * 64)
  }

  @Test("cut anywhere, and with a head that is older, every whole picture is still there")
  func cuts() throws {
    let pictures = (0..<40).map { Self.picture($0) }
    var file = File()
    // The file's length after each picture, with the head as it was then.
    var states: [(head: [UInt8], flushed: Int)] = []
    var ends: [Int] = []
    for (number, picture) in pictures.enumerated() {
      file.writer.append(picture)
      ends.append(file.writer.size)
      if number % 5 == 4 {
        file.flush()
        states.append((Array(file.bytes[..<AVIWriter.headLength]), file.bytes.count))
      }
    }
    for (number, (old, new)) in zip(states, states.dropFirst()).enumerated() {
      // At every byte between two flushes, then more coarsely.
      for length in stride(from: old.flushed, through: new.flushed, by: number == 0 ? 1 : 31) {
        let cut = old.head + file.bytes[AVIWriter.headLength..<length]
        let read = try Self.read(cut, indexed: .max).pictures
        let whole = ends.count { $0 <= length }
        #expect(read.count == whole || read.count == whole + 1, "\(length)")
        #expect(Array(read.prefix(whole)) == Array(pictures[..<whole]), "\(length)")
        // By its index, at least what was flushed.
        let flushed = ends.count { $0 <= old.flushed }
        #expect(
          try Self.read(cut, indexed: 0).pictures.starts(with: pictures[..<flushed]), "\(length)")
      }
    }
  }

  @Test("a file says when it is full, by its size and by its index")
  func full() {
    var writer = AVIWriter(width: 16, height: 16, rate: .standard)
    #expect(!writer.isFull)
    var flushes = 0
    while !writer.isFull {
      writer.repeatPicture()
      _ = writer.flush()
      flushes += 1
    }
    // Eight hours of two a second.
    #expect(flushes > 8 * 3600 * 2 && writer.size < 20_000_000)
    // Whoever does not look at that gets a file all the same.
    for _ in 0..<5000 {
      writer.repeatPicture()
      _ = writer.flush()
    }
    #expect(writer.finish().head.count == AVIWriter.headLength)
    var large = AVIWriter(width: 16, height: 16, rate: .standard)
    let picture = [UInt8](repeating: 1, count: 64 << 20)
    for _ in 0..<29 { large.append(picture) }
    #expect(!large.isFull)
    large.append(picture)
    #expect(large.isFull)
  }
}
