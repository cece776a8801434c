import Testing
import Wire

/// The names are a contract (DESIGN.md §5): fields may be added, none renamed.
@Suite("Reports")
struct ReportsTests {
  @Test("of the daemon")
  func status() throws {
    let report = StatusReport(
      version: "1", state: "running", rtsp: "127.0.0.1:8554", uptimeS: 1.5, clients: 2, sessions: 3,
      viewers: 4)
    let text = try ControlJSON.text(report)
    #expect(
      text == "{\"clients\":2,\"draining\":false,\"instance\":0,\"instances\":[],"
        + "\"rtsp\":\"127.0.0.1:8554\",\"sessions\":3,\"state\":\"running\","
        + "\"uptime_s\":1.5,\"version\":\"1\",\"viewers\":4}")
    #expect(try ControlJSON.read(text, as: StatusReport.self) == report)
  }

  @Test("of a video, with the reason and what was changed even when they are empty")
  func video() throws {
    let report = VideoReport(name: "a/b.Mjpeg")
    #expect(
      try ControlJSON.keys(report) == [
        "bytes", "container", "damaged", "duration_s", "fps", "frames", "height", "live", "name",
        "normalised",
        "playable", "reason", "width",
      ])
    #expect(try ControlJSON.text(report).contains("\"name\":\"a/b.Mjpeg\",\"normalised\":[]"))
    var opening = report
    opening.opening = 0.25
    #expect(try ControlJSON.keys(opening).contains("opening"))
  }

  @Test("of a viewer session")
  func session() throws {
    #expect(
      try ControlJSON.keys(SessionReport()) == [
        "attempt", "attempts_max", "data_rate_kbps", "fps", "frame", "frames_skipped", "jitter_ms",
        "latency_ms", "lost", "packets", "server_addr", "server_port", "session_id", "state",
        "transport", "video_file",
      ])
    #expect(SessionReport().state == "init" && SessionReport().latencyMs == -1)
  }

  @Test("of an RTSP client")
  func client() throws {
    #expect(
      try ControlJSON.keys(ClientReport()) == [
        "frames", "id", "jitter_ms", "lost", "packets", "peer", "since", "skipped", "state",
        "transport", "user_agent", "video_file",
      ])
  }

  @Test("of a log line, and of what a session is set up with")
  func small() throws {
    let entry = LogEntry(seq: 1, time: "t", level: "info", message: "m")
    #expect(
      try ControlJSON.text(entry)
        == "{\"level\":\"info\",\"message\":\"m\",\"seq\":1,\"time\":\"t\"}")
    let target = ViewerTarget(serverAddr: "::1", serverPort: 8554, videoFile: "a")
    #expect(
      try ControlJSON.text(target)
        == "{\"server_addr\":\"::1\",\"server_port\":8554,\"video_file\":\"a\"}")
  }

  @Test("come in lists whose `next` is written even when it is null")
  func listing() throws {
    #expect(
      try ControlJSON.text(Listing(items: [1, 2], next: nil)) == "{\"items\":[1,2],\"next\":null}")
    let text = "{\"items\":[\"a\"],\"next\":\"a\"}"
    #expect(try ControlJSON.text(Listing(items: ["a"], next: "a")) == text)
    let read = try ControlJSON.read(text, as: Listing<String>.self)
    #expect(read.items == ["a"] && read.next == "a")
  }

  @Test("of an error have a code for programs and a hint for people (RFC 9457)")
  func problem() throws {
    let problem = Problem(.conflict, "port_in_use", "taken", hint: "choose another")
    #expect(
      try ControlJSON.text(problem)
        == "{\"code\":\"port_in_use\",\"detail\":\"taken\",\"hint\":\"choose another\","
        + "\"status\":409,\"title\":\"Conflict\",\"type\":\"about:blank\"}")
    #expect(try ControlJSON.text(Problem(.notFound, "x", "y")).contains("\"hint\":\"\""))
  }
}
