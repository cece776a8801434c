@testable import Wire

enum HTTPTargets {
  /// What a proxy says first: nothing is known before its last byte, and nothing changes behind it.
  static func proxyHeader(_ input: [UInt8]) {
    guard let header = try? ProxyHeader.parse(input.span) else { return }
    require((1...ProxyHeader.lengthMax).contains(header.length), "\(header)")
    require(header.length <= input.count, "\(header) of \(input.count)")
    for length in [header.length - 1, header.length / 2] {
      let part = try? ProxyHeader.parse(Array(input[..<length]).span)
      require(part == nil, "\(header) after \(length)")
    }
    require((try? ProxyHeader.parse(Array(input[..<header.length]).span)) == header, "\(header)")
  }

  /// Requests: the same however they are cut.
  static func requests(_ input: [UInt8]) {
    guard let (whole, pieces) = pieces(input) else { return }
    let (requests, fault) = read([whole])
    let (again, otherFault) = read(pieces)
    require(requests == again, "\(requests) at once, \(again) in pieces")
    // Which of two faults is met first may depend on how much is there.
    require((fault == nil) == (otherFault == nil), "\(fault as Any), \(otherFault as Any)")
    for request in requests {
      require(request.path == "*" || request.path.utf8.first == 0x2F, "\(request)")
      _ = (request.isPersistent, request.contentType)
      if WebSocketHandshake.isUpgrade(request) { _ = WebSocketHandshake.respond(to: request) }
      let size = request.body.count + 10
      if case .part(let range) = ByteRange.resolve(request.headers["Range"], size: size) {
        require(!range.isEmpty && range.upperBound <= size && range.lowerBound >= 0, "\(range)")
      }
    }
  }

  private static func read(_ pieces: [[UInt8]]) -> ([HTTPRequest], HTTPError?) {
    var parser = HTTPParser()
    var requests: [HTTPRequest] = []
    do throws(HTTPError) {
      for piece in pieces {
        parser.feed(piece.span)
        while let request = try parser.next() { requests.append(request) }
        _ = parser.takeExpectation()
      }
    } catch {
      return (requests, error)
    }
    return (requests, nil)
  }

  /// Requests whose bodies are handed out as they come: heads, whole bodies and their ends are the
  /// same however they are cut.
  static func bodies(_ input: [UInt8]) {
    guard let (whole, pieces) = pieces(input) else { return }
    let (events, fault) = readBodies([whole])
    let (again, otherFault) = readBodies(pieces)
    require(events == again, "\(events) at once, \(again) in pieces")
    require((fault == nil) == (otherFault == nil), "\(fault as Any), \(otherFault as Any)")
  }

  private enum BodyEvent: Equatable {
    case request(HTTPRequest)
    case body([UInt8])
    case end
  }

  private static func readBodies(_ pieces: [[UInt8]]) -> ([BodyEvent], HTTPError?) {
    var parser = HTTPParser { $0.method != "GET" }
    var events: [BodyEvent] = []
    do throws(HTTPError) {
      for piece in pieces {
        parser.feed(piece.span)
        while true {
          if let request = try parser.next() {
            events.append(.request(request))
            continue
          }
          guard let piece = try parser.nextPiece() else { break }
          switch piece {
          case .end: events.append(.end)
          case .bytes(let more):
            if case .body(let bytes) = events.last {
              events[events.count - 1] = .body(bytes + more)
            } else {
              events.append(.body(more))
            }
          }
        }
      }
    } catch {
      return (events, error)
    }
    return (events, nil)
  }

  /// Responses: heads, whole bodies and their ends are the same however they are cut.
  static func responses(_ input: [UInt8]) {
    guard let (whole, pieces) = pieces(input) else { return }
    let (events, fault) = readResponses([whole])
    let (again, otherFault) = readResponses(pieces)
    require(events == again, "\(events) at once, \(again) in pieces")
    require(fault == otherFault, "\(fault as Any) at once, \(otherFault as Any) in pieces")
  }

  private static func readResponses(
    _ pieces: [[UInt8]]
  ) -> ([HTTPResponseParser.Event], HTTPResponseError?) {
    var parser = HTTPResponseParser()
    for method in ["GET", "HEAD", "POST"] { parser.expect(method) }
    var events: [HTTPResponseParser.Event] = []
    do throws(HTTPResponseError) {
      for piece in pieces {
        parser.feed(piece.span)
        while let event = try parser.next() { append(event, to: &events) }
      }
      if let event = try parser.finish() { append(event, to: &events) }
    } catch {
      return (events, error)
    }
    return (events, nil)
  }

  /// Pieces of a body become one again.
  private static func append(
    _ event: HTTPResponseParser.Event, to events: inout [HTTPResponseParser.Event]
  ) {
    if case .body(let more) = event, case .body(let bytes) = events.last {
      events[events.count - 1] = .body(bytes + more)
    } else {
      events.append(event)
    }
  }

  /// Values of headers, escapes.
  static func headers(_ input: [UInt8]) {
    guard let size = input.first else { return }
    let text = String(decoding: input.dropFirst(), as: UTF8.self)
    if case .part(let range) = ByteRange.resolve(text, size: Int(size)) {
      require(!range.isEmpty && range.upperBound <= size && range.lowerBound >= 0, "\(range)")
    }
    if let decoded = PercentEncoding.decode(text) {
      require(PercentEncoding.decode(PercentEncoding.encode(decoded)) == decoded, decoded)
    }
    _ = Spelling.nearest(to: text, among: ["connections", "media_bytes", text])
    _ = WebSocketFrame.close(.protocolError, text)
  }

  /// A WebSocket client: its messages are the same however they are cut.
  static func webSocket(_ input: [UInt8]) {
    guard let (whole, pieces) = pieces(input) else { return }
    let (messages, fault) = readMessages([whole])
    let (again, otherFault) = readMessages(pieces)
    require(messages == again, "\(messages) at once, \(again) in pieces")
    require(fault == otherFault, "\(fault as Any) at once, \(otherFault as Any) in pieces")
  }

  private static func readMessages(
    _ pieces: [[UInt8]]
  ) -> ([WebSocketParser.Message], WebSocketParser.Failure?) {
    var parser = WebSocketParser(messageBytesMax: 1024)
    var messages: [WebSocketParser.Message] = []
    do throws(WebSocketParser.Failure) {
      for piece in pieces {
        parser.feed(piece.span)
        while let message = try parser.next() { messages.append(message) }
      }
    } catch {
      return (messages, error)
    }
    return (messages, nil)
  }
}
