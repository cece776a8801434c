/// Puts pictures together from RTP packets (RFC 2435) and writes the headers that RTP leaves out,
/// so that what comes out is a complete JPEG file.
///
/// Packets are to come in the order of their sequence numbers. A picture of which something is
/// missing or contradictory is dropped as a whole and counted; the next one begins afresh.
public struct JPEGDepacketizer: Sendable {
  /// Pictures dropped because a packet was missing or malformed.
  public private(set) var dropped = 0

  /// No more room than this is made before there is something to fill it.
  private static let roomBytesMax = 256 * 1024

  private let pictureBytesMax: Int
  /// Width and height from the session description, for pictures above 2040 pixels.
  private let dimensions: (width: Int, height: Int)?
  private var current: Picture?
  /// The timestamp of the last picture that was completed or counted as dropped.
  private var settled: UInt32?
  /// Tables sent once under a number (Q 128 to 254).
  private var knownTables: [UInt8: [UInt8]] = [:]
  /// What stands before the data in the last picture's file, which is the same in most, and how
  /// much room the next file is likely to need.
  private var last: (frame: RTPJPEGFrame, head: [UInt8], fileBytes: Int)?

  /// A picture under way.
  private struct Picture {
    var timestamp: UInt32
    var type: UInt8
    /// The file so far, and how much of it RTP leaves out.
    var file: [UInt8]
    var headBytes: Int

    var dataBytes: Int { file.count - headBytes }
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
      picture.dataBytes == header.fragmentOffset, picture.type == header.type,
      picture.dataBytes + data.count <= pictureBytesMax
    else {
      drop()
      // Whoever joins in the middle of a picture has lost nothing.
      if settled != nil { countOnce(rtp.timestamp) }
      return nil
    }
    // One reference only while the data grow, else each packet would copy them.
    current = nil
    picture.file.append(packet, data)
    guard rtp.marker else {
      current = picture
      return nil
    }
    settled = rtp.timestamp
    return finished(picture)
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
    guard let frame = frame(header) else {
      dropped += 1
      settled = rtp.timestamp
      return
    }
    let head = last?.frame == frame ? last?.head : nil
    var file = head ?? frame.fileHeader
    if head == nil { last = (frame, file, 0) }
    let headBytes = file.count
    file.reserveCapacity(last?.fileBytes ?? 0)
    current = Picture(
      timestamp: rtp.timestamp, type: header.type, file: file, headBytes: headBytes)
  }

  /// What the first packet of a picture says of it; nil when it cannot be shown.
  private mutating func frame(_ header: JPEGPayloadHeader) -> RTPJPEGFrame? {
    guard let sampling = RTPJPEGFrame.Sampling(rawValue: header.type), let tables = tables(header)
    else { return nil }
    var (width, height) = (Int(header.width) * 8, Int(header.height) * 8)
    if width == 0 || height == 0, let dimensions { (width, height) = dimensions }
    guard (1...65_535).contains(width), (1...65_535).contains(height) else { return nil }
    return RTPJPEGFrame(
      width: width, height: height, sampling: sampling,
      restartInterval: header.restartInterval ?? 0, quantizationTables: tables)
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

  private mutating func finished(_ picture: consuming Picture) -> [UInt8] {
    let end = [JPEGMarker.prefix, JPEGMarker.endOfImage]
    // Some senders include the end marker, most do not.
    if picture.dataBytes < 2 || !picture.file.suffix(2).elementsEqual(end) {
      picture.file.append(contentsOf: end)
    }
    // Some room for the next one to be larger. Behind a huge one small ones may follow.
    last?.fileBytes = min(picture.file.count + picture.file.count / 8, Self.roomBytesMax)
    return picture.file
  }
}
