import Testing
import Wire

/// Puts pictures together from RTP packets and recognises them in the sample movie by their
/// entropy-coded data.
struct PictureReader {
  private var depacketizer = JPEGDepacketizer(pictureBytesMax: 1 << 20)
  private var lastSequence: UInt16?
  private(set) var packets = 0
  private(set) var lostPackets = 0

  struct Picture {
    var number: Int
    var timestamp: UInt32
    var firstSequence: UInt16
  }

  private var firstSequence: UInt16 = 0
  private var isInside = false
  private let known: [[UInt8]: Int]

  init() throws {
    var known: [[UInt8]: Int] = [:]
    for (number, picture) in try Repository.samplePictures().enumerated() {
      known[Self.scan(of: picture)] = number
    }
    self.known = known
  }

  /// Takes a packet; returns a picture when it completes one.
  mutating func receive(_ packet: [UInt8]) throws -> Picture? {
    let header = try RTPHeader(parsing: packet.span)
    packets += 1
    if let last = lastSequence, header.sequence != last &+ 1 {
      lostPackets += Int(header.sequence &- last &- 1)
      depacketizer.lost()
    }
    lastSequence = header.sequence
    if !isInside { firstSequence = header.sequence }
    isInside = !header.marker
    guard let file = depacketizer.receive(packet.span, header) else { return nil }
    let number = try #require(known[Self.scan(of: file)], "a picture that is not in the file")
    return Picture(number: number, timestamp: header.timestamp, firstSequence: firstSequence)
  }

  /// Which picture of the sample movie a JPEG is.
  func number(of jpeg: [UInt8]) -> Int? { known[Self.scan(of: jpeg)] }

  /// What follows the SOS segment.
  private static func scan(of picture: [UInt8]) -> [UInt8] {
    for index in picture.indices.dropLast()
    where picture[index] == 0xFF && picture[index + 1] == 0xDA {
      return Array(picture[(index + 12)...])
    }
    return []
  }
}
