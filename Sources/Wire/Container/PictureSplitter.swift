/// Splits a body that somebody sends into pictures as its bytes come: multipart (RFC 2046 §5.1),
/// with or without lengths, or JPEG pictures one after the other. Which of the two it is, the first
/// bytes say. What is buffered is one picture and one of its segments at most.
///
/// `feed(_:)` what arrives, and take items with `next()` until it returns nil. A picture is handed
/// out with its last byte. What is inside of it is not looked at.
public struct PictureSplitter: Sendable {
  /// What comes out.
  public enum Item: Equatable, Sendable {
    /// A picture, from SOI on.
    case picture([UInt8])
    /// Something stands where a picture has to be. What follows is read all the same.
    case broken
  }

  /// Why nothing more can be had of a body.
  public enum Fault: Error, Equatable, Sendable {
    /// A picture of more bytes than this.
    case tooLarge(Int)
    /// It begins with something else.
    case foreign
  }

  /// How pictures are told apart.
  public enum Form: Equatable, Sendable {
    // swift-format-ignore: AllPublicDeclarationsHaveDocumentation
    case multipart, concatenated
  }

  private enum State: Equatable {
    /// Nothing is known yet.
    case beginning
    /// Between the pictures of a concatenated body. To `picture`.
    case between
    /// On the way to the line that a part begins with. To `header`.
    case preamble
    /// In a part's header. To `part`, `picture` or `preamble`.
    case header
    /// The part is so long. To `preamble`.
    case part(Int)
    /// Bytes of a part that is no picture. To `preamble`.
    case other(Int)
    /// In a picture that says itself where it ends. To `between` or `preamble`.
    case picture(JPEGWalk)
  }

  /// Longer lines are neither a boundary (RFC 2046 §5.1.1) nor a field that is wanted.
  private static let lineBytesMax = 1024

  private let pictureBytesMax: Int
  private let declared: Form?
  private var form = Form.concatenated
  private var state = State.beginning
  private var buffer: [UInt8] = []
  /// Where the bytes that are not read yet begin in the buffer.
  private var start = 0
  /// How far the line at hand has been searched for its end.
  private var searched = 0
  /// The line at hand is too long to mean anything.
  private var isOverlong = false
  /// The line that parts begin with; empty before the first one.
  private var delimiter: [UInt8] = []
  private var length: Int?
  private var isPicture = true
  private var damage = DamagedStretch()

  /// A splitter at the beginning of a body.
  ///
  /// - Parameters:
  ///   - declared: what it is where its first bytes do not say so; nil refuses it then.
  ///   - pictureBytesMax: a larger picture ends the body.
  public init(declared: Form? = nil, pictureBytesMax: Int) {
    self.declared = declared
    self.pictureBytesMax = pictureBytesMax
  }

  /// Takes bytes as they arrive.
  public mutating func feed(_ bytes: Span<UInt8>) {
    if start > 0 {
      buffer.removeFirst(start)
      searched = max(0, searched - start)
      if case .picture(var walk) = state {
        walk.moved(by: start)
        state = .picture(walk)
      }
      damage.moved(by: start)
      start = 0
    }
    buffer.append(bytes, 0..<bytes.count)
  }

  /// The next item; nil when more bytes are needed.
  ///
  /// - Throws: when the body cannot go on.
  public mutating func next() throws(Fault) -> Item? {
    while true {
      switch state {
      case .beginning:
        guard try begin() else { return nil }
      case .between:
        guard findPicture() else { return nil }
      case .preamble, .header:
        guard try readLine() else { return nil }
      case .part(let length):
        guard let bytes = take(length) else { return nil }
        state = .preamble
        return JPEGExtent.isPicture(bytes.span, at: 0) ? .picture(bytes) : .broken
      case .other(let rest):
        let count = min(rest, buffer.count - start)
        skip(to: start + count)
        state = count == rest ? .preamble : .other(rest - count)
        if count < rest { return nil }
      case .picture(let walk):
        return try readPicture(walk)
      }
    }
  }

  /// The body has ended; returns `broken` where that was inside of a picture.
  public mutating func finish() -> Item? {
    defer { (state, start) = (.between, buffer.count) }
    switch state {
    case .picture, .part: return .broken
    case .beginning, .between, .preamble, .header, .other: return nil
    }
  }

  // MARK: The beginning

  /// Looks at the first bytes; false when there are too few.
  private mutating func begin() throws(Fault) -> Bool {
    let first = buffer[start...].drop { $0 == 0x0D || $0 == 0x0A }.prefix(7)
    // Empty lines are not gone through again.
    skip(to: first.startIndex)
    if let form = Self.form(Array(first)) {
      self.form = form
    } else {
      guard first.count == 7 else { return false }
      guard let declared else { throw .foreign }
      form = declared
    }
    restart()
    return true
  }

