internal import Reactor

/// Somebody who is given frames, each of which is there for many.
protocol FrameViewer: AnyObject {
  associatedtype Frame
  /// Sends a frame, if it wants one.
  func show(_ frame: Frame, at now: Instant)
  /// A frame has gone by: a newer one was there before its turn came.
  func missed()
}

/// Somebody who watches a live source.
protocol LiveViewer: FrameViewer where Frame == LiveFrame {
  /// Nothing more comes.
  func sourceEnded()
}

/// The viewers of one source in one way, who are served in turn: a few at a time, so that a
/// large crowd does not keep the loop from everybody else, and always in the same order, so that
/// each one's frames come as evenly as the source's.
///
/// When a newer frame comes before all have had the last one, those who have not lose it, and the
/// newer one begins with them. Viewers may come and go while others are being served.
final class Fanout<Viewer: FrameViewer> {
  private var viewers: [Viewer] = []
  /// Whose turn is next.
  private var next = 0
  /// How many have not had the frame at hand; they follow one another from ``next`` on, round the
  /// end.
  private var left = 0

  var count: Int { viewers.count }
  /// Everybody has had the frame at hand.
  var isDone: Bool { left == 0 }
  /// All, as they are now.
  var all: [Viewer] { viewers }

  func add(_ viewer: Viewer) {
    // Whoever comes between those who are still to be served is served with them.
    if next + left > viewers.count { left += 1 }
    viewers.append(viewer)
  }

  func remove(_ viewer: Viewer) {
    guard let index = viewers.firstIndex(where: { $0 === viewer }) else { return }
    let count = viewers.count
    if (index - next + count) % count < left { left -= 1 }
    viewers.remove(at: index)
    if index < next { next -= 1 }
    if next >= viewers.count { next = 0 }
  }

  func removeAll() { (viewers, next, left) = ([], 0, 0) }

  /// A new frame is there.
  func begin() {
    for offset in 0..<left { viewers[(next + offset) % viewers.count].missed() }
    left = viewers.count
  }

  /// Gives the frame to so many at most; returns how many have had it.
  func serve(_ frame: Viewer.Frame, atMost most: Int, at now: Instant) -> Int {
    var served = 0
    while left > 0, served < most {
      let viewer = viewers[next]
      left -= 1
      next = next + 1 == viewers.count ? 0 : next + 1
      served += 1
      // It may leave, or others may, with this.
      viewer.show(frame, at: now)
    }
    return served
  }
}
