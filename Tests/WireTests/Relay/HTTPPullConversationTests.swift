import Testing

@testable import Wire

@Suite("HTTPPullConversation")
struct HTTPPullConversationTests {
  private static let second: Nanoseconds = 1_000_000_000
  private static let picture: [UInt8] = [
    0xFF, 0xD8, 0xFF, 0xDA, 0x00, 0x02, 0x0A, 0xFF, 0xD9,
  ]

  private func conversation(_ url: String) throws -> HTTPPullConversation {
    HTTPPullConversation(
      try #require(SourceURL(url)), userAgent: "test", random: SplitMix64(seed: 1))
  }

  private func steps(_ conversation: inout HTTPPullConversation) -> [HTTPPullConversation.Step] {
    var steps: [HTTPPullConversation.Step] = []
    while let step = conversation.next() { steps.append(step) }
    return steps
  }

  /// The request that goes out with a connection.
  private func request(
    _ conversation: inout HTTPPullConversation, at now: Nanoseconds = 0
  ) throws -> [String] {
    conversation.connected(at: now)
    guard case .send(let bytes)? = conversation.next() else {
      Issue.record("nothing is sent")
      return []
    }
    #expect(conversation.next() == nil)
    let text = String(decoding: bytes, as: UTF8.self)
    #expect(text.hasSuffix("\r\n\r\n"))
    return text.components("\r\n")
  }

  private func body(_ count: Int, isChunked: Bool) -> [UInt8] {
    var body = Array("--x\r\n".utf8)
    for _ in 0..<count {
      body +=
        Array("Content-Type: image/jpeg\r\nContent-Length: 9\r\n\r\n".utf8) + Self.picture
        + Array("\r\n--x\r\n".utf8)
    }
    guard isChunked else { return body }
    return body.chunks(of: 7).flatMap {
      Array("\(String($0.count, radix: 16))\r\n".utf8) + $0 + Array("\r\n".utf8)
    }
  }

  @Test("asks for path and query at the host, and takes pictures, chunked or not, however cut")
  func pictures() throws {
    for isChunked in [false, true] {
      let head =
        "HTTP/1.1 200 OK\r\nContent-Type: multipart/x-mixed-replace; boundary=x\r\n"
        + (isChunked ? "Transfer-Encoding: chunked\r\n\r\n" : "\r\n")
      let answer = Array(head.utf8) + body(3, isChunked: isChunked)
      for cut in 0...answer.count {
        var conversation = try conversation("http://u:p@cam:81/s?a=1")
        #expect(
          try request(&conversation) == [
            "GET /s?a=1 HTTP/1.1", "Host: cam:81", "User-Agent: test", "Accept: */*", "", "",
          ])
        conversation.receive(Array(answer[..<cut]).span, at: 1)
        conversation.receive(Array(answer[cut...]).span, at: 2)
        let wanted: [HTTPPullConversation.Step] =
          [.playing] + Array(repeating: .picture(Self.picture), count: 3)
        #expect(steps(&conversation) == wanted, "cut at \(cut)")
      }
    }
  }

  @Test("a server that asks is told the password by its best method, on another connection")
  func passwords() throws {
    for (challenge, answer) in [
      ("Basic realm=\"cam\"", "Authorization: Basic dTpw"),
      ("Digest realm=\"cam\", nonce=\"n\", qop=\"auth\"", "Authorization: Digest username=\"u\""),
    ] {
      var conversation = try conversation("http://u:p@cam/s")
      #expect(try !request(&conversation).contains { $0.hasPrefix("Authorization") })
      let refusal =
        "HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: \(challenge)\r\nContent-Length: 4\r\n\r\nno"
      conversation.receive(Array(refusal.utf8).span, at: 1)
      #expect(steps(&conversation) == [.reconnect])
      #expect(conversation.deadline == nil)
      let second = try request(&conversation, at: Self.second)
      #expect(second.contains { $0.hasPrefix(answer) }, "\(second)")
      // Once is enough.
      conversation.receive(Array(refusal.utf8).span, at: 2)
      #expect(steps(&conversation) == [.failed(.refused(code: 401, phrase: "Unauthorized"))])
    }
    var nobody = try conversation("http://cam/s")
    _ = try request(&nobody)
    nobody.receive(
      Array("HTTP/1.1 401 No\r\nWWW-Authenticate: Basic realm=\"x\"\r\n\r\n".utf8).span, at: 1)
    #expect(steps(&nobody) == [.failed(.refused(code: 401, phrase: "No"))])
  }

