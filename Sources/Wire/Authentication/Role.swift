/// What somebody may do; each role may do all that those before it may.
public enum Role: String, CaseIterable, Codable, Comparable, Sendable {
  /// Watch, and see what can be watched.
  case view
  /// Run the RTSP server, and sessions for others.
  case control
  /// Everything: see who is connected and what has happened, and end others' connections.
  case admin

  // swift-format-ignore: AllPublicDeclarationsHaveDocumentation
  public static func < (a: Role, b: Role) -> Bool { a.rank < b.rank }

  private var rank: Int {
    switch self {
    case .view: 0
    case .control: 1
    case .admin: 2
    }
  }
}
