/// Finds the pictures of a file without having it in memory: it says which bytes it wants to see
/// next, and whoever can read the file hands them over.
///
///     var scanner = MotionJPEGScanner(size: size, named: name)
///     while let wanted = scanner.wanted { try scanner.take(read(wanted)) }
///     play(scanner.index)
///
/// A window is moved over the file; it grows where a picture does not fit. Every picture in it is
/// looked into. Of a large AVI file the index is read instead, if it can be believed: its pictures
/// have been looked into only as far as ``looked`` says.
public struct MotionJPEGScanner: Sendable {
  /// What has been found so far; complete when ``wanted`` is nil.
  public private(set) var index = MotionJPEGIndex(container: "")
  /// The bytes to be seen next; nil when it is done.
  public private(set) var wanted: Range<Int>?
  /// Whether what has been found so far can be played before the rest has been found.
  public private(set) var isInOrder = false

  private let size: Int
  private let name: String
  private let bounds: Bounds
  private var reader: (any ContainerReader)?
  private var avi: AVIIndex?
  /// Where the window goes on when the index cannot be believed.
  private var walk: Range<Int>?
  /// The last entry and what it was found to be, since AVI files repeat pictures.
  private var previous: (entry: MotionJPEGIndex.Entry, verdict: Result<JPEGVerdict, JPEGError>)?

  private struct Bounds: Sendable {
    /// The window's usual length.
    var window: Int
    /// Its greatest; a picture of which RTP can carry the data fits.
    var windowMax: Int
    /// AVI files of this size have their index read.
    var indexed: Int
  }

  /// How far behind a picture a reader looks to see that it is over.
  private static let margin = 8192

  /// A scan of a file.
  ///
  /// - Parameters:
  ///   - size: of the file, in bytes.
  ///   - name: what the file is called in advice on how to convert it.
  ///   - windowBytes: so much is seen at a time.
  ///   - indexedBytes: AVI files of this size and larger have their index read.
  public init(
    size: Int, named name: String, windowBytes: Int = 1 << 20, indexedBytes: Int = 64 << 20
  ) {
    self.size = size
    self.name = name
    let window = max(windowBytes, ContainerKind.headBytes)
    bounds = Bounds(window: window, windowMax: max(window, 32 << 20), indexed: indexedBytes)
    wanted = 0..<min(size, window)
  }

  /// How much of the file has been seen, from 0 to 1.
  public var progress: Double {
    wanted.map { Double($0.lowerBound) / Double(max(1, size)) } ?? 1
  }

  /// Takes what was wanted.
  ///
  /// - Throws: why nothing of the file can be played, with the byte offset in the file.
  public mutating func take(_ bytes: Span<UInt8>) throws(JPEGError) {
    guard let range = wanted else { return }
    guard bytes.count == range.count else {
      throw JPEGError(range.lowerBound + bytes.count, "the file ends here while it is being read")
    }
    if avi?.wanted != nil { return try takeIndex(bytes) }
    if reader == nil { try begin(bytes) }
    guard var reader else { return }
    self.reader = nil
    try look(bytes, range, &reader)
    self.reader = reader
    if let place = avi?.wanted { (walk, wanted) = (wanted, place) }
    if wanted == nil { try finish() }
  }

  private mutating func begin(_ bytes: Span<UInt8>) throws(JPEGError) {
    guard size > 0 else { throw JPEGError(0, "the file is empty") }
    let kind = ContainerKind(bytes)
    index.container = kind.name
    reader = kind.reader(head: bytes, named: name)
    isInOrder = kind != .avi
    guard reader != nil else {
      throw JPEGError(0, kind.refusal(named: name) ?? "there is no picture in the file")
    }
  }

  // MARK: The window

