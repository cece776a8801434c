internal import Reactor

/// Where RTP and RTCP come in over UDP.
protocol MediaPorts: AnyObject {
  /// Which of both the loop speaks of; the other one is RTCP's.
  var rtpRegistration: Registration { get }
  /// Reads one RTP packet; false when none of the server's is there.
  func receive(into buffer: ReceiveBuffer) -> Bool
  /// The same for RTCP.
  func receiveControl(into buffer: ReceiveBuffer) -> Bool
  /// Sends RTCP back.
  func sendControl(_ bytes: [UInt8])
  /// Gives up everything.
  func release()
}
