/// The index that an AVI file carries behind its pictures: `idx1`, or OpenDML's `ix##` chunks, of
/// which `indx` tells. It saves reading a large file. It is believed when a few of its entries
/// prove to be right; a file without one, or with a wrong one, is walked.
///
/// Like ``MotionJPEGScanner`` it says which bytes it wants to see.
struct AVIIndex: Sendable {
  /// Where to look for it.
  struct Place: Equatable, Sendable {
    /// The chunks that hold pictures.
    var identifiers: [FourCC]
    /// The `ix##` chunks; empty where there are none.
    var chunks: [Range<Int>]
    /// The pictures' list, from its kind on.
    var movie: Range<Int>
    /// Where the first RIFF segment ends by its header; `idx1` speaks of that one only.
    var firstSegment: Int
  }

  /// The bytes to be seen next; nil when it is decided.
  private(set) var wanted: Range<Int>?
  /// The pictures; nil while it is not decided, and where there is no index to be believed.
  var entries: [MotionJPEGIndex.Entry]? { isProved ? found : nil }

  private let place: Place
  private let size: Int
  private var stage = Stage.header
  private var found: [MotionJPEGIndex.Entry] = []
  private var isProved = false
  /// `idx1` counts from the list's kind, or from the file's beginning.
  private var otherOrigin: [MotionJPEGIndex.Entry]?
  private var samples: [Int] = []

  private enum Stage {
    /// The header of `idx1`.
    case header
    /// What is in it.
    case old
    /// An `ix##` chunk of those in the place.
    case standard(Int)
    /// A chunk that an entry speaks of.
    case sample
  }

  /// A day at 60 frames a second takes 83 MB.
  private static let bytesMax = 128 << 20
  private static let samplesMax = 8

  /// An index of a file of `size` bytes.
  init(_ place: Place, size: Int) {
    self.place = place
    self.size = size
    if !place.chunks.isEmpty {
      // However many there are, and whether or not they are all the same one.
      let total = place.chunks.reduce(0) { $0 + $1.count }
      if total <= Self.bytesMax { want(standard: 0) }
    } else if place.firstSegment + 16 >= size {
      // A list's length is even in the file.
      let header = place.movie.upperBound + place.movie.count % 2
      want(header..<header + RIFFChunk.headerLength, .header)
    }
  }

  /// Takes what was wanted.
  mutating func take(_ bytes: Span<UInt8>) {
    guard let range = wanted, bytes.count == range.count else { return fail() }
    wanted = nil
    switch stage {
    case .header:
      let chunk = RIFFChunk(bytes, at: 0)
      guard chunk.identifier == "idx1" else { return }
      want(range.upperBound..<range.upperBound + chunk.size, .old)
    case .old: takeOld(bytes)
    case .standard(let number):
      guard takeStandard(bytes) else { return fail() }
      if number + 1 < place.chunks.count { want(standard: number + 1) } else { prove() }
    case .sample: takeSample(bytes)
    }
  }

  private mutating func want(_ range: Range<Int>, _ stage: Stage) {
    guard range.upperBound <= size, range.count <= Self.bytesMax, !range.isEmpty else {
      return fail()
    }
    self.stage = stage
    wanted = range
  }

  private mutating func want(standard number: Int) {
    want(place.chunks[number], .standard(number))
  }

  private mutating func fail() {
    wanted = nil
    found = []
  }

  // MARK: Both kinds

  /// Sixteen bytes an entry: identifier, flags, offset of the chunk, length.
  private mutating func takeOld(_ bytes: Span<UInt8>) {
    var absolute: [MotionJPEGIndex.Entry] = []
    var position = 0
    while bytes.count - position >= 16 {
      defer { position += 16 }
      guard place.identifiers.contains(FourCC(bytes, at: position)) else { continue }
      let offset = Int(bytes.littleEndian32(at: position + 8)) + RIFFChunk.headerLength
      let length = Int(bytes.littleEndian32(at: position + 12))
      append(place.movie.lowerBound + offset, length, to: &found)
      append(offset, length, to: &absolute)
    }
    otherOrigin = absolute
    prove()
  }

