internal import Reactor
internal import Wire

/// Live sources over HTTP, without a session.
extension API {
  func liveStream(_ exchange: HTTPExchange) {
    source(exchange) { [self] (stream) throws(Problem) in
      try checkRoom()
      exchange.reply(
        LivePictureStream(
          stream, rate: try rate(exchange), lingerSeconds: control.rtsp.limits.lingerSeconds))
    }
  }

  func liveSnapshot(_ exchange: HTTPExchange) {
    source(exchange) { (stream) throws(Problem) in
      guard let latest = stream.latest else {
        throw Problem(.serviceUnavailable, "unavailable", "\(stream.name) has no picture")
      }
      exchange.reply(Self.jpeg(StandalonePicture.bytes(of: latest.jpeg)))
    }
  }

  /// The source that a path names, once it has a picture.
  private func source(
    _ exchange: HTTPExchange, _ done: @escaping (LiveStream) throws(Problem) -> Void
  ) {
    let name = exchange.captures["name"] ?? ""
    guard control.lets(exchange.identity, see: name) else {
      return exchange.reply(Self.problem(RTSPRefusal(.notFound, Catalog.missing)))
    }
    answerLater(exchange) { [self] resume in
      control.live.find(name) { found in
        do throws(Problem) {
          switch found {
          case .success(let stream): try done(stream)
          case .failure(let refusal): throw Self.problem(refusal)
          }
        } catch {
          exchange.reply(error)
        }
        resume()
      }
    }
  }
}
