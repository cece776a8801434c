internal import Reactor
internal import Wire

/// A recording: what a source shows, in one AVI file after the other.
///
/// The loop puts pictures into their places; what has gathered goes to the worker twice a second,
/// who writes it. A worker that is behind by more than a bound gets nothing more until it has
/// caught up: pictures are left out and counted, and nobody who watches loses one.
///
///     waiting ──picture──▶ recording ──silence──▶ waiting;  either ──▶ ended
final class Recording: Wakeable, PictureWatcher {
  enum State: String {
    case waiting, recording, ended
  }

  /// Why it is over.
  enum Ending: String, CaseIterable {
    case stopped
    case sourceEnded = "source_ended"
    case diskFull = "disk_full"
    case failed, shutdown
  }

  let id: Int
  let takesAll = true
  let source: RecordingSource
  private(set) var ending: Ending?
  private(set) var reason = ""
  /// Whether it is shown what comes from its source.
  private(set) var isTaking = false

  private unowned let home: Recordings
  private let loop: EventLoop
  private let folder: Folder
  private let since: String
  private var clock = SourceClock()
  private var estimate = RateEstimate()
  /// The pictures of the first second of a file, whose rate is still to be told.
  private var shots: [Film.Shot] = []
  private var shotBytes = 0
  private var film: Film?
  /// Of the newest file.
  private var rate: FrameRate?
  /// Pictures that the worker has not been given yet.
  private var gathered = 0
  private var lastArrival: Instant = 0
  private var nextSynchronize: Instant = 0
  private var nextReport: Instant = 0
  /// What the worker has and has not written yet.
  private var waitingBytes = 0
  private var waitingJobs = 0
  private var isOver = false
  private var waiters: [() -> Void] = []
  private var names: [String] = []
  private var fileCount = 0
  private var bytes = 0
  private var frames = 0
  private var leftOut = 0

  /// A crash loses at most the last second: half of it gathers, and the other half is the worker's.
  private static let flushNanoseconds: Instant = 500_000_000
  /// A rate is told from the pictures of so long.
  private static let firstNanoseconds: Instant = 900_000_000
  private static let secondNanoseconds: Instant = 1_000_000_000
  /// Nor does more than this gather.
  private static let flushBytes = 1 << 20
  /// So many pictures tell that a source has become faster.
  private static let fasterPictures = 12

  init(_ id: Int, of source: RecordingSource, in folder: Folder, home: Recordings) {
    (self.id, self.source, self.folder, self.home) = (id, source, folder, home)
    loop = home.loop
    since = CalendarTime(realtime: loop.realtime).timestamp
    super.init()
  }

  deinit { loop.deadlines.clear(self) }

  var state: State { isOver ? .ended : film == nil ? .waiting : .recording }

  var report: RecordingReport {
    var report = RecordingReport()
    report.recordingId = String(id)
    report.state = state.rawValue
    report.source = source.name
    report.sessionId = source.sessionId
    report.file = names.last ?? ""
    report.files = fileCount
    (report.bytes, report.frames, report.leftOut) = (bytes, frames, leftOut)
    if let rate {
      report.fps = (Double(rate.numerator) / Double(rate.denominator) * 1000).rounded() / 1000
    }
    report.since = since
    report.ending = isOver ? ending?.rawValue ?? "" : ""
    report.reason = isOver ? reason : ""
    return report
  }

  // MARK: Beginning and end

  func begin() {
    isTaking = true
    source.add(self)
    home.changed(self)
  }

  /// Ends it; nothing happens where it is ending already.
  func end(_ ending: Ending, _ reason: String) {
    guard self.ending == nil else { return }
    (self.ending, self.reason) = (ending, reason)
    isTaking = false
    source.remove(self)
    // What a disk has refused it is not asked to take again.
    if ending != .failed, ending != .diskFull || film != nil {
      if film == nil { beginFilm() }
      closeFilm()
    }
    (shots, shotBytes, film) = ([], 0, nil)
    loop.deadlines.clear(self)
    finishIfDone()
  }

