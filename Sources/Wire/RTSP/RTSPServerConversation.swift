/// A server's side of one RTSP connection (RFC 2326), without the connection: bytes and the time go
/// in, steps for the caller come out. It owns no socket, no clock and no file.
///
/// The rule for driving it: after ``receive(_:at:)``, ``wake(at:)`` or any answer, call
/// ``next(at:)`` until it returns nil. `find`, `open` and `play` are questions: ``next(at:)``
/// returns nil until they are answered, however long that takes, and requests behind them wait.
public struct RTSPServerConversation {
  /// What differs from server to server.
  public struct Settings: Sendable {
    /// How large messages may be.
    public var bounds = RTSPParser.Bounds()
    /// A session without a sign of life ends after this.
    public var sessionTimeoutSeconds = 60
    /// How many sessions one connection may hold.
    public var sessionsMax = 8
    /// A message that has begun must be complete within this.
    public var messageSeconds = 10
    /// A connection without sessions and without messages is closed after this.
    public var idleSeconds = 60
    /// The `Server` header.
    public var server = "streamd"
    /// The address that clients have connected to, for the session description.
    public var address = "127.0.0.1"

    /// The standard settings.
    public init() {}
  }

  /// What the caller is to do next.
  public enum Step: Equatable, Sendable {
    /// Look a medium up by name; answer with ``found(_:)`` or ``refused(_:)``.
    case find(String)
    /// Make a way for a session's packets; answer with ``opened(serverPorts:ssrc:)`` or
    /// ``refused(_:)``. For a session that exists already the way is to be replaced.
    case open(session: Int, TransportHeader, MediaDescription, isClassroom: Bool)
    /// Start, continue or move a session; answer with ``playing(frame:sequence:timestamp:)``. When
    /// it plays already and the order is ``PlayOrder/resume``, only the answer is wanted.
    case play(session: Int, PlayOrder, wasPlaying: Bool)
    /// Stop sending, keep the place.
    case pause(session: Int)
    /// The session is over.
    case end(session: Int, EndReason)
    /// RTCP came in on the connection.
    case control(session: Int, [UInt8])
    /// Send these bytes, in one go.
    case send([UInt8])
    /// Close the connection once everything is sent.
    case close(CloseReason)
  }

  /// Why a session ended.
  public enum EndReason: Equatable, Sendable {
    /// TEARDOWN.
    case teardown
    /// No sign of life for too long.
    case timeout
    /// The connection was closed.
    case disconnected
  }

  /// Why the connection is to be closed.
  public enum CloseReason: Equatable, Sendable {
    /// Bytes that are no RTSP.
    case invalid(RTSPError)
    /// Half a message, and then nothing for too long.
    case incomplete
    /// No session and no message for too long.
    case idle
  }

  private let settings: Settings
  private var random: any RandomNumberGenerator
  private var parser: RTSPParser
  private var sessions: [RTSPServerSession] = []
  private var nextNumber = 0
  private var outbox: [Step] = []
  private var question: Question?
  private var isClosed = false
  private var lastActivity: Nanoseconds
  /// When the incomplete message at hand began.
  private var messageBegan: Nanoseconds?
  /// When a classroom request that lacks its end counts as complete.
  private var settleAt: Nanoseconds?

  private static let settleNanoseconds: Nanoseconds = 50_000_000

  /// A question that is out, and what its answer is for.
  private enum Question {
    case describe(RTSPRequest, RTSPURL)
    case setup(RTSPRequest, RTSPURL, TransportHeader)
    case open(RTSPRequest, RTSPServerSession, isNew: Bool)
    case play(RTSPRequest, session: Int, NPTRange?)
  }

  /// A conversation that begins at `now`.
  public init(
    settings: Settings, random: any RandomNumberGenerator = SystemRandomNumberGenerator(),
    at now: Nanoseconds
  ) {
    self.settings = settings
    self.random = random
    parser = RTSPParser(bounds: settings.bounds)
    lastActivity = now
  }

  // MARK: What happens

  /// Bytes have come in.
  public mutating func receive(_ bytes: Span<UInt8>, at now: Nanoseconds) {
    lastActivity = now
    parser.feed(bytes)
  }

