internal import Reactor

/// The daemon's side of being a service: what the service manager is told, and when.
///
/// Signs of life come from the loop itself, so that a loop that hangs is noticed and restarted
/// (WatchdogSec= in systemd.service(5)).
final class Service: Wakeable {
  private let loop: EventLoop
  private let manager: ServiceManager?
  /// What the daemon is doing, in a line for `systemctl status`.
  private let status: () -> String
  private var said = ""

  /// Half of what is allowed, as sd_watchdog_enabled(3) advises; and the status is never older.
  private let interval: Instant
  private static let statusNanoseconds: Instant = 10_000_000_000

  init(loop: EventLoop, manager: ServiceManager?, status: @escaping () -> String) {
    self.loop = loop
    self.manager = manager
    self.status = status
    let watchdog = (manager?.watchdogNanoseconds).map { max($0 / 2, 1_000_000) }
    interval = min(watchdog ?? Self.statusNanoseconds, Self.statusNanoseconds)
  }

  deinit { loop.deadlines.clear(self) }

  /// Everything that was to be opened is open.
  func ready() {
    guard let manager else { return }
    said = status()
    manager.notify("READY=1", "STATUS=\(said)")
    loop.deadlines.set(self, at: loop.now + interval)
  }

  /// The configuration is being read again; ``ready()`` ends it.
  func reloading() {
    manager?.notify("RELOADING=1", "MONOTONIC_USEC=\(loop.now / 1000)")
  }

  /// The end has begun.
  func stopping() {
    manager?.notify("STOPPING=1", "STATUS=stopping")
  }

  /// A sign of life, with the status where it has changed.
  override func wake(at now: Instant) {
    loop.deadlines.set(self, at: now + interval)
    guard let manager else { return }
    let status = status()
    if status == said {
      if manager.watchdogNanoseconds != nil { manager.notify("WATCHDOG=1") }
    } else {
      said = status
      manager.notify("WATCHDOG=1", "STATUS=\(status)")
    }
  }
}
