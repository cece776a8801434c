import Foundation
import Testing
import Wire

/// A daemon with users: `alice` may do everything, `carl` control, `vera` watch, `olga` watch what
/// is named `other*`. The password of each is the name and `:pw`.
struct GuardedDaemon {
  let daemon: DaemonProcess
  let folder: TemporaryFolder

  static let key = "0123456789abcdef0123456789abcdef"
  static let login = "{\"user\":\"alice\",\"password\":\"alice:pw\"}"

  init(_ arguments: [String] = [], media: String = Repository.video, start: Bool = true) throws {
    folder = try TemporaryFolder()
    try folder.write("key", Array((Self.key + "\n").utf8))
    try Self.write(["alice", "carl", "vera", "olga"], to: folder)
    daemon = try DaemonProcess(
      [
        "--config", "\(folder.path)/streamd.json", "--token-key", "\(folder.path)/key",
      ] + arguments, media: media, start: start)
  }

  private static let entries = [
    "alice": UserEntry(name: "alice", role: .admin, password: "alice:pw"),
    "carl": UserEntry(name: "carl", role: .control, password: "carl:pw"),
    "vera": UserEntry(name: "vera", role: .view, password: "vera:pw"),
    "olga": UserEntry(
      name: "olga", role: .view, password: "olga:pw", videos: [NamePattern("other*")]),
  ]

  /// Writes a configuration with some of the users.
  private static func write(_ names: [String], to folder: TemporaryFolder) throws {
    let lines = names.compactMap { entries[$0]??.line }
    let json = try JSONSerialization.data(withJSONObject: ["users": lines])
    try folder.write("streamd.json", Array(json))
  }

  /// Lets only these users in from now on.
  func keep(_ names: String...) throws {
    try Self.write(names, to: folder)
    kill(daemon.pid, SIGHUP)
  }

  /// `Authorization: Basic …` of a user.
  static func basic(_ user: String) -> String {
    "Authorization: \(AuthorizationHeader.basic(user, "\(user):pw"))"
  }

  /// `Authorization: Bearer …` with these claims.
  static func bearer(_ claims: String, key: String = key) -> String {
    "Authorization: Bearer \(JSONWebToken.make(Array(claims.utf8), secret: Array(key.utf8)))"
  }

  /// A URL with a user's name and password in it.
  func url(_ user: String, _ name: String = "movie.Mjpeg") -> String {
    daemon.url(name).replacing("rtsp://", with: "rtsp://\(user):\(user)%3Apw@")
  }
}
