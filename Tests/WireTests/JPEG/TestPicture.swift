@testable import Wire

/// A JPEG file made by hand, every part of which can be changed. Nothing of it is ever decoded, so
/// the entropy-coded data are any bytes without markers.
struct TestPicture: Sendable {
  var frameMarker: UInt8 = 0xC0
  var precision: UInt8 = 8
  var width = 16
  var height = 16
  /// Identifier, sampling factors and quantisation table of each component.
  var components: [[UInt8]] = [[1, 0x22, 0], [2, 0x11, 1], [3, 0x11, 1]]
  /// Bodies of DQT segments.
  var quantization: [[UInt8]] = [[0] + luma, [1] + chroma]
  /// Whole DHT segments.
  var huffman = standardHuffman
  /// Bodies of DRI segments.
  var restart: [[UInt8]] = []
  /// Whole segments between SOI and everything else.
  var applications: [UInt8] = []
  /// The body of the SOS segment.
  var scanHeader: [UInt8] = [3, 1, 0x00, 2, 0x11, 3, 0x11, 0, 63, 0]
  var scan: [UInt8] = [0x12, 0x34, 0xFF, 0x00, 0x56]
  var end: [UInt8] = [0xFF, 0xD9]

  static let luma: [UInt8] = (1...64).map { UInt8($0) }
  static let chroma: [UInt8] = (101...164).map { UInt8($0) }

  /// The four DHT segments of the sample movie's first picture, as its encoder wrote them.
  static let standardHuffman = Array(Repository.movie[0xB6..<0x266])

  static func segment(_ marker: UInt8, _ body: [UInt8]) -> [UInt8] {
    let length = body.count + 2
    return [0xFF, marker, UInt8(length >> 8), UInt8(length & 0xFF)] + body
  }

  /// Everything up to the scan's data.
  var head: [UInt8] {
    let size = [height, width].flatMap { [UInt8($0 >> 8), UInt8($0 & 0xFF)] }
    let frame = [precision] + size + [UInt8(components.count)] + components.flatMap { $0 }
    return [0xFF, 0xD8] + applications
      + quantization.flatMap { Self.segment(0xDB, $0) }
      + restart.flatMap { Self.segment(0xDD, $0) }
      + Self.segment(frameMarker, frame) + huffman + Self.segment(0xDA, scanHeader)
  }

  var bytes: [UInt8] { head + scan + end }

  /// Random entropy-coded data: no marker but restarts is among them.
  static func randomScan(_ count: Int, seed: UInt64) -> [UInt8] {
    var random = SplitMix64(seed: seed)
    return random.bytes(count).map { $0 == 0xFF ? 0xFE : $0 }
  }

  /// What RTP says of a file that begins with a picture.
  static func inspect(_ bytes: [UInt8], at offset: Int = 0) throws(JPEGError)
    -> RTPJPEGFrame.Carriable
  {
    try RTPJPEGFrame.inspect(bytes.span, at: offset)
  }

  func inspect() throws(JPEGError) -> RTPJPEGFrame.Carriable { try Self.inspect(bytes) }
}
