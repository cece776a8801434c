internal import Wire

/// What is recorded.
enum RecordingSource {
  case session(ViewerSession)
  case live(LiveStream)

  /// What it is called, for files and for whoever may see it.
  var name: String {
    switch self {
    case .session(let session): session.target.videoFile
    case .live(let stream): stream.name
    }
  }

  var sessionId: String {
    switch self {
    case .session(let session): session.id
    case .live: ""
    }
  }

  /// Nothing comes from it any more, ever.
  var isOver: Bool {
    switch self {
    case .session(let session): session.state == .initial
    case .live(let stream): stream.state == .ended
    }
  }

  func add(_ watcher: any PictureWatcher) {
    switch self {
    case .session(let session): session.add(watcher)
    case .live(let stream): stream.add(watcher)
    }
  }

  func remove(_ watcher: any PictureWatcher) {
    switch self {
    case .session(let session): session.remove(watcher)
    case .live(let stream): stream.remove(watcher)
    }
  }

  /// Whether it is the same one.
  func isSame(as other: RecordingSource) -> Bool {
    switch (self, other) {
    case (.session(let a), .session(let b)): a === b
    case (.live(let a), .live(let b)): a === b
    case (.session, .live), (.live, .session): false
    }
  }
}
