internal import Wire

/// The daemon's numbers in Prometheus' text format (version 0.0.4). No label names a session: what
/// comes and goes would grow the store without end.
struct MetricsText {
  private(set) var text = ""

  /// All of them, as they are now.
  init(_ control: Control) {
    let clients = control.rtsp.clients()
    let totals = control.rtsp.totals
    gauge("streamd_build_info", "The program's version.", [("version=\"\(version)\"", 1)])
    gauge(
      "streamd_rtsp_running", "Whether the RTSP server runs.",
      [("", control.serverState == .running ? 1 : 0)])
    var sessions: [(String, Int)] = []
    for state in ["ready", "playing", "paused"] {
      for transport in ["udp", "tcp", "classroom"] {
        let count = clients.count { $0.state == state && $0.transport == transport }
        sessions.append(("state=\"\(state)\",transport=\"\(transport)\"", count))
      }
    }
    gauge("streamd_rtsp_sessions", "RTSP sessions served.", sessions)
    gauge("streamd_viewer_sessions", "Viewer sessions.", [("", control.viewers.all.count)])
    gauge(
      "streamd_http_viewers", "Browsers and scripts that watch over HTTP.",
      [("", control.status.viewers)])
    counter("streamd_frames_sent_total", "Frames sent to RTSP clients.", totals.frames)
    counter(
      "streamd_frames_skipped_total", "Frames left out because a client was slow.", totals.skipped)
    counter("streamd_rtp_packets_sent_total", "RTP packets sent.", totals.packets)
    counter("streamd_rtp_payload_bytes_sent_total", "RTP payload sent.", totals.octets)
  }

  private mutating func gauge(_ name: String, _ help: String, _ values: [(String, Int)]) {
    text += "# HELP \(name) \(help)\n# TYPE \(name) gauge\n"
    for (labels, value) in values {
      text += labels.isEmpty ? "\(name) \(value)\n" : "\(name){\(labels)} \(value)\n"
    }
  }

  private mutating func counter(_ name: String, _ help: String, _ value: Int) {
    text += "# HELP \(name) \(help)\n# TYPE \(name) counter\n\(name) \(value)\n"
  }
}
