internal import Reactor
internal import Wire

/// What an endless multipart answer is fed from.
protocol PictureStream: AnyObject {
  /// It comes from a file, without a session.
  var isDirect: Bool { get }
  /// The video's name, and the viewer session in between, if there is one.
  var subject: (videoFile: String, sessionId: String) { get }
  func start(on connection: HTTPConnection)
  func stop()
}

/// Decides which frames are sent when fewer per second are wanted than there are.
struct Thinning {
  private let wanted: FrameRate?
  private var next: Int64?

  /// `fps` is what the client asks for; nil takes every frame.
  init(_ wanted: FrameRate?) { self.wanted = wanted }

  /// Whether the frame at `time` (microseconds on any one clock) is to be sent.
  mutating func takes(_ time: Int64) -> Bool {
    guard let wanted else { return true }
    // A frame that comes a little early is taken, else jitter would halve the rate.
    let slack = wanted.period / 1000 / 10
    if let next, time + slack < next { return false }
    let base = next.map { time - $0 > wanted.period / 1000 ? time : $0 } ?? time
    next = base + wanted.period / 1000
    return true
  }
}

/// A session's pictures as multipart.
final class SessionStream: PictureStream, PictureWatcher {
  let isDirect = false
  private let session: ViewerSession
  private let loop: EventLoop
  private var thinning: Thinning
  private weak var connection: HTTPConnection?

  init(_ session: ViewerSession, rate: FrameRate?, loop: EventLoop) {
    self.session = session
    self.loop = loop
    thinning = Thinning(rate)
  }

  func start(on connection: HTTPConnection) {
    self.connection = connection
    session.add(self)
    // A picture is sent only when nothing waits before it.
    connection.settle()
    if let latest = session.latest { show(latest) }
  }

  func stop() { session.remove(self) }

  var subject: (videoFile: String, sessionId: String) { (session.target.videoFile, session.id) }

  func show(_ picture: Picture) {
    // By a clock that nobody sets.
    guard thinning.takes(loop.now / 1000) else { return }
    connection?.show(picture.part(sent: loop.realtime / 1000))
  }

  func show(_ statistics: Statistics) {}

  func stateChanged(_ report: SessionReport, _ message: String) {
    if report.state == ViewerSession.State.initial.rawValue {
      connection?.finish(lingerSeconds: 1)
    }
  }

  func sourceEnded(_ reason: String) { connection?.finish(lingerSeconds: 1) }
}

/// A file's pictures as multipart, at its own rate, round and round, without RTSP in between.
final class FileStream: Wakeable, PictureStream {
  let isDirect = true
  private let name: String
  /// As parts of a multipart stream.
  private var pictures: PacketReader
  private var playhead: Playhead
  private var thinning: Thinning
  /// How long it waits for its first frame.
  private let phase: Instant
  private let loop: EventLoop
  private weak var connection: HTTPConnection?
  private var isWaiting = false

  init(
    _ pictures: PacketSlices, _ media: MediaDescription, rate: FrameRate?, phase: Instant,
    loop: EventLoop
  ) {
    self.pictures = PacketReader(pictures)
    name = media.name
    self.phase = phase
    playhead = Playhead(frameCount: media.frameCount, rate: media.rate, firstTimestamp: 0)
    thinning = Thinning(rate)
    self.loop = loop
    super.init()
  }

  func start(on connection: HTTPConnection) {
    self.connection = connection
    playhead.play(from: 0, until: nil, at: loop.now + phase)
    loop.deadlines.set(self, at: playhead.due)
  }

  func stop() { loop.deadlines.clear(self) }

  var subject: (videoFile: String, sessionId: String) { (name, "") }

  override func wake(at now: Instant) {
    let due = playhead.due
    if now >= due {
      guard pictures.slice(of: playhead.frame) != nil else { return waitForSlice() }
      if case .frame(let frame, _) = playhead.next(at: now), thinning.takes(due / 1000) {
        show(frame)
      }
    }
    loop.deadlines.set(self, at: playhead.due)
  }

  private func show(_ frame: Int) {
    guard let slice = pictures.slice(of: frame) else { return }
    let (parts, number) = (slice.packets, frame - slice.frames.lowerBound)
    // A damaged picture is left out.
    guard parts.byteCount(of: number) > 0 else { return }
    MultipartStream.stamp(parts, number, time: loop.realtime / 1000)
    connection?.show(parts, frame: number)
  }

  private func waitForSlice() {
    guard !isWaiting else { return }
    isWaiting = true
    pictures.load(playhead.frame) { [weak self] loaded in
      guard let self, let connection, connection.isOpen else { return }
      isWaiting = false
      switch loaded {
      case .success(let slice):
        pictures.take(slice)
        loop.deadlines.set(self, at: loop.now)
      case .failure(let fault):
        Log.warning("the file has changed under a viewer", ["error": fault.reason])
        connection.finish(lingerSeconds: 1)
      }
    }
  }
}
