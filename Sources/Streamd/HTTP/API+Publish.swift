internal import Reactor
internal import Wire

/// Publishing in the body of a request.
extension API {
  func publish(_ exchange: HTTPExchange) {
    let name = PublishedName.prefix + (exchange.captures["name"] ?? "")
    do throws(Problem) {
      guard exchange.identity.sees(name) else {
        throw Problem(.forbidden, "not_permitted", "you may not publish under this name")
      }
      guard !exchange.request.lacksLength else {
        throw Problem(
          .lengthRequired, "length_required", "nothing says where the body ends",
          hint: "send it chunked, with a Content-Length, or with Connection: close")
      }
      exchange.publish(try publisher(exchange, name))
    } catch {
      exchange.reply(error)
    }
  }

  private func publisher(_ exchange: HTTPExchange, _ name: String) throws(Problem) -> HTTPPublisher
  {
    let declared: PictureSplitter.Form?
    do throws(PictureSplitter.Fault) {
      declared = try .declared(by: exchange.request.contentType)
    } catch {
      throw Problem(error)
    }
    publisherCount += 1
    let publisher = HTTPPublisher(
      exchange.request, name, declared: declared, number: publisherCount, from: exchange.client,
      server: control.rtsp)
    do throws(PublishRefusal) {
      try publisher.publication.begin(by: publisher)
    } catch {
      throw error.problem
    }
    return publisher
  }
}
