internal import Reactor
internal import Wire

/// A file that is being opened: the worker looks for its pictures, and those who want to play it
/// wait. A large one can be played before all of it has been read, as far as it has been.
final class Opening {
  typealias Opened = Result<MediaFile, Scan.Failure>

  let path: String
  let identity: PictureSource.Identity
  /// How much of it has been read, from 0 to 1.
  private(set) var progress = 0.0
  /// What can be played already.
  private(set) var media: MediaFile?

  /// It has the file open; nil when it is over.
  private var scan: Scan?
  private let rate: FrameRate
  private let worker: Worker
  private let loop: EventLoop
  private let began: Instant
  private var waiting: [(Opened) -> Void] = []
  /// Told when it can be played though it is not over.
  var playable: () -> Void = {}
  /// Told when it is over.
  private let ended: (Opening, Opened) -> Void

  /// Whoever wants to play a file waits so long for all of it.
  private static let patience: Instant = 1_000_000_000

  init(
    _ path: String, _ source: PictureSource, rate: FrameRate, on worker: Worker, _ loop: EventLoop,
    ended: @escaping (Opening, Opened) -> Void
  ) {
    self.path = path
    identity = source.identity
    self.rate = rate
    self.worker = worker
    self.loop = loop
    self.ended = ended
    began = loop.now
    scan = Scan(source, named: path)
  }

  /// Has the first step taken, and the others after it.
  func goOn() {
    guard let scan else { return }
    // A copy of what has been found each time that it has doubled costs little in all.
    let wantsIndex =
      loop.now - began >= Self.patience && (media == nil || progress >= 2 * published)
    do throws(SystemError) {
      try worker.perform({ scan.step(wantsIndex: wantsIndex) }) { [self] in took($0) }
    } catch {
      end(.failure(.changed(error.reason)))
    }
  }

  /// Hands the medium to `done` when it can be played.
  func wait(_ done: @escaping (Opened) -> Void) {
    if let media { return done(.success(media)) }
    waiting.append(done)
  }

  private var published = 0.0

  private func took(_ result: Result<Scan.Step, Scan.Failure>) {
    switch result {
    case .failure(let failure): end(.failure(failure))
    case .success(let step):
      progress = step.progress
      if let index = step.index, index.entries.count > index.damaged { publish(index, step) }
      guard step.isDone else { return goOn() }
      if let media { end(.success(media)) }
    }
  }

  private func publish(_ index: MotionJPEGIndex, _ step: Scan.Step) {
    published = progress
    if !step.isDone {
      Log.info("reading", ["file": path, "percent": String(Int(progress * 100))])
    }
    if let media {
      media.extend(index)
    } else {
      media = MediaFile(name: path, identity: identity, index: index, rate: rate)
    }
    if let media { answer(.success(media)) }
    if !step.isDone { playable() }
  }

  private func end(_ result: Opened) {
    scan = nil
    ended(self, result)
    answer(result)
  }

  private func answer(_ result: Opened) {
    let answered = waiting
    waiting = []
    for done in answered { done(result) }
  }
}
