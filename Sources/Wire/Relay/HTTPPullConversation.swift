/// A client's side of pulling pictures over HTTP, without the connection: bytes and the time go in,
/// steps for the caller come out. The answer is a multipart body or one JPEG after the other.
///
/// ``connected(at:)`` is called for each connection; after any call, ``next()`` until it returns
/// nil.
public struct HTTPPullConversation {
  /// What the caller is to do or to know.
  public enum Step: Equatable, Sendable {
    /// Send these bytes.
    case send([UInt8])
    /// The answer has begun: pictures follow.
    case playing
    /// One picture, whole.
    case picture([UInt8])
    /// The server wants to know who asks: connect anew, and it is told.
    case reconnect
    /// Nothing more can be had from this conversation.
    case failed(Failure)
  }

  /// Why nothing can be had.
  public enum Failure: Error, Equatable, Sendable {
    /// It answered with this status.
    case refused(code: Int, phrase: String)
    /// What it sent is no HTTP, or no pictures.
    case protocolError(String)
    /// It has not answered, or sent no picture, in time.
    case timeout
    /// It has ended the answer.
    case ended
  }

  /// How long is waited.
  public struct Patience: Equatable, Sendable {
    /// For the head of the answer.
    public var answerNanoseconds: Nanoseconds = 5_000_000_000
    /// For a picture.
    public var pictureNanoseconds: Nanoseconds = 10_000_000_000

    /// The standard one.
    public init() {}
  }

  private let url: SourceURL
  private let userAgent: String
  private let patience: Patience
  private var authentication: ClientAuthentication
  private var random: any RandomNumberGenerator
  private var parser = HTTPResponseParser()
  private var splitter: PictureSplitter?
  private var outbox: [Step] = []
  private var isOver = false
  /// When the head, or the next picture, has to be there.
  public private(set) var deadline: Nanoseconds?
  /// What stood where pictures have to be.
  public private(set) var damaged = 0

  private static let pictureBytesMax = 16 << 20

  /// A conversation about one URL.
  public init(
    _ url: SourceURL, userAgent: String, patience: Patience = Patience(),
    random: any RandomNumberGenerator = SystemRandomNumberGenerator()
  ) {
    self.url = url
    self.userAgent = userAgent
    self.patience = patience
    self.random = random
    authentication = ClientAuthentication(url.userInfo, token: nil)
  }

  // MARK: What happens

  /// A connection stands: the request goes out.
  public mutating func connected(at now: Nanoseconds) {
    guard !isOver else { return }
    parser = HTTPResponseParser()
    parser.expect("GET")
    splitter = nil
    var headers = "Host: \(url.authority)\r\nUser-Agent: \(userAgent)\r\nAccept: */*\r\n"
    let authorization = authentication.header(method: "GET", uri: url.path, random: &random)
    if let authorization { headers += "Authorization: \(authorization)\r\n" }
    outbox.append(.send(Array("GET \(url.path) HTTP/1.1\r\n\(headers)\r\n".utf8)))
    deadline = now + patience.answerNanoseconds
  }

  /// Bytes have come in.
  public mutating func receive(_ bytes: Span<UInt8>, at now: Nanoseconds) {
    guard !isOver else { return }
    parser.feed(bytes)
    do throws(HTTPResponseError) {
      while !isOver, let event = try parser.next() {
        switch event {
        case .head(let head): take(head, at: now)
        case .body(let piece): take(piece, at: now)
        case .end: if splitter != nil { fail(.ended) }
        }
        // Another connection follows; what is left on this one is nobody's.
        if outbox.last == .reconnect { return }
      }
    } catch {
      fail(.protocolError(error.reason))
    }
  }

  /// The connection has been closed by the other end.
  public mutating func closed() { fail(.ended) }

  /// A deadline has come.
  public mutating func wake(at now: Nanoseconds) {
    if let deadline, now >= deadline { fail(.timeout) }
  }

  /// The next thing to do.
  public mutating func next() -> Step? { outbox.isEmpty ? nil : outbox.removeFirst() }

  // MARK: The answer

  private mutating func fail(_ failure: Failure) {
    guard !isOver else { return }
    (isOver, deadline) = (true, nil)
    outbox.append(.failed(failure))
  }

  private mutating func take(_ head: HTTPResponseParser.Head, at now: Nanoseconds) {
    if head.status == 401, authentication.learn(from: head.headers) {
      deadline = nil
      return outbox.append(.reconnect)
    }
    if head.status != 401 { authentication.forgetRefusals() }
    guard head.status == 200 else {
      return fail(.refused(code: head.status, phrase: head.phrase))
    }
    do throws(PictureSplitter.Fault) {
      let form = try PictureSplitter.Form.declared(by: head.contentType)
      splitter = PictureSplitter(declared: form, pictureBytesMax: Self.pictureBytesMax)
    } catch {
      return fail(.protocolError(Self.reason(error)))
    }
    deadline = now + patience.pictureNanoseconds
    outbox.append(.playing)
  }

  private mutating func take(_ piece: [UInt8], at now: Nanoseconds) {
    splitter?.feed(piece.span)
    do throws(PictureSplitter.Fault) {
      while let item = try splitter?.next() {
        switch item {
        case .picture(let picture):
          outbox.append(.picture(picture))
          deadline = now + patience.pictureNanoseconds
        case .broken: damaged += 1
        }
      }
    } catch {
      fail(.protocolError(Self.reason(error)))
    }
  }

  private static func reason(_ fault: PictureSplitter.Fault) -> String {
    switch fault {
    case .foreign: "the answer has no pictures"
    case .tooLarge(let bytesMax): "a picture of more than \(bytesMax >> 20) MiB"
    }
  }
}
