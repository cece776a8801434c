internal import Reactor

/// Frames and bytes per second over the last second, from counts taken four times a second.
struct RateMeter {
  private var samples: [(at: Instant, frames: Int, bytes: Int)] = []
  private(set) var framesPerSecond = 0.0
  private(set) var kilobitsPerSecond = 0.0

  mutating func sample(frames: Int, bytes: Int, at now: Instant) {
    samples.append((now, frames, bytes))
    // The oldest one that is still needed is just over a second old.
    while samples.count > 2, now - samples[1].at >= 1_000_000_000 { samples.removeFirst() }
    guard let first = samples.first, now > first.at else { return }
    let seconds = Double(now - first.at) / 1e9
    framesPerSecond = Double(frames - first.frames) / seconds
    kilobitsPerSecond = Double(bytes - first.bytes) * 8 / 1000 / seconds
  }

  mutating func reset() { self = RateMeter() }
}
