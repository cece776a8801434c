import Foundation
import Reactor
import Testing
import Wire

@testable import Streamd

/// What is recorded of sources that do all that sources do, on a clock that the test moves.
@Suite("Recordings, on a simulated clock")
struct RecordingTests {
  @Test("every picture is in the file, at the source's rate, with a name that says when")
  func steady() throws {
    let stage = try RecordingStage()
    let recording = try stage.record()
    #expect(recording.state == .waiting && stage.told.count == 1)
    try stage.play(fps: 25, seconds: 10)
    #expect(recording.state == .recording)
    try stage.stop(recording)
    let file = try #require(try stage.files().first)
    #expect(file.pictures == stage.sent && file.index.rate == FrameRate(25))
    #expect(file.name.hasPrefix("live-door-20231114-2213") && file.name.hasSuffix(".avi"))
    let report = recording.report
    #expect(report.frames == 250 && report.files == 1 && report.leftOut == 0)
    #expect(report.ending == "stopped" && report.fps == 25 && report.file == file.name)
    #expect(stage.told.last == report && stage.recordings.totals.frames == 250)
  }

  @Test(
    "jitter is not recorded, with timestamps or without; no picture is lost", .serialized,
    arguments: [true, false])
  func jitter(_ timestamps: Bool) throws {
    let stage = try RecordingStage()
    let recording = try stage.record()
    try stage.play(fps: 30, seconds: 20, timestamps: timestamps, jitter: 0.03)
    try stage.stop(recording)
    let file = try #require(try stage.files().first)
    #expect(file.distinct == stage.sent && file.index.rate == FrameRate(30))
    #expect(abs(file.seconds - 20) < 0.1, "\(file.seconds)")
  }

  @Test("a source that stalls is recorded as it was seen, in its time")
  func stall() throws {
    let stage = try RecordingStage()
    let recording = try stage.record()
    try stage.play(fps: 20, seconds: 5, timestamps: false)
    try stage.run(seconds: 7)
    try stage.play(fps: 20, seconds: 5, timestamps: false)
    try stage.stop(recording)
    let file = try #require(try stage.files().first)
    #expect(file.distinct == stage.sent && file.pictures.count == 340)
    #expect(file.pictures[99..<240].allSatisfy { $0 == stage.sent[99] })
  }

  @Test("one that is silent for ten seconds ends the file; when it is back it gets another one")
  func silence() throws {
    let stage = try RecordingStage { $0.liveHoldSeconds = 3600 }
    let recording = try stage.record()
    try stage.play(fps: 10, seconds: 3)
    stage.stream.stop("the network is down")
    try stage.run(seconds: 11)
    #expect(recording.state == .waiting)
    try stage.wait { recording.report.frames == 30 }
    try stage.run(seconds: 600)
    stage.stream.begin()
    try stage.play(fps: 15, seconds: 4)
    try stage.stop(recording)
    let files = try stage.files()
    #expect(files.map(\.pictures.count) == [30, 60] && recording.report.files == 2)
    #expect(files.map(\.index.rate) == [FrameRate(10), FrameRate(15)])
    #expect(files.flatMap(\.pictures) == stage.sent)
  }

  @Test("a source that becomes faster, or larger, gets another file; a slower one does not")
  func changes() throws {
    let stage = try RecordingStage()
    let recording = try stage.record()
    try stage.play(fps: 10, seconds: 5)
    try stage.play(fps: 50, seconds: 20)
    try stage.play(fps: 25, seconds: 4)
    let made = try Tool.runAtOnce(
      "ffmpeg",
      [
        "-v", "error", "-f", "lavfi", "-i", "testsrc=size=320x240", "-frames:v", "1", "-pix_fmt",
        "yuvj420p", "-huffman", "default", "-f", "mjpeg", "-",
      ])
    let large = made.output
    try stage.play(fps: 25, seconds: 2, picture: large)
    try stage.stop(recording)
    let files = try stage.files()
    #expect(files.last?.index.width == 320 && files.last?.distinct.count == 50)
    #expect(files.dropLast().allSatisfy { $0.index.width == 640 })
    let rates = files.compactMap(\.index.rate?.description)
    #expect(rates.first == "10" && rates.contains("50") && rates.count <= 5, "\(rates)")
    // All of it is there, and shown as long as it took.
    #expect(files.dropLast().reduce(0) { $0 + $1.distinct.count } == 50 + 1000 + 100)
    let seconds = files.reduce(0) { $0 + $1.seconds }
    #expect(abs(seconds - 31) < 2, "\(seconds)")
    #expect(recording.report.leftOut == 0)
  }

