import Foundation
import Testing

/// A daemon with `sources`, and what it tells of them.
struct SourceDaemon {
  let daemon: DaemonProcess
  let folder: TemporaryFolder
  private let users: [String]

  /// - Parameter sources: the object's text.
  init(
    _ sources: String, users: [String] = [], environment: [String: String] = [:]
  ) throws {
    folder = try TemporaryFolder()
    self.users = users
    try Self.write(sources, users, to: folder)
    daemon = try DaemonProcess(
      ["--config", "\(folder.path)/streamd.json"], environment: environment)
  }

  private static func write(_ sources: String, _ users: [String], to folder: TemporaryFolder) throws
  {
    let lines = users.map { "\"\($0)\"" }.joined(separator: ",")
    try folder.write(
      "streamd.json", Array("{\"sources\": \(sources), \"users\": [\(lines)]}".utf8))
  }

  /// Other sources from now on.
  func use(_ sources: String) throws {
    try Self.write(sources, users, to: folder)
    kill(daemon.pid, SIGHUP)
  }

  /// All sources, as somebody may see them.
  func sources(_ headers: [String] = []) throws -> [[String: Any]] {
    let reply = try HTTPClient(daemon).request("GET", "/api/v1/sources", headers)
    return try #require(reply.json["items"] as? [[String: Any]], "\(reply.head)")
  }

  func source(_ name: String) throws -> [String: Any] {
    try #require(sources().first { $0["name"] as? String == name }, "there is no \(name)")
  }

  /// Waits for a source to be in a state.
  func expect(
    _ name: String, _ state: String, seconds: Double = 15,
    sourceLocation: SourceLocation = #_sourceLocation
  ) throws {
    let isThere = try eventually(seconds: seconds) {
      try source(name)["state"] as? String == state
    }
    let found = try source(name)
    #expect(isThere, "\(found)", sourceLocation: sourceLocation)
  }

  /// The next pictures of a source, as browsers get them: which ones of the sample movie.
  func watch(_ name: String, pictures count: Int) throws -> [Int] {
    let client = try HTTPClient(daemon)
    try client.send("GET", "/video/\(name)/stream.mjpg")
    let head = try client.readHead()
    try #require(head.hasPrefix("HTTP/1.1 200"), "\(head)")
    _ = try client.read(11)
    let reader = try PictureReader()
    return try (0..<count).map { _ in
      try #require(reader.number(of: client.readPart().jpeg), "a picture that is not in the file")
    }
  }
}
