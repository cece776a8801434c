/// Where the pictures lie in a file of Motion-JPEG, and what they are, whatever container holds
/// them (``ContainerKind``). ``MotionJPEGScanner`` makes it.
public struct MotionJPEGIndex: Equatable, Sendable {
  /// One picture: where it lies in the file.
  public struct Entry: Equatable, Sendable {
    /// The offset of its SOI marker.
    public let offset: Int
    /// From SOI to behind EOI, or as far as the container says that it reaches.
    public let length: Int

    /// Where its bytes are.
    public var range: Range<Int> { offset..<offset + length }

    /// Both fields.
    public init(offset: Int, length: Int) {
      self.offset = offset
      self.length = length
    }
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
  public internal(set) var rate: FrameRate?
  /// What has to be done to the pictures before RTP can carry them, as far as they have been looked
  /// into; empty for most files.
  public private(set) var changes: Set<JPEGNormalizer.Change> = []
  /// The container, in a word or two for people.
  public internal(set) var container = ""
  /// How many entries are known to hold no picture that RTP could carry. They keep their time;
  /// nothing is sent for them.
  public private(set) var damaged = 0
  /// What is wrong with the first of them, with its byte offset in the file.
  public private(set) var fault: JPEGError?
  /// What is wrong with the last picture where the file ends within it. It has no entry.
  public internal(set) var cutOff: JPEGError?

  /// More pictures than a day at 60 a second has; each costs 16 bytes of memory.
  public static let entriesMax = 1 << 24

  /// An empty one; ``add(_:)`` adds pictures that are files of their own.
  public init(container: String) { self.container = container }

  /// Adds a picture that is a whole file.
  public mutating func add(_ picture: Span<UInt8>) {
    let entry = Entry(offset: 0, length: picture.count)
    do throws(JPEGError) {
      append(try JPEGVerdict(picture, at: 0), entry)
    } catch {
      append(error, entry)
    }
  }

  /// Indexes a whole file and looks into every picture of it.
  ///
  /// - Parameter name: what the file is called in advice on how to convert it.
  /// - Throws: why nothing of it can be played, with the byte offset in the file.
  public init(_ bytes: Span<UInt8>, named name: String = "INPUT") throws(JPEGError) {
    var scanner = MotionJPEGScanner(size: bytes.count, named: name, windowBytes: bytes.count)
    while let wanted = scanner.wanted { try scanner.take(bytes.extracting(wanted)) }
    self = scanner.index
  }

  /// Nothing of it can be played.
  public var isHopeless: Bool { entries.count == damaged }

  // MARK: For the scanner

  /// Adds a picture that has been looked into.
  mutating func append(_ picture: JPEGVerdict, _ entry: Entry) {
    guard picture.scanBytes <= JPEGPacketizer.scanBytesMax else {
      return append(
        JPEGError(entry.offset, "a picture of more than 16 MB, RTP cannot carry it"), entry)
    }
    if isHopeless { (width, height) = (picture.width, picture.height) }
    // Receivers get a large picture's size from the session description, once for all.
    if max(width, height, picture.width, picture.height) > RTPJPEGFrame.sideMax,
      (width, height) != (picture.width, picture.height)
    {
      let reason =
        "the size changes to \(picture.width)×\(picture.height), "
        + "which RTP cannot tell above \(RTPJPEGFrame.sideMax) pixels"
      return append(JPEGError(entry.offset, reason), entry)
    }
    changes.formUnion(picture.changes)
    append(entry)
  }

  /// Adds one that cannot be played.
  mutating func append(_ fault: JPEGError, _ entry: Entry) {
    guard entries.count < Self.entriesMax else { return }
    damaged += 1
    if self.fault == nil { self.fault = fault }
    append(entry)
  }

  /// Adds one that has not been looked into. Beyond ``entriesMax`` the rest is left out.
  mutating func append(_ entry: Entry) {
    guard entries.count < Self.entriesMax else { return }
    longest = max(longest, entry.length)
    entries.append(entry)
  }

  /// FFmpeg, asked to put pictures into an AVI file as they are, writes twice the rate and repeats
  /// every picture. Where all are repeated alike, none is, and the rate is so much lower.
  mutating func foldRepetitions() {
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
    damaged = (damaged + factor - 1) / factor
    entries = folded
    self.rate = slower
  }

  private static func greatestCommonDivisor(_ a: Int, _ b: Int) -> Int {
    b == 0 ? a : greatestCommonDivisor(b, a % b)
  }
}
