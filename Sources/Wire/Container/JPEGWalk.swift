/// A walk over a picture's markers (ITU-T T.81 annex B) that goes on where it stood when more of
/// the picture has come: each byte is looked at once, however the picture is cut. What the segments
/// say is not looked at, and neither a thumbnail within one nor anything within the data ends it.
struct JPEGWalk: Equatable, Sendable {
  /// What the walk has come to.
  enum Outcome: Equatable {
    /// The picture ends before this offset, behind its EOI marker.
    case endOfImage(Int)
    /// The next picture's SOI marker stands at this offset; the EOI marker is missing.
    case nextPicture(Int)
    /// There is no marker where one has to be.
    case malformed
    /// The bytes end before that.
    case more
  }

  /// Where it goes on.
  private(set) var position: Int
  private var hasBegun = false
  private var hasScan = false
  private var isInScan = false

  /// A walk over the picture that begins at `start`.
  init(from start: Int) { position = start }

  /// The bytes before the picture were dropped: it lies nearer by so many.
  mutating func moved(by distance: Int) { position -= distance }

  /// Goes on over everything that is there now.
  mutating func advance(_ bytes: Span<UInt8>) -> Outcome {
    if !hasBegun {
      guard bytes.count - position >= 2 else { return .more }
      guard JPEGExtent.isPicture(bytes, at: position) else { return .malformed }
      position += 2
      hasBegun = true
    }
    while position < bytes.count {
      if isInScan {
        passScan(bytes)
        guard !isInScan else { return .more }
      }
      if let outcome = passMarker(bytes) { return outcome }
    }
    return .more
  }

  /// Passes over a marker and its segment; nil when the walk goes on behind it. It stays before a
  /// segment whose end is not there.
  private mutating func passMarker(_ bytes: Span<UInt8>) -> Outcome? {
    guard bytes[position] == JPEGMarker.prefix else { return .malformed }
    var next = position
    while next < bytes.count, bytes[next] == JPEGMarker.prefix { next += 1 }
    // Fill bytes are not gone through again.
    position = next - 1
    guard next < bytes.count else { return .more }
    let marker = bytes[next]
    guard marker != 0 else { return .malformed }
    next += 1
    if marker == JPEGMarker.endOfImage { return .endOfImage(next) }
    if marker == JPEGMarker.startOfImage, hasScan { return .nextPicture(position) }
    if JPEGMarker.standsAlone(marker) {
      position = next
      return nil
    }
    guard bytes.count - next >= 2 else { return .more }
    let length = Int(bytes.uint16(at: next))
    guard length >= 2 else { return .malformed }
    guard bytes.count - next >= length else { return .more }
    position = next + length
    if marker == JPEGMarker.startOfScan { (hasScan, isInScan) = (true, true) }
    return nil
  }

  /// Passes over entropy-coded data, up to the first marker that is neither a stuffed zero nor a
  /// restart.
  private mutating func passScan(_ bytes: Span<UInt8>) {
    while position + 1 < bytes.count {
      guard bytes[position] == JPEGMarker.prefix else {
        position += 1
        continue
      }
      let next = bytes[position + 1]
      if next == JPEGMarker.prefix {
        position += 1
      } else if next == 0 || JPEGMarker.isRestart(next) {
        position += 2
      } else {
        isInScan = false
        return
      }
    }
  }
}