  @Test(
    "what has no pictures fails, once",
    arguments: [
      ("HTTP/1.1 404 Not Found\r\n\r\n", .refused(code: 404, phrase: "Not Found")),
      ("HTTP/1.1 302 Found\r\nLocation: /x\r\n\r\n", .refused(code: 302, phrase: "Found")),
      (
        "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n",
        .protocolError("the answer has no pictures")
      ),
      ("HTTP/1.1 200 OK\r\n\r\nhello, world", .protocolError("the answer has no pictures")),
      ("RTSP/1.0 200 OK\r\n\r\n", .protocolError("this is no HTTP/1.1")),
      ("HTTP/1.1 200 OK\r\nContent-Type: image/jpeg\r\nContent-Length: 0\r\n\r\n", .ended),
      (
        "HTTP/1.1 200 OK\r\nContent-Type: multipart/x\r\n\r\n"
          + "--x\r\nContent-Length: 16777217\r\n\r\n",
        .protocolError("a picture of more than 16 MiB")
      ),
    ] as [(String, HTTPPullConversation.Failure)])
  func failures(_ answer: String, _ failure: HTTPPullConversation.Failure) throws {
    var conversation = try conversation("http://cam/s")
    _ = try request(&conversation)
    conversation.receive(Array(answer.utf8).span, at: 1)
    #expect(steps(&conversation).filter { $0 != .playing } == [.failed(failure)])
    conversation.receive(Array("HTTP/1.1 200 OK\r\n\r\n".utf8).span, at: 2)
    conversation.closed()
    conversation.wake(at: .max)
    #expect(steps(&conversation) == [] && conversation.deadline == nil)
  }

  @Test("one JPEG after the other will do, until the server closes")
  func concatenated() throws {
    var conversation = try conversation("http://cam/s")
    _ = try request(&conversation)
    conversation.receive(
      (Array("HTTP/1.0 200 OK\r\nContent-Type: video/x-motion-jpeg\r\n\r\n".utf8) + Self.picture
        + Self.picture).span, at: 1)
    #expect(
      steps(&conversation) == [.playing, .picture(Self.picture), .picture(Self.picture)])
    conversation.closed()
    #expect(steps(&conversation) == [.failed(.ended)])
  }

  @Test("silence before the answer, and bytes that become no picture, are waited for only so long")
  func silence() throws {
    var conversation = try conversation("http://cam/s")
    _ = try request(&conversation)
    #expect(conversation.deadline == 5 * Self.second)
    conversation.wake(at: 5 * Self.second - 1)
    #expect(steps(&conversation) == [])
    let head = Array("HTTP/1.1 200 OK\r\nContent-Type: multipart/x\r\n\r\n".utf8)
    conversation.receive((head + body(1, isChunked: false)).span, at: 4 * Self.second)
    #expect(conversation.deadline == 14 * Self.second)
    conversation.receive(Array("Content-Type: text/plain\r\n".utf8).span, at: 13 * Self.second)
    #expect(conversation.deadline == 14 * Self.second)
    conversation.wake(at: 14 * Self.second)
    #expect(
      steps(&conversation) == [.playing, .picture(Self.picture), .failed(.timeout)])
  }
}

extension String {
  fileprivate func components(_ separator: String) -> [String] {
    var parts: [String] = []
    var rest = self[...]
    while let range = rest.firstRange(of: separator) {
      parts.append(String(rest[..<range.lowerBound]))
      rest = rest[range.upperBound...]
    }
    return parts + [String(rest)]
  }
}

extension [UInt8] {
  fileprivate func chunks(of count: Int) -> [[UInt8]] {
    stride(from: 0, to: self.count, by: count).map {
      Array(self[$0..<Swift.min($0 + count, self.count)])
    }
  }
}
