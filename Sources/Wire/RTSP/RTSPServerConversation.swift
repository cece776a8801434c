/// A server's side of one RTSP connection (RFC 2326), without the connection: bytes and the time go
/// in, steps for the caller come out. It owns no socket, no clock and no file.
///
/// The rule for driving it: after ``receive(_:at:)``, ``wake(at:)`` or any answer, call
/// ``next(at:)`` until it returns nil. `authorize`, `find`, `open`, `play`, `announce`, `receive`
/// and `record` are questions: ``next(at:)`` returns nil until they are answered, however long that
/// takes, and requests behind them wait.
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
    /// A connection without sessions is closed after this, when it says nothing, and when it says
    /// more than can be listened to: its peer may be long gone.
    public var idleSeconds = 60
    /// How fast messages are taken; what comes faster waits.
    public var pace = TokenBucket(rate: 10_000, burst: 100)
    /// The `Server` header.
    public var server = "streamd"
    /// Ask who a client is with each request.
    public var asksAuthorization = false
    /// The address that clients have connected to, for the session description.
    public var address = "127.0.0.1"

    /// The standard settings.
    public init() {}
  }

  /// What the caller is to do next.
  public enum Step: Equatable, Sendable {
    /// Judge what a request's `Authorization` shows; answer with ``authorized(at:)`` or
    /// ``unauthorized(_:isStale:at:)``.
    case authorize(RTSPRequest)
    /// Look a medium up by name; answer with ``found(_:)`` or ``refused(_:)``.
    case find(String)
    /// Make a way for a session's packets; answer with ``opened(serverPorts:ssrc:)`` or
    /// ``refused(_:)``. For a session that exists already the way is to be replaced.
    case open(session: Int, TransportHeader, MediaDescription, isClassroom: Bool)
    /// Start, continue or move a session; answer with ``playing(frame:end:sequence:timestamp:)``.
    /// When it plays already and the order is ``PlayOrder/resume``, only the answer is wanted.
    case play(session: Int, PlayOrder, wasPlaying: Bool)
    /// The client would publish under a name; answer with ``announced()`` or ``refused(_:)``.
    case announce(String, AnnouncedTrack)
    /// Make a way for a session's packets to come in; answer with ``opened(serverPorts:ssrc:)`` or
    /// ``refused(_:)``. For a session that exists already the way is to be replaced.
    case receive(session: Int, TransportHeader, String, AnnouncedTrack)
    /// What comes in for a session is published from now on; answer with ``recording()`` or
    /// ``refused(_:)``.
    case record(session: Int)
    /// RTP came in on the connection, for a session that records.
    case packet(session: Int, [UInt8])
    /// Stop sending, keep the place; of a session that records: publish no more.
    case pause(session: Int)
    /// The session is over.
    case end(session: Int, EndReason)
    /// RTCP came in on the connection.
    case control(session: Int, [UInt8])
    /// Send these bytes, in one go; they answer a request.
    case send([UInt8], Answer)
    /// Close the connection once everything is sent.
    case close(CloseReason)
  }

  /// What a reply says, for those who count.
  public struct Answer: Equatable, Sendable {
    /// The request's method, or `other` for what is none of the RFC's or could not be read.
    public var method: String
    /// The reply's status code.
    public var status: Int
  }

  /// Why a session ended.
  public enum EndReason: Equatable, Sendable {
    /// TEARDOWN.
    case teardown
    /// No sign of life for too long.
    case timeout
    /// The connection was closed.
    case disconnected
    /// What was played is no longer there.
    case mediaGone
    /// The peer's port has been closed for too long.
    case unreachable
    /// Somebody else publishes under its name now.
    case displaced
  }

  /// Why the connection is to be closed.
  public enum CloseReason: Equatable, Sendable {
    /// Bytes that are no RTSP.
    case invalid(RTSPError)
    /// Half a message, and then nothing for too long.
    case incomplete
    /// No session and no message for too long.
    case idle
    /// No session, and messages without a pause, faster than they are taken, for too long.
    case flood
  }

  /// What the client calls itself.
  public internal(set) var userAgent = ""
  let settings: Settings
  var random: any RandomNumberGenerator
  var parser: RTSPParser
  var sessions: [RTSPServerSession] = []
  /// What the client would publish.
  var announcement: Announcement?
  var nextNumber = 0
  var outbox: [Step] = []
  var question: Question?
  /// Nothing more is heard: ``Step/close(_:)`` is done or to be done.
  public internal(set) var isClosed = false
  var lastActivity: Nanoseconds
  /// When the incomplete message at hand began.
  var messageBegan: Nanoseconds?
  var pace: TokenBucket
  /// More may be there to be taken, but not yet. Nothing needs to be read meanwhile.
  public private(set) var isPaced = false
  /// Since when messages have been coming faster than they are taken, without a rest.
  private var pacedSince: Nanoseconds?
  /// Requests are refused with 503: whoever asks has asked too often. Nothing else changes.
  public var isRefusing = false
  /// When a classroom request that lacks its end counts as complete.
  var settleAt: Nanoseconds?

  private static let settleNanoseconds: Nanoseconds = 50_000_000

  /// A question that is out, and what its answer is for. Apart from the conversation, which has
  /// none most of the time.
  indirect enum Question {
    case authorize(RTSPRequest)
    case describe(RTSPRequest, RTSPURL)
    case setup(RTSPRequest, RTSPURL, [TransportHeader])
    case open(RTSPRequest, RTSPServerSession, isNew: Bool)
    case play(RTSPRequest, session: Int, NPTRange?)
    case announce(RTSPRequest, Announcement)
    case record(RTSPRequest, session: Int)
  }

  /// A conversation that begins at `now`.
  public init(
    settings: Settings, random: any RandomNumberGenerator = SystemRandomNumberGenerator(),
    at now: Nanoseconds
  ) {
    self.settings = settings
    self.random = random
    parser = RTSPParser(bounds: settings.bounds)
    pace = settings.pace
    lastActivity = now
  }

  // MARK: What happens

  /// Bytes have come in.
  public mutating func receive(_ bytes: Span<UInt8>, at now: Nanoseconds) {
    lastActivity = now
    if pace.isFull(at: now) { pacedSince = nil }
    parser.feed(bytes)
  }

  /// A deadline has come.
  public mutating func wake(at now: Nanoseconds) {
    // While an answer is worked on it is the peer that waits.
    guard !isClosed, question == nil else { return }
    for session in sessions where !session.isClassroom && now >= expiry(of: session) {
      end(session, .timeout)
    }
    if let settleAt, now >= settleAt {
      self.settleAt = nil
      take(now) { (parser) throws(RTSPError) in try parser.settle() }
    }
    if let began = messageBegan, now >= began + seconds(settings.messageSeconds) {
      let error = RTSPError(status: .requestTimeout, position: 0, reason: "half a message")
      close(.incomplete, .send(reply(error), Answer(method: "other", status: error.status.code)))
    } else if sessions.isEmpty, now >= lastActivity + seconds(settings.idleSeconds) {
      close(.idle, nil)
    } else if isPaced, sessions.isEmpty, let pacedSince,
      now >= pacedSince + seconds(settings.idleSeconds)
    {
      close(.flood, nil)
    }
    // Where there is no room to answer, nobody asks for the next message, which would see to it.
    if isPaced, pace.isReady(at: now) { isPaced = false }
  }

  /// Something showed that a session's peer is alive: RTCP over UDP, that it reads its frames, or
  /// that it sends some.
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

  /// A session is over, for a reason that the peer has not given: it is unknown from now on.
  public mutating func end(session number: Int, _ reason: EndReason) {
    for session in sessions where session.number == number { end(session, reason) }
  }

  /// Takes the ends of sessions out of what is to be done: they wait for no room to answer in.
  public mutating func takeEnds() -> [(session: Int, reason: EndReason)] {
    var ends: [(session: Int, reason: EndReason)] = []
    outbox.removeAll { step in
      guard case .end(let session, let reason) = step else { return false }
      ends.append((session, reason))
      return true
    }
    return ends
  }

  /// The connection is gone: every session ends.
  public mutating func disconnected() {
    for session in sessions { end(session, .disconnected) }
    isClosed = true
    question = nil
  }

  /// Whether an answer is waited for.
  public var isWaiting: Bool { question != nil }

  /// When ``wake(at:)`` is to be called; nil when nothing is waited for.
  public var deadline: Nanoseconds? {
    if isClosed || question != nil { return nil }
    var deadline = sessions.isEmpty ? lastActivity + seconds(settings.idleSeconds) : .max
    if isPaced { deadline = min(deadline, pace.readyAt) }
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
    isPaced = false
    while true {
      if !outbox.isEmpty {
        // Whoever gets an answer late has not been idle meanwhile.
        if case .send = outbox[0] { lastActivity = max(lastActivity, now) }
        return outbox.removeFirst()
      }
      if isClosed || question != nil { return nil }
      guard pace.isReady(at: now) else {
        isPaced = true
        pacedSince = pacedSince ?? now
        return nil
      }
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
      if !isRecorded(message) { pace.take(at: now) }
      messageBegan = nil
      settleAt = nil
      handle(message, at: now)
    } catch {
      let farewell = error.isHTTP ? Self.httpReply : reply(error)
      close(
        .invalid(error), .send(farewell, Answer(method: "other", status: error.status.code)))
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

  mutating func end(_ session: RTSPServerSession, _ reason: EndReason) {
    sessions.removeAll { $0.number == session.number }
    outbox.append(.end(session: session.number, reason))
  }

  private mutating func close(_ reason: CloseReason, _ farewell: Step?) {
    for session in sessions { end(session, .disconnected) }
    if let farewell { outbox.append(farewell) }
    outbox.append(.close(reason))
    isClosed = true
  }
}
