import Wire

/// RTP packets of tiny pictures, each saying in its data which one it is.
struct TestPackets {
  var sequence: UInt16 = 100
  var timestamp: UInt32 = 0
  var ssrc: UInt32 = 0x5EED
  /// By the number of the picture that is begun.
  private var number: UInt8 = 0

  init() {}

  /// The packets of the next picture.
  mutating func picture(packets count: Int = 1) -> [[UInt8]] {
    number &+= 1
    timestamp &+= 4500
    return (0..<count).map { index in
      let data = [UInt8](repeating: number, count: 8)
      return packet(offset: index * 8, isLast: index == count - 1, data)
    }
  }

  /// A packet whose payload is no JPEG (RFC 2435 has no type 77).
  mutating func undecodable() -> [UInt8] {
    timestamp &+= 4500
    return packet(offset: 0, isLast: true, type: 77, [1, 2, 3])
  }

  private mutating func packet(
    offset: Int, isLast: Bool, type: UInt8 = 1, _ data: [UInt8]
  ) -> [UInt8] {
    var bytes: [UInt8] = []
    RTPHeader(marker: isLast, sequence: sequence, timestamp: timestamp, ssrc: ssrc)
      .emit(into: &bytes)
    sequence &+= 1
    // RFC 2435 §3.1: 16 by 16 pixels at quality 50.
    return bytes + [0, 0, UInt8(offset >> 8), UInt8(offset & 0xFF), type, 50, 2, 2] + data
  }

  /// Which picture a JPEG is, of those made of packets of ours.
  static func number(of jpeg: [UInt8]) -> Int { Int(jpeg[jpeg.count - 3]) }
}
