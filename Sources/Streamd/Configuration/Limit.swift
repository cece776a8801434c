internal import Wire

/// One of the bounds that can be chosen, by its name in `limits`.
struct Limit: Sendable {
  let name: String
  let path: any WritableKeyPath<Limits, Int> & Sendable
  let range: ClosedRange<Int>
  let summary: String

  static let all: [Limit] = [
    Limit(
      name: "connections", path: \.connectionsMax, range: 1...1_000_000,
      summary: "connections to the RTSP port, and as many to the HTTP port"),
    Limit(
      name: "address_connections", path: \.addressConnectionsMax, range: 1...1_000_000,
      summary: "the same from one address; 127.0.0.1 and ::1 may have all of them"),
    Limit(
      name: "address_requests_per_s", path: \.addressRequestsPerSecond, range: 1...1_000_000,
      summary: "new connections and requests of one address to a port, in the long run; more "
        + "are refused with 429 or 503, but for 127.0.0.1 and ::1"),
    Limit(
      name: "address_sessions", path: \.addressSessionsMax, range: 1...1_000_000,
      summary: "RTSP sessions of one address; 127.0.0.1 and ::1 may have as many as they like"),
    Limit(
      name: "load_percent", path: \.loadPercentMax, range: 1...100,
      summary: "percentage of the time that sending frames may take, for a second on end; then, or "
        + "when frames are late for so long, new viewers are refused with 453 or 503; at 100 none "
        + "are"),
    Limit(
      name: "addresses", path: \.addressesMax, range: 16...10_000_000,
      summary: "addresses that are remembered when they have left"),
    Limit(
      name: "requests_per_s", path: \.requestsPerSecond, range: 1...1_000_000,
      summary: "requests of one connection, in the long run; what comes faster waits, but for "
        + "127.0.0.1 and ::1"),
    Limit(
      name: "request_burst", path: \.requestBurst, range: 1...10_000,
      summary: "requests of one connection that are served in one go"),
    Limit(
      name: "sessions", path: \.sessionsMax, range: 1...256,
      summary: "RTSP sessions of one connection"),
    Limit(
      name: "viewer_sessions", path: \.viewerSessionsMax, range: 0...10_000,
      summary: "sessions that browsers and scripts have set up"),
    Limit(
      name: "viewer_idle_s", path: \.viewerIdleSeconds, range: 10...86_400,
      summary: "seconds after which such a session ends that nobody watches or asks for"),
    Limit(
      name: "request_s", path: \.requestSeconds, range: 1...600,
      summary: "seconds within which a request must be complete"),
    Limit(
      name: "unreachable_s", path: \.unreachableSeconds, range: 1...86_400,
      summary: "seconds after which a viewer is given up whose port answers that it is closed"),
    Limit(
      name: "rtsp_idle_s", path: \.rtspIdleSeconds, range: 1...86_400,
      summary: "seconds after which a silent RTSP connection without a session is closed"),
    Limit(
      name: "rtsp_head_bytes", path: \.rtspHeadBytesMax, range: 1024...1_048_576,
      summary: "request line and headers of an RTSP request"),
    Limit(
      name: "http_head_bytes", path: \.httpHeadBytesMax, range: 1024...1_048_576,
      summary: "request line and headers of an HTTP request"),
    Limit(
      name: "headers", path: \.headersMax, range: 16...1000,
      summary: "header lines of a request"),
    Limit(
      name: "body_bytes", path: \.bodyBytesMax, range: 1024...16_777_216,
      summary: "the body of a request"),
    Limit(
      name: "websocket_message_bytes", path: \.webSocketMessageBytesMax, range: 1024...16_777_216,
      summary: "what a browser may say at once"),
    Limit(
      name: "http_idle_s", path: \.httpIdleSeconds, range: 5...86_400,
      summary: "seconds after which a silent HTTP connection is closed"),
    Limit(
      name: "reply_bytes", path: \.replyBytesMax, range: 4096...16_777_216,
      summary: "replies that an RTSP client does not read; then it is not listened to either"),
    Limit(
      name: "http_queue_bytes", path: \.httpQueueBytesMax, range: 65_536...16_777_216,
      summary: "the same of an HTTP client"),
    Limit(
      name: "send_buffer_bytes", path: \.sendBufferBytes, range: 4096...16_777_216,
      summary: "what the kernel holds for a TCP viewer that does not read"),
    Limit(
      name: "backlog_bytes", path: \.backlogBytesMax, range: 65_536...1 << 40,
      summary: "what waits for all TCP viewers that are slow, together; who would add a large "
        + "picture to it beyond this is let go"),
    Limit(
      name: "live_streams", path: \.liveStreamsMax, range: 0...10_000,
      summary: "live sources, published and relayed"),
    Limit(
      name: "live_hold_s", path: \.liveHoldSeconds, range: 0...86_400,
      summary: "seconds for which a live source that is gone still shows its last picture, before "
        + "its viewers are ended"),
    Limit(
      name: "live_wait_s", path: \.liveWaitSeconds, range: 1...60,
      summary: "seconds within which a live source that is asked for must have its first picture"),
    Limit(
      name: "live_picture_bytes", path: \.livePictureBytesMax, range: 65_536...16_777_216,
      summary: "a picture that somebody publishes"),
    Limit(
      name: "live_frames_per_s", path: \.liveFramesPerSecond, range: 1...1000,
      summary: "pictures of one publisher; a request's body is read no faster, and what comes "
        + "faster over RTP is left out"),
    Limit(
      name: "live_silence_s", path: \.liveSilenceSeconds, range: 1...86_400,
      summary: "seconds without a picture after which a request that publishes is ended"),
    Limit(
      name: "drain_s", path: \.drainSeconds, range: 1...604_800,
      summary: "seconds after which an instance that is being drained ends, whoever watches"),
    Limit(
      name: "penalty_ms", path: \.penaltyMilliseconds, range: 0...60_000,
      summary: "milliseconds that the first wrong password on a connection waits for its answer; "
        + "each further one waits twice as long as the one before"),
    Limit(
      name: "penalty_max_ms", path: \.penaltyMillisecondsMax, range: 0...600_000,
      summary: "the longest such wait"),
    Limit(
      name: "nonce_s", path: \.nonceSeconds, range: 10...86_400,
      summary: "seconds for which a Digest nonce is good"),
    Limit(
      name: "login_s", path: \.loginSeconds, range: 60...31_536_000,
      summary: "seconds for which a browser's login is good"),
    Limit(
      name: "logins", path: \.loginsMax, range: 1...10_000,
      summary: "logins of one user that are good at the same time; the oldest gives way"),
    Limit(
      name: "recordings", path: \.recordingsMax, range: 0...1000,
      summary: "recordings at a time"),
    Limit(
      name: "recording_file_bytes", path: \.recordingFileBytesMax,
      range: 1_048_576...AVIWriter.sizeMax,
      summary: "a file of a recording, before another is begun"),
    Limit(
      name: "recording_file_s", path: \.recordingFileSeconds, range: 10...28_800,
      summary: "seconds that such a file shows"),
    Limit(
      name: "recording_files", path: \.recordingFilesMax, range: 0...1_000_000,
      summary: "files of a recording that are kept, the newest; older ones are removed, but none "
        + "where it is 0"),
    Limit(
      name: "recording_queue_bytes", path: \.recordingQueueBytesMax, range: 1_048_576...1 << 30,
      summary: "what waits for a slow disk, for each recording; then pictures are left out"),
    Limit(
      name: "recording_free_bytes", path: \.recordingFreeBytes, range: 0...1 << 40,
      summary: "what stays free on the disk: with less left, recordings end"),
    Limit(
      name: "media_memory_bytes", path: \.mediaMemoryBytes, range: 0...1 << 40,
      summary: "what is kept of files that are played; the rest is read when it is needed"),
    Limit(
      name: "media_files", path: \.mediaFilesMax, range: 1...1_000_000,
      summary: "files looked at in the media folder"),
  ]

  /// Takes `NAME=NUMBER`.
  static func set(
    _ limits: inout Limits, _ text: String, _ origin: String
  ) throws(Configuration.Fault) {
    let parts = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
    let name = String(parts[0])
    guard let limit = all.first(where: { $0.name == name }) else {
      let names = all.map(\.name)
      let hint = Spelling.nearest(to: name, among: names).map { "did you mean \($0)?" }
      throw Configuration.Fault(
        message: "\(origin): there is no limit \(name), "
          + (hint ?? "there are \(names.joined(separator: ", "))"))
    }
    let value = parts.count == 2 ? String(parts[1]) : ""
    let form = Form<Int>.number(limit.range, "a number")
    guard let number = form.read(value) else {
      throw Configuration.Fault(message: "\(origin): \(name)=\(value): want \(form.wanted)")
    }
    limits[keyPath: limit.path] = number
  }
}
