/// What each request means (RFC 2326 §10).
extension RTSPServerConversation {
  mutating func handle(_ message: RTSPMessage, at now: Nanoseconds) {
    switch message {
    case .request(let request):
      guard !isRefusing else {
        for index in sessions.indices where sessions[index].livesByRequests {
          sessions[index].lastSeen = now
        }
        return refuse(
          request, RTSPRefusal(.serviceUnavailable, "your address asks too often"))
      }
      guard settings.asksAuthorization else { return act(on: request, at: now) }
      question = .authorize(request)
      outbox.append(.authorize(request))
    case .interleaved(let channel, let packet):
      take(packet, on: channel, at: now)
    case .response:
      // This server asks nothing, so an answer has no meaning.
      break
    }
  }

  /// Does what a request says whose sender may ask for it.
  mutating func act(on request: RTSPRequest, at now: Nanoseconds) {
    for index in sessions.indices where sessions[index].livesByRequests {
      sessions[index].lastSeen = now
    }
    if let name = request.headers["User-Agent"] { userAgent = String(name.prefix(200)) }
    do throws(RTSPRefusal) {
      try handle(request, at: now)
    } catch {
      refuse(request, error)
    }
  }

  mutating func handle(
    _ request: RTSPRequest, at now: Nanoseconds
  ) throws(RTSPRefusal) {
    guard request.sequence != nil else {
      throw RTSPRefusal(.badRequest, "CSeq is missing or no number")
    }
    if let feature = request.headers["Require"] ?? request.headers["Proxy-Require"] {
      throw RTSPRefusal(.optionNotSupported, feature)
    }
    switch request.method {
    case .options: try options(request)
    case .describe: try describe(request)
    case .announce: try announce(request)
    case .setup: try setup(request)
    case .play: try play(request)
    case .record: try record(request)
    case .pause: try pause(request)
    case .teardown: try teardown(request)
    case .getParameter, .setParameter: try parameter(request)
    case .notAllowed(let name):
      throw RTSPRefusal(.methodNotAllowed, "\(name) is not allowed here")
    case .unknown(let name):
      throw RTSPRefusal(.notImplemented, "\(name) is not a method of this server")
    }
  }

  mutating func options(_ request: RTSPRequest) throws(RTSPRefusal) {
    if request.target != "*" { _ = try url(of: request) }
    if request.session != nil { _ = try session(of: request) }
    var headers = HeaderFields()
    headers.append("Public", RTSPMethod.list)
    respond(request, .ok, headers)
  }

  mutating func describe(_ request: RTSPRequest) throws(RTSPRefusal) {
    guard !request.isClassroom else {
      throw RTSPRefusal(.notImplemented, "DESCRIBE is not a method of the classroom dialect")
    }
    let url = try url(of: request)
    if let accept = request.headers["Accept"], !Self.accepts(accept) {
      throw RTSPRefusal(.notAcceptable, "only application/sdp can be had")
    }
    question = .describe(request, url)
    outbox.append(.find(url.name))
  }

  mutating func setup(_ request: RTSPRequest) throws(RTSPRefusal) {
    let url = try url(of: request)
    guard let header = request.headers["Transport"] else {
      throw RTSPRefusal(.badRequest, "Transport is missing")
    }
    let existing = try request.session.map { (_) throws(RTSPRefusal) in try session(of: request) }
    guard existing != nil || sessions.count < settings.sessionsMax else {
      throw RTSPRefusal(
        .notEnoughBandwidth, "a connection holds \(settings.sessionsMax) sessions at most")
    }
    let offers = try negotiate(header, isClassroom: request.isClassroom, for: existing)
    if let existing { try sessions[existing].checkSetup() }
    guard !offers[0].isRecord else { return try setupRecord(request, url, offers[0], existing) }
    guard url.track == nil || url.track == 0 else {
      throw RTSPRefusal(.notFound, "there is one track, \(RTSPURL.trackPrefix)0")
    }
    question = .setup(request, url, offers.filter { !$0.isRecord })
    outbox.append(.find(url.name))
  }

  mutating func play(_ request: RTSPRequest) throws(RTSPRefusal) {
    let index = try session(of: request)
    let media = try sessions[index].media()
    var range: NPTRange?
    if let header = request.headers["Range"] {
      do throws(NPTRange.Failure) {
        range = try NPTRange(header)
      } catch {
        switch error {
        case .malformed: throw RTSPRefusal(.badRequest, "Range cannot be read")
        case .unit: throw RTSPRefusal(.notImplemented, "only npt ranges are understood")
        }
      }
    }
    let requested = try range.map { (range) throws(RTSPRefusal) in
      try PlayOrder(range, in: media)
    }
    let wasPlaying = sessions[index].state == .playing
    var order = sessions[index].play()
    // From the end of a range, `now` would mean nothing: it starts anew unless told where.
    if let requested {
      order = PlayOrder(frame: requested.frame ?? order.frame, end: requested.end)
    }
    question = .play(request, session: sessions[index].number, range)
    outbox.append(
      .play(session: sessions[index].number, order, wasPlaying: wasPlaying))
  }

