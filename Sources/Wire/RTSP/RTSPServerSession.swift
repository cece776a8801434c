/// One session of an RTSP server (RFC 2326 §3.4 and appendix A.2): what it plays or records, over
/// what, and which methods it allows at the moment. It belongs to the connection that made it.
struct RTSPServerSession: Equatable {
  /// What it is for.
  enum Subject: Equatable {
    /// It plays a medium to the client.
    case medium(MediaDescription)
    /// It takes what the client has announced.
    case announcement(Announcement)

    var name: String {
      switch self {
      case .medium(let media): media.name
      case .announcement(let announcement): announcement.name
      }
    }

    /// Whether a session of the one may get another transport for the other.
    func isSame(as other: Subject) -> Bool {
      switch (self, other) {
      case (.medium(let a), .medium(let b)): a.name == b.name
      case (.announcement(let a), .announcement(let b)): a == b
      case (.medium, .announcement), (.announcement, .medium): false
      }
    }
  }

  /// Appendix A.2 calls both `ready` and `paused` Ready; they differ in what PLAY without a range
  /// means and in whether PAUSE is understood.
  enum State: Equatable {
    /// Set up, never played. PLAY → playing, RECORD → recording, SETUP → ready.
    case ready
    /// Frames are being sent. PAUSE → paused, PLAY → playing, the requested end → ended.
    case playing
    /// Frames come in. PAUSE → paused, RECORD → recording.
    case recording
    /// Stopped by PAUSE. PLAY → playing, RECORD → recording, SETUP → paused.
    case paused
    /// The requested end has been reached. PLAY → playing; PAUSE (the client may not know yet) and
    /// SETUP → ended.
    case ended

    /// For the log and for refusals.
    var name: String {
      switch self {
      case .ready: "ready"
      case .playing: "playing"
      case .recording: "recording"
      case .paused: "paused"
      case .ended: "at the end of its range"
      }
    }
  }

  /// The caller's key.
  let number: Int
  /// The `Session` header's.
  let identifier: String
  /// Lives as long as its connection and gets replies of the classroom dialect.
  let isClassroom: Bool
  let subject: Subject
  /// The medium's URL as the client wrote it, with a slash at its end.
  let base: String
  var transport: TransportHeader
  private(set) var state = State.ready
  /// The last sign of life.
  var lastSeen: Nanoseconds

  init(
    number: Int, identifier: String, isClassroom: Bool, subject: Subject, base: String,
    transport: TransportHeader, lastSeen: Nanoseconds
  ) {
    self.number = number
    self.identifier = identifier
    self.isClassroom = isClassroom
    self.subject = subject
    self.base = base
    self.transport = transport
    self.lastSeen = lastSeen
  }

  var controlURL: String { "\(base)\(RTSPURL.trackPrefix)0" }

  /// What the client says is a sign of life, but for one who publishes: that one is to send
  /// pictures, and whoever waits for its place is not to wait for ever.
  var livesByRequests: Bool { state != .recording }

  /// What it plays.
  ///
  /// - Throws: 455 where it records.
  func media() throws(RTSPRefusal) -> MediaDescription {
    guard case .medium(let media) = subject else {
      throw RTSPRefusal(.methodNotValidInState, "the session is one to RECORD")
    }
    return media
  }

  /// Whether another SETUP may give the track a new transport.
  func checkSetup() throws(RTSPRefusal) {
    switch state {
    case .ready, .paused, .ended: break
    case .playing, .recording: throw refusal("PAUSE it before SETUP")
    }
  }

  /// PLAY. Returns what a request without a range means now.
  mutating func play() -> PlayOrder {
    switch state {
    case .ready, .playing, .paused, .recording:
      state = .playing
      return .resume
    case .ended:
      state = .playing
      return .fromStart
    }
  }

  /// Whether RECORD is understood.
  func checkRecord() throws(RTSPRefusal) {
    guard case .announcement = subject else {
      throw RTSPRefusal(.methodNotValidInState, "the session is one to PLAY: ANNOUNCE first")
    }
  }

  /// RECORD has been done.
  mutating func record() { state = .recording }

  /// PAUSE.
  mutating func pause() throws(RTSPRefusal) {
    switch state {
    case .playing, .recording: state = .paused
    // It stands still as it is, and another PLAY begins anew.
    case .ended: break
    case .ready, .paused:
      if case .announcement = subject { throw refusal("RECORD it before PAUSE") }
      throw refusal("PLAY it before PAUSE")
    }
  }

  /// The last frame of the requested range has been shown.
  mutating func reachedEnd() {
    switch state {
    case .playing: state = .ended
    case .ready, .recording, .paused, .ended: break
    }
  }

  private func refusal(_ wayOut: String) -> RTSPRefusal {
    RTSPRefusal(.methodNotValidInState, "the session is \(state.name): \(wayOut)")
  }
}
