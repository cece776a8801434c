/// How far a picture reaches of which only the beginning is known: found by walking its markers
/// (ITU-T T.81 annex B), so that neither a thumbnail within a segment nor anything that looks like
/// a boundary within the data splits it. What the segments say is not looked at.
struct JPEGExtent: Equatable {
  /// Why the picture ends where it does.
  enum Ending {
    /// Behind its EOI marker.
    case endOfImage
    /// Where the next picture's SOI marker stands; its own EOI marker is missing.
    case nextPicture
    /// Where the bytes end, before an EOI marker.
    case endOfBytes
    /// Nowhere: there is no marker where one has to be. The end is that of the bytes.
    case malformed
  }

  /// The offset behind the picture.
  private(set) var end: Int
  private(set) var ending: Ending
  /// How far its markers go.
  let reach: Int

  /// Walks the picture that begins at `start`. No stricter than ``JPEGImage``, which says what is
  /// wrong with a malformed one.
  init(_ bytes: Span<UInt8>, from start: Int) {
    var walk = JPEGWalk(from: start)
    let outcome = walk.advance(bytes)
    reach = walk.position
    switch outcome {
    case .endOfImage(let end): (self.end, ending) = (end, .endOfImage)
    case .nextPicture(let next): (end, ending) = (next, .nextPicture)
    case .malformed: (end, ending) = (bytes.count, .malformed)
    // Less than an SOI marker is no picture that was cut off.
    case .more: (end, ending) = (bytes.count, bytes.count - start < 2 ? .malformed : .endOfBytes)
    }
  }

  /// Whether an SOI marker stands at `offset`.
  static func isPicture(_ bytes: Span<UInt8>, at offset: Int) -> Bool {
    bytes.count - offset >= 2 && bytes[offset] == JPEGMarker.prefix
      && bytes[offset + 1] == JPEGMarker.startOfImage
  }

  /// The next SOI marker from `start` on that another marker follows. What merely looks like an
  /// SOI marker is passed over with everything else that is no picture.
  static func nextPicture(_ bytes: Span<UInt8>, from start: Int) -> Int? {
    var position = start
    while position + 2 < bytes.count {
      if isPicture(bytes, at: position), bytes[position + 2] == JPEGMarker.prefix {
        return position
      }
      position += 1
    }
    return nil
  }
}
