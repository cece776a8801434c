internal import Reactor
internal import Wire

/// What somebody is shown who watches over HTTP: a multipart stream, or pictures on a WebSocket.
struct HTTPViewing {
  /// How the pictures go out.
  enum Transport: String, CaseIterable {
    case multipart
    case websocket
  }

  /// Frames, by what became of them.
  struct Counters {
    var sent = 0
    /// Those before them had not been taken.
    var skipped = 0
  }

  /// Counts up with each of the daemon.
  let number: Int
  let transport: Transport
  let userAgent: String
  let since: String

  init(number: Int, _ transport: Transport, _ request: HTTPRequest, at realtime: Int64) {
    self.number = number
    self.transport = transport
    userAgent = String((request.headers["User-Agent"] ?? "").prefix(200))
    since = CalendarTime(realtime: realtime).timestamp
  }

  /// `h7`, which no RTSP client is called.
  var id: String { "h\(number)" }

  /// The number in an identifier; nil when it is none.
  static func number(in id: String) -> Int? { id.hasPrefix("h") ? Int(id.dropFirst()) : nil }
}
