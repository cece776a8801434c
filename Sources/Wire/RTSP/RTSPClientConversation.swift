/// A client's side of one RTSP connection with one JPEG track (RFC 2326), without the connection:
/// commands, bytes and the time go in, steps for the caller come out.
///
/// ``setup()``, ``play(from:)``, ``pause()`` and ``teardown()`` queue what is to be asked; each is
/// followed by its own step or by ``Step/failed(_:)``. After any call, ``next()`` is called until
/// it returns nil.
public struct RTSPClientConversation {
  /// What the caller is to do or to know.
  public enum Step: Equatable, Sendable {
    /// Send these bytes.
    case send([UInt8])
    /// The track is set up over this transport; `dimensions` where the description gives them.
    case ready(TransportHeader, width: Int?, height: Int?)
    /// Frames follow.
    case playing(RTPInfo?)
    /// No frames follow.
    case paused
    /// PLAY or PAUSE was refused with this status: everything is as it was.
    case refused(code: Int, phrase: String)
    /// The session is over.
    case tornDown
    /// A binary packet came in on the connection.
    case packet(channel: UInt8, [UInt8])
    /// Nothing more can be had from this conversation.
    case failed(Failure)
  }

  /// Why a server cannot be played from.
  public enum Failure: Error, Equatable, Sendable {
    /// It answered with this status.
    case refused(code: Int, phrase: String)
    /// What it sent is no RTSP, or no description of a JPEG track.
    case protocolError(String)
    /// It has not answered in time.
    case timeout
  }

  private enum Request: Equatable {
    case options, describe, setup, play(from: Int64?), pause, teardown, keepalive

    var method: RTSPMethod {
      switch self {
      case .options, .keepalive: .options
      case .describe: .describe
      case .setup: .setup
      case .play: .play
      case .pause: .pause
      case .teardown: .teardown
      }
    }
  }

  private let url: String
  private var authentication: ClientAuthentication
  private var random: any RandomNumberGenerator
  private let userAgent: String
  private let offer: TransportHeader
  private var parser = RTSPParser()
  private var outbox: [Step] = []
  private var waiting: [Request] = []
  private var inFlight: (request: Request, since: Nanoseconds)?
  private var sequence = 0
  private var session: SessionHeader?
  private var base: String
  private var control: String?
  private var dimensions: (width: Int, height: Int)?
  private var lastRequest: Nanoseconds = 0
  private var isOver = false

  private let answerNanoseconds: Nanoseconds

  /// A conversation about `url` that offers one way of transport, and waits for each answer for
  /// so long.
  ///
  /// - Parameters:
  ///   - url: a name and a password in it are the same as in `userInfo`.
  ///   - userInfo: shown to a server that asks, by Digest where it can be had, else by Basic.
  ///   - token: shown as `Bearer` with every request.
  public init(
    url: String, offer: TransportHeader, userAgent: String, userInfo: UserInfo? = nil,
    token: String? = nil, answerNanoseconds: Nanoseconds = 5_000_000_000,
    random: any RandomNumberGenerator = SystemRandomNumberGenerator()
  ) {
    let (url, own) = UserInfo.separate(from: url)
    self.url = url
    authentication = ClientAuthentication(userInfo ?? own, token: token)
    self.random = random
    self.offer = offer
    self.userAgent = userAgent
    self.answerNanoseconds = answerNanoseconds
    base = url
  }

  // MARK: Commands

  /// Asks for the description and sets the track up.
  public mutating func setup() { waiting += [.options, .describe, .setup] }

  /// Plays, from a place in microseconds or from where it stands.
  public mutating func play(from start: Int64?) { waiting.append(.play(from: start)) }

  /// Stops where it is.
  public mutating func pause() { waiting.append(.pause) }

  /// Ends the session, or the one that is about to be set up.
  public mutating func teardown() { waiting = [.teardown] }

  // MARK: What happens

  /// Bytes have come in.
  public mutating func receive(_ bytes: Span<UInt8>) { parser.feed(bytes) }

  /// A deadline has come: an answer is overdue, or the server wants to hear of us.
  public mutating func wake(at now: Nanoseconds) {
    guard !isOver else { return }
    if let inFlight {
      if now >= inFlight.since + answerNanoseconds { fail(.timeout) }
    } else if let keepalive, now >= keepalive {
      waiting.append(.keepalive)
    }
  }

  /// When ``wake(at:)`` is to be called.
  public var deadline: Nanoseconds? {
    if isOver { return nil }
    return inFlight.map { $0.since + answerNanoseconds } ?? keepalive
  }

  /// Half of the session's timeout after the last request.
  private var keepalive: Nanoseconds? {
    session.map { lastRequest + Nanoseconds($0.timeoutSeconds) * 500_000_000 }
  }

  /// The next thing to do; nil when an answer or more bytes are needed.
  public mutating func next(at now: Nanoseconds) -> Step? {
    while outbox.isEmpty, !isOver {
      do throws(RTSPError) {
        if let message = try parser.next() {
          handle(message)
          continue
        }
      } catch {
        fail(.protocolError(error.reason))
        continue
      }
      guard inFlight == nil, !waiting.isEmpty else { break }
      send(waiting.removeFirst(), at: now)
    }
    return outbox.isEmpty ? nil : outbox.removeFirst()
  }