  /// A deadline has come.
  public mutating func wake(at now: Nanoseconds) {
    guard !isClosed else { return }
    for session in sessions where !session.isClassroom && now >= expiry(of: session) {
      end(session, .timeout)
    }
    if let settleAt, now >= settleAt {
      self.settleAt = nil
      take(now) { (parser) throws(RTSPError) in try parser.settle() }
    }
    if let began = messageBegan, now >= began + seconds(settings.messageSeconds) {
      close(.incomplete, reply(.requestTimeout))
    } else if sessions.isEmpty, now >= lastActivity + seconds(settings.idleSeconds) {
      close(.idle, nil)
    }
  }

  /// Something showed that a session's peer is alive: RTCP over UDP, or that it reads its frames.
  public mutating func sawSignOfLife(session number: Int, at now: Nanoseconds) {
    for index in sessions.indices where sessions[index].number == number {
      sessions[index].lastSeen = max(sessions[index].lastSeen, now)
    }
  }

  /// A session has played its requested range to the end.
  public mutating func reachedEnd(session number: Int) {
    for index in sessions.indices where sessions[index].number == number {
      sessions[index].reachedEnd()
    }
  }

  /// The connection is gone: every session ends.
  public mutating func disconnected() {
    for session in sessions { end(session, .disconnected) }
    isClosed = true
    question = nil
  }

  /// When ``wake(at:)`` is to be called; nil when nothing is waited for.
  public var deadline: Nanoseconds? {
    if isClosed { return nil }
    var deadline = sessions.isEmpty ? lastActivity + seconds(settings.idleSeconds) : .max
    for session in sessions where !session.isClassroom {
      deadline = min(deadline, expiry(of: session))
    }
    if let settleAt { deadline = min(deadline, settleAt) }
    if let messageBegan {
      deadline = min(deadline, messageBegan + seconds(settings.messageSeconds))
    }
    return deadline == .max ? nil : deadline
  }

  /// The next thing to do; nil when an answer or more bytes are needed.
  public mutating func next(at now: Nanoseconds) -> Step? {
    while true {
      if !outbox.isEmpty { return outbox.removeFirst() }
      if isClosed || question != nil { return nil }
      guard take(now, { (parser) throws(RTSPError) in try parser.next() }) else {
        watchIncomplete(now)
        if outbox.isEmpty { return nil }
        continue
      }
    }
  }

  /// Reads a message from the parser and acts on it; false when there is none.
  @discardableResult
  private mutating func take(
    _ now: Nanoseconds, _ read: (inout RTSPParser) throws(RTSPError) -> RTSPMessage?
  ) -> Bool {
    do throws(RTSPError) {
      guard let message = try read(&parser) else { return false }
      messageBegan = nil
      settleAt = nil
      handle(message, at: now)
    } catch {
      close(.invalid(error), error.isHTTP ? Self.httpReply : reply(error.status, error.reason))
    }
    return true
  }

  private mutating func watchIncomplete(_ now: Nanoseconds) {
    guard parser.isInsideMessage else {
      messageBegan = nil
      return
    }
    if messageBegan == nil { messageBegan = now }
    settleAt = parser.isInsideClassroomRequest ? now + Self.settleNanoseconds : nil
  }

  private func expiry(of session: RTSPServerSession) -> Nanoseconds {
    session.lastSeen + seconds(settings.sessionTimeoutSeconds)
  }

  private func seconds(_ count: Int) -> Nanoseconds { Nanoseconds(count) * 1_000_000_000 }

  private mutating func end(_ session: RTSPServerSession, _ reason: EndReason) {
    sessions.removeAll { $0.number == session.number }
    outbox.append(.end(session: session.number, reason))
  }

  private mutating func close(_ reason: CloseReason, _ farewell: [UInt8]?) {
    for session in sessions { end(session, .disconnected) }
    if let farewell { outbox.append(.send(farewell)) }
    outbox.append(.close(reason))
    isClosed = true
  }

  // MARK: Messages

  private mutating func handle(_ message: RTSPMessage, at now: Nanoseconds) {
    switch message {
    case .request(let request):
      for index in sessions.indices { sessions[index].lastSeen = now }
      do throws(RTSPRefusal) {
        try handle(request, at: now)
      } catch {
        refuse(request, error)
      }
    case .interleaved(let channel, let packet):
      for index in sessions.indices where sessions[index].transport.channels?.rtcp == channel {
        sessions[index].lastSeen = now
        outbox.append(.control(session: sessions[index].number, packet))
      }
    case .response:
      // This server asks nothing, so an answer has no meaning.
      break
    }
  }

