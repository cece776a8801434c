/// Finds the pictures of an AVI file, OpenDML's further `RIFF AVIX` segments included, and its
/// frame rate.
///
/// The file is walked chunk by chunk. RIFF chunks and the lists that matter are entered without a
/// look at their sizes, which are zero or all ones where a recording was cut off. `idx1` and `ix##`
/// are passed over: they only say again what the walk finds, and are missing or wrong in just those
/// files; of a large file ``AVIIndex`` reads them instead of the pictures. What is no chunk is
/// passed over up to the next one that holds a picture.
struct AVIReader: ContainerReader {
  /// From the stream's header, else from the file's; nil when neither says anything sensible.
  var rate: FrameRate? { stream?.rate ?? fileRate }

  private let name: String
  var position = 0
  /// Where the file's own index is to be found; nil before the pictures begin.
  private(set) var indexPlace: AVIIndex.Place?
  private var streamCount = 0
  private var stream: Stream?
  /// The stream whose header is being read.
  private var candidate: Stream?
  /// The compression of the first video stream, to be named when there is none of ours.
  private var otherCompression: String?
  private var fileRate: FrameRate?
  private var isInMovie = false
  private var previous: Range<Int>?
  private var damage = DamagedStretch()
  /// How far the window has been moved.
  private var origin = 0
  /// The bytes of the file behind the window.
  private var beyond = 0
  /// The size that the file's first RIFF chunk has by its header.
  private var firstSegment = 0

  /// A video stream of Motion-JPEG.
  private struct Stream {
    var identifiers: [FourCC]
    var handler: FourCC
    var rate: FrameRate?
    /// Of the whole frame in pixels; 0 while unknown.
    var height = 0
    /// Where the parts of its index are (OpenDML); empty when it has none there.
    var indexChunks: [Range<Int>] = []
  }

  /// What FFmpeg takes for Motion-JPEG as well: the names that capture cards gave it.
  private static let motionJPEG: Set<FourCC> = [
    "MJPG", "AVRN", "DMB1", "JPEG", "MJPA", "ACDV", "QIVG", "SLMJ", "CJPG", "IJLV", "MVJP", "AVI1",
    "AVI2", "MTSJ", "ZJPG", "MMJP", "MSC2", "JR24", "IJPG",
  ]

  /// `name` is the file's, for the advice when it cannot be read.
  init(named name: String) { self.name = name }

  /// Whether a file begins like an AVI; some cameras end the form's name with another byte.
  static func isAVI(_ head: Span<UInt8>) -> Bool {
    head.count >= 12 && FourCC(head, at: 0) == "RIFF"
      && (FourCC(head, at: 8) == "AVI " || FourCC(head, at: 8) == "AVI\u{19}")
  }

  mutating func moved(by distance: Int) {
    position -= distance
    origin += distance
    previous = previous.map { $0.lowerBound - distance..<$0.upperBound - distance }
    damage.moved(by: distance)
  }

  mutating func next(
    in bytes: Span<UInt8>, beyond: Int
  ) throws(JPEGError) -> PictureLocation? {
    self.beyond = beyond
    while bytes.count - position >= RIFFChunk.headerLength {
      let chunk = RIFFChunk(bytes, at: position)
      if chunk.isList {
        guard try enter(chunk, bytes) else { return nil }
      } else if isInMovie, let stream, stream.identifiers.contains(chunk.identifier) {
        guard isThere(chunk, bytes) else { return nil }
        let start = position
        guard let location = try picture(chunk, bytes) else { continue }
        if location.isCut, beyond > 0 {
          position = start
          return nil
        }
        return location
      } else {
        if !isInMovie {
          if beyond > 0, chunk.size < Self.headerBytesMax, !chunk.isWhole(in: bytes) { return nil }
          read(chunk, bytes)
        }
        skip(chunk, bytes)
      }
    }
    if !isInMovie, beyond == 0 {
      throw JPEGError(bytes.count, "the AVI file ends before its pictures begin")
    }
    return nil
  }

  /// Whether as much of a picture's chunk is in the window as will ever be, and its first bytes.
  private func isThere(_ chunk: RIFFChunk, _ bytes: Span<UInt8>) -> Bool {
    let rest = bytes.count - chunk.data
    return beyond == 0 || (rest >= 2 && (chunk.size <= rest || chunk.size > rest + beyond))
  }

  /// Larger chunks in front of the pictures are padding.
  private static let headerBytesMax = 1 << 20

