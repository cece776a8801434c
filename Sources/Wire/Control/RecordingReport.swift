/// Of a recording.
public struct RecordingReport: Codable, Equatable, Sendable {
  /// Counted from 1 for as long as the daemon runs.
  public var recordingId = ""
  /// `waiting` for a picture, `recording`, or `ended`.
  public var state = "waiting"
  /// The live source, or what the session plays.
  public var source = ""
  /// Of the session that is recorded; empty where it is a live source.
  public var sessionId = ""
  /// The newest file, by its name in the folder of recordings; empty while there is none.
  public var file = ""
  /// How many files there have been.
  public var files = 0
  /// Written so far, of all files.
  public var bytes = 0
  /// Pictures written.
  public var frames = 0
  /// Pictures that are in no file: the disk was too slow, or they were none.
  public var leftOut = 0
  /// Of what the newest file is played at; 0 while there is none.
  public var fps = 0.0
  /// RFC 3339.
  public var since = ""
  /// Why it has ended: `stopped`, `source_ended`, `disk_full`, `failed` or `shutdown`; empty
  /// before.
  public var ending = ""
  /// The same in words for people.
  public var reason = ""

  // swift-format-ignore: AllPublicDeclarationsHaveDocumentation
  public init() {}
}

/// A recording has begun, goes on (once a second), or has ended.
public struct RecordingEvent: Encodable, Sendable {
  private let report: RecordingReport

  // swift-format-ignore: AllPublicDeclarationsHaveDocumentation
  public init(_ report: RecordingReport) { self.report = report }

  private enum CodingKeys: CodingKey { case event }

  /// The report's fields, and the event's name.
  public func encode(to encoder: any Encoder) throws {
    try report.encode(to: encoder)
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode("recording", forKey: .event)
  }
}
