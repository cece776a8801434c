internal import Reactor
internal import Wire

/// The dashboard's files. Nothing outside of their folder can be had, and nothing hidden in it.
struct StaticFiles {
  let folder: Folder?
  /// Where the other instances are, whose state the page asks for.
  var siblings: [String] = []

  private static let fileBytesMax = 4 << 20

  /// The policy that lets the page load nothing but its own files and the daemon's pictures.
  private var contentSecurityPolicy: String {
    let others = siblings.map { " http://\($0)" }.joined()
    return "default-src 'self'; img-src 'self' blob: data:; connect-src 'self'\(others); "
      + "style-src 'self'; script-src 'self'; frame-ancestors 'none'; base-uri 'none'; "
      + "form-action 'self'"
  }

  private static let types: [String: String] = [
    "html": "text/html; charset=utf-8", "js": "text/javascript; charset=utf-8",
    "css": "text/css; charset=utf-8", "svg": "image/svg+xml", "png": "image/png",
    "json": "application/json", "ico": "image/x-icon", "txt": "text/plain; charset=utf-8",
    "webmanifest": "application/manifest+json",
  ]

  /// The page to log in, as the answer to whoever has not; nil where there is no dashboard.
  var loginPage: HTTPResponse? {
    guard let file = try? folder?.file(at: "login.html"), let identity = try? file.identity(),
      identity.size <= Self.fileBytesMax, let bytes = try? file.read(identity.size, at: 0)
    else { return nil }
    var response = HTTPResponse(.unauthorized, Self.types["html"], bytes)
    response.headers.append("Cache-Control", "no-store")
    response.headers.append("Content-Security-Policy", contentSecurityPolicy)
    response.headers.append("Referrer-Policy", "no-referrer")
    return response
  }

  /// What the page to log in is made of; everything else is for those who have.
  private static let loginFiles: Set = [
    "/login.html", "/login.js", "/api.js", "/dom.js", "/style.css", "/favicon.svg",
  ]

  /// Whether anybody may have it.
  static func needsNobody(_ request: HTTPRequest) -> Bool {
    loginFiles.contains(request.path) && (request.method == "GET" || request.method == "HEAD")
  }

  /// The file that a request's path names.
  func response(to request: HTTPRequest) -> HTTPResponse {
    response(to: request, at: request.path == "/" ? "index.html" : String(request.path.dropFirst()))
  }

  /// A certain file, whatever the request's path.
  func response(to request: HTTPRequest, at path: String) -> HTTPResponse {
    guard let folder, Self.isAllowed(path), let file = try? folder.file(at: path),
      let identity = try? file.identity(), identity.size <= Self.fileBytesMax
    else {
      return HTTPConnection.problem(
        Problem(.notFound, "not_found", "there is nothing at \(request.path.prefix(200))"))
    }
    guard request.method == "GET" || request.method == "HEAD" else {
      var response = HTTPConnection.problem(
        Problem(.methodNotAllowed, "method_not_allowed", "files can only be read"))
      response.headers.append("Allow", "GET, HEAD")
      return response
    }
    return response(to: request, path, file, identity)
  }

  private func response(
    to request: HTTPRequest, _ path: String, _ file: RegularFile, _ identity: RegularFile.Identity
  ) -> HTTPResponse {
    let tag = "\"\(identity.tag)\""
    let wanted = request.headers["If-None-Match"] ?? ""
    if wanted.split(at: ",").contains(where: { Self.strip($0) == tag }) || wanted == "*" {
      return decorated(HTTPResponse(.notModified), tag, identity)
    }
    guard let bytes = try? file.read(identity.size, at: 0) else {
      return HTTPConnection.problem(Problem(.internalError, "unreadable", "the file is unreadable"))
    }
    let suffix = path.split(at: ".").last.map { $0.lowercased() } ?? ""
    let type = Self.types[suffix] ?? "application/octet-stream"
    // A range of another version of the file would not fit (RFC 9110 §13.1.5), and it means nothing
    // for any other method than GET (§14.2).
    let range = request.method == "GET" && request.headers["If-Range"].map { $0 == tag } ?? true
    switch ByteRange.resolve(range ? request.headers["Range"] : nil, size: bytes.count) {
    case .whole:
      return decorated(HTTPResponse(.ok, type, bytes), tag, identity)
    case .part(let part):
      var response = HTTPResponse(.partialContent, type, Array(bytes[part]))
      response.headers.append(
        "Content-Range", "bytes \(part.lowerBound)-\(part.upperBound - 1)/\(bytes.count)")
      return decorated(response, tag, identity)
    case .unsatisfiable:
      var response = HTTPResponse(.rangeNotSatisfiable)
      response.headers.append("Content-Range", "bytes */\(bytes.count)")
      return decorated(response, tag, identity)
    }
  }

  private func decorated(
    _ response: HTTPResponse, _ tag: String, _ identity: RegularFile.Identity
  ) -> HTTPResponse {
    var response = response
    response.headers.append("ETag", tag)
    response.headers.append("Last-Modified", CalendarTime(realtime: identity.modified).httpDate)
    response.headers.append("Accept-Ranges", "bytes")
    // Asked for anew each time, so that an update shows at once; unchanged files cost 304.
    response.headers.append("Cache-Control", "no-cache")
    response.headers.append("Content-Security-Policy", contentSecurityPolicy)
    response.headers.append("Referrer-Policy", "no-referrer")
    return response
  }

  private static func strip(_ tag: Substring) -> String {
    let text = tag.drop { $0 == " " }
    return String(text.hasPrefix("W/") ? text.dropFirst(2) : text)
  }

  private static func isAllowed(_ path: String) -> Bool {
    !path.utf8.contains(0)
      && path.split(at: "/", omittingEmptySubsequences: false).allSatisfy {
        !$0.isEmpty && $0.utf8.first != UInt8(ascii: ".")
      }
  }
}
