@testable import Wire

enum RTSPTargets {
  /// Requests as a server reads them: the same however they are cut, and the same again when they
  /// are written and read once more.
  static func requests(_ input: [UInt8]) {
    guard let (whole, pieces) = pieces(input) else { return }
    let (messages, fault) = read([whole])
    let (again, otherFault) = read(pieces)
    require(messages == again, "\(messages) at once, \(again) in pieces")
    require(fault == otherFault, "\(fault as Any) at once, \(otherFault as Any) in pieces")
    for case .request(let request) in messages where !request.isClassroom {
      var bytes: [UInt8] = []
      request.emit(into: &bytes)
      let (copies, fault) = read([bytes])
      guard case .request(let copy) = copies.first, copies.count == 1, fault == nil else {
        found("\(request) is written as something else: \(copies), \(fault as Any)")
      }
      require(copy.method == request.method && copy.target == request.target, "\(request) \(copy)")
      require(copy.body == request.body && copy.sequence == request.sequence, "\(request) \(copy)")
    }
  }

  private static func read(_ pieces: [[UInt8]]) -> ([RTSPMessage], RTSPError?) {
    var parser = RTSPParser()
    var messages: [RTSPMessage] = []
    do throws(RTSPError) {
      for piece in pieces {
        parser.feed(piece.span)
        while let message = try parser.next() { messages.append(message) }
      }
      if let message = try parser.settle() { messages.append(message) }
    } catch {
      return (messages, error)
    }
    return (messages, nil)
  }

  /// A server that says anything at all to a client of ours, which wants everything of it.
  static func client(_ input: [UInt8]) {
    guard let (_, pieces) = pieces(input) else { return }
    var conversation = RTSPClientConversation(
      url: "rtsp://h/m", offer: TransportHeader(.udp), userAgent: "fuzz")
    conversation.setup()
    conversation.play(from: 0)
    conversation.pause()
    conversation.play(from: nil)
    conversation.teardown()
    conversation.setup()
    var now: Nanoseconds = 0
    var isOver = false
    for piece in [[]] + pieces {
      conversation.receive(piece.span)
      while let step = conversation.next(at: now) {
        require(!isOver, "a step after the end: \(step)")
        if case .failed = step { isOver = true }
      }
      now += 1_000_000_000
      conversation.wake(at: now)
    }
    require(!isOver || conversation.deadline == nil, "a deadline after the end")
  }

  /// Headers: what can be read is written so that it reads the same.
  static func headers(_ input: [UInt8]) {
    guard let kind = input.first else { return }
    let text = String(decoding: input.dropFirst(), as: UTF8.self)
    switch kind % 6 {
    case 0:
      for offer in TransportHeader.parse(text) ?? [] {
        let copy = TransportHeader.parse(offer.description)
        require(copy == [offer], "\(offer) \(copy as Any)")
      }
    case 1:
      if let header = SessionHeader(text) {
        require(SessionHeader(header.description) == header, "\(header)")
      }
    case 2:
      guard let range = try? NPTRange(text) else { return }
      require((try? NPTRange(range.description)) == range, "\(range)")
      let media = MediaDescription(
        name: "m", frameCount: 1 + Int(kind), rate: .standard, width: 8, height: 8)
      guard let order = try? PlayOrder(range, in: media) else { return }
      require((0..<media.frameCount).contains(order.frame ?? 0), "\(order)")
      if case .before(let end) = order.end {
        require(end > order.frame ?? 0 && end <= media.frameCount, "\(order)")
      }
    case 3:
      if let info = RTPInfo(text) { require(RTPInfo(info.description) == info, "\(info)") }
    case 4:
      guard let url = RTSPURL(text) else { return }
      require(!url.name.hasPrefix("/") && !url.name.hasSuffix("/"), "\(url)")
      // A folder that is called like a track cannot be told from one.
      guard !url.name.contains(RTSPURL.trackPrefix) else { return }
      require(RTSPURL(url.base)?.name == url.name, "\(url), \(url.base)")
    default:
      if let rate = FrameRate(text) {
        require(rate.period > 0 && rate.microseconds(ofFrames: 1) > 0, "\(rate)")
      }
      require(PercentEncoding.decode(PercentEncoding.encode(text)) == text, "\(text)")
      _ = PercentEncoding.decode(text)
    }
  }

  /// Session descriptions, from any server.
  static func description(_ input: [UInt8]) {
    guard let description = SessionDescription(String(decoding: input, as: UTF8.self)) else {
      return
    }
    if let track = try? AnnouncedTrack(description) {
      require(track.payloadType < 128, "\(track)")
      require((track.width == nil) == (track.height == nil), "\(track)")
      if let url = RTSPURL("rtsp://h/live/x") {
        _ = try? Announcement(url, track).check(url)
      }
    }
    if let name = PublishedName("live/" + description.name) {
      require(PercentEncoding.encode(name.text) == name.text, "\(name)")
    }
    // What has no formats, or lines that are too many already, is none of ours.
    guard description.media.allSatisfy({ !$0.formats.isEmpty }), input.count < 200 else { return }
    let copy = SessionDescription(description.description)
    require(copy?.media.count == description.media.count, "\(description)")
  }
}
