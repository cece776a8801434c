/// The URL of a request (RFC 2326 §3.2), and which medium and track it names.
public struct RTSPURL: Equatable, Sendable {
  /// `rtsp` or `rtsps`, in lower case.
  public let scheme: String
  /// Host and port as they were written, without user and password.
  public let authority: String
  /// The medium's name: the path without its leading slash and without the track, its percent
  /// escapes resolved. Empty for the server itself.
  public let name: String
  /// The track, where the path ends with one.
  public let track: Int?
  /// The path with everything that it names, its percent escapes resolved, without slashes at its
  /// ends.
  public let path: String
  /// What follows the path and a question mark, as it was written.
  let query: String

  /// What precedes the number of a track in a URL.
  public static let trackPrefix = "stream="

  /// Reads `rtsp://[user@]host[:port]/path[?query]`. Nil when it is no such URL, or when its path
  /// has broken escapes or text that is not UTF-8.
  public init?(_ text: String) {
    guard let mark = text.range(of: "://") else { return nil }
    scheme = text[..<mark.lower].lowercased()
    guard scheme == "rtsp" || scheme == "rtsps" else { return nil }
    let rest = text[mark.upper...]
    // By scalars: a combining mark behind a slash makes another character of it, but no other byte.
    let slash = rest.unicodeScalars.firstIndex { $0 == "/" || $0 == "?" } ?? rest.endIndex
    let authority = rest[..<slash]
    self.authority =
      authority.lastIndex(of: "@").map {
        String(authority[authority.index(after: $0)...])
      } ?? String(authority)
    let path = rest[slash...].unicodeScalars.prefix { $0 != "?" }
    query = String(rest[path.endIndex...].unicodeScalars.dropFirst())
    guard let decoded = PercentEncoding.decode(Substring(path)) else { return nil }
    (name, track, self.path) = Self.split(decoded)
  }

  /// A bare path, as the classroom dialect sends it.
  public init(path: String) {
    scheme = "rtsp"
    authority = ""
    query = ""
    (name, track, self.path) = Self.split(path)
  }

  /// The medium's URL with a slash at its end, against which a track's control URL is resolved.
  public var base: String {
    name.isEmpty
      ? "\(scheme)://\(authority)/" : "\(scheme)://\(authority)/\(PercentEncoding.encode(name))/"
  }

  private static func split(_ path: String) -> (name: String, track: Int?, path: String) {
    var parts = path.unicodeScalars.split(separator: "/", omittingEmptySubsequences: false)
      .map { Substring($0) }[...]
    while parts.first == "" { parts.removeFirst() }
    while parts.last == "" { parts.removeLast() }
    let whole = parts.joined(separator: "/")
    var track: Int?
    if let last = parts.last, last.hasPrefix(trackPrefix),
      let number = decimal(last.dropFirst(trackPrefix.count), limit: 255)
    {
      track = number
      parts.removeLast()
      while parts.last == "" { parts.removeLast() }
    }
    return (parts.joined(separator: "/"), track, whole)
  }
}

extension String {
  /// The bounds of the first occurrence of `needle`.
  fileprivate func range(of needle: String) -> (lower: Index, upper: Index)? {
    var start = startIndex
    while start < endIndex {
      if self[start...].hasPrefix(needle) {
        return (start, index(start, offsetBy: needle.count))
      }
      start = index(after: start)
    }
    return nil
  }
}
