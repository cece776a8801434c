/// Finds the pictures of a stored `multipart/x-mixed-replace` stream (RFC 2046 §5.1), as
/// `curl http://camera/stream.mjpg >file` leaves it: with or without the response's header in
/// front, with or without lengths, with CRLF or bare LF.
///
/// A length is believed when a boundary or the end of the file follows it. Otherwise the picture's
/// own markers say how far it reaches; its data may well contain the boundary's text.
struct MultipartReader: ContainerReader {
  /// Two hyphens and the boundary.
  private let delimiter: [UInt8]
  var position = 0
  private var damage = DamagedStretch()

  /// Headers are much shorter; what is longer is none.
  private static let headerBytesMax = 4096
  /// RFC 2046 allows 70; some cameras put hyphens of their own in front.
  private static let delimiterBytesMax = 100

  /// What a part says of itself.
  private struct PartHeader {
    var contentLength: Int?
    var isPicture = false
    /// Behind the empty line.
    var end: Int
  }

  /// Looks for the first boundary in a file's first bytes: a line of two hyphens and more, then a
  /// part's header that speaks of a picture or a length. Nil when there is none.
  init?(head: Span<UInt8>) {
    var line = 0
    while line < head.count {
      let end = Self.endOfLine(head, from: line)
      if let delimiter = Self.delimiter(head, line..<end),
        let header = Self.header(head, from: Self.nextLine(head, after: end)),
        header.isPicture || header.contentLength != nil
      {
        self.delimiter = delimiter
        return
      }
      line = Self.nextLine(head, after: end)
    }
    return nil
  }

  mutating func next(in window: Span<UInt8>, beyond: Int) -> PictureLocation? {
    while true {
      let start = position
      guard let line = nextDelimiter(window) else { return nil }
      position = line
      guard let header = Self.header(window, from: line) else {
        // It may go on behind the window.
        if beyond > 0, window.count - line < Self.headerBytesMax {
          position = start
          return nil
        }
        continue
      }
      position = header.end
      guard JPEGExtent.isPicture(window, at: header.end) else {
        if beyond > 0, window.count - header.end < 2 {
          position = start
          return nil
        }
        // Parts that are no pictures are passed over.
        continue
      }
      guard let location = body(window, header, isLast: beyond == 0) else {
        position = start
        return nil
      }
      position = location.range.upperBound
      return location
    }
  }

  mutating func moved(by distance: Int) {
    position -= distance
    damage.moved(by: distance)
  }

  /// Nil when it goes on behind the window.
  private mutating func body(
    _ bytes: Span<UInt8>, _ header: PartHeader, isLast: Bool
  ) -> PictureLocation? {
    let start = header.end
    if let length = header.contentLength, length > 0, length <= bytes.count - start,
      isEndOfPart(bytes, at: start + length)
    {
      return PictureLocation(start..<start + length, isCut: false)
    }
    let extent = JPEGExtent(bytes, from: start)
    let isCut = extent.ending == .endOfBytes
    switch extent.ending {
    case .endOfImage: return PictureLocation(start..<extent.end, isCut: false)
    case .endOfBytes where !isLast: return nil
    case .nextPicture, .endOfBytes:
      // Without EOI the walk has gone on through the next part's header.
      let end = delimiter(bytes, start..<extent.end, isLast: true)
      return PictureLocation(start..<(end ?? extent.end), isCut: isCut && end == nil)
    case .malformed:
      var damage = damage
      let search = min(damage.resumption(behind: start, reach: extent.reach), extent.end)
      // The search begins with the byte behind.
      let end = delimiter(bytes, search - 1..<extent.end, isLast: false)
      if end == nil && !isLast { return nil }
      self.damage = damage
      return PictureLocation(start..<(end ?? extent.end), isCut: false)
    }
  }

  // MARK: Boundaries

  private func isEndOfPart(_ bytes: Span<UInt8>, at offset: Int) -> Bool {
    var position = offset
    while position < bytes.count, position - offset < 4, Self.isNewline(bytes[position]) {
      position += 1
    }
    return position == bytes.count || endOfDelimiter(bytes, at: position) != nil
  }

