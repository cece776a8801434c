internal import Reactor
internal import Wire

/// A viewer that gets its packets inside its RTSP connection (RFC 2326 §10.12).
final class InterleavedSubscriber: Subscriber {
  private unowned let connection: RTSPConnection
  private let channels: TransportHeader.Channels

  init(
    _ channels: TransportHeader.Channels, of connection: RTSPConnection, packets: PacketSlices,
    media: MediaDescription, limits: Limits, loop: EventLoop, ended: @escaping (End) -> Void
  ) {
    self.connection = connection
    self.channels = channels
    super.init(
      packets: packets, media: media, channel: channels.rtp, isClassroom: false, limits: limits,
      loop: loop, ended: ended)
  }

  override var transportName: String { "tcp" }

  override func send(_ packets: PacketBuffer, frame: Int) -> Delivery {
    connection.offer(packets, frame: frame) ? .sent : .full
  }

  override func sendControl(_ bytes: [UInt8]) {
    var message: [UInt8] = []
    message.reserveCapacity(InterleavedHeader.length + bytes.count)
    InterleavedHeader(channel: channels.rtcp, length: bytes.count).emit(into: &message)
    message += bytes
    connection.sendIfRoom(message)
  }
}