  private static func form(_ head: [UInt8]) -> Form? {
    if head.starts(with: "--".utf8) { return .multipart }
    if JPEGExtent.isPicture(head.span, at: 0) { return .concatenated }
    // A length in five digits before each picture is passed over like anything between them.
    let isPrefixed = head.prefix(5).allSatisfy { (0x30...0x39).contains($0) }
    return isPrefixed && JPEGExtent.isPicture(head.span, at: 5) ? .concatenated : nil
  }

  // MARK: Pictures

  private mutating func restart() {
    state = form == .multipart ? .preamble : .between
  }

  private mutating func findPicture() -> Bool {
    guard let picture = JPEGExtent.nextPicture(buffer.span, from: start) else {
      // The last two bytes may begin one.
      skip(to: max(start, buffer.count - 2))
      return false
    }
    skip(to: picture)
    state = .picture(JPEGWalk(from: picture))
    return true
  }

  private mutating func readPicture(_ walk: JPEGWalk) throws(Fault) -> Item? {
    var walk = walk
    let outcome = walk.advance(buffer.span)
    var end = walk.position
    if case .endOfImage(let position) = outcome { end = position }
    guard end - start <= pictureBytesMax else { throw .tooLarge(pictureBytesMax) }
    switch outcome {
    case .endOfImage:
      restart()
      return take(end - start).map(Item.picture)
    case .nextPicture(let next):
      skip(to: next)
      state = .picture(JPEGWalk(from: next))
      return .broken
    case .malformed:
      skip(to: min(damage.resumption(behind: start, reach: walk.position), buffer.count))
      restart()
      return .broken
    case .more:
      state = .picture(walk)
      return nil
    }
  }

  private mutating func take(_ count: Int) -> [UInt8]? {
    guard buffer.count - start >= count else { return nil }
    let bytes = Array(buffer[start..<start + count])
    skip(to: start + count)
    return bytes
  }

  private mutating func skip(to position: Int) {
    start = position
    searched = position
  }

  // MARK: Multipart

  /// Reads a line of a multipart body; false when its end is not there.
  private mutating func readLine() throws(Fault) -> Bool {
    guard let end = buffer[max(start, searched)...].firstIndex(of: 0x0A) else {
      searched = buffer.count
      if buffer.count - start > Self.lineBytesMax {
        isOverlong = true
        skip(to: buffer.count)
      }
      return false
    }
    var line = buffer[start..<end]
    let means = !isOverlong && line.count <= Self.lineBytesMax
    isOverlong = false
    if line.last == 0x0D { line = line.dropLast() }
    let text = means ? Array(line) : []
    skip(to: end + 1)
    if means { try read(text) }
    return true
  }

  private mutating func read(_ line: [UInt8]) throws(Fault) {
    if isDelimiter(line) {
      if delimiter.isEmpty {
        delimiter = Array(trimmed(String(decoding: line, as: UTF8.self)).utf8)
      }
      (length, isPicture) = (nil, true)
      state = .header
    } else if state == .header {
      if line.isEmpty { return try endHeader() }
      let parts = String(decoding: line, as: UTF8.self).split(at: ":", maxSplits: 1)
      guard parts.count == 2 else { return }
      if equalIgnoringCase(parts[0], "Content-Length") {
        length = decimal(trimmed(parts[1]))
      } else if equalIgnoringCase(parts[0], "Content-Type") {
        isPicture = trimmed(parts[1]).lowercased().hasPrefix("image/")
      }
    }
  }

  /// The first line of two hyphens and more, and from then on the same. The last one of all has two
  /// more, and a body may have been put together of several.
  private func isDelimiter(_ line: [UInt8]) -> Bool {
    guard !delimiter.isEmpty else { return line.count > 2 && line.starts(with: "--".utf8) }
    return line.starts(with: delimiter)
      && line.dropFirst(delimiter.count).allSatisfy { $0 == 0x2D || $0 == 0x20 || $0 == 0x09 }
  }

  private mutating func endHeader() throws(Fault) {
    switch (isPicture, length) {
    case (_, 0): state = .preamble
    case (true, let length?):
      guard length <= pictureBytesMax else { throw .tooLarge(pictureBytesMax) }
      state = .part(length)
    case (true, nil): state = .picture(JPEGWalk(from: start))
    case (false, let length?): state = .other(length)
    case (false, nil): state = .preamble
    }
  }
}

extension PictureSplitter.Form {
  /// What a media type, in lower case, declares; nil for one that says nothing of what it is.
  ///
  /// - Throws: `foreign` for one that neither form goes by.
  public static func declared(
    by contentType: String?
  ) throws(PictureSplitter.Fault) -> PictureSplitter.Form? {
    switch contentType {
    // The last one is what curl says of anything.
    case nil, "", "application/octet-stream", "application/x-www-form-urlencoded": return nil
    case "image/jpeg", "image/jpg", "video/x-motion-jpeg", "video/x-jpeg", "video/jpeg",
      "video/mjpeg", "video/x-mjpeg":
      return .concatenated
    case let type? where type.hasPrefix("multipart/"): return .multipart
    default: throw .foreign
    }
  }
}
