/// Writes Motion-JPEG into an AVI file that is whole at any moment of its making: whoever writes it
/// may be killed, or the disk be full, and what was flushed before can be played and has an index.
///
///     RIFF AVI
///       LIST hdrl
///         avih
///         LIST strl: strh, strf, indx      indx tells where each ix00 is
///       LIST movi
///         00dc 00dc … ix00                 a flush: pictures, and where they are
///         00dc 00dc … ix00
///       idx1                               at the end alone, for players that know nothing else
///
/// A flush appends pictures with an `ix00` of them and then writes the head over, with the new
/// sizes, counts and places. Of 64 flushes the last one has an `ix00` of all of them, so that a
/// player that opens an hour's file looks at a hundred places and not at thousands.
///
/// Bytes go out and nothing else happens: the caller writes them.
public struct AVIWriter: Sendable {
  /// What is to be written: the pieces behind one another from ``offset`` on, then the head at the
  /// file's beginning, in place of the old one.
  public struct Output: Sendable {
    /// Where the pieces begin: how long the file is so far.
    public var offset: Int
    /// Pictures and what is between them.
    public var pieces: [[UInt8]]
    /// Sizes and counts as they are when the pieces are there.
    public var head: [UInt8]

    /// How many bytes the pieces have.
    public var count: Int { pieces.reduce(0) { $0 + $1.count } }
  }

  /// How many pictures are shown one after the other, repeated ones included.
  public var frameCount: Int { chunks.count }
  /// How long the file is when all that was appended is written.
  public private(set) var size: Int
  /// How much of it has not been handed over yet.
  public var waitingBytes: Int { size - flushed }
  /// Nothing more should be appended: sizes have 32 bits, some readers take one for a sign, and the
  /// index has a last place.
  public var isFull: Bool {
    size >= Self.sizeMax || placeCount >= Self.placesMax - 2 || chunks.count >= Self.framesMax
  }

  /// No more than this is appended before a flush and an end.
  public static let sizeMax = 2_000_000_000

  private let width: Int
  private let height: Int
  private let rate: FrameRate
  /// All chunks with pictures, for `idx1`.
  private var chunks: [Chunk] = []
  private var pieces: [[UInt8]] = []
  private var flushed: Int
  private var largest = 0
  /// From here on chunks are in no `ix00` yet.
  private var indexed = 0
  /// Where each `ix00` is, as `indx` has it.
  private var places: [UInt8] = []
  /// So many of those are for 64 flushes, up to chunk ``folded``.
  private var foldedPlaces = 0
  private var folded = 0

  private struct Chunk {
    /// Of the data in the file.
    var offset: UInt32
    var length: UInt32
  }

  private var placeCount: Int { places.count / Self.placeLength }

  private static let placesMax = 1024
  private static let placeLength = 16
  private static let fold = 64
  private static let framesMax = 1 << 22
  /// From the beginning of `indx` to its first place.
  private static let superIndexHead = 32
  /// `RIFF` and `hdrl` up to `indx`; `movi` with its kind.
  private static let beforeSuperIndex = 12 + 12 + 64 + 12 + 64 + 48
  private static let movieHead = 12
  static let headLength = beforeSuperIndex + superIndexHead + placeLength * placesMax + movieHead

  /// A file without pictures. All that are appended are to have this size.
  public init(width: Int, height: Int, rate: FrameRate) {
    (self.width, self.height, self.rate) = (width, height, rate)
    size = Self.headLength
    flushed = 0
  }

  /// Appends a picture.
  public mutating func append(_ jpeg: [UInt8]) {
    appendChunk(Self.videoChunk, jpeg)
    largest = max(largest, jpeg.count)
  }

  /// Shows the last picture once more: an empty chunk means that nothing has changed.
  public mutating func repeatPicture() { appendChunk(Self.videoChunk, []) }

  /// Hands over what was appended since the last time; nil when nothing was.
  public mutating func flush() -> Output? {
    guard indexed < chunks.count else { return nil }
    appendIndex()
    return output(hasOldIndex: false)
  }

  /// Hands over the rest, and the index at the end. Nothing may be appended any more.
  public mutating func finish() -> Output {
    if indexed < chunks.count { appendIndex() }
    let end = size
    var index: [UInt8] = []
    index.reserveCapacity(16 * chunks.count)
    for chunk in chunks {
      index += Self.videoChunk.utf8
      // A key frame; where its header is, counted from the list's kind.
      index.append(little32: 0x10)
      index.append(little32: Int(chunk.offset) - RIFFChunk.headerLength - (Self.headLength - 4))
      index.append(little32: Int(chunk.length))
    }
    appendPiece("idx1", index)
    return output(hasOldIndex: true, movieEnd: end)
  }

  // MARK: Chunks

  private static let videoChunk = "00dc"
  private static let indexChunk = "ix00"

  private mutating func appendChunk(_ name: String, _ data: [UInt8]) {
    chunks.append(
      Chunk(
        offset: UInt32(clamping: size + RIFFChunk.headerLength),
        length: UInt32(clamping: data.count)
      ))
    appendPiece(name, data)
  }

