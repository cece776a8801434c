/// Takes the pictures out of a body that need not end, as it comes in and however it is cut:
/// `multipart/x-mixed-replace` (RFC 2046 §5.1), or one JPEG after the other.
///
/// A part's length is believed. Without one, and without parts, the picture's own markers say where
/// it ends. What lies between pictures is passed over.
public struct PictureScanner: Sendable {
  /// How a body has its pictures.
  public enum Form: Sendable {
    // swift-format-ignore: AllPublicDeclarationsHaveDocumentation
    case multipart, concatenated

    /// By the media type, in lower case and without parameters; nil when it is none that has
    /// pictures.
    public init?(contentType: String) {
      switch contentType {
      case "image/jpeg", "image/jpg", "video/x-motion-jpeg", "video/x-mjpeg", "video/mjpeg",
        "video/x-jpeg", "application/octet-stream":
        self = .concatenated
      case _ where contentType.hasPrefix("multipart/"): self = .multipart
      default: return nil
      }
    }
  }

  /// A picture that is larger than permitted. The body is of no use after it.
  public struct Oversize: Error, Equatable, Sendable {
    // swift-format-ignore: AllPublicDeclarationsHaveDocumentation
    public let bytesMax: Int
  }

  private enum State {
    /// Between parts, or in a part's header.
    case header
    /// So many bytes of the part are to come.
    case body(Int)
    /// The part ends with its picture.
    case walk(JPEGWalk)
    /// The part ends with a line that is the delimiter; there is no picture in it.
    case rest
    /// Between pictures without parts: so many bytes of a beginning, FF D8 FF, are there.
    case gap(Int)
  }

  /// Pictures that were given up because their markers make no sense.
  public private(set) var damaged = 0

  private let form: Form
  private let pictureBytesMax: Int
  private var state: State
  private var picture: [UInt8] = []
  private var line: [UInt8] = []
  /// The line that parts begin with; empty before the first one.
  private var delimiter: [UInt8] = []
  private var part = Part()

  /// What the header at hand says.
  private struct Part {
    var hasHeader = false
    var isPicture = true
    var length: Int?
  }

  /// Longer lines say nothing that is wanted, and no boundary is longer (RFC 2046 §5.1.1).
  private static let lineBytesMax = 256
  /// What is set aside for a picture before its bytes are there.
  private static let reservedBytesMax = 1 << 20
  private static let beginning: [UInt8] = [
    JPEGMarker.prefix, JPEGMarker.startOfImage, JPEGMarker.prefix,
  ]

  /// A scanner at the beginning of a body.
  public init(_ form: Form, pictureBytesMax: Int = 16 << 20) {
    self.form = form
    self.pictureBytesMax = pictureBytesMax
    state = form == .multipart ? .header : .gap(0)
  }

  /// Goes through a read from `position` on, which is moved, to the end of the next picture; nil
  /// when the read ends before that.
  public mutating func next(
    _ bytes: Span<UInt8>, _ position: inout Int
  ) throws(Oversize) -> [UInt8]? {
    while position < bytes.count {
      switch state {
      case .header, .rest:
        let byte = bytes[position]
        position += 1
        if byte == 0x0A {
          try endLine()
        } else if line.count < Self.lineBytesMax {
          line.append(byte)
        }
      case .body(let rest):
        let count = min(rest, bytes.count - position)
        if part.isPicture { append(bytes, position..<position + count) }
        position += count
        state = .body(rest - count)
        if count == rest, let picture = finish() { return picture }
      case .walk(let walk):
        if let picture = try goOn(walk, bytes, &position) { return picture }
      case .gap(let matched):
        let byte = bytes[position]
        position += 1
        if byte == Self.beginning[matched] {
          state = .gap(matched + 1)
          if matched + 1 == Self.beginning.count { begin() }
        } else {
          state = .gap(byte == Self.beginning[0] ? 1 : 0)
        }
      }
    }
    return nil
  }

  // MARK: Pictures

  /// The beginning of a picture has been found.
  private mutating func begin() {
    picture = Self.beginning
    var (walk, position) = (JPEGWalk(), 0)
    _ = walk.take(Self.beginning.span, &position)
    state = .walk(walk)
  }

  private mutating func goOn(
    _ walk: JPEGWalk, _ bytes: Span<UInt8>, _ position: inout Int
  ) throws(Oversize) -> [UInt8]? {
    var walk = walk
    let start = position
    let outcome = walk.take(bytes, &position)
    guard picture.count + position - start <= pictureBytesMax else {
      throw Oversize(bytesMax: pictureBytesMax)
    }
    append(bytes, start..<position)
    switch outcome {
    case .more: state = .walk(walk)
    case .ended: return finish()
    case .malformed:
      damaged += 1
      let endsWithPrefix = picture.last == JPEGMarker.prefix
      picture = []
      part = Part()
      // The next picture may have begun in this one.
      state = form == .multipart ? .rest : .gap(endsWithPrefix ? 1 : 0)
    }
    return nil
  }

  private mutating func append(_ bytes: Span<UInt8>, _ range: Range<Int>) {
    for index in range { picture.append(bytes[index]) }
  }

  /// The part or the picture is over; nil when it was no picture.
  private mutating func finish() -> [UInt8]? {
    defer { (part, picture) = (Part(), []) }
    state = form == .multipart ? .header : .gap(0)
    return part.isPicture ? picture : nil
  }

  // MARK: Parts

  /// A line is complete.
  private mutating func endLine() throws(Oversize) {
    defer { line.removeAll(keepingCapacity: true) }
    if line.last == 0x0D { line.removeLast() }
    if case .rest = state {
      if isDelimiter { (state, part) = (.header, Part()) }
    } else if line.isEmpty {
      // The line's end behind a part's body is no end of a header.
      if part.hasHeader { try beginBody() }
    } else if line.starts(with: "--".utf8) {
      if delimiter.isEmpty { delimiter = line }
      part = Part()
    } else {
      readField()
    }
  }

  private mutating func beginBody() throws(Oversize) {
    guard let length = part.length else {
      state = part.isPicture ? .walk(JPEGWalk()) : .rest
      return
    }
    guard length > 0 else {
      part = Part()
      return
    }
    if part.isPicture {
      guard length <= pictureBytesMax else { throw Oversize(bytesMax: pictureBytesMax) }
      picture.reserveCapacity(min(length, Self.reservedBytesMax))
    }
    state = .body(length)
  }

  /// The last delimiter of all has two hyphens more.
  private var isDelimiter: Bool {
    !delimiter.isEmpty && line.starts(with: delimiter)
      && (line.count == delimiter.count
        || line.count == delimiter.count + 2 && line.suffix(2).elementsEqual("--".utf8))
  }

  private mutating func readField() {
    let parts = String(decoding: line, as: UTF8.self).split(separator: ":", maxSplits: 1)
    guard parts.count == 2 else { return }
    part.hasHeader = true
    if equalIgnoringCase(parts[0], "Content-Length") {
      part.length = decimal(trimmed(parts[1]), limit: 1 << 40)
    } else if equalIgnoringCase(parts[0], "Content-Type") {
      part.isPicture = trimmed(parts[1]).lowercased().hasPrefix("image/")
    }
  }
}
