internal import Reactor
internal import Wire

/// To a viewer that gets its packets inside its RTSP connection (RFC 2326 §10.12).
final class InterleavedWay: Way {
  private unowned let connection: RTSPConnection
  private let channels: TransportHeader.Channels

  init(
    _ layout: MediaFile.Layout, _ channels: TransportHeader.Channels, of connection: RTSPConnection
  ) {
    self.connection = connection
    self.channels = channels
    super.init(layout)
  }

  override var transport: Transport { .tcp }
  override var channel: UInt8 { channels.rtp }

  override var objects: (AnyObject, AnyObject) { (self, connection) }

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