  /// Calls `done` when it is over and its last file is closed.
  func whenOver(_ done: @escaping () -> Void) {
    if isOver { done() } else { waiters.append(done) }
  }

  private func finishIfDone() {
    guard let ending, waitingJobs == 0, !isOver else { return }
    isOver = true
    home.ended(self, ending)
    let told = waiters
    waiters = []
    for done in told { done() }
  }

  // MARK: Pictures

  func show(_ picture: Picture) {
    guard ending == nil else { return }
    lastArrival = loop.now
    let time = clock.time(of: picture.timestamp, arrival: loop.now)
    let jpeg = picture.jpeg
    guard let size = JPEGDimensions(jpeg.span) else { return leaveOut(.unreadable) }
    estimate.add(time)
    let held = waitingBytes + shotBytes + (film?.writer.waitingBytes ?? 0)
    guard held <= home.limits.recordingQueueBytesMax else { return leaveOut(.slowDisk) }
    take(Film.Shot(jpeg: jpeg, size: size, time: time))
  }

  func show(_ statistics: Statistics) {}

  func stateChanged(_ report: SessionReport, _ message: String) {
    guard report.state == ViewerSession.State.initial.rawValue else { return }
    end(.sourceEnded, "the session has ended: \(message)")
  }

  /// A source that is looked for comes back; one that was published does not.
  func sourceEnded(_ reason: String) {
    if source.isOver { end(.sourceEnded, reason) } else { pause() }
  }

  private func leaveOut(_ why: Recordings.LeftOut) {
    leftOut += 1
    home.noteLeftOut(why)
  }

  private func take(_ shot: Film.Shot) {
    guard film != nil else { return gather(shot) }
    switch film?.add(shot) {
    case .taken, nil:
      gathered += 1
      if film?.writer.waitingBytes ?? 0 >= Self.flushBytes { flush() }
    case .another: another(shot)
    case .otherSize:
      // A source that goes to and fro would make a file of each picture.
      guard shot.time - (film?.begins ?? 0) >= Self.firstNanoseconds else {
        return leaveOut(.otherSize)
      }
      another(shot)
    case .paused:
      estimate = RateEstimate()
      estimate.add(shot.time)
      another(shot)
    case .tooFast: faster(shot)
    }
  }

  /// The source sends more than the file has steps for. If it goes on so, another file is for that;
  /// what comes faster than any file can say is a burst behind a network that was held up.
  private func faster(_ shot: Film.Shot) {
    var latest = estimate
    latest.keep(last: Self.fasterPictures)
    let (new, old) = (latest.rate, film?.rate ?? .standard)
    // By two percent at least, or one file would follow the other.
    guard new.numerator * old.denominator * 100 > old.numerator * new.denominator * 102,
      new.numerator < RateEstimate.rateMax * new.denominator
    else { return leaveOut(.tooFast) }
    estimate = latest
    another(shot)
  }

  private func another(_ shot: Film.Shot) {
    closeFilm()
    gather(shot)
  }

  private func gather(_ shot: Film.Shot) {
    shots.append(shot)
    shotBytes += shot.jpeg.count
    let isKnown = fileCount > 0 && estimate.isGood
    if isKnown || shot.time - shots[0].time >= Self.firstNanoseconds { return beginFilm() }
    if shots.count == 1 { loop.deadlines.set(self, at: loop.now + Self.firstNanoseconds) }
  }

  // MARK: Files

  private func beginFilm() {
    guard let first = shots.first else { return }
    let passed = max(0, loop.now - first.time)
    let file = RecordedFile(in: folder, source: source.name, realtime: loop.realtime - passed)
    film = Film(first, rate: estimate.rate, in: file, limits: home.limits)
    rate = film?.rate
    fileCount += 1
    let taken = shots
    (shots, shotBytes) = ([], 0)
    for shot in taken { take(shot) }
    flush()
    if ending == nil { loop.deadlines.set(self, at: loop.now + Self.flushNanoseconds) }
  }

