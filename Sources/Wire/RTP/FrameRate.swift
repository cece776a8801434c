/// Frames per second as an exact fraction: 20, 30000/1001, 25/2.
public struct FrameRate: Equatable, Sendable, CustomStringConvertible {
  /// In lowest terms; 1 to 240,000.
  public let numerator: Int64
  /// In lowest terms; 1 to 10,000.
  public let denominator: Int64

  /// The bounds keep every product of ``time(ofFrame:)`` within 64 bits.
  private static let numeratorMax: Int64 = 240_000
  private static let denominatorMax: Int64 = 10_000

  /// What files play at that carry no rate of their own.
  public static let standard = FrameRate(unchecked: 20, 1)

  /// Nil unless the rate lies between 0.1 and 240 and its lowest terms are within bounds.
  public init?(_ numerator: Int64, _ denominator: Int64 = 1) {
    guard (1...Int64(Int32.max)).contains(numerator), (1...Int64(Int32.max)).contains(denominator)
    else { return nil }
    let divisor = Self.greatestCommonDivisor(numerator, denominator)
    let (numerator, denominator) = (numerator / divisor, denominator / divisor)
    guard numerator <= Self.numeratorMax, denominator <= Self.denominatorMax,
      numerator * 10 >= denominator, numerator <= 240 * denominator
    else { return nil }
    self.init(unchecked: numerator, denominator)
  }

  /// Reads `25`, `12.5`, `29.97` or `30000/1001`.
  public init?(_ text: String) {
    let fraction = text.split(at: "/", omittingEmptySubsequences: false)
    if fraction.count == 2 {
      guard let numerator = decimal(fraction[0]), let denominator = decimal(fraction[1]) else {
        return nil
      }
      self.init(Int64(numerator), Int64(denominator))
      return
    }
    let parts = text.split(at: ".", omittingEmptySubsequences: false)
    guard (1...2).contains(parts.count), let whole = decimal(parts[0], limit: 1000) else {
      return nil
    }
    guard parts.count == 2 else {
      self.init(Int64(whole))
      return
    }
    guard (1...3).contains(parts[1].utf8.count), let digits = decimal(parts[1]) else { return nil }
    let scale: Int64 = [10, 100, 1000][parts[1].utf8.count - 1]
    self.init(Int64(whole) * scale + Int64(digits), scale)
  }

  private init(unchecked numerator: Int64, _ denominator: Int64) {
    self.numerator = numerator
    self.denominator = denominator
  }

  /// When frame `index` is due, counted from frame 0. `index` must be at most ``numerator``:
  /// whoever counts further moves the origin on by ``denominator`` seconds after ``numerator``
  /// frames, which is exact.
  func time(ofFrame index: Int64) -> Nanoseconds {
    index * 1_000_000_000 * denominator / numerator
  }

  /// The same in ticks of the video clock.
  func ticks(ofFrame index: Int64) -> Int64 {
    index * Int64(RTPHeader.clockRate) * denominator / numerator
  }

  /// The time between two frames, rounded down.
  public var period: Nanoseconds { time(ofFrame: 1) }

  /// How long `frames` frames last, in microseconds, rounded to the nearest. Counts above 2^24 are
  /// taken as 2^24: no medium has more (``MotionJPEGIndex``), and the product stays within 64 bits.
  public func microseconds(ofFrames frames: Int) -> Int64 {
    let frames = Int64(min(max(0, frames), 1 << 24))
    return (frames * 1_000_000 * denominator + numerator / 2) / numerator
  }

  /// The frame that is shown `microseconds` after the first. A time up to a millisecond before a
  /// frame means that frame, since players write times with three digits.
  ///
  /// - Precondition: `microseconds` is below 2^62.
  func frame(atMicroseconds microseconds: Int64) -> Int64 {
    let (product, overflow) = (microseconds + 1000).multipliedReportingOverflow(by: numerator)
    // One less, since a frame that begins a whole millisecond later is not meant.
    return overflow ? .max : (product - 1) / (1_000_000 * denominator)
  }

  /// `20`, or `29.970` where the rate is no whole number.
  public var description: String {
    if denominator == 1 { return String(numerator) }
    let thousandths = (numerator * 1000 + denominator / 2) / denominator
    let fraction = String(thousandths % 1000)
    return "\(thousandths / 1000)."
      + String(repeating: "0", count: 3 - fraction.utf8.count) + fraction
  }

  private static func greatestCommonDivisor(_ a: Int64, _ b: Int64) -> Int64 {
    b == 0 ? a : greatestCommonDivisor(b, a % b)
  }
}
