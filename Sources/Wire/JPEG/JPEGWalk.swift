/// Finds the end of a picture in bytes that come in piece by piece: ``JPEGExtent``, which sees all
/// of them at once, for streams. Each byte is looked at once, and what the segments say is not.
struct JPEGWalk: Sendable {
  /// What the bytes have come to.
  enum Outcome: Equatable {
    /// They go on.
    case more
    /// The picture ends with the last byte that was taken.
    case ended
    /// No marker where one has to be: this is no picture, or a damaged one.
    case malformed
  }

  private enum State {
    /// The first two bytes, of which so many are there.
    case start(Int)
    /// Where a marker has to begin.
    case marker
    /// Behind the 0xFF of a marker.
    case code
    /// The length of a segment, of which so many bytes are there.
    case length(UInt8, first: UInt8?)
    /// So many bytes of a segment are to come; a scan follows it, or not.
    case segment(Int, isScan: Bool)
    case scan
    /// Behind a 0xFF in a scan.
    case scanCode
  }

  private var state = State.start(0)

  /// Goes through `bytes` from `position` on, which is moved: to their end, behind the picture, or
  /// to what is malformed.
  mutating func take(_ bytes: Span<UInt8>, _ position: inout Int) -> Outcome {
    while position < bytes.count {
      if case .segment(let rest, let isScan) = state {
        let count = min(rest, bytes.count - position)
        position += count
        state = count < rest ? .segment(rest - count, isScan: isScan) : isScan ? .scan : .marker
        continue
      }
      if case .scan = state {
        while position < bytes.count, bytes[position] != JPEGMarker.prefix { position += 1 }
        guard position < bytes.count else { break }
        position += 1
        state = .scanCode
        continue
      }
      let outcome = step(bytes[position])
      if outcome == .malformed { return outcome }
      position += 1
      if outcome == .ended { return outcome }
    }
    return .more
  }

  private mutating func step(_ byte: UInt8) -> Outcome {
    switch state {
    case .start(let count):
      guard byte == (count == 0 ? JPEGMarker.prefix : JPEGMarker.startOfImage) else {
        return .malformed
      }
      state = count == 0 ? .start(1) : .marker
    case .marker:
      guard byte == JPEGMarker.prefix else { return .malformed }
      state = .code
    case .code: return begin(byte)
    case .length(let marker, nil): state = .length(marker, first: byte)
    case .length(let marker, let first?):
      let length = Int(first) << 8 | Int(byte)
      guard length >= 2 else { return .malformed }
      let isScan = marker == JPEGMarker.startOfScan
      state = length > 2 ? .segment(length - 2, isScan: isScan) : isScan ? .scan : .marker
    case .scanCode:
      if byte == JPEGMarker.prefix { break }
      guard byte != 0, !JPEGMarker.isRestart(byte) else {
        state = .scan
        break
      }
      return begin(byte)
    case .segment, .scan: break
    }
    return .more
  }

  /// A marker's code is there.
  private mutating func begin(_ marker: UInt8) -> Outcome {
    switch marker {
    // Fill bytes may precede a code.
    case JPEGMarker.prefix: return .more
    case JPEGMarker.endOfImage: return .ended
    // A picture within a picture is the next one: this one lacks its end.
    case 0, JPEGMarker.startOfImage: return .malformed
    default:
      state = JPEGMarker.standsAlone(marker) ? .marker : .length(marker, first: nil)
      return .more
    }
  }
}
