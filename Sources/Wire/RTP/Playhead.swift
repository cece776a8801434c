/// One viewer's place in a medium: which frame is due when, under which timestamp.
///
/// A frame's deadline is the start plus its number times the period, computed exactly, so that it
/// never drifts; after a full cycle of the rate's numerator the origin is moved on by whole
/// seconds. Timestamps run on through loops, seeks and pauses (RFC 2326 appendix B), as if the
/// frames had followed one another. A value without a clock: the caller brings the time.
public struct Playhead: Equatable, Sendable {
  /// What ``next(at:)`` came to.
  public enum Step: Equatable, Sendable {
    /// Send this frame now, under this timestamp.
    case frame(Int, timestamp: UInt32)
    /// The last frame has been shown for its time.
    case ended
  }

  /// How many frames the medium has; at least one.
  public let frameCount: Int
  /// How fast they follow one another.
  public let rate: FrameRate
  /// The frame to be sent next.
  public private(set) var frame: Int
  /// How many frames were left out because the program woke too late for them.
  public private(set) var skipped = 0

  /// Where the present stretch began: deadline and timestamp of its frame 0.
  private var origin: Nanoseconds = 0
  private var originTimestamp: UInt32
  /// Frames since the origin.
  private var index: Int64 = 0
  /// The frame before which playing ends; nil plays round and round.
  public private(set) var end: Int?

  /// Frames that are late by up to this much are still sent, one after the other: a player's buffer
  /// makes up for it. Beyond that they are left out and the schedule is kept.
  public static let latenessMax: Nanoseconds = 250_000_000

  /// A playhead before frame 0.
  ///
  /// - Precondition: `frameCount` is at least 1.
  public init(frameCount: Int, rate: FrameRate, firstTimestamp: UInt32) {
    precondition(frameCount > 0, "a medium has at least one frame")
    self.frameCount = frameCount
    self.rate = rate
    frame = 0
    originTimestamp = firstTimestamp
  }

  /// Starts or continues at `start`.
  ///
  /// - Parameters:
  ///   - from: the frame to go to; nil goes on where it stopped.
  ///   - end: the frame before which to end; nil plays round and round.
  public mutating func play(from frame: Int?, until end: Int?, at start: Nanoseconds) {
    originTimestamp = timestamp
    go(to: frame, until: end)
    origin = start
    index = 0
  }

  /// Jumps while playing, without touching the schedule.
  public mutating func seek(to frame: Int?, until end: Int?) {
    go(to: frame, until: end)
  }

  private mutating func go(to frame: Int?, until end: Int?) {
    if let frame { self.frame = min(max(0, frame), frameCount - 1) }
    self.end = end.map { min($0, frameCount) }
    // Playing ended with the medium's last frame; without an end it begins anew.
    if self.frame == frameCount && end == nil { self.frame = 0 }
  }

  /// When the next frame is due.
  public var due: Nanoseconds { origin + rate.time(ofFrame: index) }

  /// The next frame's timestamp.
  public var timestamp: UInt32 {
    originTimestamp &+ UInt32(truncatingIfNeeded: rate.ticks(ofFrame: index))
  }

  /// The timestamp that belongs to the moment `now` (for sender reports).
  public func timestamp(at now: Nanoseconds) -> UInt32 {
    // Within a second or so of the next frame, hence far from overflow.
    let nanoseconds = min(max(now - due, -10_000_000_000), 10_000_000_000)
    return timestamp &+ UInt32(truncatingIfNeeded: nanoseconds * 9 / 100_000)
  }

  /// Takes the frame that is due at `now`; the caller waits for ``due`` first.
  public mutating func next(at now: Nanoseconds) -> Step {
    if now - due > Self.latenessMax {
      while now >= due + rate.period, !isAtEnd { skip() }
    }
    guard !isAtEnd else { return .ended }
    let step = Step.frame(frame, timestamp: timestamp)
    advance()
    return step
  }

  /// Whether nothing is left to be shown.
  public var isAtEnd: Bool { end.map { frame >= $0 } ?? false }

  private mutating func skip() {
    skipped += 1
    advance()
  }

  private mutating func advance() {
    frame += 1
    if frame == frameCount && end == nil { frame = 0 }
    index += 1
    if index == rate.numerator {
      origin += rate.time(ofFrame: index)
      originTimestamp &+= UInt32(truncatingIfNeeded: rate.ticks(ofFrame: index))
      index = 0
    }
  }
}
