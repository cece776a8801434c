internal import Reactor
internal import Wire

/// All recordings, and where they go.
final class Recordings {
  /// Why a picture is in no file.
  enum LeftOut: String, CaseIterable {
    /// The disk, or the worker, does not keep up.
    case slowDisk = "slow_disk"
    /// It is no picture that a file could hold.
    case unreadable
    /// The source sends more per second than a file can say.
    case tooFast = "too_fast"
    /// It is of another size than the file that has just begun.
    case otherSize = "other_size"
  }

  /// Of all recordings since the daemon began.
  struct Totals {
    var frames = 0
    var bytes = 0
    var leftOut: [LeftOut: Int] = [:]
    var endings: [Recording.Ending: Int] = [:]
  }

  let loop: EventLoop
  let activity: ActivityLog
  /// Where files go from now on; nil where nothing is recorded.
  var folder: Folder?
  /// For what begins from now on.
  var limits: Limits
  var totals = Totals()
  /// Told when a recording has begun, has written something (once a second), or has ended.
  var changed: (Recording) -> Void = { _ in }
  private var recordings: [Recording] = []
  private var started = 0
  /// One of its own: a disk that stands still is to hold up neither catalog nor live sources.
  private var worker: Worker?

  /// Those that are over are remembered, so that one can see why.
  private static let rememberedMax = 32

  init(loop: EventLoop, activity: ActivityLog, folder: Folder?, limits: Limits) {
    (self.loop, self.activity, self.folder, self.limits) = (loop, activity, folder, limits)
  }

  deinit { worker?.close() }

  /// In the order of their beginning; some of those that are over are among them.
  var all: [Recording] { recordings }

  /// Those that are not over.
  var active: [Recording] { recordings.filter { $0.state != .ended } }

  /// How many of them are shown the pictures of a viewer session.
  var sessionCount: Int {
    recordings.count { recording in
      if case .session = recording.source { recording.isTaking } else { false }
    }
  }

  subscript(id: Int) -> Recording? { recordings.first { $0.id == id } }

  /// Begins one, unless the folder cannot be written to, which the worker finds out.
  ///
  /// - Throws: when nothing is recorded here, when the source is recorded already, or when there
  ///   are too many.
  func start(
    _ source: RecordingSource, _ done: @escaping (Recording, Problem?) -> Void
  ) throws(Problem) -> Recording {
    guard let folder else { throw Self.off }
    if let known = active.first(where: { $0.source.isSame(as: source) }) {
      throw Problem(
        .conflict, "already_recorded", "\(source.name) is being recorded, by number \(known.id)",
        hint: "DELETE /api/v1/recordings/\(known.id) ends that")
    }
    guard active.count < limits.recordingsMax else {
      throw Problem(
        .serviceUnavailable, "too_many_recordings",
        "there are \(limits.recordingsMax) recordings already", hint: "stop one")
    }
    let recording = Recording(started + 1, of: source, in: folder, home: self)
    let kept = limits.recordingFreeBytes
    do throws(SystemError) {
      try perform({ Self.check(folder, kept) }) { [self] problem in
        begin(recording, problem, done)
      }
    } catch {
      throw Problem(.serviceUnavailable, "unavailable", error.reason)
    }
    started += 1
    recordings.append(recording)
    return recording
  }

  private func begin(
    _ recording: Recording, _ problem: Problem?, _ done: (Recording, Problem?) -> Void
  ) {
    // Whoever asked for it may have left, or somebody else has ended it.
    guard recording.ending == nil else {
      return done(
        recording, Problem(.conflict, "recording_ended", "it was ended before it began"))
    }
    var problem = problem
    if recording.source.isOver {
      problem = Problem(.conflict, "source_ended", "\(recording.source.name) has just ended")
    }
    if let problem {
      recordings.removeAll { $0 === recording }
      return done(recording, problem)
    }
    activity.note(
      .info, "recording", ["recording": "\(recording.id)", "source": recording.source.name])
    recording.begin()
    done(recording, nil)
  }

  private static func check(_ folder: Folder, _ kept: Int) -> Problem? {
    do throws(SystemError) {
      try folder.checkWritable()
      let free = try folder.freeBytes()
      guard free < kept else { return nil }
      return Problem(
        .conflict, "disk_full",
        "\(free >> 20) MiB are left on the disk of \(folder.path), \(kept >> 20) are kept free",
        hint: "make room, or lower limits.recording_free_bytes")
    } catch {
      return Problem(
        .conflict, "recordings_unwritable", "\(folder.path) cannot be written to: \(error.reason)",
        hint: "let the daemon's user write there, or name another folder with --recordings DIR")
    }
  }

  private static let off = Problem(
    .conflict, "recordings_off", "this daemon has no folder for recordings",
    hint: "start streamd with --recordings DIR")

  /// Forgets one that is over; its files stay.
  func forget(_ recording: Recording) { recordings.removeAll { $0 === recording } }

  /// Ends all, and calls `done` when their files are closed.
  func endAll(_ done: @escaping () -> Void) {
    var left = active.count
    guard left > 0 else { return done() }
    for recording in active {
      recording.whenOver {
        left -= 1
        if left == 0 { done() }
      }
      recording.end(.shutdown, "streamd has ended")
    }
  }

  // MARK: What recordings need

  /// The worker writes as fast as it is given something.
  var isKeepingUp: Bool { pendingJobs <= recordings.count }

  /// What the worker has not done yet.
  var pendingJobs: Int { worker?.pending ?? 0 }

  func perform<Result: Sendable>(
    _ job: @escaping @Sendable () -> Result, then done: @escaping (Result) -> Void
  ) throws(SystemError) {
    if worker == nil { worker = try Worker(on: loop) }
    try worker?.perform(job, then: done)
  }

  func noteLeftOut(_ why: LeftOut) { totals.leftOut[why, default: 0] += 1 }

  func ended(_ recording: Recording, _ ending: Recording.Ending) {
    totals.endings[ending, default: 0] += 1
    let report = recording.report
    let level: Log.Level = ending == .diskFull || ending == .failed ? .error : .info
    activity.note(
      level, "recording ended",
      [
        "recording": report.recordingId, "source": report.source, "file": report.file,
        "frames": String(report.frames), "reason": report.reason,
      ])
    let over = recordings.filter { $0.state == .ended }
    if over.count > Self.rememberedMax, let oldest = over.first { forget(oldest) }
    changed(recording)
  }
}
