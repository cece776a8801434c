internal import Wire

/// Why somebody may not publish under a name.
enum PublishRefusal: Error {
  /// It is no name that can be published.
  case badName
  /// Somebody else publishes it.
  case taken(String)
  /// So many sources are there already.
  case tooMany(Int)

  /// As RTSP says it.
  var rtsp: RTSPRefusal {
    switch self {
    case .badName, .taken: RTSPRefusal(.forbidden, detail)
    case .tooMany: RTSPRefusal(.notEnoughBandwidth, detail)
    }
  }

  /// As HTTP says it.
  var problem: Problem {
    switch self {
    case .badName: Problem(.forbidden, "bad_name", detail)
    case .taken:
      Problem(.conflict, "already_published", detail, hint: "stop the other publisher first")
    case .tooMany: Problem(.serviceUnavailable, "too_many_sources", detail)
    }
  }

  private var detail: String {
    switch self {
    case .badName:
      PublishedName.rule
    case .taken(let name): "\(name) is published by somebody else"
    case .tooMany(let count): "there are \(count) live sources already"
    }
  }
}
