internal import Reactor

/// Those who watch a viewer session. Each picture, and each lot of numbers, is given to a few of
/// them at a time, in the order in which they came: a thousand sockets do not keep the loop from
/// everybody else, and nobody is the first with one picture and the last with the next.
final class Audience: Wakeable {
  private let loop: EventLoop
  private let pictures = Fanout<Seat<Picture>>()
  private let numbers = Fanout<Seat<Statistics>>()
  /// Those who take all; they are few.
  private var keepers: [any PictureWatcher] = []
  private var picture: Picture?
  private var statistics: Statistics?

  /// So many are served in one go: about a millisecond's work.
  private static let watchersPerTurn = 128

  /// A watcher's place in the row.
  private final class Seat<Frame>: FrameViewer {
    let watcher: any PictureWatcher
    private let give: (any PictureWatcher, Frame) -> Void

    init(_ watcher: any PictureWatcher, _ give: @escaping (any PictureWatcher, Frame) -> Void) {
      self.watcher = watcher
      self.give = give
    }

    func show(_ frame: Frame, at now: Instant) { give(watcher, frame) }
    /// The newest one wins.
    func missed() {}
  }

  init(loop: EventLoop) {
    self.loop = loop
    super.init()
  }

  deinit { loop.deadlines.clear(self) }

  var count: Int { pictures.count + keepers.count }
  var isEmpty: Bool { count == 0 }
  /// All, as they are now.
  var all: [any PictureWatcher] { pictures.all.map(\.watcher) + keepers }

  func add(_ watcher: any PictureWatcher) {
    guard !all.contains(where: { $0 === watcher }) else { return }
    guard !watcher.takesAll else { return keepers.append(watcher) }
    pictures.add(Seat(watcher) { $0.show($1) })
    numbers.add(Seat(watcher) { $0.show($1) })
  }

  func remove(_ watcher: any PictureWatcher) {
    keepers.removeAll { $0 === watcher }
    for seat in pictures.all where seat.watcher === watcher { pictures.remove(seat) }
    for seat in numbers.all where seat.watcher === watcher { numbers.remove(seat) }
  }

  func removeAll() {
    keepers = []
    pictures.removeAll()
    numbers.removeAll()
  }

  func show(_ picture: Picture) {
    self.picture = picture
    for keeper in keepers { keeper.show(picture) }
    pictures.begin()
    serve()
  }

  func show(_ statistics: Statistics) {
    self.statistics = statistics
    for keeper in keepers { keeper.show(statistics) }
    numbers.begin()
    serve()
  }

  override func wake(at now: Instant) { serve() }

  private func serve() {
    var left = Self.watchersPerTurn
    if let picture { left -= pictures.serve(picture, atMost: left, at: loop.now) }
    if let statistics { left -= numbers.serve(statistics, atMost: left, at: loop.now) }
    if !pictures.isDone || !numbers.isDone { loop.deadlines.set(self, at: loop.now) }
  }
}
