/// MD5 (RFC 1321), for Digest authentication alone: it is the one algorithm that every RTSP player
/// knows. It protects nothing else.
public enum MD5 {
  /// The 16 bytes of the digest.
  public static func digest(_ message: [UInt8]) -> [UInt8] {
    var state: [UInt32] = [0x6745_2301, 0xEFCD_AB89, 0x98BA_DCFE, 0x1032_5476]
    let padded = pad(message)
    for block in stride(from: 0, to: padded.count, by: 64) {
      compress(padded.span, block, &state)
    }
    var digest: [UInt8] = []
    for word in state { digest.append(uint32: word.byteSwapped) }
    return digest
  }

  /// The digest of a text's UTF-8 in 32 lower-case hexadecimal digits, as Digest writes it.
  public static func hexadecimal(_ text: String) -> String {
    Hexadecimal.encode(digest(Array(text.utf8)))
  }

  private static func pad(_ message: [UInt8]) -> [UInt8] {
    var padded = message
    padded.append(0x80)
    while padded.count % 64 != 56 { padded.append(0) }
    // The length is the only number here with its low word first.
    padded.append(uint32: UInt32(truncatingIfNeeded: message.count << 3).byteSwapped)
    padded.append(uint32: UInt32(truncatingIfNeeded: message.count >> 29).byteSwapped)
    return padded
  }

  /// §3.4: the shifts of the four rounds, four steps each, over and over.
  private static let shifts: [[UInt32]] = [
    [7, 12, 17, 22], [5, 9, 14, 20], [4, 11, 16, 23], [6, 10, 15, 21],
  ]

  private static func compress(_ bytes: Span<UInt8>, _ block: Int, _ state: inout [UInt32]) {
    var (a, b, c, d) = (state[0], state[1], state[2], state[3])
    for index in 0..<64 {
      let (function, word): (UInt32, Int)
      switch index {
      case ..<16: (function, word) = (b & c | ~b & d, index)
      case ..<32: (function, word) = (d & b | ~d & c, (5 * index + 1) & 15)
      case ..<48: (function, word) = (b ^ c ^ d, (3 * index + 5) & 15)
      default: (function, word) = (c ^ (b | ~d), (7 * index) & 15)
      }
      let input = bytes.uint32(at: block + 4 * word).byteSwapped
      let sum = a &+ function &+ sines[index] &+ input
      let shift = shifts[index >> 4][index & 3]
      (a, d, c, b) = (d, c, b, b &+ (sum << shift | sum >> (32 - shift)))
    }
    for (index, value) in [a, b, c, d].enumerated() { state[index] &+= value }
  }

  /// §3.4, table T: the whole part of 2³² times the sine of 1 to 64.
  private static let sines: [UInt32] = [
    0xd76a_a478, 0xe8c7_b756, 0x2420_70db, 0xc1bd_ceee, 0xf57c_0faf, 0x4787_c62a, 0xa830_4613,
    0xfd46_9501, 0x6980_98d8, 0x8b44_f7af, 0xffff_5bb1, 0x895c_d7be, 0x6b90_1122, 0xfd98_7193,
    0xa679_438e, 0x49b4_0821, 0xf61e_2562, 0xc040_b340, 0x265e_5a51, 0xe9b6_c7aa, 0xd62f_105d,
    0x0244_1453, 0xd8a1_e681, 0xe7d3_fbc8, 0x21e1_cde6, 0xc337_07d6, 0xf4d5_0d87, 0x455a_14ed,
    0xa9e3_e905, 0xfcef_a3f8, 0x676f_02d9, 0x8d2a_4c8a, 0xfffa_3942, 0x8771_f681, 0x6d9d_6122,
    0xfde5_380c, 0xa4be_ea44, 0x4bde_cfa9, 0xf6bb_4b60, 0xbebf_bc70, 0x289b_7ec6, 0xeaa1_27fa,
    0xd4ef_3085, 0x0488_1d05, 0xd9d4_d039, 0xe6db_99e5, 0x1fa2_7cf8, 0xc4ac_5665, 0xf429_2244,
    0x432a_ff97, 0xab94_23a7, 0xfc93_a039, 0x655b_59c3, 0x8f0c_cc92, 0xffef_f47d, 0x8584_5dd1,
    0x6fa8_7e4f, 0xfe2c_e6e0, 0xa301_4314, 0x4e08_11a1, 0xf753_7e82, 0xbd3a_f235, 0x2ad7_d2bb,
    0xeb86_d391,
  ]
}
