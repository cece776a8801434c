internal import Glibc

/// A moment on the monotonic clock, in nanoseconds. It never goes back and knows no calendar.
public typealias Instant = Int64

/// Where time comes from. The loop reads it once per turn and hands the result out; nobody
/// else asks.
public protocol Clock {
  /// Nanoseconds since an arbitrary start.
  func now() -> Instant
  /// Nanoseconds since 1970, for RTCP's sender reports and for logs.
  func realtime() -> Int64
  /// Nanoseconds for which this thread has had a processor.
  func processor() -> Int64
}

extension Clock {
  /// Where nothing else is said there is nobody to share the processor with.
  public func processor() -> Int64 { now() }
}

/// The kernel's clocks.
public struct SystemClock: Clock {
  /// Makes one; it holds nothing.
  public init() {}

  /// CLOCK_MONOTONIC.
  public func now() -> Instant { read(CLOCK_MONOTONIC) }
  /// CLOCK_REALTIME.
  public func realtime() -> Int64 { read(CLOCK_REALTIME) }
  /// CLOCK_THREAD_CPUTIME_ID, a system call.
  public func processor() -> Int64 { read(CLOCK_THREAD_CPUTIME_ID) }

  private func read(_ clock: clockid_t) -> Int64 {
    var time = timespec()
    unsafe clock_gettime(clock, &time)
    return Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
  }
}
