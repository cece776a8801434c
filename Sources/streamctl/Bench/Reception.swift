internal import Reactor
internal import Wire

/// What one viewer has got since the measuring began, counted without an allocation. Times are
/// nanoseconds of any one clock.
struct Reception {
  private(set) var frames = 0
  private(set) var packets = 0
  private(set) var bytes = 0
  /// Packets missing from the row of sequence numbers.
  private(set) var lost = 0
  /// Packets that came behind their successors, or twice.
  private(set) var misplaced = 0

  private var sequence: UInt16?
  /// What followed a packet that fits nowhere: two in a row are a new beginning.
  private var newSequence: UInt16?
  /// The timestamp of the packet before, and whether its frame has been counted.
  private var timestamp: UInt32 = 0
  private var isCounted = true
  private var frameTimestamp: UInt32?
  private var lastFrame: Int64?
  private var firstFrame: Int64?
  /// When the last frame came, in whatever connection and before the measuring began as well.
  private(set) var newestFrame: Int64?
  /// The connection is another one than that of the newest frame.
  private var isInterrupted = false
  private var longestInterruption: Int64 = 0

  /// More packets are never missing at once (RFC 3550, appendix A.1).
  private static let gapMax: UInt16 = 3000
  /// What is so far behind at most is late, or comes twice (the same appendix).
  private static let misorderMax = 100

  /// What a complete frame tells.
  enum Interval {
    /// The first one.
    case unknown
    /// So much later than its timestamp says, or earlier.
    case error(Int64)
    /// So long after the one before, which has no timestamp.
    case length(Int64)
  }

  /// Counts from here on. Sequence numbers are watched without a break.
  mutating func begin() {
    (frames, packets, bytes, lost, misplaced) = (0, 0, 0, 0, 0)
    (firstFrame, lastFrame, frameTimestamp) = (nil, nil, nil)
  }

  /// The sender begins anew, in another connection.
  mutating func restart() {
    (sequence, isCounted, lastFrame, frameTimestamp) = (nil, true, nil, nil)
    isInterrupted = newestFrame != nil
  }

  /// The longest time from the last frame of a connection to the first one of the next; up to `now`
  /// where there is none yet.
  func interruption(until now: Int64) -> Int64 {
    guard isInterrupted, let newestFrame else { return longestInterruption }
    return max(longestInterruption, now - newestFrame)
  }

  /// Takes a packet; returns what it says of a frame that is complete with it. A frame ends with
  /// the marker bit, or where that was lost or is never set, before another timestamp.
  mutating func packet(_ mark: RTPMark, length: Int, at time: Int64) -> Interval? {
    packets += 1
    bytes += length
    if let sequence {
      let gap = mark.sequence &- sequence &- 1
      let behind = Int(Int16(bitPattern: sequence &- mark.sequence))
      if gap < Self.gapMax {
        lost += Int(gap)
      } else if (0...Self.misorderMax).contains(behind) {
        misplaced += 1
        // It was missing until now, unless it comes twice.
        if behind > 0, lost > 0 { lost -= 1 }
        return nil
      } else if mark.sequence != newSequence {
        misplaced += 1
        newSequence = mark.sequence &+ 1
        return nil
      } else {
        // Its clock is another one, too.
        (isCounted, frameTimestamp) = (true, nil)
      }
    }
    (sequence, newSequence) = (mark.sequence, nil)
    var interval: Interval?
    if !isCounted && mark.timestamp != timestamp { interval = frame(timestamp, at: time) }
    timestamp = mark.timestamp
    isCounted = mark.isLast
    if mark.isLast { interval = frame(timestamp, at: time) }
    return interval
  }

  /// Counts a picture of so many bytes.
  mutating func picture(bytes count: Int, at time: Int64) -> Interval {
    bytes += count
    return frame(nil, at: time)
  }

  private mutating func frame(_ timestamp: UInt32?, at time: Int64) -> Interval {
    defer { (lastFrame, newestFrame, frameTimestamp) = (time, time, timestamp) }
    frames += 1
    if isInterrupted {
      longestInterruption = interruption(until: time)
      isInterrupted = false
    }
    guard let lastFrame else {
      firstFrame = time
      return .unknown
    }
    guard let timestamp else { return .length(time - lastFrame) }
    guard let frameTimestamp else { return .unknown }
    let ticks = Int64(Int32(bitPattern: timestamp &- frameTimestamp))
    return .error(time - lastFrame - ticks * 1_000_000_000 / Int64(RTPHeader.clockRate))
  }

  /// Frames per second between `start` and `end`: from the first to the last one, unless there was
  /// nothing for longer than three frames take at either end.
  func rate(from start: Int64, to end: Int64) -> Double {
    guard let firstFrame, let lastFrame, frames > 1, lastFrame > firstFrame, end > start else {
      return 0
    }
    let span = Double(lastFrame - firstFrame)
    let rest = Double(end - start) - span
    let interval = span / Double(frames - 1)
    if rest > 3 * interval { return Double(frames) / Double(end - start) * 1e9 }
    return 1e9 / interval
  }
}