  /// Takes every picture that is whole in the window, and says where the next one has to lie.
  private mutating func look(
    _ bytes: Span<UInt8>, _ range: Range<Int>, _ reader: inout any ContainerReader
  ) throws(JPEGError) {
    let isLast = range.upperBound == size
    // One that is as large as it may be decides as if nothing followed.
    let isLargest = range.count >= bounds.windowMax
    while true {
      let before = reader
      let location = try next(bytes, range, &reader)
      guard let location else { break }
      if !isLast, location.range.upperBound > bytes.count - Self.margin,
        before.position > 0 || !isLargest
      {
        reader = before
        break
      }
      guard append(location, bytes, at: range.lowerBound) else {
        wanted = nil
        return
      }
      if avi == nil, size >= bounds.indexed, let place = (reader as? AVIReader)?.indexPlace {
        avi = AVIIndex(place, size: size)
        if avi?.wanted != nil { break }
      }
    }
    moveWindow(range, &reader)
  }

  private func next(
    _ bytes: Span<UInt8>, _ range: Range<Int>, _ reader: inout any ContainerReader
  ) throws(JPEGError) -> PictureLocation? {
    do throws(JPEGError) {
      let position = reader.position
      let beyond = size - range.upperBound
      let location = try reader.next(in: bytes, beyond: beyond)
      let isStuck = location == nil && reader.position == position
      guard isStuck, position == 0, range.count >= bounds.windowMax else { return location }
      return try reader.next(in: bytes, beyond: 0)
    } catch {
      throw error.moved(by: range.lowerBound)
    }
  }

  private mutating func moveWindow(_ range: Range<Int>, _ reader: inout any ContainerReader) {
    guard range.upperBound < size else {
      wanted = nil
      return
    }
    let distance = reader.position
    if distance > 0 {
      reader.moved(by: distance)
      let start = range.lowerBound + distance
      wanted = start < size ? start..<min(size, start + bounds.window) : nil
    } else if range.count < bounds.windowMax {
      wanted =
        range.lowerBound..<min(size, range.lowerBound + min(2 * range.count, bounds.windowMax))
    } else {
      wanted = nil
    }
  }

  // MARK: Pictures

  /// False when the file ends here.
  private mutating func append(
    _ location: PictureLocation, _ bytes: Span<UInt8>, at base: Int
  ) -> Bool {
    let range = location.range
    let entry = MotionJPEGIndex.Entry(offset: base + range.lowerBound, length: range.count)
    let verdict: Result<JPEGVerdict, JPEGError>
    if let previous, previous.entry == entry {
      verdict = previous.verdict
    } else {
      // One that is shown once more though it has been passed over.
      guard range.lowerBound >= 0, range.upperBound <= bytes.count else { return true }
      verdict = Self.judge(bytes.extracting(range))
      previous = (entry, verdict)
    }
    switch verdict {
    case .success(let picture): index.append(picture, entry)
    case .failure(let error):
      // A recording that was cut off plays as far as it goes.
      if location.isCut, !index.isHopeless {
        index.cutOff = error.moved(by: entry.offset)
        return false
      }
      index.append(error.moved(by: entry.offset), entry)
    }
    return true
  }

  private static func judge(_ picture: Span<UInt8>) -> Result<JPEGVerdict, JPEGError> {
    do throws(JPEGError) {
      return .success(try JPEGVerdict(picture, at: 0))
    } catch {
      return .failure(error)
    }
  }

  // MARK: The AVI's own index

  private mutating func takeIndex(_ bytes: Span<UInt8>) throws(JPEGError) {
    avi?.take(bytes)
    if let place = avi?.wanted {
      wanted = place
    } else if let entries = avi?.entries {
      // What has been looked into stays; the index begins with the same.
      let looked = index.entries.count
      for entry in entries.dropFirst(looked) { index.append(entry) }
      try finish()
    } else {
      // It cannot be believed: the walk goes on where it was.
      wanted = walk
      if wanted == nil { try finish() }
    }
  }

  private mutating func finish() throws(JPEGError) {
    wanted = nil
    if let avi = reader as? AVIReader {
      index.rate = avi.rate
      index.foldRepetitions()
    }
    guard !index.isHopeless else {
      throw index.fault ?? JPEGError(0, "there is no picture in the file")
    }
  }
}
