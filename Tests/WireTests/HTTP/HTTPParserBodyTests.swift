import Testing

@testable import Wire

@Suite("HTTPParser: bodies that are handed out as they come")
struct HTTPParserBodyTests {
  private enum Event: Equatable {
    case request(String, bodyFollows: Bool)
    case body([UInt8])
    case end
    case refused(HTTPStatus)
  }

  private func events(_ pieces: [[UInt8]]) -> [Event] {
    var parser = HTTPParser { $0.method == "PUT" }
    var events: [Event] = []
    do throws(HTTPError) {
      for piece in pieces {
        parser.feed(piece.span)
        while true {
          if let request = try parser.next() {
            events.append(.request(request.path, bodyFollows: request.bodyFollows))
          } else if let piece = try parser.nextPiece() {
            switch piece {
            case .bytes(let more):
              if case .body(let bytes) = events.last {
                events[events.count - 1] = .body(bytes + more)
              } else {
                events.append(.body(more))
              }
            case .end: events.append(.end)
            }
          } else {
            break
          }
        }
      }
    } catch {
      events.append(.refused(error.status))
    }
    return events
  }

  private func events(_ text: String) -> [Event] {
    let bytes = Array(text.utf8)
    let whole = events([bytes])
    for cut in bytes.indices {
      #expect(events([Array(bytes[..<cut]), Array(bytes[cut...])]) == whole, "cut at \(cut)")
    }
    #expect(events(bytes.map { [$0] }) == whole)
    return whole
  }

  private static let hello = Array("hello".utf8)

  @Test("a request comes before its body, and the next one behind it")
  func framings() {
    let next = "GET /b HTTP/1.1\r\n\r\n"
    for text in [
      "PUT /a HTTP/1.1\r\nContent-Length: 5\r\n\r\nhello",
      "PUT /a HTTP/1.1\r\nTransfer-Encoding: Chunked\r\n\r\n3\r\nhel\r\n2\r\nlo\r\n0\r\n\r\n",
    ] {
      #expect(
        events(text + next) == [
          .request("/a", bodyFollows: true), .body(Self.hello), .end,
          .request("/b", bodyFollows: false),
        ])
    }
    #expect(
      events("PUT /a HTTP/1.1\r\nContent-Length: 0\r\n\r\n" + next) == [
        .request("/a", bodyFollows: true), .end, .request("/b", bodyFollows: false),
      ])
  }

  @Test("a body without a length ends with a connection that is to be closed")
  func untilClosed() throws {
    for head in ["PUT /a HTTP/1.1\r\nConnection: close", "PUT /a HTTP/1.0"] {
      #expect(
        events(head + "\r\n\r\nhelloGET / HTTP/1.1\r\n\r\n") == [
          .request("/a", bodyFollows: true),
          .body(Self.hello + Array("GET / HTTP/1.1\r\n\r\n".utf8)),
        ])
    }
    // Without either there is none.
    #expect(
      events("PUT /a HTTP/1.1\r\n\r\nGET /b HTTP/1.1\r\n\r\n") == [
        .request("/a", bodyFollows: true), .end, .request("/b", bodyFollows: false),
      ])
    var parser = HTTPParser { _ in true }
    let head = Array("PUT /a HTTP/1.0\r\n\r\n".utf8)
    parser.feed(head.span)
    #expect(!parser.endsWithConnection)
    let request = try parser.next()
    #expect(request?.bodyFollows == true && parser.endsWithConnection)
  }

  @Test("a length may be larger than that of a body which is gathered")
  func large() {
    #expect(
      events("PUT /a HTTP/1.1\r\nContent-Length: 9000000000000000000\r\n\r\nhello")
        == [.request("/a", bodyFollows: true), .body(Self.hello)])
  }

  @Test(
    "what could hide another request is refused",
    arguments: [
      ("Transfer-Encoding: gzip, chunked", HTTPStatus.notImplemented),
      ("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked", .notImplemented),
      ("Transfer-Encoding: chunked\r\nContent-Length: 5", .badRequest),
      ("Content-Length: 5\r\nContent-Length: 6", .badRequest), ("Content-Length: x", .badRequest),
      ("Content-Length: 99999999999999999999", .contentTooLarge),
    ])
  func refusals(_ headers: String, _ status: HTTPStatus) {
    #expect(events("PUT /a HTTP/1.1\r\n\(headers)\r\n\r\n") == [.refused(status)])
    #expect(
      events("PUT /a HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n") == [.refused(.badRequest)])
  }

  @Test("a chunk that is none is refused")
  func badChunk() {
    #expect(
      events("PUT /a HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nx\r\n")
        == [.request("/a", bodyFollows: true), .refused(.badRequest)])
  }

  @Test("others are gathered as ever, and not when chunked")
  func others() {
    #expect(
      events("POST /a HTTP/1.1\r\nContent-Length: 5\r\n\r\nhello")
        == [.request("/a", bodyFollows: false)])
    #expect(
      events("POST /a HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n")
        == [.refused(.notImplemented)])
  }
}
