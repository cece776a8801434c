internal import Reactor

/// How packets get to a viewer, for people.
enum Transport: String, CaseIterable {
  case udp
  case tcp
  case classroom
  case multicast
}

/// How packets get to one viewer. Subclasses have sockets, or a connection to put them into; who
/// decides what is sent when is the ``Subscriber``.
class Way {
  /// What became of a frame.
  enum Delivery {
    /// The kernel has it.
    case sent
    /// There was no room: the viewer is slow.
    case full
    /// Nobody listens at the moment.
    case refused
    /// It does not get there: no route, or too large for one.
    case undeliverable
  }

  /// The layout of the packets that go this way.
  let layout: MediaFile.Layout

  init(_ layout: MediaFile.Layout) { self.layout = layout }

  /// What it is called.
  var transport: Transport { preconditionFailure("a way that leads nowhere") }

  /// The interleaved channel of RTP packets, where there is one.
  var channel: UInt8 { 0 }

  /// The objects that sending a frame touches.
  var objects: (AnyObject, AnyObject) { (self, self) }

  /// Takes RTCP that comes from the viewer; false when it is none. Set by the subscriber.
  var received: (Span<UInt8>) -> Bool = { _ in false }

  /// The first frame is about to be sent.
  func open() {}

  /// Sends a frame whose headers have been stamped.
  func send(_ packets: PacketBuffer, frame: Int) -> Delivery {
    preconditionFailure("a way that leads nowhere")
  }

  /// Sends an RTCP compound.
  func sendControl(_ bytes: [UInt8]) { preconditionFailure("a way that leads nowhere") }

  /// Gives up sockets and registrations.
  func release() {}
}
