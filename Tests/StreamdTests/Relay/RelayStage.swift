import Foundation
import Reactor
import Testing
import Wire

@testable import Streamd

/// Real relays and a camera that does what the test wants, connected over loopback in one loop, on
/// a clock that the test moves: a night without the camera passes in milliseconds.
final class RelayStage {
  let clock = StoppedClock()
  let loop: EventLoop
  let activity: ActivityLog
  let live: LiveStreams
  let relays: Relays
  let camera: Camera
  private let worker: Worker
  private let restlessness: Restlessness

  /// Somebody who watches a source.
  final class Watcher: PictureWatcher {
    private(set) var pictures = 0
    private(set) var end: String?
    fileprivate var leave: () -> Void = {}
    func show(_ picture: Picture) { pictures += 1 }
    func show(_ statistics: Statistics) {}
    func stateChanged(_ report: SessionReport, _ message: String) {}
    func sourceEnded(_ reason: String) {
      end = reason
      leave()
    }
  }

  init(lookup: NameResolver.Lookup? = nil) throws {
    let loop = try EventLoop(clock: clock)
    self.loop = loop
    restlessness = try Restlessness(loop)
    activity = ActivityLog(loop: loop)
    camera = try Camera(loop)
    worker = try Worker(on: loop)
    live = LiveStreams(loop: loop, normaliser: LiveNormaliser(worker), limits: Limits())
    relays = Relays(
      loop: loop, activity: activity, live: live, buffer: ReceiveBuffer(capacity: 16 * 1024),
      ports: PortAllocator(46_000...46_999),
      resolver: lookup.map { NameResolver(loop: loop, lookup: $0) })
  }

  /// A test that has failed in the middle lets go of as much, so that the others can go on.
  deinit {
    relays.stop()
    restlessness.end()
  }

  /// Everything is let go of, as the loop demands it.
  func end() throws {
    relays.stop()
    camera.stop()
    try run(seconds: 5)
    worker.close()
  }

  /// The settings of a source that is the camera, or that stands behind a name.
  func settings(
    _ name: String = "camera", mode: RelaySchedule.Mode = .always, host: String = "127.0.0.1",
    port: UInt16? = nil, graceSeconds: Int = 10
  ) throws -> SourceSettings {
    let url = "rtsp://\(host):\(port ?? camera.address.port)/x"
    return try SourceSettings(
      name,
      .object([
        "url": .string(url), "mode": .string(mode.rawValue), "transport": .string("tcp"),
        "grace_s": .number(String(graceSeconds)),
      ]), origin: "test")
  }

  /// The source of that name.
  func report(_ name: String = "camera") throws -> SourceReport {
    try #require(relays[name]).report
  }

  func watch(_ name: String = "camera") throws -> Watcher {
    let watcher = Watcher()
    let stream = try #require(live[name])
    stream.add(watcher)
    // As viewers do.
    watcher.leave = { [unowned watcher, unowned stream] in stream.remove(watcher) }
    return watcher
  }

  var log: [String] { activity.page(after: 0, limit: 1000).items.map(\.message) }

  // MARK: Time

  /// In milliseconds.
  var now: Instant { clock.nanoseconds / 1_000_000 }

  /// A turn that does not wait.
  private func turn() throws { try loop.turn() }

  /// Lets the network do its work until something is so; the clock stands still.
  func wait(
    sourceLocation: SourceLocation = #_sourceLocation, until condition: () throws -> Bool
  ) throws {
    // Long: this thread may have to wait behind those of a thousand other tests.
    let end = Date(timeIntervalSinceNow: 60)
    while try !condition() {
      try #require(Date() < end, "it never comes", sourceLocation: sourceLocation)
      try turn()
    }
  }

  /// Lets the network do whatever it still has to do; the clock stands still.
  func settle() throws {
    for _ in 0..<20 {
      try turn()
      usleep(500)
    }
  }

  /// Lets time pass, deadline by deadline, the network keeping up.
  func run(seconds: Double, isThorough: Bool = false) throws {
    let end = clock.nanoseconds + Instant(seconds * 1e9)
    while let next = loop.deadlines.next, next <= end {
      clock.nanoseconds = max(clock.nanoseconds, next)
      try turn()
      if isThorough { try settle() }
    }
    clock.nanoseconds = end
    try turn()
  }

  /// Shows pictures until one has come through.
  func showUntilPlaying(_ name: String = "camera") throws {
    try wait { camera.requests.last == "PLAY" }
    try wait {
      camera.show()
      return try report(name).state == "playing"
    }
  }
}