  mutating func pause(_ request: RTSPRequest) throws(RTSPRefusal) {
    let index = try session(of: request)
    try sessions[index].pause()
    outbox.append(.pause(session: sessions[index].number))
    respond(request, .ok, sessionHeaders(sessions[index]), in: sessions[index])
  }

  mutating func teardown(_ request: RTSPRequest) throws(RTSPRefusal) {
    let session = sessions[try session(of: request)]
    end(session, .teardown)
    respond(request, .ok, sessionHeaders(session), in: session)
  }

  mutating func parameter(_ request: RTSPRequest) throws(RTSPRefusal) {
    if request.target != "*" { _ = try url(of: request) }
    let index = try request.session.map { (_) throws(RTSPRefusal) in try session(of: request) }
    // Without a body it is a keepalive; no parameter is known that a body could name.
    guard request.body.allSatisfy({ $0 <= 0x20 }) else {
      throw RTSPRefusal(.parameterNotUnderstood, "this server has no parameters")
    }
    respond(
      request, .ok, index.map { sessionHeaders(sessions[$0]) } ?? HeaderFields(),
      in: index.map { sessions[$0] })
  }

  func url(of request: RTSPRequest) throws(RTSPRefusal) -> RTSPURL {
    if request.isClassroom { return RTSPURL(path: request.target) }
    guard let url = RTSPURL(request.target) else {
      throw RTSPRefusal(.badRequest, "the target is no URL of the form rtsp://HOST/NAME")
    }
    return url
  }

  func session(of request: RTSPRequest) throws(RTSPRefusal) -> Int {
    guard let identifier = request.session,
      let index = sessions.firstIndex(where: { $0.identifier == identifier })
    else {
      throw RTSPRefusal(
        .sessionNotFound, request.session == nil ? "Session is missing" : "no such session here")
    }
    return index
  }

  /// What each offer that can be had comes to, in the client's order; at least one. Whether a
  /// medium goes to a group shows when it has been found.
  func negotiate(
    _ header: String, isClassroom: Bool, for existing: Int?
  ) throws(RTSPRefusal) -> [TransportHeader] {
    let offers = (TransportHeader.parse(header) ?? [])
      .filter { $0.mode == "play" || $0.isRecord && !isClassroom }
      .compactMap { agree($0, isClassroom: isClassroom, for: existing) }
    guard !offers.isEmpty else { throw Self.noTransport }
    return offers
  }

  static let noTransport = RTSPRefusal(
    .unsupportedTransport,
    "offer RTP/AVP;unicast;client_port=A-B or RTP/AVP/TCP;unicast;interleaved=A-B")

  private func agree(
    _ offer: TransportHeader, isClassroom: Bool, for existing: Int?
  ) -> TransportHeader? {
    var agreed = TransportHeader(offer.carrier)
    agreed.mode = offer.isRecord ? "record" : "play"
    agreed.isMulticast = offer.isMulticast
    switch offer.carrier {
    case .udp where offer.isMulticast:
      return isClassroom || offer.isRecord ? nil : agreed
    case .udp:
      agreed.clientPorts = offer.clientPorts
      return offer.clientPorts.map { _ in agreed }
    case .tcp where !isClassroom && !offer.isMulticast:
      agreed.channels = freeChannels(wanted: offer.channels, for: existing)
      return agreed.channels.map { _ in agreed }
    case .tcp, .other:
      return nil
    }
  }

  /// The wanted channels, or the next free pair when another session has them.
  func freeChannels(
    wanted: TransportHeader.Channels?, for existing: Int?
  ) -> TransportHeader.Channels? {
    var taken: Set<UInt8> = []
    for (index, session) in sessions.enumerated() where index != existing {
      if let channels = session.transport.channels {
        taken.formUnion([channels.rtp, channels.rtcp])
      }
    }
    if let wanted, taken.isDisjoint(with: [wanted.rtp, wanted.rtcp]) { return wanted }
    for rtp in stride(from: UInt8(0), through: 254, by: 2)
    where taken.isDisjoint(with: [rtp, rtp + 1]) {
      return TransportHeader.Channels(rtp: rtp, rtcp: rtp + 1)
    }
    return nil
  }

  mutating func newIdentifier(isClassroom: Bool) -> String {
    if isClassroom {
      // 31 bits in decimal: that client reads it with Python's int and keeps no more.
      return String(UInt32.random(in: 100_000...0x7FFF_FFFF, using: &random))
    }
    return (0..<4).map { _ in hexadecimal(UInt32.random(in: .min ... .max, using: &random)) }
      .joined()
  }

  static func accepts(_ header: String) -> Bool {
    header.split(at: ",").contains { type in
      let name = trimmed(type.prefix { $0 != ";" })
      return equalIgnoringCase(name, "application/sdp") || name == "*/*"
        || equalIgnoringCase(name, "application/*")
    }
  }
}
