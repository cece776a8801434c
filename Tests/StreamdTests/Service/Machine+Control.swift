import Foundation
import Testing

/// What `streamctl` in the machine says.
extension Machine {
  struct Session: Decodable {
    var state: String
    var frame: Int
    var packets: Int
    var lost: Int
  }

  private struct List<Item: Decodable>: Decodable {
    var items: [Item]
  }

  private struct Client: Decodable {
    var state: String
    var frames: Int
  }

  func sessions() async throws -> [Session] {
    let text = try await run("streamctl", "--json", "sessions")
    return try JSONDecoder().decode(List<Session>.self, from: Data(text.utf8)).items
  }

  /// Waits until the only session has shown more than `count` frames, and returns how many.
  func frame(beyond count: Int, seconds: Double = 90) async throws -> Int {
    let deadline = Date(timeIntervalSinceNow: seconds)
    while Date() < deadline {
      if let session = try await sessions().first, session.frame > count { return session.frame }
    }
    throw Failure(description: "not more than \(count) frames within \(seconds) s")
  }

  /// Waits until somebody is being served.
  func hasClient(seconds: Double = 90) async throws -> Bool {
    let deadline = Date(timeIntervalSinceNow: seconds)
    while Date() < deadline {
      let text = try await reach("curl", "-sS", "http://127.0.0.1:5000/api/v1/clients").text
      let clients = try JSONDecoder().decode(List<Client>.self, from: Data(text.utf8)).items
      if clients.contains(where: { $0.state == "playing" && $0.frames > 0 }) { return true }
    }
    return false
  }

  /// Writes the installed configuration with some keys changed.
  func configure(_ changes: [String: any Sendable]) async throws {
    let text = try configuration()
    var keys = try #require(
      JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any])
    for (key, value) in changes { keys[key] = value }
    let data = try JSONSerialization.data(withJSONObject: keys)
    try write("etc/streamd/streamd.json", String(decoding: data, as: UTF8.self))
  }
}
