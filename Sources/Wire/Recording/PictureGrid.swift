/// Puts pictures that come when they come into the even steps of a file with one rate, so that it
/// is played as fast as it was recorded: where none came in time, the one before is shown longer.
/// None is left out: one that comes early takes the next step, and those after it catch up.
public struct PictureGrid: Sendable {
  /// What is to be done with a picture.
  public enum Place: Equatable, Sendable {
    /// It follows, when the one before it has been shown so many times more.
    case next(repeats: Int)
    /// More come than there are steps: the file would be played more slowly than it was recorded.
    case tooFast
    /// None came for so long that the file should have ended.
    case pause
  }

  /// Of the file.
  public let rate: FrameRate
  private let origin: Nanoseconds
  private var last: Nanoseconds
  /// Steps that are taken.
  private var count: Int64 = 0

  /// So long a silence ends a file: it is not filled with one picture.
  public static let pauseNanoseconds: Nanoseconds = 10_000_000_000
  /// Pictures may be ahead of their steps by a second: a network that was held up sends all at
  /// once.
  private static let aheadSeconds: Int64 = 1

  /// Steps from the first picture's time on.
  public init(rate: FrameRate, origin: Nanoseconds) {
    self.rate = rate
    (self.origin, last) = (origin, origin)
  }

  /// The place of the picture of a time, which is never before that of the picture before.
  public mutating func place(at time: Nanoseconds) -> Place {
    guard time - last <= Self.pauseNanoseconds else { return .pause }
    let microseconds = max(0, time - origin) / 1000
    let (scaled, overflow) = microseconds.multipliedReportingOverflow(by: rate.numerator)
    guard !overflow else { return .pause }
    let unit = 1_000_000 * rate.denominator
    let step = scaled / unit + (scaled % unit * 2 >= unit ? 1 : 0)
    guard (count - step) * rate.denominator <= Self.aheadSeconds * rate.numerator else {
      return .tooFast
    }
    let repeats = max(0, step - count)
    count += repeats + 1
    last = time
    return .next(repeats: Int(repeats))
  }
}