  // MARK: The walk

  /// False when its kind is not in the window.
  private mutating func enter(_ list: RIFFChunk, _ bytes: Span<UInt8>) throws(JPEGError) -> Bool {
    guard bytes.count - list.data >= 4 else {
      if beyond > 0 { return false }
      position = bytes.count
      return true
    }
    if list.identifier == "RIFF", origin + position == 0 { firstSegment = list.data + list.size }
    switch FourCC(bytes, at: list.data) {
    case "movi":
      try beginMovie(list)
      position = list.data + 4
    case "hdrl", "strl", "rec ":
      position = list.data + 4
    default:
      if list.identifier == "RIFF" { position = list.data + 4 } else { skip(list, bytes) }
    }
    return true
  }

  private mutating func beginMovie(_ list: RIFFChunk) throws(JPEGError) {
    finishStream()
    guard stream != nil else {
      let what =
        otherCompression.map { "the video in this AVI file is \($0), not Motion-JPEG" }
        ?? "this AVI file has no video stream"
      throw JPEGError(position, "\(what); convert it with: \(FFmpegCommand.convert(name))")
    }
    if let stream, !isInMovie {
      indexPlace = AVIIndex.Place(
        identifiers: stream.identifiers, chunks: stream.indexChunks,
        movie: origin + list.data..<origin + list.data + list.size, firstSegment: firstSegment)
    }
    isInMovie = true
  }

  /// Moves on behind a chunk and the byte that makes its length even, which some writers leave out.
  private mutating func skip(_ chunk: RIFFChunk, _ bytes: Span<UInt8>) {
    guard chunk.identifier.isPrintable, chunk.size <= bytes.count - chunk.data + beyond else {
      return resynchronize(bytes)
    }
    let end = chunk.data + chunk.size
    let padded = min(end + (chunk.size & 1), bytes.count + beyond)
    let isUnpadded = end < padded && !beginsChunk(bytes, at: padded) && beginsChunk(bytes, at: end)
    position = isUnpadded ? end : padded
  }

  private func beginsChunk(_ bytes: Span<UInt8>, at offset: Int) -> Bool {
    guard bytes.count - offset >= RIFFChunk.headerLength else {
      return offset == bytes.count + beyond
    }
    let identifier = FourCC(bytes, at: offset)
    return identifier.isPrintable && !identifier.isShifted
  }

  /// Finds the next chunk that holds a picture, or the next list of them.
  private mutating func resynchronize(_ bytes: Span<UInt8>) {
    position += 1
    while bytes.count - position >= 12 {
      let identifier = FourCC(bytes, at: position)
      if identifier == "LIST" || identifier == "RIFF" {
        let type = FourCC(bytes, at: position + 8)
        if type == "movi" || type == "AVIX" { return }
      } else if isInMovie, stream?.identifiers.contains(identifier) == true,
        JPEGExtent.isPicture(bytes, at: position + 8)
      {
        return
      }
      position += 1
    }
    // What follows the window may complete a header.
    if beyond == 0 { position = bytes.count }
  }

  // MARK: Headers

  private mutating func read(_ chunk: RIFFChunk, _ bytes: Span<UInt8>) {
    guard chunk.isWhole(in: bytes) else { return }
    switch chunk.identifier {
    case "avih" where chunk.size >= 4:
      fileRate = Self.rate(1_000_000, bytes.littleEndian32(at: chunk.data))
    case "strh":
      finishStream()
      streamCount += 1
      guard chunk.size >= 28, FourCC(bytes, at: chunk.data) == "vids", streamCount <= 100 else {
        return
      }
      let number = streamCount - 1
      let digits = "\(number / 10)\(number % 10)"
      candidate = Stream(
        identifiers: [FourCC(digits + "dc"), FourCC(digits + "db")],
        handler: FourCC(bytes, at: chunk.data + 4),
        rate: Self.rate(
          bytes.littleEndian32(at: chunk.data + 24), bytes.littleEndian32(at: chunk.data + 20)))
    case "strf" where chunk.size >= 20 && candidate != nil:
      // The compression decides; the handler is only asked where there is none.
      let compression = FourCC(bytes, at: chunk.data + 16)
      if compression.isPrintable { candidate?.handler = compression }
      // Negative where rows go upwards.
      let height = Int32(truncatingIfNeeded: bytes.littleEndian32(at: chunk.data + 8))
      candidate?.height = Int(height.magnitude)
    case "indx" where candidate != nil:
      candidate?.indexChunks = AVIIndex.chunks(
        superIndex: bytes.extracting(chunk.data..<chunk.data + chunk.size))
    default: break
    }
  }

