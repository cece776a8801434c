internal import Reactor
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
  /// Its RTP timestamp by the sender's clock; nil where it came in another way.
  let timestamp: UInt32?

  init(jpeg: [UInt8], number: Int, due: Int64?, timestamp: UInt32? = nil) {
    self.jpeg = jpeg
    self.number = number
    self.due = due
    self.timestamp = timestamp
  }

  /// A binary WebSocket message.
  private(set) lazy var message = WebSocketFrame.frame(.binary, jpeg)

  private var annotated: (sent: Int64, message: [UInt8])?

  /// The message with a text message before it that tells number and times; within the same
  /// millisecond it is the same.
  func annotatedMessage(sent: Int64) -> [UInt8] {
    if let annotated, (0..<1000).contains(sent - annotated.sent) { return annotated.message }
    let event = FrameEvent(frameNum: number, dueUs: due, sentUs: sent)
    let message = WebSocketFrame.frame(.text, JSON.encode(event)) + message
    annotated = (sent, message)
    return message
  }

  private var madeText: [UInt8]?

  /// A text message that has the picture and the numbers of its session.
  func textMessage(of session: ViewerSession) -> [UInt8] {
    if let madeText { return madeText }
    let report = session.report
    let event = VideoFrameEvent(
      frame: Base64.encode(jpeg), frameNum: number, packets: report.packets,
      dataRate: report.dataRateKbps, fps: report.fps)
    let text = WebSocketFrame.frame(.text, JSON.encode(event))
    madeText = text
    return text
  }

  private var madePart: [UInt8]?

  /// A part of a multipart stream. Whoever is the first to send it says when, where the sender's
  /// clock is not known.
  func part(sent: Int64) -> [UInt8] {
    if let madePart { return madePart }
    let part = MultipartStream.part(of: jpeg, time: due ?? sent)
    madePart = part
    return part
  }
}

/// `multipart/x-mixed-replace`, which browsers and scripts take as video.
enum MultipartStream {
  static let contentType = "multipart/x-mixed-replace; boundary=streamd"

  private static let headStart = "Content-Type: image/jpeg\r\nX-Timestamp: "
  private static let headEnd = "\r\n\r\n"
  private static let tail = "\r\n--streamd\r\n"
  /// Seconds have ten digits from 2001 to 2286.
  private static let secondDigits = 10
  private static let fractionDigits = 6
  /// What a part has beside its picture, at most.
  static let addedBytesMax = 160

  /// One picture with its length and time, in microseconds since 1970. The boundary stands behind
  /// it as well: browsers show a picture when they see the next boundary.
  static func part(of jpeg: [UInt8], time: Int64) -> [UInt8] {
    let seconds = String(10_000_000_000 + time / 1_000_000).suffix(secondDigits)
    let fraction = String(1_000_000 + time % 1_000_000).suffix(fractionDigits)
    let head = "\(headStart)\(seconds).\(fraction)\r\nContent-Length: \(jpeg.count)\(headEnd)"
    var bytes: [UInt8] = []
    bytes.reserveCapacity(jpeg.count + addedBytesMax)
    bytes += head.utf8
    bytes += jpeg
    bytes += tail.utf8
    return bytes
  }

  /// Writes another time over a part.
  static func stamp(_ parts: PacketBuffer, _ frame: Int, time: Int64) {
    let place = headStart.utf8.count
    parts.patch(
      frame: frame, at: place, decimal: time / 1_000_000, digits: secondDigits)
    parts.patch(
      frame: frame, at: place + secondDigits + 1, decimal: time % 1_000_000,
      digits: fractionDigits)
  }

  /// The picture of a part.
  static func picture(in part: [UInt8]) -> [UInt8] {
    let end = part.count - tail.utf8.count
    let mark = Array(headEnd.utf8)
    let start = part.indices.first { part[$0...].starts(with: mark) }
    return Array(part[(start.map { $0 + mark.count } ?? end)..<end])
  }
}

/// Whoever wants a session's pictures. The newest whole picture wins: one that cannot be taken at
/// once is left out.
protocol PictureWatcher: AnyObject {
  /// It takes each picture when it comes, and is not served in turn with others.
  var takesAll: Bool { get }
  func show(_ picture: Picture)
  /// Numbers, four times a second.
  func show(_ statistics: Statistics)
  /// The session's state has changed, for the reason given.
  func stateChanged(_ report: SessionReport, _ message: String)
  /// The server is gone or silent, for the reason given, and is tried again.
  func triesAgain(_ report: SessionReport, _ message: String)
  /// A live source is over, for the reason given.
  func sourceEnded(_ reason: String)
}

extension PictureWatcher {
  var takesAll: Bool { false }
  func triesAgain(_ report: SessionReport, _ message: String) {}
  func sourceEnded(_ reason: String) {}
}
