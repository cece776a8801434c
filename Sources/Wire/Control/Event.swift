/// What the WebSocket says: an event's name, and the fields that it has.
public struct Event: Encodable, Equatable, Sendable {
  // swift-format-ignore: AllPublicDeclarationsHaveDocumentation
  public var event: String
  /// The command's.
  public var id: Command.Identifier?
  // swift-format-ignore: AllPublicDeclarationsHaveDocumentation
  public var success: Bool?
  // swift-format-ignore: AllPublicDeclarationsHaveDocumentation
  public var message: String?
  /// What to do, where something failed.
  public var hint: String?
  /// For programs, where something failed.
  public var code: String?
  // swift-format-ignore: AllPublicDeclarationsHaveDocumentation
  public var sessionId: String?
  // swift-format-ignore: AllPublicDeclarationsHaveDocumentation
  public var running: Bool?
  // swift-format-ignore: AllPublicDeclarationsHaveDocumentation
  public var state: String?
  // swift-format-ignore: AllPublicDeclarationsHaveDocumentation
  public var version: String?
  /// When the daemon began, as RFC 3339 has it: another time means another daemon, whose log begins
  /// anew.
  public var started: String?
  /// Whose socket it is, and what they may do; without a name where nobody has to log in.
  public var user: String?, role: String?

  // swift-format-ignore: AllPublicDeclarationsHaveDocumentation
  public init(_ event: String) { self.event = event }

  /// The answer to a command.
  public init(_ event: String, answering command: Command, _ problem: Problem?, _ message: String) {
    self.event = event
    id = command.id
    success = problem == nil
    self.message = problem?.detail ?? message
    code = problem?.code
    hint = problem?.hint
  }
}

/// A viewer session's server is gone or silent, and is tried again.
public struct RetryEvent: Encodable, Equatable, Sendable {
  // swift-format-ignore: AllPublicDeclarationsHaveDocumentation
  public var event = "session_retry"
  // swift-format-ignore: AllPublicDeclarationsHaveDocumentation
  public var sessionId: String, state: String, message: String
  /// The attempt that follows, counted from 1, of so many.
  public var attempt: Int, attemptsMax: Int

  // swift-format-ignore: AllPublicDeclarationsHaveDocumentation
  public init(_ report: SessionReport, _ message: String) {
    (sessionId, state, self.message) = (report.sessionId, report.state, message)
    (attempt, attemptsMax) = (report.attempt, report.attemptsMax)
  }
}

/// Numbers of a viewer session, four times a second while it plays.
public struct StatsEvent: Encodable, Equatable, Sendable {
  // swift-format-ignore: AllPublicDeclarationsHaveDocumentation
  public var event = "stats"
  // swift-format-ignore: AllPublicDeclarationsHaveDocumentation
  public var sessionId: String, state: String
  // swift-format-ignore: AllPublicDeclarationsHaveDocumentation
  public var frame: Int, packets: Int, lost: Int, framesSkipped: Int
  // swift-format-ignore: AllPublicDeclarationsHaveDocumentation
  public var dataRateKbps: Double, fps: Double, latencyMs: Double, jitterMs: Double

  // swift-format-ignore: AllPublicDeclarationsHaveDocumentation
  public init(_ report: SessionReport) {
    (sessionId, state) = (report.sessionId, report.state)
    (frame, packets, lost) = (report.frame, report.packets, report.lost)
    framesSkipped = report.framesSkipped
    (dataRateKbps, fps) = (report.dataRateKbps, report.fps)
    (latencyMs, jitterMs) = (report.latencyMs, report.jitterMs)
  }
}

/// Precedes a binary message, where annotated frames were asked for.
public struct FrameEvent: Encodable, Equatable, Sendable {
  // swift-format-ignore: AllPublicDeclarationsHaveDocumentation
  public var event = "frame"
  // swift-format-ignore: AllPublicDeclarationsHaveDocumentation
  public var frameNum: Int
  /// Microseconds since 1970; absent while the sender's clock is not known.
  public var dueUs: Int64?
  /// Microseconds since 1970.
  public var sentUs: Int64

  // swift-format-ignore: AllPublicDeclarationsHaveDocumentation
  public init(frameNum: Int, dueUs: Int64?, sentUs: Int64) {
    self.frameNum = frameNum
    self.dueUs = dueUs
    self.sentUs = sentUs
  }
}

/// A frame as the original system sent it.
public struct VideoFrameEvent: Encodable, Equatable, Sendable {
  // swift-format-ignore: AllPublicDeclarationsHaveDocumentation
  public var event = "video_frame"
  /// The JPEG in Base64.
  public var frame: String
  // swift-format-ignore: AllPublicDeclarationsHaveDocumentation
  public var frameNum: Int, packets: Int
  // swift-format-ignore: AllPublicDeclarationsHaveDocumentation
  public var dataRate: Double, fps: Double

  // swift-format-ignore: AllPublicDeclarationsHaveDocumentation
  public init(frame: String, frameNum: Int, packets: Int, dataRate: Double, fps: Double) {
    self.frame = frame
    self.frameNum = frameNum
    self.packets = packets
    self.dataRate = dataRate
    self.fps = fps
  }
}

/// A log line as an event.
public struct LogEvent: Encodable, Equatable, Sendable {
  // swift-format-ignore: AllPublicDeclarationsHaveDocumentation
  public var event = "log"
  // swift-format-ignore: AllPublicDeclarationsHaveDocumentation
  public var seq: Int, time: String, level: String, message: String

  // swift-format-ignore: AllPublicDeclarationsHaveDocumentation
  public init(_ entry: LogEntry) {
    (seq, time, level, message) = (entry.seq, entry.time, entry.level, entry.message)
  }
}
