/// The other direction (RFC 2326 §10.3 and §10.11): a client announces what it will send, sets the
/// track up, and records.
extension RTSPServerConversation {
  mutating func announce(_ request: RTSPRequest) throws(RTSPRefusal) {
    guard !request.isClassroom else { throw Self.notInClassroom(request) }
    let url = try url(of: request)
    guard request.session == nil else {
      throw RTSPRefusal(.methodNotValidInState, "ANNOUNCE before SETUP, without a session")
    }
    let type = request.headers["Content-Type"].map { trimmed($0.prefix { $0 != ";" }) } ?? ""
    guard equalIgnoringCase(type, "application/sdp") else {
      throw RTSPRefusal(.unsupportedMediaType, "only application/sdp is understood")
    }
    let text = String(decoding: request.body, as: UTF8.self)
    guard let description = SessionDescription(text) else {
      throw RTSPRefusal(.badRequest, "the body is no session description")
    }
    let track = try AnnouncedTrack(description)
    question = .announce(request, Announcement(url, track))
    outbox.append(.announce(url.name, track))
  }

  /// Whoever asked in ``Step/announce(_:_:)`` may set it up.
  public mutating func announced() {
    guard case .announce(let request, let announcement) = question else {
      preconditionFailure("an answer without its question")
    }
    question = nil
    self.announcement = announcement
    respond(request, .ok, HeaderFields())
  }

  /// SETUP with `mode=record`.
  mutating func setupRecord(
    _ request: RTSPRequest, _ url: RTSPURL, _ transport: TransportHeader, _ existing: Int?
  ) throws(RTSPRefusal) {
    guard let announcement else {
      throw RTSPRefusal(.methodNotValidInState, "ANNOUNCE before SETUP with mode=record")
    }
    try announcement.check(url)
    let isAnother = sessions.indices.contains {
      $0 != existing && sessions[$0].subject == .announcement(announcement)
    }
    guard !isAnother else {
      throw RTSPRefusal(.methodNotValidInState, "the track is set up already, in another session")
    }
    let session = try prepare(request, url, transport, .announcement(announcement))
    question = .open(request, session, isNew: existing == nil)
    outbox.append(
      .receive(
        session: session.number, session.transport, announcement.name, announcement.track))
  }

  mutating func record(_ request: RTSPRequest) throws(RTSPRefusal) {
    guard !request.isClassroom else { throw Self.notInClassroom(request) }
    let index = try session(of: request)
    try sessions[index].checkRecord()
    guard sessions[index].state != .recording else {
      return respond(request, .ok, sessionHeaders(sessions[index]), in: sessions[index])
    }
    question = .record(request, session: sessions[index].number)
    outbox.append(.record(session: sessions[index].number))
  }

  /// What ``Step/record(session:)`` asked for is done.
  public mutating func recording(at now: Nanoseconds) {
    guard case .record(let request, let number) = question else {
      preconditionFailure("an answer without its question")
    }
    question = nil
    guard let index = sessions.firstIndex(where: { $0.number == number }) else { return }
    sessions[index].record()
    sessions[index].lastSeen = now
    respond(request, .ok, sessionHeaders(sessions[index]), in: sessions[index])
  }

  /// Takes a packet that came in on the connection.
  mutating func take(_ packet: [UInt8], on channel: UInt8, at now: Nanoseconds) {
    for index in sessions.indices {
      guard let channels = sessions[index].transport.channels else { continue }
      if channels.rtcp == channel {
        if sessions[index].livesByRequests { sessions[index].lastSeen = now }
        outbox.append(.control(session: sessions[index].number, packet))
      } else if channels.rtp == channel, sessions[index].state == .recording {
        outbox.append(.packet(session: sessions[index].number, packet))
      }
    }
  }

  /// Whether a message is what a session that records is there for: that comes as fast as it comes.
  func isRecorded(_ message: RTSPMessage) -> Bool {
    guard case .interleaved(let channel, _) = message else { return false }
    return sessions.contains { $0.state == .recording && $0.transport.channels?.rtp == channel }
  }

  private static func notInClassroom(_ request: RTSPRequest) -> RTSPRefusal {
    RTSPRefusal(
      .notImplemented, "\(request.method.name) is not a method of the classroom dialect")
  }
}
