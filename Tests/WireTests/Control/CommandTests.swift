import Testing
import Wire

@Suite("Command")
struct CommandTests {
  private func read(_ text: String) throws -> Command {
    try ControlJSON.read(text, as: Command.self)
  }

  @Test("has every field that DESIGN.md names")
  func everything() throws {
    let command = try read(
      """
      {"event":"setup","id":"7","server_addr":"127.0.0.1","server_port":8554,
       "video_file":"a b.Mjpeg","transport":"tcp","frames":"annotated","session_id":"5f",
       "range_s":1.5}
      """)
    #expect(command.event == "setup" && command.id == .text("7"))
    #expect(command.serverAddr == "127.0.0.1" && command.serverPort == 8554)
    #expect(command.videoFile == "a b.Mjpeg" && command.transport == "tcp")
    #expect(command.frames == "annotated" && command.sessionId == "5f" && command.rangeS == 1.5)
  }

  @Test("may lack everything, and passes over what it does not know")
  func nothing() throws {
    let empty = try read("{}")
    #expect(empty.event == nil && empty.id == nil && empty.serverPort == nil)
    #expect(empty.rangeS == nil && empty.sessionId == nil)
    #expect(try read("{\"colour\":[1,{}],\"eventful\":1}") == empty)
    #expect(try read("{\"event\":null,\"id\":null,\"server_port\":null}") == empty)
  }

  @Test(
    "an id is a text or a number, and is written as it came",
    arguments: [
      ("7", .integer(7)), ("\"7\"", .text("7")), ("\"a-b\"", .text("a-b")), ("\"\"", .text("")),
      ("0", .integer(0)), ("-3", .integer(-3)), ("1.5", .number(1.5)),
      ("9007199254740993", .integer(9_007_199_254_740_993)),
    ] as [(String, Command.Identifier)])
  func ids(json: String, id: Command.Identifier) throws {
    let command = try read("{\"id\":\(json)}")
    #expect(command.id == id)
    #expect(try ControlJSON.text(command.id) == json)
  }

  @Test(
    "takes a port as a number or its text, as HTML forms send it",
    arguments: [
      ("8554", 8554), ("\"8554\"", 8554), ("\" 8554 \"", 8554), ("0", 0), ("65535", 65_535),
      ("\"0065535\"", 65_535),
    ])
  func ports(json: String, port: Int) throws {
    #expect(try read("{\"server_port\":\(json)}").serverPort == port)
  }

  @Test(
    "refuses what is no port",
    arguments: [
      "-1", "65536", "8554.5", "\"8554.5\"", "\"\"", "\"+1\"", "\"0x50\"", "\"rtsp\"", "true",
      "[1]", "{}", "99999999999999999999999",
    ])
  func badPorts(json: String) {
    #expect(throws: DecodingError.self) { try read("{\"server_port\":\(json)}") }
  }

  @Test(
    "refuses fields of another type",
    arguments: [
      "{\"event\":1}", "{\"event\":[\"play\"]}", "{\"id\":[1]}", "{\"id\":{}}",
      "{\"id\":true}", "{\"server_addr\":127}", "{\"video_file\":false}", "{\"transport\":{}}",
      "{\"frames\":1}", "{\"session_id\":5}", "{\"range_s\":\"1\"}", "{\"range_s\":[]}",
    ])
  func badTypes(text: String) {
    #expect(throws: DecodingError.self) { try read(text) }
  }

  @Test("is an object", arguments: ["[]", "\"play\"", "1", "null", "", "{", "{\"event\"}", "nul"])
  func noObject(text: String) {
    #expect(throws: DecodingError.self) { try read(text) }
  }
}
