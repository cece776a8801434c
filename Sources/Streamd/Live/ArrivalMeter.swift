internal import Reactor

/// Frames and bytes per second of what comes in by itself, without a timer: over the last whole
/// second, or over what there is of a longer wait.
struct ArrivalMeter {
  private var began: Instant = .min
  private var frames = 0
  private var bytes = 0
  /// Of the second before.
  private var last = (framesPerSecond: 0.0, kilobitsPerSecond: 0.0)

  private static let window: Instant = 1_000_000_000

  /// A frame has come.
  mutating func count(bytes: Int, at now: Instant) {
    if began == .min || now - began >= 2 * Self.window {
      // After such a silence it begins anew.
      last = began == .min ? (0, 0) : rates(at: now)
      (began, frames, self.bytes) = (now, 0, 0)
    } else if now - began >= Self.window {
      last = average(at: now)
      (began, frames, self.bytes) = (now, 0, 0)
    }
    frames += 1
    self.bytes += bytes
  }

  func rates(at now: Instant) -> (framesPerSecond: Double, kilobitsPerSecond: Double) {
    guard began > .min else { return (0, 0) }
    // Nothing has come for so long that the last second says no more.
    return now - began >= 2 * Self.window ? average(at: now) : last
  }

  private func average(at now: Instant) -> (framesPerSecond: Double, kilobitsPerSecond: Double) {
    let seconds = Double(now - began) / 1e9
    return (Double(frames) / seconds, Double(bytes) * 8 / 1000 / seconds)
  }
}
