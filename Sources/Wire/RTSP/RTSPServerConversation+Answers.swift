/// The caller's answers to the conversation's questions, and the replies that they lead to.
extension RTSPServerConversation {
  /// Whoever asks may go on.
  public mutating func authorized(at now: Nanoseconds) {
    guard case .authorize(let request) = question else {
      preconditionFailure("an answer without its question")
    }
    question = nil
    act(on: request, at: now)
  }

  /// Whoever asks has to show something else.
  ///
  /// - Parameters:
  ///   - challenges: the values of `WWW-Authenticate`, the best first.
  ///   - isStale: only the nonce was too old, so that the request is a sign of life all the same.
  public mutating func unauthorized(
    _ challenges: [String], isStale: Bool, at now: Nanoseconds
  ) {
    guard case .authorize(let request) = question else {
      preconditionFailure("an answer without its question")
    }
    question = nil
    if isStale { for index in sessions.indices { sessions[index].lastSeen = now } }
    var headers = HeaderFields()
    for challenge in challenges { headers.append("WWW-Authenticate", challenge) }
    respond(request, .unauthorized, headers)
  }

  /// The medium that ``Step/find(_:)`` asked for.
  public mutating func found(_ media: MediaDescription) {
    switch question {
    case .describe(let request, let url):
      question = nil
      answerDescribe(request, url, media)
    case .setup(let request, let url, let offers):
      do throws(RTSPRefusal) {
        let transport = try Self.choose(offers, media)
        let session = try prepare(request, url, transport, .medium(media))
        question = .open(
          request, session, isNew: !sessions.contains { $0.number == session.number })
        outbox.append(
          .open(
            session: session.number, session.transport, media, isClassroom: session.isClassroom))
      } catch {
        question = nil
        refuse(request, error)
      }
    case .authorize, .open, .play, .announce, .record, nil:
      preconditionFailure("an answer without its question")
    }
  }

  /// The first offer that the medium goes by.
  private static func choose(
    _ offers: [TransportHeader], _ media: MediaDescription
  ) throws(RTSPRefusal) -> TransportHeader {
    for offer in offers {
      guard offer.isMulticast else { return offer }
      if let group = media.group { return TransportHeader(group) }
    }
    throw noTransport
  }

  /// Whether the session is still there that ``Step/open(session:_:_:isClassroom:)`` wants a new
  /// way for: it may have ended while that was looked for.
  public var isOpeningStillWanted: Bool {
    guard case .open(_, let session, let isNew) = question else { return false }
    return isNew || sessions.contains { $0.number == session.number }
  }

  /// The way that ``Step/open(session:_:_:isClassroom:)`` or ``Step/receive(session:_:_:_:)`` asked
  /// for.
  ///
  /// - Parameters:
  ///   - ssrc: what packets go out under; nil where they come in.
  ///   - source: the address that they come from, where it may be another one than RTSP's.
  public mutating func opened(
    serverPorts: TransportHeader.PortPair?, ssrc: UInt32?, source: String? = nil
  ) {
    guard case .open(let request, var session, let isNew) = question else {
      preconditionFailure("an answer without its question")
    }
    question = nil
    session.transport.serverPorts = serverPorts
    session.transport.ssrc = ssrc
    session.transport.source = source
    if isNew {
      sessions.append(session)
    } else {
      for index in sessions.indices where sessions[index].number == session.number {
        sessions[index] = session
      }
    }
    var headers = sessionHeaders(session)
    headers.append("Transport", session.transport.description)
    headers.append("Cache-Control", "no-cache")
    respond(request, .ok, headers, in: session)
  }

  /// What ``Step/play(session:_:wasPlaying:)`` came to: the next frame, the one before which it
  /// ends, and the sequence number and timestamp that its first packet will have.
  public mutating func playing(frame: Int, end: Int?, sequence: UInt16, timestamp: UInt32) {
    guard case .play(let request, let number, let range) = question else {
      preconditionFailure("an answer without its question")
    }
    question = nil
    guard let session = sessions.first(where: { $0.number == number }),
      case .medium(let media) = session.subject
    else { return }
    var headers = sessionHeaders(session)
    // What all see is no single one's to place.
    let isAlone = !session.transport.isMulticast
    let place = (frame: frame, end: isAlone ? end : nil)
    headers.append("Range", Self.played(place, isAlone ? range : nil, media).description)
    headers.append(
      "RTP-Info",
      RTPInfo(url: session.controlURL, sequence: sequence, timestamp: timestamp).description)
    respond(request, .ok, headers, in: session)
  }

  /// What the reply to PLAY says is played.
  private static func played(
    _ place: (frame: Int, end: Int?), _ range: NPTRange?, _ media: MediaDescription
  ) -> NPTRange {
    guard !media.isLive else { return NPTRange(start: .now) }
    // Whoever goes on without a range has the end that it once asked for.
    let end = range == nil ? place.end.map(media.rate.microseconds) : range?.end
    return NPTRange(
      start: .at(media.rate.microseconds(ofFrames: place.frame)),
      // A range that loops has no end that would mean anything to the player.
      end: end.flatMap { $0 < media.duration ? $0 : nil })
  }

  /// The question cannot be answered as wished.
  public mutating func refused(_ refusal: RTSPRefusal) {
    switch question {
    case .authorize(let request), .describe(let request, _), .setup(let request, _, _),
      .open(let request, _, _), .play(let request, _, _), .announce(let request, _),
      .record(let request, _):
      question = nil
      refuse(request, refusal)
    case nil:
      preconditionFailure("an answer without its question")
    }
  }

  mutating func answerDescribe(
    _ request: RTSPRequest, _ url: RTSPURL, _ media: MediaDescription
  ) {
    let description = media.sessionDescription(
      address: settings.address, origin: UInt64(truncatingIfNeeded: random.next()) >> 1)
    var headers = HeaderFields()
    headers.append("Content-Base", url.base)
    headers.append("Content-Type", "application/sdp")
    respond(request, .ok, headers, Array(description.description.utf8))
  }

  mutating func prepare(
    _ request: RTSPRequest, _ url: RTSPURL, _ transport: TransportHeader,
    _ subject: RTSPServerSession.Subject
  ) throws(RTSPRefusal) -> RTSPServerSession {
    if request.session != nil {
      var session = sessions[try session(of: request)]
      guard session.subject.isSame(as: subject) else {
        throw RTSPRefusal(
          .aggregateNotAllowed, "the session is one of \(session.subject.name), set up another one")
      }
      session.transport = transport
      return session
    }
    nextNumber += 1
    return RTSPServerSession(
      number: nextNumber, identifier: newIdentifier(isClassroom: request.isClassroom),
      isClassroom: request.isClassroom, subject: subject, base: url.base, transport: transport,
      lastSeen: lastActivity)
  }
}
