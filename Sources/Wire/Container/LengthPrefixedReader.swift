/// Finds the pictures of a file in which each is preceded by its length in five characters, as the
/// well-known course's film has it. That course's reader is `int(file.read(5))`, so whatever
/// Python takes for a number there is taken here: spaces around it, a plus sign, underscores.
struct LengthPrefixedReader: ContainerReader {
  var position = 0
  /// What is no frame may be a file of another kind; behind one it is a recording that was cut off.
  private var isFirst = true

  static let prefixLength = 5

  mutating func next(
    in window: Span<UInt8>, beyond: Int
  ) throws(JPEGError) -> PictureLocation? {
    let rest = window.count - position
    guard rest + beyond > 0 else { return nil }
    guard rest + beyond >= Self.prefixLength else {
      guard !isFirst else { throw JPEGError(position, "the file ends inside a frame's length") }
      if beyond == 0 { position = window.count }
      return nil
    }
    guard rest >= Self.prefixLength else { return nil }
    guard let length = Self.length(in: window, at: position) else {
      throw JPEGError(position, "a frame's length of five digits is expected here")
    }
    guard length > 0 else { throw JPEGError(position, "a frame of length 0") }
    let start = position + Self.prefixLength
    let there = window.count - start
    guard there + beyond >= length else {
      if !isFirst, beyond > 0 { return nil }
      guard !isFirst, let cut = Self.cut(window, from: start) else {
        throw JPEGError(
          position,
          "a frame of \(length) bytes of which only \(there + beyond) are in the file")
      }
      position = window.count
      return cut
    }
    guard there >= length else { return nil }
    let end = start + length
    if !Self.endsWithPicture(window, start..<end), Self.length(in: window, at: end) == nil {
      // Padded, or without its end, which is well; or the length is too short, since no other one
      // follows.
      let extent = JPEGExtent(window, from: start)
      guard extent.ending != .endOfImage || extent.end <= end else {
        throw JPEGError(position, "a frame of \(length) bytes whose picture is longer")
      }
    }
    position = end
    isFirst = false
    return PictureLocation(start..<end, isCut: false)
  }

  /// The file's last picture, of which the end is missing; nil where that is not so, and the length
  /// is wrong.
  private static func cut(_ window: Span<UInt8>, from start: Int) -> PictureLocation? {
    if start < window.count {
      switch JPEGExtent(window, from: start).ending {
      case .endOfImage, .nextPicture: return nil
      case .endOfBytes, .malformed: break
      }
    }
    return PictureLocation(start..<window.count, isCut: true)
  }

  private static func endsWithPicture(_ bytes: Span<UInt8>, _ frame: Range<Int>) -> Bool {
    frame.count >= 4 && bytes[frame.upperBound - 2] == JPEGMarker.prefix
      && bytes[frame.upperBound - 1] == JPEGMarker.endOfImage
  }

  /// What Python's `int()` makes of the five bytes at `offset`; nil for what it refuses and for
  /// anything with a minus sign.
  static func length(in bytes: Span<UInt8>, at offset: Int) -> Int? {
    guard bytes.count - offset >= prefixLength else { return nil }
    var (start, end) = (offset, offset + prefixLength)
    while start < end, isSpace(bytes[start]) { start += 1 }
    while end > start, isSpace(bytes[end - 1]) { end -= 1 }
    if start < end, bytes[start] == UInt8(ascii: "+") { start += 1 }
    var length = 0
    var followsDigit = false
    for index in start..<end {
      let byte = bytes[index]
      if byte >= 0x30 && byte <= 0x39 {
        length = length * 10 + Int(byte - 0x30)
        followsDigit = true
      } else {
        // One at a time, and only between two digits.
        guard byte == UInt8(ascii: "_"), followsDigit else { return nil }
        followsDigit = false
      }
    }
    return followsDigit ? length : nil
  }

  /// Space, tab, line feed, vertical tab, form feed, carriage return.
  private static func isSpace(_ byte: UInt8) -> Bool {
    byte == 0x20 || (byte >= 0x09 && byte <= 0x0D)
  }
}