  /// Takes the stream whose headers have been read if it is the first of Motion-JPEG.
  private mutating func finishStream() {
    guard let candidate else { return }
    self.candidate = nil
    if Self.motionJPEG.contains(candidate.handler.uppercased) {
      if stream == nil { stream = candidate }
    } else if otherCompression == nil {
      otherCompression = candidate.handler.text
    }
  }

  /// Frames per second as a fraction that can be reckoned with. Headers round as they like: periods
  /// in whole microseconds or hundreds of nanoseconds stand for 30 or 30000/1001.
  static func rate(_ numerator: UInt32, _ denominator: UInt32) -> FrameRate? {
    let (numerator, denominator) = (Int64(numerator), Int64(denominator))
    guard numerator > 0, denominator > 0 else { return nil }
    if let exact = FrameRate(numerator, denominator) { return exact }
    // A whole number, or one divided by 1.001. Factors have 32 bits and ten bits: no overflow.
    for (top, bottom): (Int64, Int64) in [(1, 1), (1000, 1001)] {
      let (product, unit) = (numerator * bottom, denominator * top)
      let count = (product + unit / 2) / unit
      let isNear = (product - count * unit).magnitude <= product.magnitude / 20_000
      if isNear, let near = FrameRate(count * top, bottom) { return near }
    }
    return FrameRate((numerator * 1000 + denominator / 2) / denominator, 1000)
  }

  // MARK: Pictures

  private mutating func picture(
    _ chunk: RIFFChunk, _ bytes: Span<UInt8>
  ) throws(JPEGError) -> PictureLocation? {
    let isPicture = JPEGExtent.isPicture(bytes, at: chunk.data)
    if chunk.size == 0, !isPicture {
      // Nothing has changed: the previous picture is shown once more.
      position = chunk.data
      return previous.map { PictureLocation($0, isCut: false) }
    }
    guard chunk.size == 0 || !chunk.isWhole(in: bytes) else {
      let range = chunk.data..<chunk.data + chunk.size
      if previous == nil { try refuseFields(range, bytes) }
      previous = range
      skip(chunk, bytes)
      return PictureLocation(range, isCut: false)
    }
    // The size was never written, or tells of more than there is.
    guard isPicture else {
      resynchronize(bytes)
      return nil
    }
    let extent = JPEGExtent(bytes, from: chunk.data)
    position = extent.end
    if extent.ending == .malformed {
      // A chunk may begin right there, and the search with the byte behind.
      position = min(damage.resumption(behind: chunk.data, reach: extent.reach), bytes.count) - 1
      resynchronize(bytes)
    }
    let range = chunk.data..<position
    previous = range
    return PictureLocation(range, isCut: extent.ending == .endOfBytes)
  }

  /// Interlaced video has two pictures of half the height in each chunk, or one in each with an
  /// `AVI1` segment that says which field it is. RFC 2435 could carry fields; players show them
  /// badly, so that they are better put together once. The first chunk speaks for the file.
  private func refuseFields(
    _ range: Range<Int>, _ bytes: Span<UInt8>
  ) throws(JPEGError) {
    let chunk = bytes.extracting(range)
    let extent = JPEGExtent(chunk, from: 0)
    let hasSecond =
      extent.ending == .nextPicture || JPEGExtent.nextPicture(chunk, from: extent.end) != nil
    let isField = Self.polarity(chunk) > 0 && Self.height(chunk) * 2 <= stream?.height ?? 0
    guard !hasSecond, !isField else {
      throw JPEGError(
        range.lowerBound,
        "interlaced Motion-JPEG, two fields to a frame; put them together with: "
          + FFmpegCommand.deinterlace(name))
    }
  }

  /// The byte of an `AVI1` application segment that is 0 in whole frames, 1 and 2 in fields.
  private static func polarity(_ picture: Span<UInt8>) -> UInt8 {
    let isMarked =
      picture.count > 10 && picture[2] == JPEGMarker.prefix && picture[3] == 0xE0
      && FourCC(picture, at: 6) == "AVI1"
    return isMarked ? picture[10] : 0
  }

  private static func height(_ picture: Span<UInt8>) -> Int {
    (try? JPEGImage(picture, at: 0))?.frame?.height ?? Int(UInt16.max)
  }
}
