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

  /// Walks the picture that begins at `start`. No stricter than ``JPEGImage``, which says what is
  /// wrong with a malformed one.
  init(_ bytes: Span<UInt8>, from start: Int) {
    (end, ending) = (bytes.count, .malformed)
    guard Self.isPicture(bytes, at: start) else { return }
    var position = start + 2
    var hasScan = false
    while position < bytes.count {
      guard bytes[position] == JPEGMarker.prefix else { return }
      let first = position
      while position < bytes.count, bytes[position] == JPEGMarker.prefix { position += 1 }
      guard position < bytes.count else { break }
      let marker = bytes[position]
      guard marker != 0 else { return }
      position += 1
      if marker == JPEGMarker.endOfImage {
        (end, ending) = (position, .endOfImage)
        return
      }
      if marker == JPEGMarker.startOfImage, hasScan {
        (end, ending) = (first, .nextPicture)
        return
      }
      if JPEGMarker.standsAlone(marker) { continue }
      guard bytes.count - position >= 2 else { break }
      let length = Int(bytes.uint16(at: position))
      guard length >= 2 else { return }
      guard bytes.count - position >= length else { break }
      position += length
      if marker == JPEGMarker.startOfScan {
        hasScan = true
        position = Self.endOfScan(bytes, from: position)
      }
    }
    ending = .endOfBytes
  }

  /// The first marker that is neither a stuffed zero nor a restart, or the end of the bytes.
  private static func endOfScan(_ bytes: Span<UInt8>, from start: Int) -> Int {
    var position = start
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
        return position
      }
    }
    return bytes.count
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
