internal import Reactor
internal import Wire

/// Frames to whoever watches over a connection, and what is told of that.
extension HTTPConnection {
  /// Shows a frame, unless one before it has not been taken yet.
  func show(_ frame: [UInt8]) { count(offer(frame)) }

  /// The same with one of a packet buffer.
  func show(_ packets: PacketBuffer, frame: Int) { count(offer(packets, frame: frame)) }

  /// A frame is left out.
  func passOver() { count(false) }

  private func count(_ isShown: Bool) {
    if isShown { shown.sent += 1 } else { shown.skipped += 1 }
  }

  /// Adds what was shown to a sum.
  func add(to sum: inout [HTTPViewing.Transport: HTTPViewing.Counters]) {
    guard let viewing else { return }
    sum[viewing.transport, default: .init()].sent += shown.sent
    sum[viewing.transport, default: .init()].skipped += shown.skipped
  }

  /// What is told of whoever watches; nil when nobody does.
  var viewerReport: ViewerReport? {
    guard let viewing, let subject else { return nil }
    var report = ViewerReport()
    (report.videoFile, report.sessionId) = subject
    (report.id, report.transport) = (viewing.id, viewing.transport.rawValue)
    // Whom a proxy speaks for has no port here.
    let isBehind = visitor.map { !$0.address.isSameHost(as: peer) } ?? false
    report.peer = isBehind ? visitor?.address.host ?? "" : "\(peer)"
    (report.userAgent, report.since) = (viewing.userAgent, viewing.since)
    (report.frames, report.skipped) = (shown.sent, shown.skipped)
    return report
  }
}
