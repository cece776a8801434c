internal import Reactor
internal import Wire

/// Somebody who publishes in the body of a request: the body is split into pictures as it comes.
/// When more come than are shown in a second, the body is read no faster.
final class HTTPPublisher: LivePublisher {
  let publication: Publication
  /// Its place among clients.
  let key: ClientKey
  private let loop: EventLoop
  private var splitter: PictureSplitter
  private let request: HTTPRequest
  private weak var connection: HTTPConnection?

  /// - Parameter number: counts up with each publisher of the daemon.
  init(
    _ request: HTTPRequest, _ name: String, declared: PictureSplitter.Form?, number: Int,
    from peer: SocketAddress, server: RTSPServer
  ) {
    publication = Publication(name, "http", from: peer, server: server)
    // No connection to the RTSP port has the number 0.
    key = ClientKey(connection: 0, session: number)
    self.request = request
    loop = server.loop
    splitter = PictureSplitter(
      declared: declared, pictureBytesMax: server.limits.livePictureBytesMax)
  }

  /// Pictures come on this connection from now on.
  func start(on connection: HTTPConnection) { self.connection = connection }

  /// Takes bytes of the body.
  func take(_ bytes: [UInt8]) { splitter.feed(bytes.span) }

  /// Whether the next picture has to wait, and until when.
  var waitsUntil: Instant? {
    publication.readyAt > loop.now ? publication.readyAt : nil
  }

  /// Shows the next picture of what was taken; false when there is none.
  ///
  /// - Throws: 413 and 415, which end the request.
  func showNext() throws(Problem) -> Bool {
    do throws(PictureSplitter.Fault) {
      guard let item = try splitter.next() else { return false }
      switch item {
      case .picture(let jpeg):
        publication.show(Picture(jpeg: jpeg, number: publication.frames + 1, due: nil))
      case .broken: publication.note(.malformed, 1)
      }
      return true
    } catch {
      throw Problem(error)
    }
  }

  /// The body has ended.
  func finish() -> PublicationReport {
    if splitter.finish() == .broken { publication.note(.malformed, 1) }
    let report = PublicationReport(
      name: publication.name, frames: publication.frames, broken: publication.broken)
    stop("the request has ended")
    return report
  }

  func stop(_ reason: String) { publication.end(by: self, reason) }

  func displaced() {
    stop("displaced")
    connection?.displaced(request)
  }

  func kick() { connection?.close() }

  /// As the list of clients has it.
  var report: ClientReport {
    var report = publication.report
    report.id = key.description
    report.userAgent = String((request.headers["User-Agent"] ?? "").prefix(200))
    return report
  }
}

extension Problem {
  /// Why nothing more is taken of a body.
  init(_ fault: PictureSplitter.Fault) {
    switch fault {
    case .tooLarge(let bytes):
      self.init(
        .contentTooLarge, "picture_too_large", "a picture of more than \(bytes) bytes",
        hint: "send smaller ones, or raise the limit live_picture_bytes")
    case .foreign:
      self.init(
        .unsupportedMediaType, "no_motion_jpeg", "this is no Motion-JPEG",
        hint: "send multipart/x-mixed-replace, or JPEG pictures one after the other: "
          + "ffmpeg -c:v mjpeg -f mpjpeg")
    }
  }
}
