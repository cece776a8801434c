import Testing
import Wire

@Suite("RecordingReport")
struct RecordingReportTests {
  @Test("of a recording, with every field there from the beginning")
  func report() throws {
    #expect(
      try ControlJSON.keys(RecordingReport()) == [
        "bytes", "ending", "file", "files", "fps", "frames", "left_out", "reason", "recording_id",
        "session_id", "since", "source", "state",
      ])
    var report = RecordingReport()
    (report.recordingId, report.leftOut) = ("3", 2)
    let text = try ControlJSON.text(report)
    #expect(try ControlJSON.read(text, as: RecordingReport.self) == report)
  }

  @Test("as an event: the same fields and its name")
  func event() throws {
    let report = RecordingReport()
    let keys = try ControlJSON.keys(RecordingEvent(report))
    #expect(keys == (try ControlJSON.keys(report) + ["event"]).sorted())
    #expect(try ControlJSON.text(RecordingEvent(report)).contains("\"event\":\"recording\""))
  }
}
