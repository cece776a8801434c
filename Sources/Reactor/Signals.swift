internal import CLinux
internal import Glibc

/// Signals as events of the loop. While one of these exists, its signals no longer interrupt or end
/// the process; SIGPIPE is ignored for good, since a broken connection shows on its own call.
public final class Signals: EventHandler {
  /// The signals a daemon cares about.
  public enum Signal: Int32, CaseIterable, Sendable {
    /// Ctrl-C.
    case interrupt = 2
    /// The terminal or the administrator says: read the configuration again.
    case hangup = 1
    /// End in an orderly way.
    case terminate = 15
  }

  private let descriptor: Descriptor
  private let received: (Signal) -> Void

  /// Blocks the signals and delivers them to `received` from now on.
  public init(on loop: EventLoop, received: @escaping (Signal) -> Void) throws(SystemError) {
    var set = sigset_t()
    unsafe sigemptyset(&set)
    for signal in Signal.allCases { unsafe sigaddset(&set, signal.rawValue) }
    _ = Glibc.signal(SIGPIPE, SIG_IGN)
    try checkedCall("pthread_sigmask") { unsafe -Int(pthread_sigmask(SIG_BLOCK, &set, nil)) }
    let flags = Int32(SFD_NONBLOCK | SFD_CLOEXEC)
    descriptor = Descriptor(
      Int32(try checkedCall("signalfd") { unsafe Int(signalfd(-1, &set, flags)) }))
    self.received = received
    _ = try loop.add(descriptor, .readable, self)
  }

  /// Reads one signal; level-triggering brings the next.
  public func ready(_ registration: Registration, _ readiness: Readiness) {
    var info = signalfd_siginfo()
    let number = descriptor.number
    let call = systemCall { unsafe read(number, &info, MemoryLayout<signalfd_siginfo>.size) }
    guard case .value(let count) = call, count == MemoryLayout<signalfd_siginfo>.size else {
      return
    }
    if let signal = Signal(rawValue: Int32(truncatingIfNeeded: info.ssi_signo)) {
      received(signal)
    }
  }
}