  private mutating func handle(
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
    case .setup: try setup(request, at: now)
    case .play: try play(request)
    case .pause: try pause(request)
    case .teardown: try teardown(request)
    case .getParameter, .setParameter: try parameter(request)
    case .notAllowed(let name):
      throw RTSPRefusal(.methodNotAllowed, "\(name) is not allowed here")
    case .unknown(let name):
      throw RTSPRefusal(.notImplemented, "\(name) is not a method of this server")
    }
  }

  private mutating func options(_ request: RTSPRequest) throws(RTSPRefusal) {
    if request.target != "*" { _ = try url(of: request) }
    if request.session != nil { _ = try session(of: request) }
    var headers = RTSPHeaders()
    headers.append("Public", RTSPMethod.list)
    respond(request, .ok, headers)
  }

  private mutating func describe(_ request: RTSPRequest) throws(RTSPRefusal) {
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

  private mutating func setup(_ request: RTSPRequest, at now: Nanoseconds) throws(RTSPRefusal) {
    let url = try url(of: request)
    guard url.track == nil || url.track == 0 else {
      throw RTSPRefusal(.notFound, "there is one track, \(RTSPURL.trackPrefix)0")
    }
    guard let header = request.headers["Transport"] else {
      throw RTSPRefusal(.badRequest, "Transport is missing")
    }
    let existing = try request.session.map { (_) throws(RTSPRefusal) in try session(of: request) }
    guard existing != nil || sessions.count < settings.sessionsMax else {
      throw RTSPRefusal(
        .notEnoughBandwidth, "a connection holds \(settings.sessionsMax) sessions at most")
    }
    let transport = try negotiate(header, isClassroom: request.isClassroom, for: existing)
    if let existing { try sessions[existing].checkSetup() }
    question = .setup(request, url, transport)
    outbox.append(.find(url.name))
  }

  private mutating func play(_ request: RTSPRequest) throws(RTSPRefusal) {
    let index = try session(of: request)
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
      try PlayOrder(range, in: sessions[index].media)
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

  private mutating func pause(_ request: RTSPRequest) throws(RTSPRefusal) {
    let index = try session(of: request)
    try sessions[index].pause()
    outbox.append(.pause(session: sessions[index].number))
    respond(request, .ok, sessionHeaders(sessions[index]), in: sessions[index])
  }

  private mutating func teardown(_ request: RTSPRequest) throws(RTSPRefusal) {
    let session = sessions[try session(of: request)]
    end(session, .teardown)
    respond(request, .ok, sessionHeaders(session), in: session)
  }

  private mutating func parameter(_ request: RTSPRequest) throws(RTSPRefusal) {
    if request.target != "*" { _ = try url(of: request) }
    let index = try request.session.map { (_) throws(RTSPRefusal) in try session(of: request) }
    // Without a body it is a keepalive; no parameter is known that a body could name.
    guard request.body.allSatisfy({ $0 <= 0x20 }) else {
      throw RTSPRefusal(.parameterNotUnderstood, "this server has no parameters")
    }
    respond(
      request, .ok, index.map { sessionHeaders(sessions[$0]) } ?? RTSPHeaders(),
      in: index.map { sessions[$0] })
  }

  // MARK: Answers

  /// The medium that ``Step/find(_:)`` asked for.
  public mutating func found(_ media: MediaDescription) {
    switch question {
    case .describe(let request, let url):
      question = nil
      answerDescribe(request, url, media)
    case .setup(let request, let url, let transport):
      do throws(RTSPRefusal) {
        let session = try prepare(request, url, transport, media)
        question = .open(
          request, session, isNew: !sessions.contains { $0.number == session.number })
        outbox.append(
          .open(
            session: session.number, session.transport, media, isClassroom: session.isClassroom))
      } catch {
        question = nil
        refuse(request, error)
      }
    case .open, .play, nil:
      preconditionFailure("an answer without its question")
    }
  }

  /// The way that ``Step/open(session:_:_:isClassroom:)`` asked for.
  public mutating func opened(serverPorts: TransportHeader.PortPair?, ssrc: UInt32) {
    guard case .open(let request, var session, let isNew) = question else {
      preconditionFailure("an answer without its question")
    }
    question = nil
    session.transport.serverPorts = serverPorts
    session.transport.ssrc = ssrc
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

  /// What ``Step/play(session:_:wasPlaying:)`` came to: the next frame, and the sequence number and
  /// timestamp that its first packet will have.
  public mutating func playing(frame: Int, sequence: UInt16, timestamp: UInt32) {
    guard case .play(let request, let number, let range) = question else {
      preconditionFailure("an answer without its question")
    }
    question = nil
    guard let session = sessions.first(where: { $0.number == number }) else { return }
    let start = session.media.rate.microseconds(ofFrames: frame)
    // A range that loops has no end that would mean anything to the player.
    let end = range?.end.flatMap { $0 < session.media.duration ? $0 : nil }
    var headers = sessionHeaders(session)
    headers.append("Range", NPTRange(start: .at(start), end: end).description)
    headers.append(
      "RTP-Info",
      RTPInfo(url: session.controlURL, sequence: sequence, timestamp: timestamp).description)
    respond(request, .ok, headers, in: session)
  }

  /// The question cannot be answered as wished.
  public mutating func refused(_ refusal: RTSPRefusal) {
    switch question {
    case .describe(let request, _), .setup(let request, _, _), .open(let request, _, _),
      .play(let request, _, _):
      question = nil
      refuse(request, refusal)
    case nil:
      preconditionFailure("an answer without its question")
    }
  }

  private mutating func answerDescribe(
    _ request: RTSPRequest, _ url: RTSPURL, _ media: MediaDescription
  ) {
    let description = media.sessionDescription(
      address: settings.address, origin: UInt64(truncatingIfNeeded: random.next()) >> 1)
    var headers = RTSPHeaders()
    headers.append("Content-Base", url.base)
    headers.append("Content-Type", "application/sdp")
    respond(request, .ok, headers, Array(description.description.utf8))
  }

  private mutating func prepare(
    _ request: RTSPRequest, _ url: RTSPURL, _ transport: TransportHeader,
    _ media: MediaDescription
  ) throws(RTSPRefusal) -> RTSPServerSession {
    if request.session != nil {
      var session = sessions[try session(of: request)]
      guard session.media.name == media.name else {
        throw RTSPRefusal(
          .aggregateNotAllowed, "the session plays \(session.media.name), set up another one")
      }
      session.transport = transport
      return session
    }
    nextNumber += 1
    return RTSPServerSession(
      number: nextNumber, identifier: newIdentifier(isClassroom: request.isClassroom),
      isClassroom: request.isClassroom, media: media, base: url.base, transport: transport,
      lastSeen: lastActivity)
  }

  // MARK: Pieces

  private func url(of request: RTSPRequest) throws(RTSPRefusal) -> RTSPURL {
    if request.isClassroom { return RTSPURL(path: request.target) }
    guard let url = RTSPURL(request.target) else {
      throw RTSPRefusal(.badRequest, "the target is no URL of the form rtsp://HOST/NAME")
    }
    return url
  }

  private func session(of request: RTSPRequest) throws(RTSPRefusal) -> Int {
    guard let identifier = request.session,
      let index = sessions.firstIndex(where: { $0.identifier == identifier })
    else {
      throw RTSPRefusal(
        .sessionNotFound, request.session == nil ? "Session is missing" : "no such session here")
    }
    return index
  }

  /// The first offer, in the client's order, that can be had.
  private func negotiate(
    _ header: String, isClassroom: Bool, for existing: Int?
  ) throws(RTSPRefusal) -> TransportHeader {
    for offer in TransportHeader.parse(header) ?? [] {
      guard !offer.isMulticast, offer.mode == "play" else { continue }
      var agreed = TransportHeader(offer.carrier)
      switch offer.carrier {
      case .udp:
        guard let ports = offer.clientPorts else { continue }
        agreed.clientPorts = ports
        return agreed
      case .tcp where !isClassroom:
        guard let channels = freeChannels(wanted: offer.channels, for: existing) else { continue }
        agreed.channels = channels
        return agreed
      case .tcp, .other:
        continue
      }
    }
    throw RTSPRefusal(
      .unsupportedTransport,
      "offer RTP/AVP;unicast;client_port=A-B or RTP/AVP/TCP;unicast;interleaved=A-B")
  }

  /// The wanted channels, or the next free pair when another session has them.
  private func freeChannels(
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

  private mutating func newIdentifier(isClassroom: Bool) -> String {
    if isClassroom {
      // 31 bits in decimal: that client reads it with Python's int and keeps no more.
      return String(UInt32.random(in: 100_000...0x7FFF_FFFF, using: &random))
    }
    return (0..<4).map { _ in hexadecimal(UInt32.random(in: .min ... .max, using: &random)) }
      .joined()
  }

  private static func accepts(_ header: String) -> Bool {
    header.split(separator: ",").contains { type in
      let name = trimmed(type.prefix { $0 != ";" })
      return equalIgnoringCase(name, "application/sdp") || name == "*/*"
        || equalIgnoringCase(name, "application/*")
    }
  }

  // MARK: Replies

  private func sessionHeaders(_ session: RTSPServerSession) -> RTSPHeaders {
    var headers = RTSPHeaders()
    headers.append(
      "Session",
      SessionHeader(
        identifier: session.identifier, timeoutSeconds: settings.sessionTimeoutSeconds
      ).description)
    return headers
  }

  private mutating func refuse(_ request: RTSPRequest, _ refusal: RTSPRefusal) {
    var headers = RTSPHeaders()
    switch refusal.status {
    case .methodNotAllowed, .methodNotValidInState, .notImplemented:
      headers.append("Allow", RTSPMethod.list)
    case .optionNotSupported:
      headers.append("Unsupported", refusal.reason)
    case .notEnoughBandwidth, .serviceUnavailable:
      headers.append("Retry-After", "5")
    default: break
    }
    if !refusal.reason.isEmpty, refusal.status != .optionNotSupported {
      headers.append("Warning", Self.warning(refusal.reason))
    }
    respond(request, refusal.status, headers)
  }

  private mutating func respond(
    _ request: RTSPRequest, _ status: RTSPStatus, _ headers: RTSPHeaders, _ body: [UInt8] = [],
    in session: RTSPServerSession? = nil
  ) {
    if request.isClassroom {
      outbox.append(.send(Self.classroomReply(request, status, session)))
      return
    }
    var all = RTSPHeaders()
    if let sequence = request.sequence { all.append("CSeq", String(sequence)) }
    all.append("Server", settings.server)
    for field in headers.fields { all.append(field.name, field.value) }
    var bytes: [UInt8] = []
    RTSPResponse(status, headers: all, body: body).emit(into: &bytes)
    outbox.append(.send(bytes))
  }

  /// The classroom client splits at newlines, takes the number from the second line as CSeq and the
  /// one from the third as session, and wants nothing more, not even an empty line.
  private static func classroomReply(
    _ request: RTSPRequest, _ status: RTSPStatus, _ session: RTSPServerSession?
  ) -> [UInt8] {
    var text = "RTSP/1.0 \(status.code) \(status.phrase)\nCSeq: \(request.sequence ?? 0)\n"
    if let session { text += "Session: \(session.identifier)\n" }
    return Array(text.utf8)
  }

  /// A reply to something that could not be read far enough to know its CSeq.
  private func reply(_ status: RTSPStatus, _ reason: String = "") -> [UInt8] {
    var headers = RTSPHeaders()
    headers.append("Server", settings.server)
    if !reason.isEmpty { headers.append("Warning", Self.warning(reason)) }
    headers.append("Connection", "close")
    var bytes: [UInt8] = []
    RTSPResponse(status, headers: headers).emit(into: &bytes)
    return bytes
  }

  /// RFC 2616 §14.46: code, agent and a quoted text. The reason may quote the client, hence the care.
  private static func warning(_ reason: String) -> String {
    let text = reason.utf8.prefix(200).map {
      (0x20...0x7E).contains($0) && $0 != UInt8(ascii: "\"") ? $0 : UInt8(ascii: "?")
    }
    return "199 streamd \"\(String(decoding: text, as: UTF8.self))\""
  }

  /// For a browser that was pointed at this port.
  private static let httpReply: [UInt8] = {
    let text = "This port speaks RTSP. Open rtsp:// and this address in a player.\n"
    return Array(
      """
      HTTP/1.1 400 Bad Request\r
      Content-Type: text/plain\r
      Content-Length: \(text.utf8.count)\r
      Connection: close\r
      \r
      \(text)
      """.utf8)
  }()
}
