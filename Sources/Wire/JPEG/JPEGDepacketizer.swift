/// Puts pictures together from RTP packets (RFC 2435) and writes the headers that RTP leaves out,
/// so that what comes out is a complete JPEG file.
///
/// Packets are to come in the order of their sequence numbers. A picture of which something is
/// missing or contradictory is dropped as a whole and counted; the next one begins afresh.
public struct JPEGDepacketizer: Sendable {
  /// Pictures dropped because a packet was missing or malformed.
  public private(set) var dropped = 0

  private let pictureBytesMax: Int
  /// Width and height from the session description, for pictures above 2040 pixels.
  private let dimensions: (width: Int, height: Int)?
  private var current: Picture?
  /// The timestamp of the last picture that was completed or counted as dropped.
  private var settled: UInt32?
  /// Tables sent once under a number (Q 128 to 254).
  private var knownTables: [UInt8: [UInt8]] = [:]

  private struct Picture {
    var timestamp: UInt32
    var first: JPEGPayloadHeader
    var tables: [UInt8]
    var data: [UInt8]
  }

  /// - Parameters:
  ///   - pictureBytesMax: a larger picture is dropped before it costs more memory.
  ///   - dimensions: `a=x-dimensions` of the session description.
  public init(pictureBytesMax: Int, dimensions: (width: Int, height: Int)? = nil) {
    self.pictureBytesMax = pictureBytesMax
    self.dimensions = dimensions
  }

  /// Takes the next packet; returns a picture when the packet completes one.
  public mutating func receive(_ packet: Span<UInt8>, _ rtp: RTPHeader) -> [UInt8]? {
    guard let header = try? JPEGPayloadHeader(packet, rtp.payload) else {
      drop()
      countOnce(rtp.timestamp)
      return nil
    }
    let data = rtp.payload.lowerBound + header.length..<rtp.payload.upperBound
    if header.fragmentOffset == 0 {
      // A picture without its end is left behind.
      drop()
      begin(header, rtp)
    }
    guard var picture = current, picture.timestamp == rtp.timestamp,
      picture.data.count == header.fragmentOffset, picture.first.type == header.type,
      picture.data.count + data.count <= pictureBytesMax
    else {
      drop()
      // Whoever joins in the middle of a picture has lost nothing.
      if settled != nil { countOnce(rtp.timestamp) }
      return nil
    }
    // One reference only while the data grow, else each packet would copy them.
    current = nil
    picture.data.append(packet, data)
    guard rtp.marker else {
      current = picture
      return nil
    }
    settled = rtp.timestamp
    let file = file(picture)
    if file == nil { dropped += 1 }
    return file
  }

  /// Tells that packets were lost in between: the picture under way cannot be completed.
  public mutating func lost() { drop() }

  private mutating func drop() {
    guard let timestamp = current?.timestamp else { return }
    dropped += 1
    settled = timestamp
    current = nil
  }

  /// Counts a picture whose beginning is not there, however many packets of it come.
  private mutating func countOnce(_ timestamp: UInt32) {
    guard settled != timestamp else { return }
    dropped += 1
    settled = timestamp
  }

  private mutating func begin(_ header: JPEGPayloadHeader, _ rtp: RTPHeader) {
    guard header.type <= 1, let tables = tables(header) else {
      dropped += 1
      settled = rtp.timestamp
      return
    }
    current = Picture(timestamp: rtp.timestamp, first: header, tables: tables, data: [])
  }

  private mutating func tables(_ header: JPEGPayloadHeader) -> [UInt8]? {
    switch header.quality {
    case 1...99:
      return StandardQuantization.tables(quality: Int(header.quality))
    case 128...255:
      guard let sent = header.quantizationTables, !sent.isEmpty else {
        return header.quality == 255 ? nil : knownTables[header.quality]
      }
      guard sent.count == 64 || sent.count == 128, !sent.contains(0) else { return nil }
      let tables = sent.count == 64 ? sent + sent : sent
      if header.quality != 255 { knownTables[header.quality] = tables }
      return tables
    default:
      return nil
    }
  }

  private func file(_ picture: Picture) -> [UInt8]? {
    var (width, height) = (Int(picture.first.width) * 8, Int(picture.first.height) * 8)
    if width == 0 || height == 0, let dimensions { (width, height) = dimensions }
    guard (1...65_535).contains(width), (1...65_535).contains(height),
      let sampling = RTPJPEGFrame.Sampling(rawValue: picture.first.type)
    else { return nil }
    let frame = RTPJPEGFrame(
      width: width, height: height, sampling: sampling,
      restartInterval: picture.first.restartInterval ?? 0, quantizationTables: picture.tables)
    var file = frame.fileHeader
    file.append(contentsOf: picture.data)
    // Some senders include the end marker, most do not.
    if !picture.data.suffix(2).elementsEqual([JPEGMarker.prefix, JPEGMarker.endOfImage]) {
      file.append(contentsOf: [JPEGMarker.prefix, JPEGMarker.endOfImage])
    }
    return file
  }
}