  /// Eight bytes an entry: offset of the data from a base, length with a flag in its highest bit.
  private mutating func takeStandard(_ bytes: Span<UInt8>) -> Bool {
    guard bytes.count >= 32, bytes.littleEndian16(at: 8) == 2, bytes[11] == 1,
      place.identifiers.contains(FourCC(bytes, at: 16)), bytes.littleEndian32(at: 24) < 1 << 30
    else { return false }
    let count = Int(bytes.littleEndian32(at: 12))
    guard count <= (bytes.count - 32) / 8 else { return false }
    let base = Int(bytes.littleEndian32(at: 20)) + Int(bytes.littleEndian32(at: 24)) << 32
    for number in 0..<count {
      let position = 32 + 8 * number
      append(
        base + Int(bytes.littleEndian32(at: position)),
        Int(bytes.littleEndian32(at: position + 4) & 0x7FFF_FFFF), to: &found)
    }
    return true
  }

  /// An empty chunk shows the previous picture once more.
  private func append(
    _ offset: Int, _ length: Int, to entries: inout [MotionJPEGIndex.Entry]
  ) {
    if length > 0 {
      entries.append(MotionJPEGIndex.Entry(offset: offset, length: length))
    } else if let last = entries.last {
      entries.append(last)
    }
  }

  /// The `ix##` chunks that a stream's `indx` names; none when it is of another kind.
  static func chunks(superIndex bytes: Span<UInt8>) -> [Range<Int>] {
    guard bytes.count >= 24, bytes.littleEndian16(at: 0) == 4, bytes[3] == 0 else { return [] }
    let count = Int(bytes.littleEndian32(at: 4))
    guard count <= (bytes.count - 24) / 16 else { return [] }
    var chunks: [Range<Int>] = []
    for number in 0..<count {
      let position = 24 + 16 * number
      guard bytes.littleEndian32(at: position + 4) < 1 << 30 else { return [] }
      let offset =
        Int(bytes.littleEndian32(at: position)) + Int(bytes.littleEndian32(at: position + 4)) << 32
      chunks.append(offset..<offset + Int(bytes.littleEndian32(at: position + 8)))
    }
    return chunks
  }

  // MARK: Proof

  private mutating func prove() {
    guard !found.isEmpty, found.count <= MotionJPEGIndex.entriesMax, areInOrder else {
      return fail()
    }
    let last = found.count - 1
    samples = (0..<Self.samplesMax).map { last * $0 / (Self.samplesMax - 1) }
    wantSample()
  }

  private var areInOrder: Bool {
    var end = 0
    var previous: MotionJPEGIndex.Entry?
    for entry in found where entry != previous {
      guard entry.offset >= end, entry.length <= size - entry.offset else { return false }
      end = entry.offset + entry.length
      previous = entry
    }
    return true
  }

  private mutating func wantSample() {
    guard let sample = samples.last else {
      isProved = true
      return
    }
    let entry = found[sample]
    let start = entry.offset - RIFFChunk.headerLength
    guard start >= 0, entry.length >= 2 else { return fail() }
    want(start..<entry.offset + 2, .sample)
  }

  private mutating func takeSample(_ bytes: Span<UInt8>) {
    let chunk = RIFFChunk(bytes, at: 0)
    let isRight =
      place.identifiers.contains(chunk.identifier) && JPEGExtent.isPicture(bytes, at: chunk.data)
      && samples.last.map { found[$0].length } == chunk.size
    if isRight {
      samples.removeLast()
      wantSample()
    } else if let other = otherOrigin {
      (found, otherOrigin) = (other, nil)
      prove()
    } else {
      fail()
    }
  }
}

extension Span<UInt8> {
  /// The number at `offset` as RIFF writes them; the caller has checked that it is there.
  fileprivate func littleEndian16(at offset: Int) -> UInt16 { uint16(at: offset).byteSwapped }
}
