internal import CLinux
internal import Glibc

/// Ctrl-C and its like for a program without an event loop: while one of these exists, SIGINT and
/// SIGTERM end no call and no process but end the waiting of ``Wait``. SIGHUP is left as it is, so
/// that `nohup` keeps its meaning.
public final class Interruption {
  let descriptor: Descriptor
  private static let signals = [SIGINT, SIGTERM]

  /// Blocks the signals from now on.
  ///
  /// - Throws: when the kernel has no descriptor left.
  public init() throws(SystemError) {
    var set = sigset_t()
    unsafe sigemptyset(&set)
    for signal in Self.signals { unsafe sigaddset(&set, signal) }
    try checkedCall("pthread_sigmask") { unsafe -Int(pthread_sigmask(SIG_BLOCK, &set, nil)) }
    let flags = Int32(SFD_NONBLOCK | SFD_CLOEXEC)
    descriptor = Descriptor(
      Int32(try checkedCall("signalfd") { unsafe Int(signalfd(-1, &set, flags)) }))
  }

  /// Lets a write to a pipe that nobody reads fail, where it would otherwise end the process.
  public static func ignoreBrokenPipes() { _ = signal(SIGPIPE, SIG_IGN) }
}
