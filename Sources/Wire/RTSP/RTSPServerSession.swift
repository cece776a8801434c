/// One session of an RTSP server (RFC 2326 §3.4 and appendix A.2): what it plays, over what, and
/// which methods it allows at the moment. It belongs to the connection that made it.
struct RTSPServerSession: Equatable {
  /// Appendix A.2 calls both `ready` and `paused` Ready; they differ in what PLAY without a range
  /// means and in whether PAUSE is understood.
  enum State: Equatable {
    /// Set up, never played. PLAY → playing, SETUP → ready.
    case ready
    /// Frames are being sent. PAUSE → paused, PLAY → playing, the requested end → ended.
    case playing
    /// Stopped by PAUSE. PLAY → playing, SETUP → paused.
    case paused
    /// The requested end has been reached. PLAY → playing, PAUSE → paused (the client may not know
    /// yet), SETUP → ended.
    case ended

    /// For the log and for refusals.
    var name: String {
      switch self {
      case .ready: "ready"
      case .playing: "playing"
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
  let media: MediaDescription
  /// The medium's URL as the client wrote it, with a slash at its end.
  let base: String
  var transport: TransportHeader
  private(set) var state = State.ready
  /// The last sign of life.
  var lastSeen: Nanoseconds

  init(
    number: Int, identifier: String, isClassroom: Bool, media: MediaDescription, base: String,
    transport: TransportHeader, lastSeen: Nanoseconds
  ) {
    self.number = number
    self.identifier = identifier
    self.isClassroom = isClassroom
    self.media = media
    self.base = base
    self.transport = transport
    self.lastSeen = lastSeen
  }

  var controlURL: String { "\(base)\(RTSPURL.trackPrefix)0" }

  /// Whether another SETUP may give the track a new transport.
  func checkSetup() throws(RTSPRefusal) {
    switch state {
    case .ready, .paused, .ended: break
    case .playing: throw refusal("PAUSE it before SETUP")
    }
  }

  /// PLAY. Returns what a request without a range means now.
  mutating func play() -> PlayOrder {
    switch state {
    case .ready, .playing, .paused:
      state = .playing
      return .resume
    case .ended:
      state = .playing
      return .fromStart
    }
  }

  /// PAUSE.
  mutating func pause() throws(RTSPRefusal) {
    switch state {
    case .playing, .ended: state = .paused
    case .ready, .paused: throw refusal("PLAY it before PAUSE")
    }
  }

  /// The last frame of the requested range has been shown.
  mutating func reachedEnd() {
    switch state {
    case .playing: state = .ended
    case .ready, .paused, .ended: break
    }
  }

  private func refusal(_ wayOut: String) -> RTSPRefusal {
    RTSPRefusal(.methodNotValidInState, "the session is \(state.name): \(wayOut)")
  }
}
