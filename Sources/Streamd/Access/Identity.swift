internal import Wire

/// Somebody, and what they may do: what a request's credentials have come to.
struct Identity: Equatable {
  /// For people; empty where nobody is asked who they are.
  var name: String
  var role: Role
  /// What may be watched; nil for everything.
  var videos: [NamePattern]?
  /// When it ends by itself, in seconds since 1970.
  var expires: Double?
  /// What it was shown by.
  var proof: Proof
  /// The login that it came with, which may be ended; nil where it came with something else.
  var login: String?

  enum Proof: Equatable {
    /// Nobody is asked.
    case none
    /// A password, of this entry.
    case user(UserEntry)
    /// A token, signed with this secret.
    case token(secret: [UInt8])
  }

  /// Whoever comes, where nobody is asked.
  static let anyone = Identity(name: "", role: .admin, videos: nil, expires: nil, proof: .none)

  /// Whoever asks for what anybody may have, where others are asked who they are.
  static let stranger = Identity(name: "", role: .view, videos: [], expires: nil, proof: .none)

  init(
    name: String, role: Role, videos: [NamePattern]?, expires: Double? = nil, proof: Proof
  ) {
    (self.name, self.role, self.videos) = (name, role, videos)
    (self.expires, self.proof) = (expires, proof)
  }

  init(_ entry: UserEntry) {
    self.init(name: entry.name, role: entry.role, videos: entry.videos, proof: .user(entry))
  }

  /// Whether a video, by the catalogue's name, exists for it. What does not is nowhere to be seen,
  /// and not found when asked for.
  func sees(_ video: String) -> Bool { videos?.contains { $0.matches(video) } ?? true }
}
