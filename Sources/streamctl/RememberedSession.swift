internal import Reactor

/// Which session `setup` made last at which daemon, in a small file that only its owner may read.
struct RememberedSession {
  /// One daemon's.
  private struct Entry: Codable {
    var url: String
    var sessionId: String
  }

  private let path: String?
  private let url: String

  /// Daemons on ports that were free once are not remembered for ever.
  private static let entriesMax = 32
  private static let fileBytesMax = 65_536

  /// The one at `url`. Folders that are not absolute count as not set, as the XDG rules want it.
  init(url: ServiceURL) {
    self.url = url.description
    let absolute: (String) -> String? = { name in
      Environment[name].flatMap { $0.hasPrefix("/") ? $0 : nil }
    }
    let folder =
      absolute("XDG_RUNTIME_DIR") ?? absolute("XDG_STATE_HOME")
      ?? absolute("HOME").map { $0 + "/.local/state" }
    path = folder.map { $0 + "/streamctl/session.json" }
  }

  /// Its id; nil when there is none, or the file cannot be read.
  var id: String? { entries.first { $0.url == url }?.sessionId }

  /// Remembers another.
  ///
  /// - Throws: when it cannot be written; the sentence says what to do without.
  func remember(_ id: String) throws(Failure) {
    try write([Entry(url: url, sessionId: id)] + entries.filter { $0.url != url })
  }

  /// Forgets the session if it is this one; what cannot be written stays, and is found to be gone
  /// when it is used.
  func forget(_ id: String) {
    guard self.id == id else { return }
    try? write(entries.filter { $0.url != url })
  }

  private var entries: [Entry] {
    guard let path, let bytes = try? WholeFile.read(path, limit: Self.fileBytesMax) else {
      return []
    }
    return JSON.decode([Entry].self, bytes) ?? []
  }

  private func write(_ entries: [Entry]) throws(Failure) {
    guard let path else {
      throw Failure(
        .refused, "the session cannot be remembered, there is no HOME: name it with --session ID")
    }
    do throws(SystemError) {
      let text = JSON.encode(Array(entries.prefix(Self.entriesMax))) + "\n"
      try WholeFile.replace(path, with: Array(text.utf8))
    } catch {
      throw Failure(
        .refused,
        "the session cannot be remembered, \(path): \(error.reason); name it with --session ID")
    }
  }
}
