import Testing
import Wire

@Suite("Event")
struct EventTests {
  private static let command: Command? = try? ControlJSON.read(
    "{\"event\":\"play\",\"id\":7}", as: Command.self)

  @Test("has only the fields that are known")
  func sparse() throws {
    #expect(try ControlJSON.text(Event("connected")) == "{\"event\":\"connected\"}")
    var event = Event("rtsp_server_status")
    event.running = true
    event.state = "running"
    event.message = "RTSP on [::1]:8554"
    #expect(
      try ControlJSON.text(event)
        == "{\"event\":\"rtsp_server_status\",\"message\":\"RTSP on [::1]:8554\","
        + "\"running\":true,\"state\":\"running\"}")
  }

  @Test("writes every field in snake_case")
  func everything() throws {
    var event = Event("setup_response")
    event.id = .text("1")
    event.success = false
    event.message = "no"
    event.hint = "Start Server first"
    event.code = "server_stopped"
    event.sessionId = "5f"
    event.running = false
    event.state = "stopped"
    event.version = "1.0"
    event.started = "2026-11-22T13:50:29.120Z"
    #expect(
      try ControlJSON.keys(event) == [
        "code", "event", "hint", "id", "message", "running", "session_id", "started", "state",
        "success", "version",
      ])
    #expect(try ControlJSON.text(event).contains("\"started\":\"2026-11-22T13:50:29.120Z\""))
  }

  @Test("answers a command with its id and whether it went well")
  func answers() throws {
    let command = try #require(Self.command)
    let good = Event("play_response", answering: command, nil, "Playing")
    #expect(
      try ControlJSON.text(good)
        == "{\"event\":\"play_response\",\"id\":7,\"message\":\"Playing\",\"success\":true}")
    let problem = Problem(.conflict, "no_session", "there is no session", hint: "Setup first")
    let bad = Event("play_response", answering: command, problem, "Playing")
    #expect(
      try ControlJSON.text(bad)
        == "{\"code\":\"no_session\",\"event\":\"play_response\",\"hint\":\"Setup first\","
        + "\"id\":7,\"message\":\"there is no session\",\"success\":false}")
  }

  @Test("tells which attempt to reach a server follows, and why")
  func retry() throws {
    var report = SessionReport()
    (report.sessionId, report.attempt, report.attemptsMax) = ("5f", 2, 3)
    #expect(
      try ControlJSON.text(RetryEvent(report, "silence"))
        == "{\"attempt\":2,\"attempts_max\":3,\"event\":\"session_retry\",\"message\":\"silence\","
        + "\"session_id\":\"5f\",\"state\":\"init\"}")
  }

  @Test("tells a session's numbers under their own names")
  func stats() throws {
    var report = SessionReport()
    (report.sessionId, report.state, report.frame, report.packets) = ("5f", "playing", 1, 2)
    (report.lost, report.framesSkipped, report.dataRateKbps, report.fps) = (3, 4, 5.5, 20.25)
    (report.latencyMs, report.jitterMs) = (-1, 0.5)
    #expect(
      try ControlJSON.text(StatsEvent(report))
        == "{\"data_rate_kbps\":5.5,\"event\":\"stats\",\"fps\":20.25,\"frame\":1,"
        + "\"frames_skipped\":4,\"jitter_ms\":0.5,\"latency_ms\":-1,\"lost\":3,\"packets\":2,"
        + "\"session_id\":\"5f\",\"state\":\"playing\"}")
  }

  @Test("tells a frame's number and times, the due time only when it is known")
  func frame() throws {
    let known = FrameEvent(frameNum: 9, dueUs: 1_795_355_429_120_001, sentUs: 2)
    #expect(
      try ControlJSON.text(known)
        == "{\"due_us\":1795355429120001,\"event\":\"frame\",\"frame_num\":9,\"sent_us\":2}")
    #expect(
      try ControlJSON.text(FrameEvent(frameNum: 9, dueUs: nil, sentUs: 2))
        == "{\"event\":\"frame\",\"frame_num\":9,\"sent_us\":2}")
  }

  @Test("sends a frame in Base64 under the original's names")
  func videoFrame() throws {
    let event = VideoFrameEvent(frame: "/9j/", frameNum: 1, packets: 2, dataRate: 0.5, fps: 20)
    #expect(
      try ControlJSON.text(event)
        == "{\"data_rate\":0.5,\"event\":\"video_frame\",\"fps\":20,\"frame\":\"/9j/\","
        + "\"frame_num\":1,\"packets\":2}")
  }

  @Test("tells a line of the log, whatever characters are in it")
  func log() throws {
    let entry = LogEntry(seq: 3, time: "t", level: "info", message: "a\"b\\\n<\u{1}é")
    #expect(
      try ControlJSON.text(LogEvent(entry))
        == "{\"event\":\"log\",\"level\":\"info\",\"message\":\"a\\\"b\\\\\\n<\\u0001é\","
        + "\"seq\":3,\"time\":\"t\"}")
  }
}