  private func closeFilm() {
    guard var closed = film else { return }
    film = nil
    hand(closed.finish(), to: closed.file, closes: true)
  }

  /// Nothing comes for now.
  private func pause() {
    beginFilm()
    closeFilm()
    loop.deadlines.clear(self)
    estimate = RateEstimate()
    home.changed(self)
  }

  override func wake(at now: Instant) {
    if film == nil { return beginFilm() }
    guard now - lastArrival < PictureGrid.pauseNanoseconds else { return pause() }
    flush()
    loop.deadlines.set(self, at: now + Self.flushNanoseconds)
  }

  private func flush() {
    guard let output = film?.flush(), let file = film?.file else { return }
    hand(output, to: file, closes: false)
  }

  private func hand(_ output: AVIWriter.Output, to file: RecordedFile, closes: Bool) {
    let (count, pictures) = (output.count, gathered)
    gathered = 0
    // A disk that does not keep up is not made to wait for itself as well.
    let synchronizes = closes || (loop.now >= nextSynchronize && home.isKeepingUp)
    if synchronizes { nextSynchronize = loop.now + Self.secondNanoseconds }
    do throws(SystemError) {
      try home.perform({
        file.write(output, synchronizes: synchronizes, closes: closes)
      }) { [self] in
        waitingBytes -= count
        waitingJobs -= 1
        if case .success = $0 { noteWritten(pictures, count) }
        wrote(file, $0)
        finishIfDone()
      }
      waitingBytes += count
      waitingJobs += 1
    } catch {
      film = nil
      end(.failed, "no thread can be had to write: \(error.reason)")
    }
  }

  private func noteWritten(_ pictures: Int, _ count: Int) {
    frames += pictures
    bytes += count
    home.totals.frames += pictures
    home.totals.bytes += count
  }

  private func wrote(
    _ file: RecordedFile, _ result: Result<RecordedFile.Written, RecordedFile.Fault>
  ) {
    switch result {
    case .success(let written):
      note(written.name)
      if written.freeBytes < home.limits.recordingFreeBytes {
        let (left, kept) = (written.freeBytes >> 20, home.limits.recordingFreeBytes >> 20)
        end(.diskFull, "\(left) MiB are left on the disk of \(folder.path), \(kept) are kept free")
      }
      guard loop.now >= nextReport, ending == nil else { return }
      nextReport = loop.now + Self.secondNanoseconds
      home.changed(self)
    case .failure(let fault):
      if film?.file === file { film = nil }
      switch fault {
      case .full(let reason): fail(.diskFull, reason)
      case .failed(let reason): fail(.failed, reason)
      }
    }
  }

  /// Ends it since something could not be written, which is more than why it was to end anyway.
  private func fail(_ ending: Ending, _ reason: String) {
    switch self.ending {
    case nil: end(ending, reason)
    case .failed, .diskFull: break
    case .stopped, .sourceEnded, .shutdown: (self.ending, self.reason) = (ending, reason)
    }
  }

  /// A file has been made; what is too many goes.
  private func note(_ name: String) {
    guard names.last != name else { return }
    names.append(name)
    home.activity.note(.info, "a recording has a new file", ["recording": "\(id)", "file": name])
    let kept = home.limits.recordingFilesMax
    guard kept > 0 else {
      names = [name]
      return
    }
    while names.count > kept { remove(names.removeFirst()) }
  }

  private func remove(_ name: String) {
    let folder = folder
    do throws(SystemError) {
      try home.perform({
        do throws(SystemError) {
          try folder.remove(name)
          return String?.none
        } catch {
          return error.reason
        }
      }) { [weak home] failure in
        guard let failure else { return }
        home?.activity.note(
          .warning, "an old recording cannot be removed", ["file": name, "reason": failure])
      }
    } catch {
      Log.warning("an old recording cannot be removed", ["file": name, "reason": error.reason])
    }
  }
}
