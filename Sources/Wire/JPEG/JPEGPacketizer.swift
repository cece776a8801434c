/// Cuts pictures into RTP packets (RFC 2435), all of one picture into one flat run of bytes: every
/// packet exactly ``stride`` bytes but the last, so that the kernel can cut them apart again.
///
/// Sequence number, timestamp and SSRC are left zero: they are each viewer's own and are written
/// over the packets before each send.
public struct JPEGPacketizer: Sendable {
  /// The length of a packet with its RTP header.
  public let segmentBytes: Int
  /// Whether each packet is preceded by `$`, channel and length (RFC 2326 §10.12).
  public let interleaved: Bool

  /// Header and tables fit, and something remains for data.
  public static let segmentBytesRange = 256...65_000
  /// What all packets are cut to, whatever the interface's MTU.
  public static let standardSegmentBytes = 1400
  /// The largest picture whose every byte a fragment offset can reach.
  public static let scanBytesMax = JPEGPayloadHeader.fragmentOffsetMax

  /// A packetizer.
  ///
  /// - Precondition: `segmentBytes` lies within ``segmentBytesRange``.
  public init(segmentBytes: Int = standardSegmentBytes, interleaved: Bool) {
    precondition(Self.segmentBytesRange.contains(segmentBytes), "a segment size out of range")
    self.segmentBytes = segmentBytes
    self.interleaved = interleaved
  }

  /// Bytes before each RTP header.
  public var prefix: Int { interleaved ? InterleavedHeader.length : 0 }

  /// Bytes from one packet's beginning to the next one's.
  public var stride: Int { prefix + segmentBytes }

  /// The packets of one picture whose entropy-coded data are bytes `scan`.
  ///
  /// - Precondition: `scan` is not empty and at most ``scanBytesMax`` long.
  public func packets(
    _ frame: RTPJPEGFrame, _ bytes: Span<UInt8>, scan: Range<Int>
  ) -> [UInt8] {
    precondition(!scan.isEmpty && scan.count <= Self.scanBytesMax, "a picture RTP cannot carry")
    let isLarge = max(frame.width, frame.height) > RTPJPEGFrame.sideMax
    var header = JPEGPayloadHeader(
      fragmentOffset: 0, type: frame.sampling.rawValue, quality: 255,
      width: isLarge ? 0 : UInt8((frame.width + 7) / 8),
      height: isLarge ? 0 : UInt8((frame.height + 7) / 8),
      restartInterval: frame.restartInterval == 0 ? nil : frame.restartInterval,
      quantizationTables: frame.quantizationTables)
    var packets: [UInt8] = []
    packets.reserveCapacity(scan.count + scan.count / 8 + stride)
    var position = scan.lowerBound
    while position < scan.upperBound {
      let room = segmentBytes - RTPHeader.length - header.length
      let end = min(position + room, scan.upperBound)
      header.fragmentOffset = position - scan.lowerBound
      appendHeaders(
        header, dataBytes: end - position, isLast: end == scan.upperBound, to: &packets)
      packets.append(bytes, position..<end)
      // The tables stand in the first packet only.
      header.quantizationTables = nil
      position = end
    }
    return packets
  }

  private func appendHeaders(
    _ header: JPEGPayloadHeader, dataBytes: Int, isLast: Bool, to packets: inout [UInt8]
  ) {
    if interleaved {
      let length = RTPHeader.length + header.length + dataBytes
      InterleavedHeader(channel: 0, length: length).emit(into: &packets)
    }
    RTPHeader(marker: isLast, sequence: 0, timestamp: 0, ssrc: 0).emit(into: &packets)
    header.emit(into: &packets)
  }
}
