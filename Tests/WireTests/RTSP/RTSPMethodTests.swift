import Testing

@testable import Wire

@Suite("RTSPMethod")
struct RTSPMethodTests {
  static let cases: [(String, RTSPMethod)] = [
    ("OPTIONS", .options), ("DESCRIBE", .describe), ("SETUP", .setup), ("PLAY", .play),
    ("PAUSE", .pause), ("TEARDOWN", .teardown), ("GET_PARAMETER", .getParameter),
    ("SET_PARAMETER", .setParameter), ("ANNOUNCE", .announce),
    ("RECORD", .record), ("REDIRECT", .notAllowed("REDIRECT")),
    ("PLAY_NOTIFY", .unknown("PLAY_NOTIFY")), ("GET", .unknown("GET")), ("", .unknown("")),
    // Case matters.
    ("play", .unknown("play")), ("Play", .unknown("Play")), ("record", .unknown("record")),
  ]

  @Test("is told by its exact name, and keeps it", arguments: cases)
  func names(name: String, method: RTSPMethod) {
    #expect(RTSPMethod(name) == method)
    #expect(method.name == name)
  }

  @Test("lists what is supported as Public and Allow have it")
  func list() {
    #expect(
      RTSPMethod.list
        == "OPTIONS, DESCRIBE, ANNOUNCE, SETUP, PLAY, RECORD, PAUSE, TEARDOWN, GET_PARAMETER, "
        + "SET_PARAMETER")
  }
}
