internal import Reactor
internal import Wire

/// One request and the way to answer it, at once or later.
final class HTTPExchange {
  let request: HTTPRequest
  /// Whoever asks.
  let identity: Identity
  /// The parts of the path that a route leaves open.
  var captures: [String: String] = [:]
  /// Told when the peer leaves before it has its answer.
  var abandoned: () -> Void = {}
  private weak var connection: HTTPConnection?
  private var isAnswered = false

  init(request: HTTPRequest, connection: HTTPConnection, identity: Identity) {
    self.request = request
    self.identity = identity
    self.connection = connection
  }

  func reply(_ response: HTTPResponse) {
    guard claim() else { return }
    connection?.answer(response, to: request)
    // Outside of an event nobody else would go on with the next request.
    connection?.settle()
  }

  /// Where the request comes from; behind a trusted proxy, what that says.
  var client: SocketAddress { connection?.client(of: request) ?? .localhost(port: 0) }

  /// What the cookie of a login is called here.
  var cookieName: String { connection?.cookieName ?? "" }

  /// Whether a proxy that is trusted says that the client has come over TLS.
  var isSecure: Bool { connection?.isSecure(request) ?? false }

  /// Somebody has tried to log in and failed.
  func refuse(user: String) {
    if claim() { connection?.refuse(request, user: user) }
  }

  func reply(_ problem: Problem) { reply(HTTPConnection.problem(problem)) }

  func reply(_ stream: any PictureStream) {
    guard claim() else { return }
    connection?.answer(stream, to: request)
  }

  /// Takes the request's body for pictures.
  func publish(_ publisher: HTTPPublisher) {
    guard claim() else { return }
    connection?.answer(publisher, to: request)
  }

  /// Answers from outside of an event, where requests that wait behind this one have to be woken.
  func replyLater(_ response: HTTPResponse) {
    reply(response)
    goOn()
  }

  /// Takes up again what waits behind an answer that was given outside of an event: soon, because
  /// it may be about the very thing that has just answered.
  func goOn() { connection?.resumeSoon() }

  /// The peer has left; it needs no answer any more.
  func abandon() {
    if claim() { abandoned() }
  }

  private func claim() -> Bool {
    guard !isAnswered else { return false }
    isAnswered = true
    return true
  }
}
