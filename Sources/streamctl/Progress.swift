internal import Reactor

/// A line on standard error that says what is waited for, once that has taken a second, where it is
/// a terminal. It is gone when the waiting is over.
final class Progress {
  private let isShown = Terminal.errors.isInteractive
  private let clock = SystemClock()
  private var began: Instant = 0
  private var isVisible = false

  /// Something begins that may take its time.
  func begin() { began = clock.now() }

  /// When there is something to show next, in nanoseconds of the monotonic clock.
  var next: Instant { clock.now() + 1_000_000_000 - (clock.now() - began) % 1_000_000_000 }

  /// Shows a sentence with the seconds it has taken, unless it is too early for that.
  func show(_ sentence: String) {
    let seconds = (clock.now() - began) / 1_000_000_000
    guard isShown, seconds >= 1 else { return }
    isVisible = true
    let line = "\(PlainText.escaped(sentence)) (\(seconds) s)"
    let width = (Terminal.errors.size?.columns ?? 80) - 1
    try? Terminal.errors.write("\r\(PlainText.prefix(line, columns: width))\u{1B}[K")
  }

  /// Wipes the line out.
  func end() {
    if isVisible { try? Terminal.errors.write("\r\u{1B}[K") }
    isVisible = false
  }
}
