internal import Wire

/// A client's identifier, `connection-session`, as clients are sorted: by number, not by digit.
/// Connection 0 is everybody who publishes over HTTP.
struct ClientKey: Comparable, CustomStringConvertible {
  let connection: Int
  let session: Int

  init(connection: Int, session: Int) { (self.connection, self.session) = (connection, session) }

  /// Nil when it is none.
  init?(_ text: String) {
    let parts = text.split(at: "-", omittingEmptySubsequences: false).map { Int($0) }
    guard parts.count == 2, let connection = parts[0], let session = parts[1] else { return nil }
    self.init(connection: connection, session: session)
  }

  var description: String { "\(connection)-\(session)" }

  static func < (a: ClientKey, b: ClientKey) -> Bool {
    (a.connection, a.session) < (b.connection, b.session)
  }
}
