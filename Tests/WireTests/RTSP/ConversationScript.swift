import Testing

@testable import Wire

/// A conversation with a scripted peer and an obliging house: media are found by name, ways are
/// opened, and what came of it is kept for the test to look at.
struct ConversationScript {
  var conversation: RTSPServerConversation
  var now: Nanoseconds = 1_000_000_000_000
  /// Everything that was not answered here, in order.
  private(set) var steps: [RTSPServerConversation.Step] = []
  /// What was sent, as text.
  private(set) var replies: [String] = []
  var media = MediaDescription(
    name: "movie.Mjpeg", frameCount: 200, rate: .standard, width: 640, height: 480)
  var openRefusal: RTSPRefusal?
  /// Ways take their time to be opened.
  var isOpeningSlow = false
  /// The frame before which playing is said to end.
  var playEnd: Int?
  /// What is said to somebody who would publish.
  var announceRefusal: RTSPRefusal?
  /// The same at RECORD.
  var recordRefusal: RTSPRefusal?
  /// What is thought of a request, where authorization is asked for.
  var judge: (RTSPRequest) -> Verdict = { _ in .granted }
  private var cseq = 0

  enum Verdict { case granted, refused, stale, later }

  init(settings: RTSPServerConversation.Settings = .init()) {
    conversation = RTSPServerConversation(
      settings: settings, random: SplitMix64(seed: 1), at: now)
  }

  /// Sends bytes and lets the conversation run until it needs more.
  mutating func say(_ bytes: [UInt8]) {
    conversation.receive(bytes.span, at: now)
    run()
  }

  mutating func say(_ text: String) { say(Array(text.utf8)) }

  /// Sends a request with the next CSeq and returns the reply's status code.
  @discardableResult
  mutating func request(
    _ method: String, _ target: String = "rtsp://h/movie.Mjpeg", _ headers: String...,
    body: String = ""
  ) -> Int {
    cseq += 1
    var text = "\(method) \(target) RTSP/1.0\r\nCSeq: \(cseq)\r\n"
    for header in headers { text += header + "\r\n" }
    if !body.isEmpty { text += "Content-Length: \(body.utf8.count)\r\n" }
    let before = replies.count
    say(text + "\r\n" + body)
    guard replies.count == before + 1 else { return -1 }
    return status
  }

  /// Sets a session up over UDP and returns its identifier.
  mutating func setup(_ name: String = "movie.Mjpeg", _ transport: String? = nil) -> String {
    let transport = transport ?? "RTP/AVP;unicast;client_port=40000-40001"
    request("SETUP", "rtsp://h/\(name)/stream=0", "Transport: \(transport)")
    return header("Session").map { String($0.prefix { $0 != ";" }) } ?? ""
  }

  mutating func advance(seconds: Double) {
    now += Nanoseconds(seconds * 1_000_000_000)
    conversation.wake(at: now)
    run()
  }

  /// The last reply's status code.
  var status: Int {
    replies.last.flatMap { Int($0.split(separator: " ")[1].prefix(3)) } ?? 0
  }

  /// A header of the last reply.
  func header(_ name: String) -> String? {
    let lines = (replies.last ?? "").split(whereSeparator: \.isNewline)
    return lines.first { $0.lowercased().hasPrefix(name.lowercased() + ": ") }
      .map { String($0.dropFirst(name.count + 2)) }
  }

  var last: String { replies.last ?? "" }

  /// Answers a question that was put off.
  mutating func decide(_ verdict: Verdict) {
    answer(verdict)
    run()
  }

  private mutating func answer(_ verdict: Verdict) {
    switch verdict {
    case .granted: conversation.authorized(at: now)
    case .refused, .stale:
      conversation.unauthorized(
        ["Basic realm=\"test\""], isStale: verdict == .stale, at: now)
    case .later: break
    }
  }

  private mutating func run() {
    while let step = conversation.next(at: now) {
      switch step {
      case .authorize(let request): answer(judge(request))
      case .find(let name):
        let known = [media.name, "video/\(media.name)"]
        if name == "bad.avi" {
          conversation.refused(RTSPRefusal(.unsupportedMediaType, "at byte 0: no JPEG"))
        } else if name == "other.Mjpeg" {
          var other = media
          other.name = name
          conversation.found(other)
        } else if known.contains(name) {
          conversation.found(media)
        } else {
          conversation.refused(RTSPRefusal(.notFound))
        }
      case .open(_, let transport, _, _):
        steps.append(step)
        if isOpeningSlow { return }
        if let openRefusal {
          conversation.refused(openRefusal)
        } else {
          let ports = TransportHeader.PortPair(rtp: 25000, rtcp: 25001)
          conversation.opened(
            serverPorts: transport.carrier == .udp ? ports : nil, ssrc: 0xABCD)
        }
      case .announce, .receive, .record:
        steps.append(step)
        answer(step)
      case .play(_, let order, _):
        steps.append(step)
        conversation.playing(
          frame: order.frame ?? 7, end: playEnd, sequence: 1000, timestamp: 90_000)
      case .send(let bytes, _):
        replies.append(String(decoding: bytes, as: UTF8.self))
      case .pause, .packet, .end, .control, .close:
        steps.append(step)
      }
    }
  }

  private mutating func answer(_ step: RTSPServerConversation.Step) {
    switch step {
    case .announce:
      if let announceRefusal {
        conversation.refused(announceRefusal)
      } else {
        conversation.announced()
      }
    case .receive(_, let transport, _, _):
      if let openRefusal { return conversation.refused(openRefusal) }
      let ports = TransportHeader.PortPair(rtp: 25002, rtcp: 25003)
      conversation.opened(
        serverPorts: transport.carrier == .udp ? ports : nil, ssrc: nil)
    case .record:
      if let recordRefusal {
        conversation.refused(recordRefusal)
      } else {
        conversation.recording(at: now)
      }
    default: break
    }
  }
}
