/// SHA-1 (FIPS 180-4 §6.1), for WebSocket's handshake alone. It protects nothing any more.
enum SHA1 {
  /// The 20 bytes of the digest.
  static func digest(_ message: [UInt8]) -> [UInt8] {
    var state: [UInt32] = [0x6745_2301, 0xEFCD_AB89, 0x98BA_DCFE, 0x1032_5476, 0xC3D2_E1F0]
    let padded = pad(message)
    for block in stride(from: 0, to: padded.count, by: 64) {
      compress(padded.span, block, &state)
    }
    var digest: [UInt8] = []
    for word in state { digest.append(uint32: word) }
    return digest
  }

  private static func pad(_ message: [UInt8]) -> [UInt8] {
    var padded = message
    padded.append(0x80)
    while padded.count % 64 != 56 { padded.append(0) }
    padded.append(uint32: UInt32(truncatingIfNeeded: message.count >> 29))
    padded.append(uint32: UInt32(truncatingIfNeeded: message.count << 3))
    return padded
  }

  private static func compress(_ bytes: Span<UInt8>, _ block: Int, _ state: inout [UInt32]) {
    var words: [UInt32] = []
    for index in 0..<16 { words.append(bytes.uint32(at: block + 4 * index)) }
    for index in 16..<80 {
      let mixed = words[index - 3] ^ words[index - 8] ^ words[index - 14] ^ words[index - 16]
      words.append(rotate(mixed, 1))
    }
    var (a, b, c, d, e) = (state[0], state[1], state[2], state[3], state[4])
    for index in 0..<80 {
      let (function, constant): (UInt32, UInt32)
      switch index {
      case ..<20: (function, constant) = (b & c | ~b & d, 0x5A82_7999)
      case ..<40: (function, constant) = (b ^ c ^ d, 0x6ED9_EBA1)
      case ..<60: (function, constant) = (b & c | b & d | c & d, 0x8F1B_BCDC)
      default: (function, constant) = (b ^ c ^ d, 0xCA62_C1D6)
      }
      let next = rotate(a, 5) &+ function &+ e &+ constant &+ words[index]
      (e, d, c, b, a) = (d, c, rotate(b, 30), a, next)
    }
    for (index, value) in [a, b, c, d, e].enumerated() { state[index] &+= value }
  }

  private static func rotate(_ value: UInt32, _ count: UInt32) -> UInt32 {
    value << count | value >> (32 - count)
  }
}
