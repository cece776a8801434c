internal import Reactor
internal import Wire

/// The daemon's numbers in Prometheus' text format (version 0.0.4). No label names a session: what
/// comes and goes would grow the store without end.
struct MetricsText {
  private(set) var text = ""

  /// All of them, as they are now, for somebody who may not know of every source.
  init(_ control: Control, _ metrics: Metrics, for identity: Identity) {
    let tally = control.rtsp.tally
    appendState(control, tally.sessions)
    appendSent(tally.sent)
    appendShown(control.shownOverHTTP())
    appendSources(control.relays.all.map(\.report).filter { identity.sees($0.name) })
    appendReceived(control.live, metrics)
    appendRequests(metrics)
    appendFailures(metrics)
    appendRecordings(control.recordings)
    histogram(
      "streamd_rtcp_fraction_lost", "Packets that receivers said they lost, as a fraction.",
      metrics.fractionLost)
    histogram(
      "streamd_loop_lag_seconds", "How late the event loop is.", metrics.loopLag)
    head(
      "streamd_loop_deadlines_seconds_total", "counter",
      "Time that frames and other deadlines took of the event loop.")
    let taken = Double(control.loop.deadlineNanoseconds) / 1e9
    text += "streamd_loop_deadlines_seconds_total \(taken)\n"
    appendProcess(Process.resources, startedAt: control.startedRealtime)
  }

  private mutating func appendState(
    _ control: Control, _ counts: [RTSPServer.Tally.Kind: Int]
  ) {
    gauge("streamd_build_info", "The program's version.", [("version=\"\(version)\"", 1)])
    gauge(
      "streamd_rtsp_running", "Whether the RTSP server runs.",
      [("", control.serverState == .running ? 1 : 0)])
    var sessions: [(String, Int)] = []
    for state in Subscriber.State.allCases {
      for transport in Transport.allCases {
        let count = counts[.init(state: state, transport: transport)]
        sessions.append(
          ("state=\"\(state.rawValue)\",transport=\"\(transport.rawValue)\"", count ?? 0))
      }
    }
    gauge("streamd_rtsp_sessions", "RTSP sessions served.", sessions)
    gauge("streamd_viewer_sessions", "Viewer sessions.", [("", control.viewers.all.count)])
    gauge(
      "streamd_http_viewers", "Browsers and scripts that watch over HTTP.",
      [("", control.status.viewers)])
    gauge("streamd_ws_clients", "Open WebSockets.", [("", control.webSockets())])
  }

  private mutating func appendSent(_ totals: [Transport: Subscriber.Counters]) {
    let sent = Transport.allCases.map {
      (labels: "transport=\"\($0.rawValue)\"", totals: totals[$0] ?? Subscriber.Counters())
    }
    counter(
      "streamd_frames_sent_total", "Frames sent to RTSP clients.",
      sent.map { ($0.labels, $0.totals.frames) })
    counter(
      "streamd_frames_skipped_total",
      "Frames left out: the client was slow, its port closed, the daemon late, the file damaged.",
      [
        ("reason=\"slow\"", sent.reduce(0) { $0 + $1.totals.slow }),
        ("reason=\"refused\"", sent.reduce(0) { $0 + $1.totals.refused }),
        ("reason=\"late\"", sent.reduce(0) { $0 + $1.totals.late }),
        ("reason=\"damaged\"", sent.reduce(0) { $0 + $1.totals.damaged }),
      ])
    counter(
      "streamd_rtp_packets_sent_total", "RTP packets sent.",
      sent.map { ($0.labels, $0.totals.packets) })
    counter(
      "streamd_rtp_payload_bytes_sent_total", "RTP payload sent.",
      sent.map { ($0.labels, $0.totals.octets) })
  }

  private mutating func appendShown(_ totals: [HTTPViewing.Transport: HTTPViewing.Counters]) {
    func rows(_ value: (HTTPViewing.Counters) -> Int) -> [(String, Int)] {
      HTTPViewing.Transport.allCases.map {
        ("transport=\"\($0.rawValue)\"", value(totals[$0] ?? .init()))
      }
    }
    counter(
      "streamd_http_frames_sent_total",
      "Frames shown over HTTP, in multipart streams and WebSockets.", rows(\.sent))
    counter(
      "streamd_http_frames_skipped_total", "Frames left out there because the viewer was slow.",
      rows(\.skipped))
  }

  /// The names are the configuration's, and so are bounded.
  private mutating func appendSources(_ sources: [SourceReport]) {
    func rows(_ value: (SourceReport) -> Int) -> [(String, Int)] {
      sources.map { ("source=\"\($0.name)\"", value($0)) }
    }
    let states = ["idle", "connecting", "playing", "retrying", "unauthorised"]
    gauge(
      "streamd_source_state", "1 for the state that a relayed source is in.",
      sources.flatMap { source in
        states.map {
          ("source=\"\(source.name)\",state=\"\($0)\"", source.state == $0 ? 1 : 0)
        }
      })
    gauge("streamd_source_viewers", "Who watches a relayed source.", rows(\.viewers))
    counter(
      "streamd_source_frames_total", "Pictures that came whole from a relayed source.",
      rows(\.frames))
    counter(
      "streamd_source_frames_skipped_total",
      "Pictures of a relayed source that came damaged or in part.", rows(\.framesSkipped))
    counter(
      "streamd_source_packets_total", "RTP packets that came from a relayed source.",
      rows(\.packets))
    counter(
      "streamd_source_packets_lost_total", "RTP packets of a relayed source that did not come.",
      rows(\.lost))
    counter(
      "streamd_source_reconnects_total", "Attempts to reach a relayed source after the first.",
      rows(\.reconnects))
  }

