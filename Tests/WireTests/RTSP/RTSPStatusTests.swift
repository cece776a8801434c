import Testing

@testable import Wire

@Suite("RTSPStatus")
struct RTSPStatusTests {
  @Test(
    "makes a status line that a client reads",
    arguments: [
      (RTSPStatus.ok, "RTSP/1.0 200 OK\r\n"), (.notFound, "RTSP/1.0 404 Not Found\r\n"),
      (.uriTooLong, "RTSP/1.0 414 Request-URI Too Large\r\n"),
      (.sessionNotFound, "RTSP/1.0 454 Session Not Found\r\n"),
      (.invalidRange, "RTSP/1.0 457 Invalid Range\r\n"),
      (.versionNotSupported, "RTSP/1.0 505 RTSP Version not supported\r\n"),
      (.optionNotSupported, "RTSP/1.0 551 Option not supported\r\n"),
    ])
  func statusLine(status: RTSPStatus, line: String) throws {
    var bytes: [UInt8] = []
    RTSPResponse(status).emit(into: &bytes)
    #expect(String(decoding: bytes, as: UTF8.self) == line + "\r\n")
    #expect(try ParserRun.messages([bytes[...]]) == [.response(RTSPResponse(status))])
  }
}
