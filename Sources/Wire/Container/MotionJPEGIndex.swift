/// Where the pictures lie in a file of Motion-JPEG, and what they are, whatever container holds
/// them (``ContainerKind``).
public struct MotionJPEGIndex: Equatable, Sendable {
  /// One picture: where it lies in the file.
  public struct Entry: Equatable, Sendable {
    /// The offset of its SOI marker.
    public let offset: Int
    /// From SOI to behind EOI, or as far as the container says that it reaches.
    public let length: Int
  }

  /// In the order of the file. A picture that is shown several times in a row has so many entries.
  public private(set) var entries: [Entry] = []
  /// The first picture's size in pixels.
  public private(set) var width = 0
  /// The first picture's size in pixels.
  public private(set) var height = 0
  /// The longest picture, in bytes.
  public private(set) var longest = 0
  /// The file's own frame rate; nil for containers that carry none.
  public private(set) var rate: FrameRate?
  /// What has to be done to the pictures before RTP can carry them; empty for most files.
  public private(set) var changes: Set<JPEGNormalizer.Change> = []
  /// The container, in a word or two for people.
  public let container: String

  /// More pictures than a day at 60 a second has; each costs 16 bytes of memory.
  public static let entriesMax = 1 << 24
  /// All pictures together, if the file itself is not larger: entries that repeat a picture cost
  /// nothing in the file but as much as any other once it is played.
  public static let bytesMax = 1 << 30

  private var total = 0

  /// Indexes a whole file and checks that RTP can carry every picture of it.
  ///
  /// - Parameter name: what the file is called in advice on how to convert it.
  /// - Throws: the first fault, with its byte offset in the file.
  public init(_ bytes: Span<UInt8>, named name: String = "INPUT") throws(JPEGError) {
    guard bytes.count > 0 else { throw JPEGError(0, "the file is empty") }
    let kind = ContainerKind(bytes)
    container = kind.name
    switch kind {
    case .lengthPrefixed:
      var reader = LengthPrefixedReader()
      try read(bytes, with: &reader)
    case .concatenated:
      var reader = ConcatenatedReader()
      try read(bytes, with: &reader)
    case .avi:
      var reader = AVIReader(named: name)
      try read(bytes, with: &reader)
      rate = reader.rate
      foldRepetitions()
    case .multipart:
      let head = bytes.extracting(first: ContainerKind.headBytes)
      if var reader = MultipartReader(head: head) { try read(bytes, with: &reader) }
    case .foreign, .other, .unknown: break
    }
    guard !entries.isEmpty else {
      throw JPEGError(0, kind.refusal(named: name) ?? "there is no picture in the file")
    }
  }

  private mutating func read(
    _ bytes: Span<UInt8>, with reader: inout some ContainerReader
  ) throws(JPEGError) {
    var previous: (range: Range<Int>, picture: JPEGVerdict)?
    while let location = try reader.next(in: bytes) {
      let picture: JPEGVerdict
      let start = location.range.lowerBound
      do throws(JPEGError) {
        if let previous, previous.range == location.range {
          picture = previous.picture
        } else {
          picture = try JPEGVerdict(bytes.extracting(location.range), at: 0)
          previous = (location.range, picture)
        }
      } catch {
        // A recording that was cut off plays as far as it goes.
        if location.isCut, !entries.isEmpty { return }
        throw JPEGError(start + error.offset, error.reason)
      }
      try append(
        picture, Entry(offset: start, length: location.range.count),
        bytesMax: max(bytes.count, Self.bytesMax))
    }
  }

  /// FFmpeg, asked to put pictures into an AVI file as they are, writes twice the rate and repeats
  /// every picture. Where all are repeated alike, none is, and the rate is so much lower.
  private mutating func foldRepetitions() {
    guard let rate, !entries.isEmpty else { return }
    var lengths: [Int] = [1]
    for (entry, next) in zip(entries, entries.dropFirst()) {
      if entry == next { lengths[lengths.count - 1] += 1 } else { lengths.append(1) }
    }
    // The last one may have lost its repetitions.
    let factor = lengths.dropLast().reduce(0, Self.greatestCommonDivisor)
    guard factor > 1, lengths.last == 1 || (lengths.last ?? 1) % factor == 0,
      let slower = FrameRate(rate.numerator, rate.denominator * Int64(factor))
    else { return }
    var folded: [Entry] = []
    var position = 0
    for length in lengths {
      let count = (length + factor - 1) / factor
      folded += [Entry](repeating: entries[position], count: count)
      position += length
    }
    entries = folded
    self.rate = slower
  }

  private static func greatestCommonDivisor(_ a: Int, _ b: Int) -> Int {
    b == 0 ? a : greatestCommonDivisor(b, a % b)
  }

  private mutating func append(
    _ picture: JPEGVerdict, _ entry: Entry, bytesMax: Int
  ) throws(JPEGError) {
    guard picture.scanBytes <= JPEGPacketizer.scanBytesMax else {
      throw JPEGError(entry.offset, "a picture of more than 16 MB, RTP cannot carry it")
    }
    guard entries.count < Self.entriesMax else {
      throw JPEGError(entry.offset, "more than \(Self.entriesMax) pictures")
    }
    if entries.isEmpty { (width, height) = (picture.width, picture.height) }
    // Receivers get a large picture's size from the session description, once for all.
    if max(width, height, picture.width, picture.height) > RTPJPEGFrame.sideMax,
      (width, height) != (picture.width, picture.height)
    {
      throw JPEGError(
        entry.offset,
        "the size changes to \(picture.width)×\(picture.height), "
          + "which RTP cannot tell above \(RTPJPEGFrame.sideMax) pixels")
    }
    total += entry.length
    guard total <= bytesMax else {
      throw JPEGError(entry.offset, "pictures that are repeated until they make \(total) bytes")
    }
    changes.formUnion(picture.changes)
    longest = max(longest, entry.length)
    entries.append(entry)
  }
}

/// Finds the pictures of one kind of container, one after the other.
protocol ContainerReader {
  /// The next picture; nil behind the last one. What it is, is not looked into.
  ///
  /// - Throws: where the container contradicts itself.
  mutating func next(in bytes: Span<UInt8>) throws(JPEGError) -> PictureLocation?
}

/// Where a picture lies.
struct PictureLocation: Equatable {
  let range: Range<Int>
  /// The file ends within it.
  let isCut: Bool

  init(_ range: Range<Int>, isCut: Bool) {
    self.range = range
    self.isCut = isCut
  }
}