  private mutating func fail(_ failure: Failure) {
    outbox.append(.failed(failure))
    isOver = true
  }

  private mutating func send(_ request: Request, at now: Nanoseconds) {
    // Without a session there is nothing to end.
    if request == .teardown && session == nil { return outbox.append(.tornDown) }
    sequence += 1
    var headers = HeaderFields()
    headers.append("CSeq", String(sequence))
    headers.append("User-Agent", userAgent)
    if let session { headers.append("Session", session.identifier) }
    let target = target(of: request)
    let authorization = authentication.header(
      method: request.method.name, uri: target, random: &random)
    if let authorization { headers.append("Authorization", authorization) }
    switch request {
    case .options, .keepalive: break
    case .describe: headers.append("Accept", "application/sdp")
    case .setup: headers.append("Transport", offer.description)
    case .play(let start):
      if let start { headers.append("Range", NPTRange(start: .at(start)).description) }
    case .pause, .teardown: break
    }
    var bytes: [UInt8] = []
    RTSPRequest(method: request.method, target: target, headers: headers).emit(into: &bytes)
    outbox.append(.send(bytes))
    inFlight = (request, now)
    lastRequest = now
  }

  private func target(of request: Request) -> String {
    switch request {
    case .describe: url
    case .setup: controlURL
    case .options, .play, .pause, .teardown, .keepalive: base
    }
  }

  /// RFC 2326 appendix C.1.1: absolute, or relative to the base, or the base itself.
  private var controlURL: String {
    guard let control, control != "*" else { return base }
    if control.lowercased().hasPrefix("rtsp://") { return control }
    return base.hasSuffix("/") ? base + control : "\(base)/\(control)"
  }

  // MARK: Answers

  private mutating func handle(_ message: RTSPMessage) {
    switch message {
    case .interleaved(let channel, let packet):
      outbox.append(.packet(channel: channel, packet))
    case .request:
      // A server that asks us something gets no answer; it will live.
      break
    case .response(let response):
      guard let (request, _) = inFlight,
        response.headers["CSeq"].flatMap({ decimal($0) }) ?? sequence == sequence
      else { return }
      // A provisional reply: the final one follows (RFC 2326 §7.1.1).
      guard response.code >= 200 else { return }
      inFlight = nil
      handle(response, to: request)
    }
  }

  private mutating func handle(_ response: RTSPResponse, to request: Request) {
    if response.code != 401 {
      authentication.forgetRefusals()
    } else if authentication.learn(from: response.headers) {
      return waiting.insert(request, at: 0)
    }
    // Refused or not: a session that is gone already is no obstacle.
    if request == .teardown {
      session = nil
      return outbox.append(.tornDown)
    }
    guard (200..<300).contains(response.code) else {
      return refused(request, response)
    }
    switch request {
    case .options, .keepalive, .teardown: break
    case .describe: readDescription(response)
    case .setup: readSetup(response)
    case .play: outbox.append(.playing(response.headers["RTP-Info"].flatMap { RTPInfo($0) }))
    case .pause: outbox.append(.paused)
    }
  }

  private mutating func refused(_ request: Request, _ response: RTSPResponse) {
    let (code, phrase) = (response.code, response.phrase)
    let isGone = code == RTSPStatus.sessionNotFound.code
    switch request {
    // A server that does not know OPTIONS is no obstacle.
    case .options, .keepalive: break
    case .play, .pause:
      guard !isGone, code != RTSPStatus.unauthorized.code, (400..<500).contains(code) else {
        fallthrough
      }
      outbox.append(.refused(code: code, phrase: phrase))
    case .describe, .setup, .teardown:
      fail(.refused(code: code, phrase: phrase))
    }
  }

  private mutating func readDescription(_ response: RTSPResponse) {
    base = response.headers["Content-Base"] ?? response.headers["Content-Location"] ?? url
    let text = String(decoding: response.body, as: UTF8.self)
    guard let description = SessionDescription(text),
      let media = description.media.first(where: {
        $0.kind == "video" && $0.formats.contains(RTPHeader.jpegPayloadType)
      })
    else { return fail(.protocolError("the description has no JPEG track")) }
    control = media.attribute("control")
    let sides = (media.attribute("x-dimensions") ?? "").split(at: ",")
      .compactMap { decimal(trimmed($0), limit: 65_535) }
    if sides.count == 2 { dimensions = (sides[0], sides[1]) }
  }

  private mutating func readSetup(_ response: RTSPResponse) {
    guard let session = response.headers["Session"].flatMap({ SessionHeader($0) }),
      let transport = response.headers["Transport"].flatMap({ TransportHeader.parse($0)?.first })
    else { return fail(.protocolError("the reply to SETUP lacks Session or Transport")) }
    self.session = session
    outbox.append(.ready(transport, width: dimensions?.width, height: dimensions?.height))
  }
}
