/// Where the pictures lie in a file of Motion-JPEG, and what they are. Two formats are known, told
/// apart by their first bytes: pictures each preceded by its length in five decimal digits, and
/// pictures one after the other.
public struct MotionJPEGIndex: Equatable, Sendable {
  /// One picture: where it lies in the file.
  public struct Entry: Equatable, Sendable {
    /// The offset of its SOI marker.
    public let offset: Int
    /// From SOI to behind EOI.
    public let length: Int
  }

  /// In the order of the file.
  public private(set) var entries: [Entry] = []
  /// The first picture's size in pixels.
  public private(set) var width = 0
  /// The first picture's size in pixels.
  public private(set) var height = 0
  /// The longest picture, in bytes.
  public private(set) var longest = 0

  /// More pictures than a day at 60 a second has; each costs 16 bytes of memory.
  public static let entriesMax = 1 << 24

  /// Whether the file's first bytes look like Motion-JPEG at all.
  public static func isLikely(_ head: Span<UInt8>) -> Bool {
    if isPicture(head, at: 0) { return true }
    return head.count >= prefixLength + 2 && length(in: head, at: 0) != nil
      && isPicture(head, at: prefixLength)
  }

  private static let prefixLength = 5

  /// Indexes a whole file and checks that RTP can carry every picture of it.
  ///
  /// - Throws: the first fault, with its byte offset in the file.
  public init(_ bytes: Span<UInt8>) throws(JPEGError) {
    guard bytes.count > 0 else { throw JPEGError(0, "the file is empty") }
    if Self.isPicture(bytes, at: 0) {
      try indexConcatenated(bytes)
    } else if Self.isDigit(bytes[0]) {
      try indexLengthPrefixed(bytes)
    } else {
      throw JPEGError(
        0,
        "neither a JPEG nor a length of five digits; convert it with: "
          + "ffmpeg -i INPUT -c:v mjpeg -huffman default -pix_fmt yuvj420p -f mjpeg OUTPUT.mjpeg")
    }
  }

  private mutating func indexLengthPrefixed(_ bytes: Span<UInt8>) throws(JPEGError) {
    var position = 0
    while position < bytes.count {
      guard bytes.count - position >= Self.prefixLength else {
        throw JPEGError(position, "the file ends inside a frame's length")
      }
      guard let length = Self.length(in: bytes, at: position) else {
        throw JPEGError(position, "a frame's length of five digits is expected here")
      }
      guard length > 0 else { throw JPEGError(position, "a frame of length 0") }
      let start = position + Self.prefixLength
      guard bytes.count - start >= length else {
        throw JPEGError(
          position,
          "a frame of \(length) bytes of which only \(bytes.count - start) are in the file")
      }
      let picture = try RTPJPEGFrame.inspect(bytes, at: start)
      guard picture.picture.upperBound <= start + length else {
        throw JPEGError(position, "a frame of \(length) bytes whose picture is longer")
      }
      try append(picture, Entry(offset: start, length: length))
      position = start + length
    }
  }

  private mutating func indexConcatenated(_ bytes: Span<UInt8>) throws(JPEGError) {
    var position = 0
    while let start = Self.nextPicture(bytes, from: position) {
      let picture = try RTPJPEGFrame.inspect(bytes, at: start)
      try append(picture, Entry(offset: start, length: picture.picture.count))
      position = picture.picture.upperBound
    }
  }

  private mutating func append(
    _ picture: RTPJPEGFrame.Carriable, _ entry: Entry
  ) throws(JPEGError) {
    guard picture.scan.count <= JPEGPacketizer.scanBytesMax else {
      throw JPEGError(entry.offset, "a picture of more than 16 MB, RTP cannot carry it")
    }
    guard entries.count < Self.entriesMax else {
      throw JPEGError(entry.offset, "more than \(Self.entriesMax) pictures")
    }
    if entries.isEmpty { (width, height) = (picture.frame.width, picture.frame.height) }
    // Receivers get a large picture's size from the session description, once for all.
    if max(width, height, picture.frame.width, picture.frame.height) > RTPJPEGFrame.sideMax,
      (width, height) != (picture.frame.width, picture.frame.height)
    {
      throw JPEGError(
        entry.offset,
        "the size changes to \(picture.frame.width)×\(picture.frame.height), "
          + "which RTP cannot tell above \(RTPJPEGFrame.sideMax) pixels")
    }
    longest = max(longest, entry.length)
    entries.append(entry)
  }

  /// The next SOI marker; whatever stands before it is passed over.
  private static func nextPicture(_ bytes: Span<UInt8>, from start: Int) -> Int? {
    var position = start
    while position + 1 < bytes.count {
      if isPicture(bytes, at: position) { return position }
      position += 1
    }
    return nil
  }

  private static func isPicture(_ bytes: Span<UInt8>, at offset: Int) -> Bool {
    bytes.count - offset >= 2 && bytes[offset] == JPEGMarker.prefix
      && bytes[offset + 1] == JPEGMarker.startOfImage
  }

  private static func length(in bytes: Span<UInt8>, at offset: Int) -> Int? {
    guard bytes.count - offset >= prefixLength else { return nil }
    var length = 0
    for index in offset..<offset + prefixLength {
      guard isDigit(bytes[index]) else { return nil }
      length = length * 10 + Int(bytes[index] - 0x30)
    }
    return length
  }

  private static func isDigit(_ byte: UInt8) -> Bool { byte >= 0x30 && byte <= 0x39 }
}
