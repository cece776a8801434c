/// Why bytes are not a packet of the expected kind.
public enum PacketError: Error, Equatable {
  /// The packet ends before its fields do.
  case truncated
  /// The version is not 2.
  case version
  /// Padding, length or count contradict the packet's size.
  case malformed
}

/// An RTP packet's fixed header (RFC 3550 §5.1) and where its payload lies.
///
///      0                   1                   2                   3
///      0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
///     +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
///     |V=2|P|X|  CC   |M|     PT      |       sequence number         |
///     +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
///     |                           timestamp                           |
///     +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
///     |           synchronization source (SSRC) identifier            |
///     +=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+
public struct RTPHeader: Equatable, Sendable {
  /// Set on the last packet of a video frame.
  public var marker: Bool
  /// 26 for JPEG (RFC 3551).
  public var payloadType: UInt8
  /// Increases by one per packet and wraps.
  public var sequence: UInt16
  /// In units of 1/90,000 s for video.
  public var timestamp: UInt32
  /// The synchronisation source.
  public var ssrc: UInt32
  /// Where the payload lies in the packet that was parsed; empty for a header made here.
  public private(set) var payload: Range<Int>

  /// The header's length without contributing sources.
  public static let length = 12
  /// The static payload type of JPEG.
  public static let jpegPayloadType: UInt8 = 26
  /// Ticks of the video clock in a second.
  public static let clockRate = 90_000

  private static let markerBit: UInt8 = 0x80
  private static let paddingBit: UInt8 = 0x20
  private static let extensionBit: UInt8 = 0x10

  /// A header with these fields.
  public init(
    marker: Bool, payloadType: UInt8 = jpegPayloadType, sequence: UInt16, timestamp: UInt32,
    ssrc: UInt32
  ) {
    self.marker = marker
    self.payloadType = payloadType
    self.sequence = sequence
    self.timestamp = timestamp
    self.ssrc = ssrc
    payload = 0..<0
  }

  /// Reads a packet's header, passing over contributing sources, extension and padding.
  public init(parsing packet: Span<UInt8>) throws(PacketError) {
    guard packet.count >= Self.length else { throw .truncated }
    guard packet[0] >> 6 == 2 else { throw .version }
    var start = Self.length + 4 * Int(packet[0] & 0x0F)
    if packet[0] & Self.extensionBit != 0 {
      guard packet.count >= start + 4 else { throw .truncated }
      start += 4 + 4 * Int(packet.uint16(at: start + 2))
    }
    var end = packet.count
    if packet[0] & Self.paddingBit != 0 {
      let padding = Int(packet[end - 1])
      guard padding > 0 else { throw .malformed }
      end -= padding
    }
    guard start <= end else { throw .malformed }
    marker = packet[1] & Self.markerBit != 0
    payloadType = packet[1] & ~Self.markerBit
    sequence = packet.uint16(at: 2)
    timestamp = packet.uint32(at: 4)
    ssrc = packet.uint32(at: 8)
    payload = start..<end
  }

  /// Appends the header's twelve bytes.
  public func emit(into bytes: inout [UInt8]) {
    bytes.append(2 << 6)
    bytes.append((marker ? Self.markerBit : 0) | payloadType)
    bytes.append(uint16: sequence)
    bytes.append(uint32: timestamp)
    bytes.append(uint32: ssrc)
  }
}
