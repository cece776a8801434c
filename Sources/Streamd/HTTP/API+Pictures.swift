internal import Reactor
internal import Wire

/// Pictures of files and sessions.
extension API {
  /// `?fps=`; nil when it is absent.
  func rate(_ exchange: HTTPExchange) throws(Problem) -> FrameRate? {
    guard let text = exchange.request.query["fps"] else { return nil }
    guard let rate = FrameRate(text) else {
      throw Problem(.badRequest, "bad_fps", "fps is a number from 0.1 to 240")
    }
    return rate
  }

  /// Whether there is room for one more who watches.
  func checkRoom() throws(Problem) {
    guard let refusal = control.rtsp.door.viewerRefusal else { return }
    control.rtsp.metrics.refused("http", refusal.rawValue)
    throw Problem(refusal)
  }

  func sessionStream(_ exchange: HTTPExchange) {
    guard let session = find(exchange) else { return }
    do throws(Problem) {
      try checkRoom()
      exchange.reply(SessionStream(session, rate: try rate(exchange), loop: control.loop))
    } catch {
      exchange.reply(error)
    }
  }

  func sessionSnapshot(_ exchange: HTTPExchange) {
    guard let session = find(exchange) else { return }
    guard let latest = session.latest else {
      return exchange.reply(
        Problem(.conflict, "no_picture", "no picture has come yet", hint: "Play first"))
    }
    exchange.reply(Self.jpeg(latest.jpeg))
  }

  /// The pictures of the file that a path names, once that of the frame is there.
  private func pictures(
    _ exchange: HTTPExchange, frame: Int,
    _ done: @escaping (MediaFile, PacketSlices) throws(Problem) -> Void
  ) {
    let name = exchange.captures["name"] ?? ""
    guard control.lets(exchange.identity, see: name) else {
      return exchange.reply(Self.problem(RTSPRefusal(.notFound, Catalog.missing)))
    }
    answerLater(exchange) { [self] resume in
      control.catalog.packets(named: name, .multipart, frame: frame) { result in
        do throws(Problem) {
          switch result {
          case .success(let (media, packets)) where exchange.identity.sees(media.description.name):
            try done(media, packets)
          case .success: throw Self.problem(RTSPRefusal(.notFound, Catalog.missing))
          case .failure(let refusal): throw Self.problem(refusal)
          }
        } catch {
          exchange.reply(error)
        }
        resume()
      }
    }
  }

  /// Asks for something that may take its time, while others are served: what was answered at once
  /// is gone on with by whoever asked.
  func answerLater(_ exchange: HTTPExchange, _ ask: (_ done: @escaping () -> Void) -> Void) {
    var isAtOnce = true
    ask {
      if !isAtOnce { exchange.goOn() }
    }
    isAtOnce = false
  }

  static func problem(_ refusal: RTSPRefusal) -> Problem {
    let code =
      refusal.status == .unsupportedMediaType
      ? "unplayable" : refusal.status == .notFound ? "no_such_video" : "unavailable"
    return Problem(HTTPStatus.of(refusal.status.code), code, refusal.reason)
  }

  func stream(_ exchange: HTTPExchange) {
    guard !control.live.has(exchange.captures["name"] ?? "") else { return liveStream(exchange) }
    pictures(exchange, frame: 0) { [self] (media, packets) throws(Problem) in
      let rate = try rate(exchange)
      try checkRoom()
      let phase = control.rtsp.nextPhase(period: media.description.rate.period)
      exchange.reply(
        FileStream(packets, media.description, rate: rate, phase: phase, loop: control.loop))
    }
  }

  func snapshot(_ exchange: HTTPExchange) {
    guard !control.live.has(exchange.captures["name"] ?? "") else { return liveSnapshot(exchange) }
    do throws(Problem) {
      let frame = try number("frame", exchange) ?? 0
      pictures(exchange, frame: frame) { (media, packets) throws(Problem) in
        exchange.reply(Self.jpeg(try Self.picture(frame, of: media, packets)))
      }
    } catch {
      exchange.reply(error)
    }
  }

  /// What others have at an address without a name.
  func firstStream(_ exchange: HTTPExchange) { first(exchange, stream) }

  /// See ``firstStream(_:)``.
  func firstSnapshot(_ exchange: HTTPExchange) { first(exchange, snapshot) }

  private func first(_ exchange: HTTPExchange, _ show: @escaping (HTTPExchange) -> Void) {
    if let name = firstName(for: exchange.identity) {
      exchange.captures["name"] = name
      return show(exchange)
    }
    // A file may have come that nobody has looked at yet.
    answerLater(exchange) { [self] resume in
      control.catalog.settled { [self] in
        if let name = firstName(for: exchange.identity) {
          exchange.captures["name"] = name
          show(exchange)
        } else {
          exchange.reply(
            Problem(
              .notFound, "no_such_video", "there is no video yet",
              hint: "publish to /live/NAME, or put a file into the media folder"))
        }
        resume()
      }
    }
  }

  /// The first live source that shows something, else a camera that waits for viewers, else the
  /// first file.
  private func firstName(for identity: Identity) -> String? {
    let shown = control.live.all.filter { $0.latest != nil }.map(\.name)
    let idle = control.relays.all.filter { $0.state == "idle" }.map(\.settings.name)
    return (shown + idle).first { identity.sees($0) }
      ?? control.catalog.firstPlayable { identity.sees($0) }
  }

  private static func picture(
    _ frame: Int, of media: MediaFile, _ packets: PacketSlices
  ) throws(Problem) -> [UInt8] {
    let count = media.description.frameCount
    guard (0..<count).contains(frame), let slice = packets.slice(of: frame) else {
      throw Problem(.notFound, "no_such_frame", "frames are numbered from 0 to \(count - 1)")
    }
    let part = slice.packets.copy(of: frame - slice.frames.lowerBound)
    guard !part.isEmpty else {
      throw Problem(.notFound, "no_such_frame", "frame \(frame) is damaged")
    }
    return MultipartStream.picture(in: part)
  }
}
