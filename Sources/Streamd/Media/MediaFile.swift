internal import Reactor
internal import Wire

/// A file of Motion-JPEG that can be played: its index, and its packets once somebody plays it.
///
/// The pictures themselves are not kept. They are packetised once for each way of sending, when the
/// first viewer of that way comes, and shared by all viewers from then on.
final class MediaFile {
  /// A way of sending, and so a layout of packets.
  enum Layout {
    /// RFC 2435 packets for one `send` with UDP segmentation.
    case datagrams
    /// The same with `$` prefixes for an RTSP connection.
    case interleaved
    /// One RTP packet per picture, holding the whole JPEG: the classroom dialect.
    case classroom
  }

  /// What RTSP says of it.
  let description: MediaDescription
  /// The file it was made from, unchanged.
  let identity: RegularFile.Identity

  private let index: MotionJPEGIndex
  private var datagrams: PacketBuffer?
  private var interleaved: PacketBuffer?
  private var classroom: PacketBuffer?

  init(
    name: String, identity: RegularFile.Identity, index: MotionJPEGIndex, rate: FrameRate
  ) {
    description = MediaDescription(
      name: name, frameCount: index.entries.count, rate: rate, width: index.width,
      height: index.height)
    self.identity = identity
    self.index = index
  }

  /// The longest frame's bytes.
  var longestFrame: Int { index.longest }

  /// The packets in a layout that has been made already.
  func packets(_ layout: Layout) -> PacketBuffer? {
    switch layout {
    case .datagrams: datagrams
    case .interleaved: interleaved
    case .classroom: classroom
    }
  }

  /// Makes the packets of a layout from the file.
  ///
  /// - Throws: when the file can no longer be read as it was indexed, or has changed meanwhile.
  func pack(_ layout: Layout, from file: RegularFile) throws -> PacketBuffer {
    if let packets = packets(layout) { return packets }
    let packets =
      switch layout {
      case .datagrams: try pack(JPEGPacketizer(interleaved: false), from: file)
      case .interleaved: try pack(JPEGPacketizer(interleaved: true), from: file)
      case .classroom: try packWhole(from: file)
      }
    guard try file.identity() == identity else { throw Changed() }
    switch layout {
    case .datagrams: datagrams = packets
    case .interleaved: interleaved = packets
    case .classroom: classroom = packets
    }
    return packets
  }

  /// The file is not what was indexed.
  private struct Changed: Error {}

  /// Reads one picture, and does not trust that it is still what was indexed.
  private func read(
    _ entry: MotionJPEGIndex.Entry, from file: RegularFile
  ) throws -> (bytes: [UInt8], picture: RTPJPEGFrame.Carriable) {
    let bytes = try file.read(entry.length, at: entry.offset)
    let picture = try RTPJPEGFrame.inspect(bytes.span, at: 0)
    guard bytes.count == entry.length, picture.scan.count <= JPEGPacketizer.scanBytesMax else {
      throw Changed()
    }
    return (bytes, picture)
  }

  private func pack(_ packetizer: JPEGPacketizer, from file: RegularFile) throws -> PacketBuffer {
    let packets = PacketBuffer(
      stride: packetizer.stride, prefix: packetizer.prefix, frameCapacity: index.entries.count,
      byteCapacity: identity.size + identity.size / 16)
    for entry in index.entries {
      let (bytes, picture) = try read(entry, from: file)
      packets.append(packetizer.packets(picture.frame, bytes.span, scan: picture.scan))
    }
    return packets
  }

  private func packWhole(from file: RegularFile) throws -> PacketBuffer {
    let packets = PacketBuffer(
      stride: RTPHeader.length + index.longest, prefix: 0, frameCapacity: index.entries.count,
      byteCapacity: identity.size + RTPHeader.length * index.entries.count)
    for entry in index.entries {
      var packet: [UInt8] = []
      packet.reserveCapacity(RTPHeader.length + entry.length)
      RTPHeader(marker: true, sequence: 0, timestamp: 0, ssrc: 0).emit(into: &packet)
      packet += try read(entry, from: file).bytes
      packets.append(packet)
    }
    return packets
  }
}
