/// Counts the pictures of a `multipart/x-mixed-replace` body (RFC 2046 §5.1) as it comes in,
/// however it is cut, without gathering them: with lengths or without, with CRLF or bare LF.
///
/// A length is believed. Without one a part reaches to the next boundary.
public struct MultipartScanner: Sendable {
  private enum State {
    /// Between parts, or in a part's header.
    case header
    /// So many bytes of the part are to come.
    case body(Int)
    /// The part ends with a line that is the delimiter.
    case openBody
  }

  /// Longer lines say nothing that is wanted, and no boundary is longer (RFC 2046 §5.1.1).
  private static let lineBytesMax = 256

  private var state = State.header
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

  /// A scanner at the beginning of a body.
  public init() { line.reserveCapacity(Self.lineBytesMax) }

  /// Goes through a read from `position` on, which is moved, to the end of the next picture; false
  /// when the read ends before that.
  public mutating func next(_ bytes: Span<UInt8>, _ position: inout Int) -> Bool {
    while position < bytes.count {
      switch state {
      case .body(let rest):
        let count = min(rest, bytes.count - position)
        position += count
        if count < rest {
          state = .body(rest - count)
        } else if finish() {
          return true
        }
      case .header, .openBody:
        let byte = bytes[position]
        position += 1
        if byte != 0x0A {
          if line.count < Self.lineBytesMax { line.append(byte) }
        } else if endLine() {
          return true
        }
      }
    }
    return false
  }

  /// A line is complete; true when a picture ends with it.
  private mutating func endLine() -> Bool {
    defer { line.removeAll(keepingCapacity: true) }
    if line.last == 0x0D { line.removeLast() }
    if case .openBody = state {
      return isDelimiter && finish()
    }
    if line.isEmpty {
      // The line's end behind a part's body is no end of a header.
      guard part.hasHeader else { return false }
      if let length = part.length, length > 0 {
        state = .body(length)
      } else if part.length == nil, !delimiter.isEmpty {
        state = .openBody
      } else {
        part = Part()
      }
    } else if line.starts(with: "--".utf8) {
      if delimiter.isEmpty { delimiter = line }
      part = Part()
    } else {
      readField()
    }
    return false
  }

  /// The last delimiter of all has two hyphens more.
  private var isDelimiter: Bool {
    line.starts(with: delimiter)
      && (line.count == delimiter.count
        || line.count == delimiter.count + 2 && line.suffix(2).elementsEqual("--".utf8))
  }

  private mutating func readField() {
    let parts = String(decoding: line, as: UTF8.self).split(at: ":", maxSplits: 1)
    guard parts.count == 2 else { return }
    part.hasHeader = true
    if equalIgnoringCase(parts[0], "Content-Length") {
      part.length = decimal(trimmed(parts[1]), limit: 1 << 30)
    } else if equalIgnoringCase(parts[0], "Content-Type") {
      part.isPicture = trimmed(parts[1]).lowercased().hasPrefix("image/")
    }
  }

  /// The part at hand is over; false when it was no picture.
  private mutating func finish() -> Bool {
    defer { part = Part() }
    state = .header
    return part.isPicture
  }
}