  @Test("a source that goes to and fro between two sizes does not get a file for each picture")
  func flickers() throws {
    let stage = try RecordingStage()
    let recording = try stage.record()
    try stage.play(fps: 20, seconds: 2)
    let made = try Tool.runAtOnce(
      "ffmpeg",
      [
        "-v", "error", "-f", "lavfi", "-i", "testsrc=size=320x240", "-frames:v", "1", "-pix_fmt",
        "yuvj420p", "-huffman", "default", "-f", "mjpeg", "-",
      ])
    for _ in 0..<60 {
      try stage.play(fps: 20, seconds: 0.05, picture: made.output)
      try stage.play(fps: 20, seconds: 0.05)
    }
    try stage.stop(recording)
    let report = recording.report
    #expect((5...9).contains(report.files), "\(report.files)")
    #expect(report.frames + report.leftOut == stage.sent.count && report.ending == "stopped")
    #expect(stage.recordings.totals.leftOut[.otherSize] == report.leftOut)
  }

  @Test("whoever asked for a recording that somebody else ends before it begins is told so")
  func endedBefore() throws {
    let stage = try RecordingStage()
    var told: [Problem?] = []
    let recording = try stage.recordings.start(.live(stage.stream)) { told.append($1) }
    recording.end(.stopped, "stopped")
    try stage.wait { !told.isEmpty }
    #expect(told.count == 1 && told[0]?.code == "recording_ended")
    try stage.wait { recording.state == .ended }
  }

  @Test("files are ended by time and by size, and of those that are too many the oldest go")
  func rotation() throws {
    let stage = try RecordingStage {
      $0.recordingFileSeconds = 60
      $0.recordingFilesMax = 3
      $0.recordingFileBytesMax = 10_000_000
    }
    let recording = try stage.record()
    try stage.play(fps: 5, seconds: 200)
    try stage.wait { recording.report.files == 4 }
    try stage.play(fps: 120, seconds: 15)
    try stage.stop(recording)
    let files = try stage.files()
    #expect(files.count == 3 && recording.report.files > 6)
    // What is left is the end, without a gap.
    let left = files.flatMap(\.distinct)
    #expect(left == Array(stage.sent.suffix(left.count)))
    #expect(files.allSatisfy { $0.seconds <= 61 })
    let sizes = try FileManager.default.contentsOfDirectory(atPath: stage.folder.path).map {
      try Data(contentsOf: stage.folder.url.appending(path: $0)).count
    }
    #expect(sizes.allSatisfy { $0 < 10_200_000 }, "\(sizes)")
    #expect(recording.report.frames == stage.sent.count)
  }

  @Test("a second recording of the same second gets a name of its own")
  func names() throws {
    let stage = try RecordingStage()
    for number in 1...3 {
      let recording = try stage.record()
      stage.send()
      try stage.stop(recording)
      #expect(recording.id == number && recording.report.frames == 1)
    }
    let names = try stage.files().map(\.name)
    #expect(names.map { $0.suffix(6) }.sorted().prefix(2) == ["-2.avi", "-3.avi"], "\(names)")
    #expect(stage.recordings.all.count == 3 && stage.recordings.active.isEmpty)
  }

