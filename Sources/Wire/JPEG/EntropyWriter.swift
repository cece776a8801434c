/// Writes the bits of entropy-coded data, with a zero stuffed behind every 0xFF
/// (ITU-T T.81 §F.1.2.3).
struct EntropyWriter {
  private(set) var bytes: [UInt8] = []
  private var bits: UInt64 = 0
  private var count = 0

  init(capacity: Int) { bytes.reserveCapacity(capacity) }

  /// Appends the low `length` bits of `value`, 32 at most.
  mutating func append(_ value: UInt32, _ length: Int) {
    bits = bits << UInt64(length) | UInt64(value)
    count += length
    while count >= 8 {
      count -= 8
      let byte = UInt8(truncatingIfNeeded: bits >> UInt64(count))
      bytes.append(byte)
      if byte == JPEGMarker.prefix { bytes.append(0) }
    }
  }

  /// Fills the last byte with ones.
  mutating func flush() {
    guard count > 0 else { return }
    append(UInt32(1 << (8 - count)) - 1, 8 - count)
  }

  /// Ends an interval with the restart marker of number `index` modulo 8.
  mutating func restart(_ index: Int) {
    flush()
    bytes.append(JPEGMarker.prefix)
    bytes.append(0xD0 | UInt8(index & 7))
  }
}
