import Foundation
import Reactor
import Testing
import Wire

@testable import Streamd

/// A live source that the test publishes and real recordings of it, on a clock that the test moves:
/// hours are recorded in a moment, into real files.
final class RecordingStage {
  let clock = StoppedClock()
  let loop: EventLoop
  let activity: ActivityLog
  let live: LiveStreams
  let recordings: Recordings
  let folder: TemporaryFolder
  let stream: LiveStream
  /// All that was sent.
  private(set) var sent: [[UInt8]] = []
  /// What browsers would have been told.
  private(set) var told: [RecordingReport] = []
  /// The disk is not waited for: it stands still.
  var isHeld = false
  private let worker: Worker
  private let restlessness: Restlessness
  private var timestamp: UInt32 = .max - 50_000
  private static let pictures = try? Repository.samplePictures()

  init(_ change: (inout Limits) -> Void = { _ in }) throws {
    var limits = Limits()
    limits.recordingFreeBytes = 0
    change(&limits)
    loop = try EventLoop(clock: clock)
    restlessness = try Restlessness(loop)
    activity = ActivityLog(loop: loop)
    worker = try Worker(on: loop)
    live = LiveStreams(loop: loop, normaliser: LiveNormaliser(worker), limits: limits)
    folder = try TemporaryFolder()
    recordings = Recordings(
      loop: loop, activity: activity, folder: try Folder(folder.path), limits: limits)
    stream = try live.publish("live/door", by: publisher)
    recordings.changed = { [weak self] in self?.told.append($0.report) }
  }

  private final class Publisher: LivePublisher {
    var report: ClientReport { ClientReport() }
    func displaced() {}
    func kick() {}
  }

  private let publisher = Publisher()

  /// Everything is let go of, as the loop demands it.
  deinit {
    recordings.changed = { _ in }
    stream.end()
    for recording in recordings.all { loop.deadlines.clear(recording) }
    restlessness.end()
    worker.close()
  }

  // MARK: Time

  private func turn() throws {
    try loop.turn()
  }

  /// Lets the workers do their work until something is so; the clock stands still.
  func wait(
    until condition: () throws -> Bool, sourceLocation: SourceLocation = #_sourceLocation
  ) throws {
    let end = Date(timeIntervalSinceNow: 20)
    while try !condition() {
      try #require(Date() < end, "it never comes", sourceLocation: sourceLocation)
      try turn()
    }
  }

  /// Lets time pass, deadline by deadline.
  func run(seconds: Double) throws {
    let end = clock.nanoseconds + Instant(seconds * 1e9)
    while let next = loop.deadlines.next, next <= end {
      clock.nanoseconds = max(clock.nanoseconds, next)
      try turn()
    }
    clock.nanoseconds = end
    try turn()
  }

  // MARK: The source and its recording

  func record() throws -> Recording {
    var begun: Problem??
    let recording = try recordings.start(.live(stream)) { _, problem in begun = .some(problem) }
    try wait { begun != nil }
    #expect(begun == .some(nil))
    return recording
  }

  /// Sends pictures at a steady rate for so long.
  func play(
    fps: Double, seconds: Double, timestamps: Bool = true, jitter: Double = 0,
    picture: [UInt8]? = nil
  ) throws {
    let count = Int((fps * seconds).rounded())
    var late = 0.0
    for number in 0..<count {
      let next = jitter > 0 ? Double((number * 7919) % 100) / 100 * jitter : 0
      try run(seconds: 1 / fps + next - late)
      late = next
      timestamp &+= UInt32(90_000 / fps)
      send(picture, timestamps ? timestamp : nil)
      // The clock of the test is faster than the disk.
      if !isHeld { try wait { recordings.pendingJobs == 0 } }
    }
  }

  /// Sends one picture now.
  func send(_ picture: [UInt8]? = nil, _ timestamp: UInt32? = nil) {
    let samples = Self.pictures ?? []
    let jpeg = picture ?? samples[sent.count % samples.count]
    sent.append(jpeg)
    stream.take(Picture(jpeg: jpeg, number: sent.count, due: nil, timestamp: timestamp))
  }

  /// Stops a recording and waits until it is over.
  func stop(_ recording: Recording) throws {
    recording.end(.stopped, "stopped")
    try wait { recording.state == .ended }
  }

  /// The files, in the order of their names.
  func files() throws -> [Recorded] {
    try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted().map {
      try Recorded("\(folder.path)/\($0)")
    }
  }
}

/// A file of a recording, as the catalog reads it.
struct Recorded {
  let name: String
  let index: MotionJPEGIndex
  /// One for each step, repeated ones included.
  let pictures: [[UInt8]]
  /// Each once.
  let distinct: [[UInt8]]

  init(_ path: String) throws {
    name = String(path.split(separator: "/").last ?? "")
    let bytes = [UInt8](try Data(contentsOf: URL(filePath: path)))
    let index = try MotionJPEGIndex(bytes.span, named: name)
    self.index = index
    pictures = index.entries.map { Array(bytes[$0.range]) }
    distinct = index.entries.indices.filter {
      $0 == 0 || index.entries[$0] != index.entries[$0 - 1]
    }.map { Array(bytes[index.entries[$0].range]) }
  }

  /// Of all steps.
  var seconds: Double {
    guard let rate = index.rate else { return 0 }
    return Double(rate.microseconds(ofFrames: pictures.count)) / 1e6
  }
}