  @Test("a disk that stands still costs pictures of the recording, and nothing else")
  func slowDisk() throws {
    let stage = try RecordingStage { $0.recordingQueueBytesMax = 1 << 20 }
    let recording = try stage.record()
    try stage.play(fps: 20, seconds: 2)
    let gate = DispatchSemaphore(value: 0)
    try stage.recordings.perform({ gate.wait() }, then: { (_: Void) in })
    stage.isHeld = true
    try stage.play(fps: 20, seconds: 8)
    let report = recording.report
    #expect(report.leftOut > 60 && recording.state == .recording)
    #expect(stage.stream.counters.frames == 200)
    gate.signal()
    stage.isHeld = false
    try stage.wait { recording.report.bytes > report.bytes + 900_000 }
    try stage.play(fps: 20, seconds: 2)
    try stage.stop(recording)
    let file = try #require(try stage.files().first)
    #expect(file.distinct.count == 240 - report.leftOut && abs(file.seconds - 12) < 0.2)
    #expect(stage.recordings.totals.leftOut[.slowDisk] == report.leftOut)
  }

  @Test("it ends with its source, and with the daemon")
  func endings() throws {
    let stage = try RecordingStage()
    let first = try stage.record()
    try stage.play(fps: 20, seconds: 2)
    var isOver = false
    stage.recordings.endAll { isOver = true }
    try stage.wait { isOver }
    #expect(first.report.ending == "shutdown")
    stage.recordings.endAll { isOver = false }
    #expect(!isOver)
    let second = try stage.record()
    try stage.play(fps: 20, seconds: 0.5)
    stage.stream.stop("the publisher has left")
    try stage.run(seconds: 11)
    try stage.wait { second.state == .ended }
    #expect(second.report.ending == "source_ended")
    #expect(second.report.reason == "the publisher has left")
    #expect(try stage.files().map(\.pictures.count).sorted() == [10, 40])
    var problem: Problem?
    _ = try stage.recordings.start(.live(stage.stream)) { problem = $1 }
    try stage.wait { problem != nil }
    #expect(problem?.code == "source_ended")
  }

  @Test("whoever stops one is told when its end could not be written")
  func lastWrite() throws {
    let stage = try RecordingStage()
    let recording = try stage.record()
    try stage.play(fps: 20, seconds: 0.5)
    try FileManager.default.removeItem(at: stage.folder.url)
    try stage.stop(recording)
    let report = recording.report
    #expect(report.ending == "failed" && report.frames == 0, "\(report)")
    #expect(report.reason.contains("No such file or directory"), "\(report.reason)")
    #expect(stage.recordings.totals.endings[.failed] == 1)
  }

  @Test("without a folder, with a full disk or a second time nothing begins")
  func refusals() throws {
    let stage = try RecordingStage { $0.recordingsMax = 1 }
    let recording = try stage.record()
    let twice = #expect(throws: Problem.self) {
      try stage.recordings.start(.live(stage.stream)) { _, _ in }
    }
    #expect(twice?.code == "already_recorded")
    try stage.stop(recording)
    stage.recordings.limits.recordingFreeBytes = 1 << 50
    var problem: Problem?
    _ = try stage.recordings.start(.live(stage.stream)) { problem = $1 }
    try stage.wait { problem != nil }
    #expect(problem?.code == "disk_full")
    stage.recordings.limits.recordingFreeBytes = 0
    stage.recordings.folder = try Folder("/proc/sys")
    problem = nil
    _ = try stage.recordings.start(.live(stage.stream)) { problem = $1 }
    try stage.wait { problem != nil }
    #expect(problem?.code == "recordings_unwritable" && stage.recordings.active.isEmpty)
    stage.recordings.folder = nil
    let off = #expect(throws: Problem.self) {
      try stage.recordings.start(.live(stage.stream)) { _, _ in }
    }
    #expect(off?.code == "recordings_off" && off?.hint.contains("--recordings DIR") == true)
  }
}
