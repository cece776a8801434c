import Wire

/// What a server has open for one RTSP conversation, checked at every step. What happens next is
/// drawn from a generator: a seeded one in tests, the fuzzer's bytes in `Tests/fuzz`.
struct House<Choices: RandomNumberGenerator> {
  private var conversation: RTSPServerConversation
  private var choices: Choices
  private var open: Set<Int> = []
  private var playing: Set<Int> = []
  private var recording: Set<Int> = []
  private var identifiers: [String] = []
  private var requests = 0
  private var replies = 0
  private var isClosed = false
  private var now: Nanoseconds = 0
  /// A question that is answered late, as when a large file has to be packed first.
  private var late: RTSPServerConversation.Step?

  init(choices: Choices, seed: UInt64) {
    self.choices = choices
    conversation = RTSPServerConversation(
      settings: .init(), random: SplitMix64(seed: seed), at: 0)
  }

  /// A conversation of requests, RTCP, silence, late answers and a disconnection at last.
  ///
  /// - Returns: what is wrong; nil when nothing is.
  mutating func play() -> String? {
    for _ in 0..<Int(choices.next() % 24) {
      if let complaint = step() { return complaint }
      if isClosed { return open.isEmpty ? nil : "closed with sessions open" }
    }
    if let complaint = answerLate() { return complaint }
    conversation.disconnected()
    if let complaint = run() { return complaint }
    if conversation.deadline != nil { return "a deadline after the end" }
    return open.isEmpty ? nil : "sessions are left after the end: \(open)"
  }

  private mutating func step() -> String? {
    switch choices.next() % 16 {
    case 0:
      now += 70_000_000_000
      conversation.wake(at: now)
    case 1:
      conversation.receive(
        [0x24, UInt8(truncatingIfNeeded: choices.next() % 4), 0, 2, 1, 2].span, at: now)
    case 2:
      let session = Int(choices.next() % 4)
      if playing.remove(session) != nil { conversation.reachedEnd(session: session) }
    case 3:
      conversation.sawSignOfLife(session: Int(choices.next() % 4), at: now)
    case 4:
      if let complaint = answerLate() { return complaint }
    default:
      requests += 1
      let bytes = Array(request(requests).utf8)
      let cut = Int(choices.next() % UInt64(bytes.count))
      conversation.receive(Array(bytes[..<cut]).span, at: now)
      if let complaint = run() { return complaint }
      conversation.receive(Array(bytes[cut...]).span, at: now)
    }
    if let complaint = run() { return complaint }
    // A classroom request without Transport or Session is complete when silence says so.
    now += 100_000_000
    conversation.wake(at: now)
    if let complaint = run() { return complaint }
    if let deadline = conversation.deadline, deadline <= now { return "a deadline that stays" }
    if isClosed || late != nil { return nil }
    return replies == requests ? nil : "\(requests) requests, \(replies) replies"
  }

  /// Does what the conversation asks for.
  private mutating func run() -> String? {
    while let step = conversation.next(at: now) {
      if isClosed { return "a step after the end: \(step)" }
      switch step {
      case .authorize, .play, .announce, .record:
        if let complaint = answer(step) { return complaint }
      case .find, .open, .receive:
        if late != nil { return "a second question before the first is answered" }
        if chance(10) { late = step } else if let complaint = answer(step) { return complaint }
      case .pause(let session):
        guard open.contains(session) else { return "PAUSE of a session that is not open" }
        playing.remove(session)
        recording.remove(session)
      case .packet(let session, _):
        guard recording.contains(session) else { return "RTP for a session that does not record" }
      case .end(let session, _):
        guard open.remove(session) != nil else { return "the end of a session that is not open" }
        playing.remove(session)
        recording.remove(session)
      case .control(let session, _):
        guard open.contains(session) else { return "RTCP for a session that is not open" }
      case .send(let bytes, _):
        replies += 1
        note(String(decoding: bytes, as: UTF8.self))
      case .close:
        if !open.isEmpty { return "closed with sessions open" }
        isClosed = true
      }
    }
    return nil
  }

  private mutating func answerLate() -> String? {
    guard let step = late else { return nil }
    late = nil
    // Nobody waits for it any more when the conversation has ended meanwhile.
    guard conversation.isWaiting else { return isClosed ? nil : "a question was forgotten" }
    return answer(step) ?? run()
  }

