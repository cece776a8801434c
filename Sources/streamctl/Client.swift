internal import Reactor
internal import Wire

/// The daemon's API, as a program sees it: requests and answers, and what went wrong in words.
final class Client {
  let url: ServiceURL
  /// The value of the Authorization header.
  let authorization: String?
  private let progress = Progress()
  private var connection: HTTPConnection?
  /// Ends every wait when a signal comes.
  var interruption: Interruption?

  /// A daemon that works answers at once; one that retries a setup may take long.
  enum Silence: Int { case ordinary = 10, setup = 60 }

  /// A complete answer.
  struct Reply {
    var head: HTTPResponseParser.Head
    var body: [UInt8]
  }

  /// Pictures are the largest: RTP carries 16 MB.
  private static let bodyBytesMax = 32 << 20

  /// - Parameters:
  ///   - token: for `Authorization: Bearer`.
  ///   - userInfo: `NAME:PASSWORD`, shown without a token; the URL's where this is nil, too.
  init(_ url: ServiceURL, token: String?, userInfo: String? = nil) {
    self.url = url
    authorization =
      token.map { "Bearer \($0)" }
      ?? (userInfo ?? url.userInfo).map { "Basic \(Base64.encode(Array($0.utf8)))" }
  }

  /// The same, with credentials as another one shows them.
  init(_ url: ServiceURL, authorization: String?) {
    self.url = url
    self.authorization = authorization
  }

  // MARK: Answers of a kind

  /// Asks for a JSON value.
  func get<Value: Decodable>(_ type: Value.Type, _ path: String) throws(Failure) -> Value {
    try read(type, try request("GET", path))
  }

  /// What an answer says, as a value.
  func read<Value: Decodable>(_ type: Value.Type, _ reply: Reply) throws(Failure) -> Value {
    guard let value = JSON.decode(type, reply.body) else {
      throw Failure(
        .unreachable, "what answers at \(url) is not streamd, or another version of it: see --url")
    }
    return value
  }

  /// All items of a list, page after page.
  func list<Item: Decodable>(
    _ type: Item.Type, _ path: String, after first: String? = nil
  ) throws(Failure) -> [Item] {
    var items: [Item] = []
    var cursor = first
    repeat {
      let query = cursor.map { "&after=\(Self.component($0))" } ?? ""
      let page = try get(Page<Item>.self, "\(path)?limit=500\(query)")
      items += page.items
      // A cursor that stays would be asked for without end.
      cursor = page.next == cursor || page.items.isEmpty ? nil : page.next
    } while cursor != nil
    return items
  }

  private struct Page<Item: Decodable>: Decodable {
    var items: [Item]
    var next: String?
  }

  /// A part of a path or a query, its slashes escaped, too.
  static func component(_ text: String) -> String {
    PercentEncoding.encode(text).split(separator: "/", omittingEmptySubsequences: false)
      .joined(separator: "%2F")
  }

  // MARK: Requests

  /// Sends a request and returns its answer when that is a success.
  ///
  /// - Throws: what the daemon refused or why there is no answer, with the way out.
  func request(
    _ method: String, _ path: String, json: String? = nil, silence: Silence = .ordinary
  ) throws(Failure) -> Reply {
    progress.begin()
    defer { progress.end() }
    let reply: Reply
    do throws(HTTPConnection.Fault) {
      reply = try exchange(method, path, json, silence)
    } catch {
      connection = nil
      throw failure(error)
    }
    guard (200..<300).contains(reply.head.status) else { throw failure(reply) }
    return reply
  }

  private func exchange(
    _ method: String, _ path: String, _ json: String?, _ silence: Silence
  ) throws(HTTPConnection.Fault) -> Reply {
    if let old = connection, old.isOpen {
      do throws(HTTPConnection.Fault) {
        return try exchange(over: old, method, path, json, silence)
      } catch {
        // It may have ended while nothing was asked; asking again is safe where nothing changes.
        guard error == .closed(isBefore: true), method == "GET" else { throw error }
      }
    }
    let new = try HTTPConnection(
      to: url, seconds: Silence.ordinary.rawValue,
      HTTPConnection.Patience(progress: progress, interruption: interruption))
    connection = new
    return try exchange(over: new, method, path, json, silence)
  }

