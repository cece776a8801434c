/// Reads the bits of entropy-coded data: takes stuffed zeros out and stops at markers
/// (ITU-T T.81 §F.2.2.5). Behind the end of the data, or before a restart marker that comes too
/// early, the bits are zeros, as with other decoders: a picture that was cut off shows what it has.
struct EntropyReader {
  private var position: Int
  private let end: Int
  /// The next bits, the first one on top.
  private var bits: UInt64 = 0
  private var count = 0

  init(_ range: Range<Int>) {
    position = range.lowerBound
    end = range.upperBound
  }

  /// Makes sure that at least 48 bits are at hand.
  mutating func fill(_ bytes: Span<UInt8>) {
    while count <= 56 {
      var byte: UInt8 = 0
      if position < end {
        byte = bytes[position]
        if byte == JPEGMarker.prefix {
          if position + 1 < end, bytes[position + 1] == 0 {
            position += 2
          } else {
            byte = 0
          }
        } else {
          position += 1
        }
      }
      bits |= UInt64(byte) << UInt64(56 - count)
      count += 8
    }
  }

  /// The next 16 bits.
  var next16: Int { Int(bits >> 48) }

  /// Passes over `length` bits, 32 at most.
  mutating func skip(_ length: Int) {
    bits <<= UInt64(length)
    count -= length
  }

  /// Takes 0 to 16 bits as a number.
  mutating func take(_ length: Int) -> Int {
    let value = Int((bits >> 32) >> UInt64(32 - length))
    skip(length)
    return value
  }

  /// Takes `length` bits as a coefficient (ITU-T T.81 table F.1): a leading 0 makes it negative.
  mutating func takeSigned(_ length: Int) -> Int {
    guard length > 0 else { return 0 }
    let value = take(length)
    return value < 1 << (length - 1) ? value - (1 << length) + 1 : value
  }

  /// Throws the rest of a byte away and passes over the next restart marker, if there is one.
  mutating func restart(_ bytes: Span<UInt8>) {
    (bits, count) = (0, 0)
    while position + 1 < end {
      if bytes[position] == JPEGMarker.prefix {
        if JPEGMarker.isRestart(bytes[position + 1]) {
          position += 2
          return
        }
        position += bytes[position + 1] == 0 ? 2 : 1
      } else {
        position += 1
      }
    }
  }
}
