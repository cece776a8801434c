internal import Reactor

/// Where RTP and RTCP come in over UDP.
protocol MediaPorts: AnyObject {
  /// Which of both the loop speaks of; the other one is RTCP's.
  var rtpRegistration: Registration { get }
  /// Reads RTP packets, as many as came in a row; false when none of the server's is there.
  func receive(into batch: DatagramBatch) -> Bool
  /// Reads one RTCP packet.
  func receiveControl(into buffer: ReceiveBuffer) -> Bool
  /// Sends RTCP back.
  func sendControl(_ bytes: [UInt8])
  /// Gives up everything.
  func release()
}

extension MediaPorts {
  /// Reads RTP packets for one turn: not for ever, since others have theirs, too. `take` is given
  /// each read's and says whether to go on.
  func receive(with buffer: ReceiveBuffer, take: (DatagramBatch) -> Bool) {
    let batch = buffer.datagrams
    var rest = Self.bytesPerTurn
    while rest > 0, receive(into: batch), take(batch) {
      rest -= max(batch.count, Self.bytesPerReadMin)
    }
  }

  /// A large picture.
  private static var bytesPerTurn: Int { 64 * 1024 }
  /// Whatever a read brings, it takes its time: an empty datagram counts for so many.
  private static var bytesPerReadMin: Int { 1024 }
}