  private mutating func answer(_ step: RTSPServerConversation.Step) -> String? {
    switch step {
    case .authorize: conversation.authorized(at: now)
    case .find: find()
    case .open(let session, let transport, _, _), .receive(let session, let transport, _, _):
      if chance(8) {
        conversation.refused(RTSPRefusal(.serviceUnavailable))
      } else {
        open.insert(session)
        let ports = TransportHeader.PortPair(rtp: 25_000, rtcp: 25_001)
        conversation.opened(serverPorts: transport.carrier == .udp ? ports : nil, ssrc: 1)
      }
    case .play(let session, _, let wasPlaying):
      guard open.contains(session) else { return "PLAY of a session that is not open" }
      if wasPlaying != playing.contains(session) { return "a wrong idea of what plays" }
      playing.insert(session)
      conversation.playing(frame: 3, end: nil, sequence: 1, timestamp: 2)
    case .announce(let name, let track):
      if track.payloadType != 26 || name.isEmpty { return "not what was announced: \(step)" }
      if chance(8) {
        conversation.refused(RTSPRefusal(.forbidden))
      } else {
        conversation.announced()
      }
    case .record(let session):
      guard open.contains(session) else { return "RECORD of a session that is not open" }
      if recording.contains(session) { return "RECORD of a session that records" }
      if chance(8) {
        conversation.refused(RTSPRefusal(.forbidden))
      } else {
        recording.insert(session)
        conversation.recording(at: now)
      }
    case .pause, .packet, .end, .control, .send, .close: return "no question: \(step)"
    }
    return nil
  }

  private mutating func find() {
    let media = MediaDescription(
      name: "m", frameCount: 10, rate: .standard, width: 16, height: 16)
    switch choices.next() % 8 {
    case 0: conversation.refused(RTSPRefusal(.notFound))
    case 1:
      var other = media
      other.name = "n"
      conversation.found(other)
    default: conversation.found(media)
    }
  }

  private mutating func note(_ reply: String) {
    for line in reply.split(whereSeparator: \.isNewline) where line.hasPrefix("Session: ") {
      identifiers.append(String(line.dropFirst(9).prefix { $0 != ";" }))
    }
  }

  private mutating func chance(_ count: UInt64) -> Bool { choices.next() % count == 0 }

  private mutating func pick<T>(_ values: [T]) -> T {
    values[Int(choices.next() % UInt64(values.count))]
  }

  /// A request, often well-formed, sometimes not.
  private mutating func request(_ number: Int) -> String {
    let isClassroom = chance(6)
    let end = isClassroom ? "\n" : "\r\n"
    let method = pick([
      "OPTIONS", "DESCRIBE", "SETUP", "SETUP", "SETUP", "PLAY", "PLAY", "PAUSE", "TEARDOWN",
      "GET_PARAMETER", "SET_PARAMETER", "ANNOUNCE", "ANNOUNCE", "RECORD", "RECORD", "FLY",
    ])
    let target =
      isClassroom ? "m" : pick(["rtsp://h/m", "rtsp://h/m/stream=0", "rtsp://h/n", "*"])
    var text = "\(method) \(target) RTSP/1.0\(end)CSeq: \(number)\(end)"
    if method == "PLAY", chance(2) {
      text +=
        "Range: "
        + pick(["npt=0-", "npt=0.1-0.2", "npt=now-", "npt=9-", "smpte=1-", "npt=-"]) + end
    }
    if method == "SETUP" {
      text +=
        "Transport: "
        + pick([
          "RTP/AVP;unicast;client_port=5000-5001", "RTP/AVP/TCP;interleaved=0-1",
          "RTP/AVP/TCP;interleaved=254-255", "RTP/AVP;multicast", ";",
          "RTP/AVP/TCP;interleaved=0-1;mode=record",
          "RTP/AVP;client_port=5000-5001;mode=\"RECORD\"",
          "RTP/AVP/TCP;interleaved=2-3;mode=receive",
        ]) + end
    }
    if !identifiers.isEmpty, !chance(5), !(method == "SETUP" && chance(2)) {
      text += "Session: \(pick(identifiers))\(end)"
    }
    if method == "ANNOUNCE", !chance(8) {
      let body = pick(announcements)
      text += "Content-Type: application/sdp\(end)Content-Length: \(body.utf8.count)\(end)"
      if !isClassroom { return text + end + body }
    }
    return text + (isClassroom ? "" : end)
  }

  private let announcements = [
    "v=0\r\nm=video 0 RTP/AVP 26\r\na=control:stream=0\r\n", "v=0\r\nm=video 0 RTP/AVP 26\r\n",
    "v=0\r\nm=audio 0 RTP/AVP 0\r\na=control:stream=0\r\nm=video 0 RTP/AVP 26\r\n"
      + "a=control:rtsp://h/m\r\n",
    "v=0\r\nm=video 0 RTP/AVP 96\r\na=rtpmap:96 H264/90000\r\n", "m=video",
  ]
}