  /// Behind the line of a delimiter at `offset`; nil when there is none.
  private func endOfDelimiter(_ bytes: Span<UInt8>, at offset: Int) -> Int? {
    guard bytes.count - offset >= delimiter.count else { return nil }
    for index in delimiter.indices where bytes[offset + index] != delimiter[index] { return nil }
    var position = offset + delimiter.count
    // The last one has two hyphens more; files may have been put together of several streams.
    while position < bytes.count, !Self.isNewline(bytes[position]) {
      guard [0x20, 0x09, UInt8(ascii: "-")].contains(bytes[position]) else { return nil }
      position += 1
    }
    return Self.nextLine(bytes, after: position)
  }

  /// Behind the next delimiter's line: one that stands where the last part ended or begins a line.
  private mutating func nextDelimiter(_ bytes: Span<UInt8>) -> Int? {
    var candidate = position
    var line = position
    while candidate < bytes.count {
      if bytes[candidate] == delimiter[0],
        candidate == position || Self.isNewline(bytes[candidate - 1]),
        let end = endOfDelimiter(bytes, at: candidate)
      {
        return end
      }
      if Self.isNewline(bytes[candidate]) { line = candidate }
      candidate += 1
    }
    // A line that is not over may be one.
    position = line
    return nil
  }

  /// The end of a part's body before the first or the last delimiter in a range.
  private func delimiter(
    _ bytes: Span<UInt8>, _ range: Range<Int>, isLast: Bool
  ) -> Int? {
    let top = range.upperBound - delimiter.count
    var candidate = isLast ? top : range.lowerBound + 1
    while candidate > range.lowerBound, candidate <= top {
      if bytes[candidate] == delimiter[0], Self.isNewline(bytes[candidate - 1]),
        endOfDelimiter(bytes, at: candidate) != nil
      {
        let end = candidate - 1
        let isCRLF = bytes[end] == 0x0A && end > range.lowerBound && bytes[end - 1] == 0x0D
        return isCRLF ? end - 1 : end
      }
      candidate += isLast ? -1 : 1
    }
    return nil
  }

  private static func delimiter(_ bytes: Span<UInt8>, _ line: Range<Int>) -> [UInt8]? {
    var end = line.upperBound
    while end > line.lowerBound, bytes[end - 1] == 0x20 || bytes[end - 1] == 0x09 { end -= 1 }
    let text = bytes.array(line.lowerBound..<end)
    guard (3...delimiterBytesMax).contains(text.count), text.starts(with: "--".utf8),
      text.allSatisfy({ $0 >= 0x20 && $0 < 0x7F })
    else { return nil }
    return text
  }

  // MARK: Lines

  /// Reads header lines up to an empty one; nil when something else stands there.
  private static func header(_ bytes: Span<UInt8>, from start: Int) -> PartHeader? {
    var header = PartHeader(end: start)
    let limit = min(bytes.count, start + headerBytesMax)
    while header.end < limit {
      let end = endOfLine(bytes, from: header.end, limit: limit)
      let line = header.end..<end
      header.end = nextLine(bytes, after: end)
      if line.isEmpty { return header }
      // A boundary within a header ends it: no bytes are read twice, however many there are.
      guard bytes[line.lowerBound] != UInt8(ascii: "-") else { return nil }
      let text = String(decoding: bytes.array(line), as: UTF8.self)
      guard let colon = text.firstIndex(of: ":"), !text[..<colon].isEmpty,
        text[..<colon].utf8.allSatisfy(isToken)
      else { return nil }
      let value = trimmed(text[text.index(after: colon)...])
      if equalIgnoringCase(text[..<colon], "content-length") {
        header.contentLength = decimal(value, limit: 1 << 32)
      } else if equalIgnoringCase(text[..<colon], "content-type") {
        header.isPicture = value.lowercased().hasPrefix("image/")
      }
    }
    return nil
  }

  private static func isNewline(_ byte: UInt8) -> Bool { byte == 0x0A || byte == 0x0D }

  private static func endOfLine(
    _ bytes: Span<UInt8>, from start: Int, limit: Int = .max
  ) -> Int {
    var position = start
    while position < min(bytes.count, limit), !isNewline(bytes[position]) { position += 1 }
    return position
  }

  /// Behind CRLF, LF or CR at `end`.
  private static func nextLine(_ bytes: Span<UInt8>, after end: Int) -> Int {
    guard end < bytes.count else { return bytes.count }
    let isCRLF = bytes[end] == 0x0D && end + 1 < bytes.count && bytes[end + 1] == 0x0A
    return isCRLF ? end + 2 : end + 1
  }
}
