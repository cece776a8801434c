import Testing
import Wire

/// A small seeded generator (Steele, Lea and Flood, 2014).
struct SplitMix64: RandomNumberGenerator {
  private var state: UInt64
  init(seed: UInt64) { state = seed }
  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }
}

/// Crashes of other servers came from sequences of requests, not from single ones.
@Suite("Random conversations")
struct SequenceScenarios {
  /// What a house has open for a conversation, checked at every step.
  private struct House {
    var conversation: RTSPServerConversation
    var random: SplitMix64
    var open: Set<Int> = []
    var playing: Set<Int> = []
    var identifiers: [String] = []
    var replies = 0
    var isClosed = false
    var question = false

    init(seed: UInt64) {
      random = SplitMix64(seed: seed)
      conversation = RTSPServerConversation(
        settings: .init(), random: SplitMix64(seed: seed &+ 1), at: 0)
    }

    mutating func run(at now: Nanoseconds) -> String? {
      while let step = conversation.next(at: now) {
        if isClosed { return "a step after the end: \(step)" }
        switch step {
        case .authorize: conversation.authorized(at: now)
        case .find: answer()
        case .open(let session, let transport, _, _):
          if chance(8) {
            conversation.refused(RTSPRefusal(.serviceUnavailable))
          } else {
            open.insert(session)
            let ports = TransportHeader.PortPair(rtp: 25_000, rtcp: 25_001)
            conversation.opened(
              serverPorts: transport.carrier == .udp ? ports : nil, ssrc: 1)
          }
        case .play(let session, _, let wasPlaying):
          guard open.contains(session) else { return "PLAY of a session that is not open" }
          if wasPlaying != playing.contains(session) { return "a wrong idea of what plays" }
          playing.insert(session)
          conversation.playing(frame: 3, sequence: 1, timestamp: 2)
        case .pause(let session):
          guard open.contains(session) else { return "PAUSE of a session that is not open" }
          playing.remove(session)
        case .end(let session, _):
          guard open.remove(session) != nil else { return "the end of a session that is not open" }
          playing.remove(session)
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

    private mutating func answer() {
      let media = MediaDescription(
        name: "m", frameCount: 10, rate: .standard, width: 16, height: 16)
      switch random.next() % 8 {
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

    mutating func chance(_ count: UInt64) -> Bool { random.next() % count == 0 }

    mutating func pick<T>(_ values: [T]) -> T { values[Int(random.next() % UInt64(values.count))] }

    /// A request, often well-formed, sometimes not.
    mutating func request(_ number: Int) -> String {
      let isClassroom = chance(6)
      let end = isClassroom ? "\n" : "\r\n"
      let method = pick([
        "OPTIONS", "DESCRIBE", "SETUP", "SETUP", "SETUP", "PLAY", "PLAY", "PAUSE", "TEARDOWN",
        "GET_PARAMETER", "SET_PARAMETER", "RECORD", "FLY",
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
          ]) + end
      }
      if !identifiers.isEmpty, !chance(5), !(method == "SETUP" && chance(2)) {
        text += "Session: \(pick(identifiers))\(end)"
      }
      return text + (isClassroom ? "" : end)
    }
  }

  @Test(
    "twenty thousand of them: nothing traps, every request has one reply, every session one end")
  func random() {
    for seed in 0..<20_000 {
      var house = House(seed: UInt64(seed))
      if let complaint = Self.play(&house) {
        Issue.record("seed \(seed): \(complaint)")
        return
      }
    }
  }

  private static func play(_ house: inout House) -> String? {
    var now: Nanoseconds = 0
    var requests = 0
    for _ in 0..<Int(house.random.next() % 24) {
      switch house.random.next() % 16 {
      case 0:
        now += 70_000_000_000
        house.conversation.wake(at: now)
      case 1:
        house.conversation.receive(
          [0x24, UInt8(truncatingIfNeeded: house.random.next() % 4), 0, 2, 1, 2].span, at: now)
      case 2:
        house.conversation.reachedEnd(session: Int(house.random.next() % 4))
        house.playing = []
        return nil
      default:
        requests += 1
        let bytes = Array(house.request(requests).utf8)
        let cut = Int(house.random.next() % UInt64(bytes.count))
        house.conversation.receive(Array(bytes[..<cut]).span, at: now)
        if let complaint = house.run(at: now) { return complaint }
        house.conversation.receive(Array(bytes[cut...]).span, at: now)
      }
      if let complaint = house.run(at: now) { return complaint }
      // A classroom request without Transport or Session is complete when silence says so.
      now += 100_000_000
      house.conversation.wake(at: now)
      if let complaint = house.run(at: now) { return complaint }
      if house.isClosed { return house.open.isEmpty ? nil : "closed with sessions open" }
      if house.replies != requests { return "\(requests) requests, \(house.replies) replies" }
    }
    house.conversation.disconnected()
    if let complaint = house.run(at: now) { return complaint }
    return house.open.isEmpty ? nil : "sessions are left after the end: \(house.open)"
  }
}
