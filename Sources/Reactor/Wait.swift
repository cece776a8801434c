internal import Glibc

/// Waiting for one thing at a time: for a program that does one thing after the other and has no
/// use for an ``EventLoop``.
public enum Wait {
  /// What ended the waiting.
  public enum Outcome: Equatable, Sendable {
    /// What was waited for can be done, or has failed, which doing it will show.
    case ready
    /// The time is over.
    case deadline
    /// A signal came, see ``Interruption``.
    case interrupted
  }

  /// What is to become possible.
  public enum Purpose: Sendable {
    // swift-format-ignore: AllPublicDeclarationsHaveDocumentation
    case reading, writing
  }

  /// Waits until a connection can be read from or written to.
  public static func `for`(
    _ socket: StreamSocket, _ purpose: Purpose, until deadline: Instant,
    unless interruption: Interruption? = nil
  ) -> Outcome {
    wait(socket.descriptor.number, purpose, until: deadline, unless: interruption)
  }

  /// Waits for a moment of the monotonic clock.
  public static func until(
    _ deadline: Instant, unless interruption: Interruption? = nil
  ) -> Outcome {
    wait(-1, .reading, until: deadline, unless: interruption)
  }

  /// Waits until a descriptor is ready; a negative one never is.
  static func wait(
    _ number: Int32, _ purpose: Purpose, until deadline: Instant,
    unless interruption: Interruption? = nil
  ) -> Outcome {
    let wanted = Int16(purpose == .reading ? POLLIN : POLLOUT)
    var places = [
      pollfd(fd: number, events: wanted, revents: 0),
      pollfd(fd: interruption?.descriptor.number ?? -1, events: Int16(POLLIN), revents: 0),
    ]
    let clock = SystemClock()
    while true {
      let now = clock.now()
      let rest = deadline > now ? deadline - now : 0
      // Rounded up, or the last millisecond would be spent in a circle.
      let milliseconds = Int32(clamping: (rest / 1_000_000) + (rest % 1_000_000 > 0 ? 1 : 0))
      let count = unsafe poll(&places, nfds_t(places.count), milliseconds)
      if places[1].revents != 0 && count > 0 { return .interrupted }
      if count > 0 { return .ready }
      if count < 0 && errno != EINTR { preconditionFailure("poll cannot fail otherwise") }
      if clock.now() >= deadline { return .deadline }
    }
  }
}
