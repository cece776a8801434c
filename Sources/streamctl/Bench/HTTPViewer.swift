internal import Reactor
internal import Wire

/// A viewer that speaks HTTP until the answer's head has come. Subclasses read what follows.
class HTTPViewer: Viewer {
  private var parser: HTTPResponseParser?
  /// The body comes in chunks, which have to be taken apart.
  private var isChunked = false

  // MARK: What subclasses know

  /// Headers beside those that all requests have, each with its line's end.
  var requestHeaders: String { "" }

  /// Judges the answer's head: nil when the rest can be read.
  func fault(in head: HTTPResponseParser.Head) -> Load.Fault? { nil }

  /// Takes bytes behind the head.
  func takeBody(_ bytes: Span<UInt8>) {}

  // MARK: The head

  override func connected() {
    (parser, isChunked) = (HTTPResponseParser(), false)
    var head =
      "GET \(load.options.target.path) HTTP/1.1\r\nHost: \(load.options.target.authority)\r\n"
      + "User-Agent: streamctl/\(version)\r\nAccept: */*\r\n\(requestHeaders)"
    if let authorization = load.options.authorization {
      head += "Authorization: \(authorization)\r\n"
    }
    send(head + "\r\n")
  }

  override final func take(_ bytes: Span<UInt8>) {
    if parser == nil { return takeBody(bytes) }
    parser?.feed(bytes)
    do throws(HTTPResponseError) {
      while state != .over, let event = try parser?.next() {
        switch event {
        case .head(let head):
          if let fault = fault(in: head) { return end(fault) }
          isChunked = head.headers["Transfer-Encoding"] != nil
          if !isChunked {
            let rest = parser?.takeRest() ?? []
            parser = nil
            takeBody(rest.span)
          }
        case .body(let piece): takeBody(piece.span)
        case .end: return end(.ended("the server has ended the stream"))
        }
      }
    } catch {
      end(.refused("\(error)"))
    }
  }
}

/// A viewer of an endless multipart answer.
final class MultipartViewer: HTTPViewer {
  private var scanner = MultipartScanner()
  private var pictureBytes = 0

  override func connected() {
    (scanner, pictureBytes) = (MultipartScanner(), 0)
    super.connected()
  }

  override func fault(in head: HTTPResponseParser.Head) -> Load.Fault? {
    guard head.status == 200 else { return .init(status: head.status, head.phrase) }
    let type = head.contentType ?? "something"
    guard type.hasPrefix("multipart/") else {
      return .refused("the answer is \(type), not a multipart stream")
    }
    return nil
  }

  override func takeBody(_ bytes: Span<UInt8>) {
    let time = load.loop.readClock()
    var position = 0
    while true {
      let start = position
      let isPicture = scanner.next(bytes, &position)
      pictureBytes += position - start
      guard isPicture else { return }
      played()
      count(picture: pictureBytes, at: time)
      pictureBytes = 0
    }
  }
}