  private func exchange(
    over connection: HTTPConnection, _ method: String, _ path: String, _ json: String?,
    _ silence: Silence
  ) throws(HTTPConnection.Fault) -> Reply {
    var text = "\(method) \(url.path)\(path) HTTP/1.1\r\nHost: \(url.authority)\r\n"
    text += "User-Agent: streamctl/\(version)\r\nAccept: */*\r\n"
    if let authorization { text += "Authorization: \(authorization)\r\n" }
    if json != nil { text += "Content-Type: application/json\r\n" }
    if method != "GET" { text += "Content-Length: \(json?.utf8.count ?? 0)\r\n" }
    text += "\r\n" + (json ?? "")
    var body: [UInt8] = []
    let head = try connection.exchange(
      method, Array(text.utf8), seconds: silence.rawValue, waitingFor: "waiting for \(url)"
    ) { (_, bytes) throws(HTTPConnection.Fault) in
      guard body.count + bytes.count <= Self.bodyBytesMax else {
        throw .malformed("an answer of more than \(Self.bodyBytesMax) bytes")
      }
      body += bytes
    }
    return Reply(head: head, body: body)
  }

  // MARK: Failures

  private func failure(_ fault: HTTPConnection.Fault) -> Failure {
    switch fault {
    case .unreachable(let reason):
      Failure(
        .unreachable,
        "streamd does not answer at \(url) (\(reason)): start it with streamd, or name another "
          + "with --url")
    case .silent(let seconds):
      Failure(
        .unreachable,
        "streamd at \(url) has said nothing for \(seconds) s: look at its log, or start it anew")
    case .closed:
      Failure(.unreachable, "\(url) has closed the connection without an answer: try again")
    case .malformed(let reason):
      Failure(.unreachable, "what answers at \(url) is not streamd (\(reason)): see --url")
    case .interrupted: Failure(.interrupted, "")
    }
  }

  private func failure(_ reply: Reply) -> Failure {
    let status = reply.head.status
    guard let problem = JSON.decode(Problem.self, reply.body) else {
      if status == 401 || status == 403 { return unauthorised("\(status) \(reply.head.phrase)") }
      return Failure(
        .unreachable,
        "\(url) answers \(status) \(reply.head.phrase), which is not streamd's way: see --url")
    }
    if status == 401 || ["not_authorised", "not_permitted"].contains(problem.code) {
      return unauthorised(problem.detail)
    }
    let hint = Self.wayOut(problem)
    return Failure(
      .refused, hint.isEmpty ? problem.detail : "\(problem.detail): \(hint)", isGone: status == 404)
  }

  private func unauthorised(_ reason: String) -> Failure {
    Failure(
      .unauthorised,
      "\(url) wants another authorisation (\(reason)): set STREAMCTL_TOKEN, name a "
        + "file with --token-file, or a user with --user")
  }

  /// What to do, in commands of this program where there are any; else as the daemon says it.
  private static func wayOut(_ problem: Problem) -> String {
    switch problem.code {
    case "server_stopped": "start it with streamctl start"
    case "no_such_session": "make one with streamctl setup, or see streamctl sessions"
    case "too_many_sessions": "end one with streamctl teardown --session ID"
    case "no_picture": "play first, with streamctl play"
    case "no_such_client": "see streamctl clients"
    case "no_such_viewer": "see streamctl viewers"
    case "no_such_recording", "too_many_recordings": "see streamctl record list"
    case "already_recorded": "streamctl record stop ends that"
    case "no_such_source": "see streamctl videos"
    case "no_such_video", "unplayable", "no_video": "see streamctl videos"
    case "bad_json": ""
    default: problem.hint
    }
  }
}
