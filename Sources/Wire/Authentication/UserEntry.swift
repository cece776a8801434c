/// Somebody who may use the daemon, as one line: `NAME:ROLE:HASH`, or `NAME:ROLE:HASH:VIDEOS` with
/// patterns between commas. The hash is as good as the password to a player of RTSP, and so are
/// the line and the file that it stands in.
public struct UserEntry: Equatable, Sendable {
  // swift-format-ignore: AllPublicDeclarationsHaveDocumentation
  public let name: String
  // swift-format-ignore: AllPublicDeclarationsHaveDocumentation
  public let role: Role
  /// HA1 (RFC 7616 §3.4.2) in ``realm``: 32 lower-case hexadecimal digits.
  public let ha1: String
  /// What may be watched; nil for everything.
  public let videos: [NamePattern]?

  /// What passwords are for. It is part of each hash and can never change.
  public static let realm = "streamd"

  /// An entry for a password; nil when the name is none: it is 1 to 64 bytes without colons and
  /// control characters.
  public init?(name: String, role: Role, password: String, videos: [NamePattern]? = nil) {
    guard Self.isName(name) else { return nil }
    (self.name, self.role, self.videos) = (name, role, videos)
    ha1 = DigestCredentials.ha1(user: name, realm: Self.realm, password: password)
  }

  /// An entry to compare with where there is none, so that it takes as long. It is nobody's.
  public static let nobody = UserEntry(ha1: String(repeating: "0", count: 32))

  private init(ha1: String) { (name, role, self.ha1, videos) = ("", .view, ha1, []) }

  /// Reads a line; nil when it is none.
  public init?(_ line: String) {
    let fields = line.split(at: ":", maxSplits: 3, omittingEmptySubsequences: false)
    guard fields.count >= 3, Self.isName(fields[0]), let role = Role(rawValue: String(fields[1])),
      Hexadecimal.isEncoding(fields[2], ofBytes: 16)
    else { return nil }
    (name, self.role, ha1) = (String(fields[0]), role, fields[2].lowercased())
    videos = fields.count == 4 ? Self.patterns(fields[3]) : nil
  }

  /// The line.
  public var line: String {
    let start = "\(name):\(role.rawValue):\(ha1)"
    return videos.map { "\(start):\($0.map(\.text).joined(separator: ","))" } ?? start
  }

  /// Patterns between commas.
  public static func patterns(_ text: some StringProtocol) -> [NamePattern] {
    text.split(at: ",").map { NamePattern(trimmed($0)) }
  }

  /// Whether a password is the right one.
  public func isPassword(_ password: String) -> Bool {
    ConstantTime.isEqual(
      ha1, DigestCredentials.ha1(user: name, realm: Self.realm, password: password))
  }

  private static func isName(_ name: some StringProtocol) -> Bool {
    (1...64).contains(name.utf8.count)
      && name.utf8.allSatisfy { $0 >= 0x20 && $0 != 0x7F && $0 != UInt8(ascii: ":") }
  }
}