  /// A chunk's length is even in the file.
  private mutating func appendPiece(_ name: String, _ data: [UInt8]) {
    var header = Array(name.utf8)
    header.append(little32: data.count)
    pieces.append(header)
    if !data.isEmpty { pieces.append(data) }
    if data.count % 2 == 1 { pieces.append([0]) }
    size += header.count + data.count + data.count % 2
  }

  /// Appends an `ix00` of the chunks since the last one, or of those of 64 flushes.
  private mutating func appendIndex() {
    let isFolded = placeCount - foldedPlaces == Self.fold - 1
    let first = isFolded ? folded : indexed
    let (offset, frames) = (size, chunks.count - first)
    var index: [UInt8] = []
    index.reserveCapacity(24 + 8 * frames)
    // Two numbers an entry, of chunks, not of fields; offsets count from the file's beginning.
    index.append(little16: 2)
    index += [0, 1]
    index.append(little32: frames)
    index += Self.videoChunk.utf8
    index.append(little32: 0)
    index.append(little32: 0)
    index.append(little32: 0)
    for chunk in chunks[first...] {
      index.append(little32: Int(chunk.offset))
      index.append(little32: Int(chunk.length))
    }
    appendPiece(Self.indexChunk, index)
    if isFolded { places.removeSubrange((Self.placeLength * foldedPlaces)...) }
    places.append(little32: offset)
    places.append(little32: 0)
    places.append(little32: size - offset)
    places.append(little32: frames)
    indexed = chunks.count
    if isFolded { (foldedPlaces, folded) = (placeCount, chunks.count) }
  }

  private mutating func output(hasOldIndex: Bool, movieEnd: Int? = nil) -> Output {
    let head = head(hasOldIndex: hasOldIndex, movieEnd: movieEnd ?? size)
    defer { (flushed, pieces) = (size, []) }
    // The first time it is a piece like the others: a file without a head is nothing.
    guard flushed > 0 else { return Output(offset: 0, pieces: [head] + pieces, head: []) }
    return Output(offset: flushed, pieces: pieces, head: head)
  }

  // MARK: The head

  private func head(hasOldIndex: Bool, movieEnd: Int) -> [UInt8] {
    var head = Array("RIFF".utf8)
    head.reserveCapacity(Self.headLength)
    head.append(little32: size - 8)
    head += "AVI ".utf8
    let listLength = Self.headLength - Self.movieHead - 12 - 8
    head += "LIST".utf8
    head.append(little32: listLength)
    head += "hdrl".utf8
    appendMainHeader(to: &head, hasOldIndex: hasOldIndex)
    head += "LIST".utf8
    head.append(little32: listLength - 4 - 64 - 8)
    head += "strl".utf8
    appendStreamHeader(to: &head)
    appendFormat(to: &head)
    appendSuperIndex(to: &head)
    head += "LIST".utf8
    head.append(little32: movieEnd - (Self.headLength - 4))
    head += "movi".utf8
    return head
  }

  private func appendMainHeader(to head: inout [UInt8], hasOldIndex: Bool) {
    let period = (1_000_000 * rate.denominator + rate.numerator / 2) / rate.numerator
    head += "avih".utf8
    for number in [
      56, Int(period),
      // Bytes per second at most.
      min(largest * Int(rate.numerator / rate.denominator + 1), Int(Int32.max)), 0,
      // Whether there is an `idx1`.
      hasOldIndex ? 0x10 : 0, frameCount, 0, 1, largest, width, height, 0, 0, 0, 0,
    ] { head.append(little32: number) }
  }

  private func appendStreamHeader(to head: inout [UInt8]) {
    head += "strh".utf8
    head.append(little32: 56)
    head += "vidsMJPG".utf8
    for number in [
      0, 0, 0, Int(rate.denominator), Int(rate.numerator), 0, frameCount, largest,
      // No word of its quality, and chunks of all lengths.
      Int(UInt32.max), 0,
    ] { head.append(little32: number) }
    for number in [0, 0, width, height] { head.append(little16: number) }
  }

  private func appendFormat(to head: inout [UInt8]) {
    head += "strf".utf8
    for number in [40, 40, width, height] { head.append(little32: number) }
    head.append(little16: 1)
    head.append(little16: 24)
    head += "MJPG".utf8
    for number in [width * height * 3, 0, 0, 0, 0] { head.append(little32: number) }
  }

  private func appendSuperIndex(to head: inout [UInt8]) {
    head += "indx".utf8
    head.append(little32: Self.superIndexHead - 8 + Self.placeLength * Self.placesMax)
    // Four numbers of 32 bits a place; the index is one of indices.
    head.append(little16: 4)
    head += [0, 0]
    let places = places.prefix(Self.placeLength * Self.placesMax)
    head.append(little32: places.count / Self.placeLength)
    head += Self.videoChunk.utf8
    for _ in 0..<3 { head.append(little32: 0) }
    head += places
    head += [UInt8](repeating: 0, count: Self.placeLength * Self.placesMax - places.count)
  }
}

extension [UInt8] {
  /// Appends the low 16 bits in RIFF's order.
  fileprivate mutating func append(little16 value: Int) {
    append(UInt8(truncatingIfNeeded: value))
    append(UInt8(truncatingIfNeeded: value >> 8))
  }

  /// Appends the low 32 bits in RIFF's order.
  fileprivate mutating func append(little32 value: Int) {
    append(little16: value)
    append(little16: value >> 16)
  }
}