  private mutating func appendReceived(_ live: LiveStreams, _ metrics: Metrics) {
    let transports = live.publishers.map(\.report.transport)
    gauge(
      "streamd_publishers", "Whoever publishes a live source.",
      Publication.transports.map { name in
        ("transport=\"\(name)\"", transports.count { $0 == name })
      })
    counter(
      "streamd_frames_received_total", "Frames that publishers have sent.",
      Publication.transports.map { ("transport=\"\($0)\"", metrics.framesReceived[$0] ?? 0) })
    counter(
      "streamd_frames_broken_total",
      "Frames of publishers left out: packets missing, no JPEG, too many in a second.",
      Publication.Fault.allCases.map {
        ("reason=\"\($0.rawValue)\"", metrics.framesBroken[$0] ?? 0)
      })
  }

  private mutating func appendRequests(_ metrics: Metrics) {
    func rows(_ counts: [Metrics.Request: Int]) -> [(String, Int)] {
      counts.sorted { $0.key < $1.key }.map {
        ("method=\"\($0.key.method)\",code=\"\($0.key.code)\"", $0.value)
      }
    }
    counter(
      "streamd_rtsp_requests_total", "RTSP requests answered.", rows(metrics.rtspRequests))
    counter(
      "streamd_http_requests_total", "HTTP requests answered.", rows(metrics.httpRequests))
    counter(
      "streamd_rtsp_sessions_ended_total", "RTSP sessions that are over.",
      metrics.sessionsEnded.sorted { $0.key < $1.key }.map { ("reason=\"\($0.key)\"", $0.value) })
    counter(
      "streamd_refusals_total", "Connections, requests and sessions turned away.",
      metrics.refusals.sorted { $0.key < $1.key }.map {
        ("port=\"\($0.key.port)\",reason=\"\($0.key.reason)\"", $0.value)
      })
  }

  private mutating func appendFailures(_ metrics: Metrics) {
    counter(
      "streamd_auth_failures_total", "Wrong passwords and tokens.",
      metrics.authenticationFailures.sorted { $0.key < $1.key }.map {
        ("protocol=\"\($0.key)\"", $0.value)
      })
  }

  private mutating func appendRecordings(_ recordings: Recordings) {
    let totals = recordings.totals
    gauge("streamd_recordings", "Recordings that are not over.", [("", recordings.active.count)])
    counter("streamd_recorded_frames_total", "Frames recorded.", [("", totals.frames)])
    counter("streamd_recorded_bytes_total", "Bytes written by recordings.", [("", totals.bytes)])
    counter(
      "streamd_recording_frames_left_out_total", "Frames of recorded sources that are in no file.",
      Recordings.LeftOut.allCases.map { ("reason=\"\($0.rawValue)\"", totals.leftOut[$0] ?? 0) })
    counter(
      "streamd_recordings_ended_total", "Recordings that are over.",
      Recording.Ending.allCases.map { ("reason=\"\($0.rawValue)\"", totals.endings[$0] ?? 0) })
  }

  private mutating func appendProcess(_ resources: Process.Resources, startedAt: Int64) {
    gauge("process_open_fds", "Open descriptors.", [("", resources.openDescriptors)])
    gauge("process_max_fds", "Descriptors that may be open.", [("", resources.maxDescriptors)])
    gauge(
      "process_resident_memory_bytes", "Resident memory.", [("", resources.residentBytes)])
    head("process_cpu_seconds_total", "counter", "Processor time, user and system.")
    text += "process_cpu_seconds_total \(Double(resources.cpuMicroseconds) / 1e6)\n"
    head("process_start_time_seconds", "gauge", "When the daemon started, since 1970.")
    text += "process_start_time_seconds \(Double(startedAt / 1_000_000) / 1e3)\n"
  }

  // MARK: The format

  private mutating func head(_ name: String, _ kind: String, _ help: String) {
    text += "# HELP \(name) \(help)\n# TYPE \(name) \(kind)\n"
  }

  private mutating func gauge(_ name: String, _ help: String, _ rows: [(String, Int)]) {
    head(name, "gauge", help)
    append(name, rows)
  }

  private mutating func counter(_ name: String, _ help: String, _ rows: [(String, Int)]) {
    head(name, "counter", help)
    append(name, rows)
  }

  private mutating func append(_ name: String, _ rows: [(labels: String, value: Int)]) {
    for (labels, value) in rows {
      text += labels.isEmpty ? "\(name) \(value)\n" : "\(name){\(labels)} \(value)\n"
    }
  }

  private mutating func histogram(_ name: String, _ help: String, _ histogram: Histogram) {
    head(name, "histogram", help)
    for (bound, count) in zip(histogram.bounds, histogram.counts) {
      text += "\(name)_bucket{le=\"\(bound)\"} \(count)\n"
    }
    text += "\(name)_bucket{le=\"+Inf\"} \(histogram.count)\n"
    text += "\(name)_sum \(histogram.sum)\n\(name)_count \(histogram.count)\n"
  }
}
