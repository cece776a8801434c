internal import Reactor
internal import Wire

/// One picture of a live source on its way to all viewers: its packets are made once for each way
/// of sending, when the first viewer there wants them.
final class LiveFrame {
  let picture: Picture
  /// As RTP carries it.
  private let carried: RTPJPEGPicture
  /// On the source's ``Wire/LiveTimeline``.
  private(set) var timestamp: UInt32
  /// When it came, or was shown again.
  private(set) var arrival: Instant
  /// The wall clock that belongs to it, in nanoseconds since 1970: the source's where that is
  /// known.
  private(set) var realtime: Int64

  private var datagrams: PacketBuffer?
  private var interleaved: PacketBuffer?
  private var classroom: PacketBuffer?
  private var multipart: PacketBuffer?

  init(
    _ picture: Picture, _ carried: RTPJPEGPicture, timestamp: UInt32, arrival: Instant,
    realtime: Int64
  ) {
    self.picture = picture
    self.carried = carried
    self.timestamp = timestamp
    self.arrival = arrival
    self.realtime = realtime
  }

  var width: Int { carried.frame.width }
  var height: Int { carried.frame.height }

  /// It is shown again, later.
  func repeated(timestamp: UInt32, at now: Instant) {
    self.timestamp = timestamp
    realtime += now - arrival
    arrival = now
    if let multipart { MultipartStream.stamp(multipart, 0, time: realtime / 1000) }
  }

  /// Its packets in a layout; the buffer has this one frame, number 0.
  func packets(_ layout: MediaFile.Layout) -> PacketBuffer {
    switch layout {
    case .datagrams: made(&datagrams, layout)
    case .interleaved: made(&interleaved, layout)
    case .classroom: made(&classroom, layout)
    case .multipart: made(&multipart, layout)
    }
  }

  @inline(__always)
  private func made(_ buffer: inout PacketBuffer?, _ layout: MediaFile.Layout) -> PacketBuffer {
    if let buffer { return buffer }
    let packets = make(layout)
    buffer = packets
    return packets
  }

  private func make(_ layout: MediaFile.Layout) -> PacketBuffer {
    let bytes = layout.packetizer.map { carried.packets($0) } ?? layout.whole(picture.jpeg)
    let packets = PacketBuffer(
      stride: layout.stride(longest: picture.jpeg.count), prefix: layout.packetizer?.prefix ?? 0,
      frameCapacity: 1, byteCapacity: bytes.count)
    packets.append(bytes)
    if layout == .multipart { MultipartStream.stamp(packets, 0, time: realtime / 1000) }
    return packets
  }
}
