internal import Wire

/// One picture on its way to browsers. Each form that it is sent in is made once, however many
/// watch.
final class Picture {
  let jpeg: [UInt8]
  /// Counted from 1 for each session.
  let number: Int
  /// When it was due by the sender's clock, in microseconds since 1970; nil while that is not
  /// known.
  let due: Int64?

  init(jpeg: [UInt8], number: Int, due: Int64?) {
    self.jpeg = jpeg
    self.number = number
    self.due = due
  }

  /// A binary WebSocket message.
  private(set) lazy var message = WebSocketFrame.frame(.binary, jpeg)

  /// The message with a text message before it that tells number and times.
  func annotatedMessage(sent: Int64) -> [UInt8] {
    let event = FrameEvent(frameNum: number, dueUs: due, sentUs: sent)
    return WebSocketFrame.frame(.text, JSON.encode(event)) + message
  }

  /// A part of a multipart stream.
  func part(sent: Int64) -> [UInt8] {
    MultipartStream.part(of: jpeg, time: due ?? sent)
  }
}

/// `multipart/x-mixed-replace`, which browsers and scripts take as video.
enum MultipartStream {
  static let contentType = "multipart/x-mixed-replace; boundary=streamd"

  /// One picture with its length and time, in microseconds since 1970. The boundary stands behind
  /// it as well: browsers show a picture when they see the next boundary.
  static func part(of jpeg: [UInt8], time: Int64) -> [UInt8] {
    let fraction = String(1_000_000 + time % 1_000_000).dropFirst()
    let head =
      "Content-Type: image/jpeg\r\nContent-Length: \(jpeg.count)\r\n"
      + "X-Timestamp: \(time / 1_000_000).\(fraction)\r\n\r\n"
    var bytes: [UInt8] = []
    bytes.reserveCapacity(jpeg.count + 160)
    bytes += head.utf8
    bytes += jpeg
    bytes += "\r\n--streamd\r\n".utf8
    return bytes
  }
}

/// Whoever wants a session's pictures. The newest whole picture wins: one that cannot be taken at
/// once is left out.
protocol PictureWatcher: AnyObject {
  func show(_ picture: Picture)
  /// Numbers, four times a second.
  func show(_ report: SessionReport)
  /// The session's state has changed, for the reason given.
  func stateChanged(_ report: SessionReport, _ message: String)
  /// The server is gone or silent, for the reason given, and is tried again.
  func triesAgain(_ report: SessionReport, _ message: String)
}

extension PictureWatcher {
  func triesAgain(_ report: SessionReport, _ message: String) {}
}
