import Testing

@testable import Wire

extension TestAVI {
  /// The chunk `idx1` for pictures that begin the list `movi`, counted from its kind.
  static func oldIndex(_ pictures: [[UInt8]], origin: Int = 4) -> [UInt8] {
    var (offset, entries): (Int, [UInt8]) = (origin, [])
    for picture in pictures {
      entries += Array("00dc".utf8) + word(16) + word(UInt32(offset)) + word(UInt32(picture.count))
      offset += 8 + picture.count + picture.count % 2
    }
    return chunk("idx1", entries)
  }
}

@Suite("AVIIndex")
struct AVIIndexTests {
  private static let pictures: [[UInt8]] = (0..<20).map { number in
    TestPicture(scan: TestPicture.randomScan(200 + number, seed: 3)).bytes
  }

  /// What an index makes of a file, and how many bytes it has looked at.
  private func read(
    _ place: AVIIndex.Place, _ bytes: [UInt8]
  ) -> (entries: [MotionJPEGIndex.Entry]?, read: Int) {
    var index = AVIIndex(place, size: bytes.count)
    var read = 0
    while let wanted = index.wanted {
      read += wanted.count
      let part = Array(bytes[wanted])
      index.take(part.span)
    }
    return (index.entries, read)
  }

  /// A list of pictures at offset 100, and where they are.
  private func movie() -> (bytes: [UInt8], entries: [MotionJPEGIndex.Entry], list: Range<Int>) {
    var bytes = [UInt8](repeating: 0, count: 100) + Array("movi".utf8)
    var entries: [MotionJPEGIndex.Entry] = []
    for picture in Self.pictures {
      entries.append(.init(offset: bytes.count + 8, length: picture.count))
      bytes += TestAVI.chunk("00dc", picture)
    }
    return (bytes, entries, 100..<bytes.count)
  }

  private func place(_ list: Range<Int>, size: Int, chunks: [Range<Int>] = []) -> AVIIndex.Place {
    AVIIndex.Place(
      identifiers: ["00dc", "00db"], chunks: chunks, movie: list, firstSegment: size)
  }

  @Test("offsets count from the list's kind or from the file's beginning")
  func origins() {
    let (bytes, entries, list) = movie()
    for origin in [4, 104] {
      let file = bytes + TestAVI.oldIndex(Self.pictures, origin: origin)
      #expect(read(place(list, size: file.count), file).entries == entries, "\(origin)")
    }
  }

  @Test("an empty chunk shows the picture before it once more")
  func repetition() {
    let (bytes, entries, list) = movie()
    let empty = Array("00dc".utf8) + TestAVI.word(0) + TestAVI.word(4) + TestAVI.word(0)
    let old = TestAVI.oldIndex(Self.pictures)
    let file =
      bytes + TestAVI.chunk("idx1", Array(old[8..<24]) + empty + Array(old[24...]))
    #expect(read(place(list, size: file.count), file).entries == [entries[0]] + entries)
  }

  /// An `ix00` chunk of entries with their offsets from `base`.
  private func standardIndex(_ entries: [MotionJPEGIndex.Entry], base: Int) -> [UInt8] {
    var data: [UInt8] = [2, 0, 0, 1] + TestAVI.word(UInt32(entries.count)) + Array("00dc".utf8)
    data += TestAVI.word(UInt32(base)) + TestAVI.word(0) + TestAVI.word(0)
    for entry in entries {
      data += TestAVI.word(UInt32(entry.offset - base))
      // The highest bit says that it is no key frame.
      data += TestAVI.word(UInt32(entry.length) | (entry.offset % 3 == 0 ? 1 << 31 : 0))
    }
    return TestAVI.chunk("ix00", data)
  }

  @Test("OpenDML's indexes are put together")
  func openDML() {
    let (bytes, entries, list) = movie()
    let first = standardIndex(Array(entries[..<7]), base: 100)
    let second = standardIndex(Array(entries[7...]), base: entries[7].offset)
    let file = bytes + first + second
    let middle = bytes.count + first.count
    let chunks = [bytes.count..<middle, middle..<file.count]
    let (found, count) = read(place(list, size: 0, chunks: chunks), file)
    #expect(found == entries && count < first.count + second.count + 8 * 10 + 1)
    // The chunks are named by another one.
    var data: [UInt8] = [4, 0, 0, 0] + TestAVI.word(2) + Array("00dc".utf8)
    data += [UInt8](repeating: 0, count: 12)
    for chunk in chunks {
      data += TestAVI.word(UInt32(chunk.lowerBound)) + TestAVI.word(0)
      data += TestAVI.word(UInt32(chunk.count)) + TestAVI.word(7)
    }
    let named = AVIIndex.chunks(superIndex: data.span)
    #expect(named == chunks)
    for count in data.indices {
      let cut = Array(data[..<count])
      let named = AVIIndex.chunks(superIndex: cut.span)
      #expect(named == [])
    }
  }

  @Test("what is cut off, of another kind or beyond the file is not believed")
  func refusals() {
    let (bytes, entries, list) = movie()
    let right = standardIndex(entries, base: 0)
    for position in 8..<40 {
      var index = right
      index[position] ^= 0xFF
      let file = bytes + index
      let found = read(place(list, size: 0, chunks: [bytes.count..<file.count]), file).entries
      // Reserved bytes do not matter.
      #expect(found == ((28..<32).contains(position) || position == 10 ? entries : nil))
    }
    let file = bytes + right
    for chunk in [bytes.count..<file.count + 1, 0..<8, bytes.count..<file.count - 8] {
      #expect(read(place(list, size: 0, chunks: [chunk]), file).entries == nil)
    }
    let old = bytes + TestAVI.oldIndex(Self.pictures)
    #expect(read(place(list, size: old.count / 2), old).entries == nil)
  }

  @Test("an index that names the same part again and again is not read")
  func bounds() {
    let (bytes, entries, list) = movie()
    let file = bytes + standardIndex(entries, base: 0)
    let chunk = bytes.count..<file.count
    let count = (128 << 20) / chunk.count + 1
    let hostile = [Range<Int>](repeating: chunk, count: count)
    let (found, seen) = read(place(list, size: 0, chunks: hostile), file)
    #expect(found == nil && seen == 0)
  }
}
