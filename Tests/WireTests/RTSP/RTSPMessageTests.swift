import Testing

@testable import Wire

@Suite("RTSPMessage")
struct RTSPMessageTests {
  private static func headers(_ fields: [(String, String)]) -> HeaderFields {
    var headers = HeaderFields()
    for (name, value) in fields { headers.append(name, value) }
    return headers
  }

  static let requests: [(RTSPRequest, String)] = [
    (
      RTSPRequest(method: .options, target: "*", headers: headers([("CSeq", "1")])),
      "OPTIONS * RTSP/1.0\r\nCSeq: 1\r\n\r\n"
    ),
    (
      RTSPRequest(
        method: .setParameter, target: "rtsp://h/m",
        headers: headers([("CSeq", "2"), ("Content-Type", "text/parameters")]),
        body: Array("a: b\r\n".utf8)),
      "SET_PARAMETER rtsp://h/m RTSP/1.0\r\nCSeq: 2\r\nContent-Type: text/parameters\r\n"
        + "Content-Length: 6\r\n\r\na: b\r\n"
    ),
    (
      RTSPRequest(method: .unknown("X-NEW"), target: "/m"), "X-NEW /m RTSP/1.0\r\n\r\n"
    ),
  ]

  static let responses: [(RTSPResponse, String)] = [
    (
      RTSPResponse(.ok, headers: headers([("CSeq", "1")])), "RTSP/1.0 200 OK\r\nCSeq: 1\r\n\r\n"
    ),
    (
      RTSPResponse(.ok, headers: headers([("CSeq", "2")]), body: Array("v=0\r\n".utf8)),
      "RTSP/1.0 200 OK\r\nCSeq: 2\r\nContent-Length: 5\r\n\r\nv=0\r\n"
    ),
    (
      RTSPResponse(code: 999, phrase: "", headers: HeaderFields(), body: []),
      "RTSP/1.0 999 \r\n\r\n"
    ),
    (
      RTSPResponse(.uriTooLong), "RTSP/1.0 414 Request-URI Too Large\r\n\r\n"
    ),
  ]

  private func parse(_ text: String) throws -> RTSPMessage? {
    var parser = RTSPParser()
    let bytes = Array(text.utf8)
    parser.feed(bytes.span)
    return try parser.next()
  }

  private func withoutLength(_ headers: HeaderFields) -> HeaderFields {
    var headers = headers
    headers["Content-Length"] = nil
    return headers
  }

  @Test("writes a request as the parser reads it", arguments: requests)
  func writesRequest(request: RTSPRequest, text: String) throws {
    var written: [UInt8] = []
    request.emit(into: &written)
    #expect(String(decoding: written, as: UTF8.self) == text)
    guard case .request(var parsed) = try parse(text) else {
      Issue.record("no request")
      return
    }
    parsed.headers = withoutLength(parsed.headers)
    #expect(parsed == request)
  }

  @Test("writes a reply as the parser reads it", arguments: responses)
  func writesResponse(response: RTSPResponse, text: String) throws {
    var written: [UInt8] = []
    response.emit(into: &written)
    #expect(String(decoding: written, as: UTF8.self) == text)
    guard case .response(var parsed) = try parse(text) else {
      Issue.record("no reply")
      return
    }
    parsed.headers = withoutLength(parsed.headers)
    #expect(parsed == response)
  }

  @Test("writes the body's own length, whatever a header says")
  func replacesLength() {
    var response = RTSPResponse(.ok, body: [0x78])
    response.headers.append("content-length", "99")
    var written: [UInt8] = []
    response.emit(into: &written)
    #expect(
      String(decoding: written, as: UTF8.self)
        == "RTSP/1.0 200 OK\r\nContent-Length: 1\r\n\r\nx")
  }

  @Test(
    "takes CSeq as a number of 32 bits, once or repeated alike",
    arguments: [
      (["0"], 0), (["7"], 7), (["4294967295"], 4_294_967_295), (["3", "3"], 3), ([], nil),
      (["4294967296"], nil), (["-1"], nil), (["+1"], nil), (["1e3"], nil), ([""], nil),
      (["1", "2"], nil), (["1", "01"], nil), (["18446744073709551616"], nil), (["1 2"], nil),
    ] as [([String], Int?)])
  func sequence(values: [String], expected: Int?) {
    let headers = Self.headers(values.map { ("cseq", $0) })
    #expect(RTSPRequest(method: .play, target: "*", headers: headers).sequence == expected)
  }

  @Test(
    "takes the session without its parameters",
    arguments: [
      ("abc", "abc"), ("abc;timeout=60", "abc"), (" abc ; timeout=60", "abc"), ("", ""),
      (";timeout=1", ""),
    ])
  func session(value: String, expected: String) {
    let headers = Self.headers([("Session", value)])
    #expect(RTSPRequest(method: .play, target: "*", headers: headers).session == expected)
    #expect(RTSPRequest(method: .play, target: "*").session == nil)
  }
}
