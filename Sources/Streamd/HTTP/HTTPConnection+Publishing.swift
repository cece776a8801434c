internal import Reactor
internal import Wire

/// A request whose body is published as it comes.
extension HTTPConnection {
  /// Whose body is handed out as it comes.
  @Sendable static func isPublication(_ request: HTTPRequest) -> Bool {
    (request.method == "PUT" || request.method == "POST")
      && request.path.hasPrefix("/" + PublishedName.prefix)
  }

  /// Shows what has come, as far as it may be shown now.
  func publish(_ publisher: HTTPPublisher, _ request: HTTPRequest) {
    do throws(Problem) {
      while canGoOn, publisher.waitsUntil == nil {
        if try publisher.showNext() { continue }
        switch try nextPiece() {
        case .bytes(let bytes): publisher.take(bytes)
        case .end: return finish(publisher, request)
        case nil:
          if isPeerDone { finish(publisher, request) }
          return
        }
      }
    } catch {
      publisher.stop(error.detail)
      answer(Self.problem(error), to: request)
    }
  }

  private func nextPiece() throws(Problem) -> HTTPParser.BodyPiece? {
    do throws(HTTPError) {
      return try parser.nextPiece()
    } catch {
      throw Self.problem(error)
    }
  }

  private func finish(_ publisher: HTTPPublisher, _ request: HTTPRequest) {
    var request = request
    request.bodyFollows = false
    answer(API.json(publisher.finish()), to: request)
  }

  /// Until the next picture may come, or must have.
  func deadline(of publisher: HTTPPublisher) -> Instant {
    publisher.waitsUntil
      ?? publisher.publication.lastPicture
      + Instant(server.limits.liveSilenceSeconds) * 1_000_000_000
  }

  func deadlinePassed(of publisher: HTTPPublisher, _ request: HTTPRequest, at now: Instant) {
    guard publisher.waitsUntil == nil, now >= deadline(of: publisher) else { return }
    let seconds = server.limits.liveSilenceSeconds
    publisher.stop("no picture for \(seconds) s")
    answer(
      Self.problem(
        Problem(.requestTimeout, "no_picture", "no whole picture has come for \(seconds) s")),
      to: request)
  }

  /// Somebody else publishes under the name now.
  func displaced(_ request: HTTPRequest) {
    answer(
      Self.problem(
        Problem(.conflict, "displaced", "somebody else publishes under this name now")),
      to: request)
    settle()
  }
}
