/// Numbers as people read them.
enum Figure {
  /// With so many digits behind the point.
  static func fixed(_ value: Double, _ digits: Int) -> String {
    // Beyond this a number has no digits behind the point any more, and would not fit 64 bits.
    guard value.isFinite, value.magnitude < 1e12 else { return "\(value)" }
    var scale = 1
    for _ in 0..<digits { scale *= 10 }
    let whole = Int((value.magnitude * Double(scale)).rounded())
    let sign = value < 0 && whole > 0 ? "-" : ""
    guard digits > 0 else { return "\(sign)\(whole)" }
    let fraction = String(whole % scale)
    return "\(sign)\(whole / scale)."
      + String(repeating: "0", count: digits - fraction.utf8.count) + fraction
  }

  /// `2.7 MB`, in powers of a thousand.
  static func bytes(_ count: Int) -> String {
    var (value, unit) = (Double(count), "B")
    for next in ["kB", "MB", "GB"] where value >= 1000 { (value, unit) = (value / 1000, next) }
    return unit == "B" ? "\(count) B" : "\(fixed(value, 1)) \(unit)"
  }

  /// `812 kbit/s`, `2.19 Mbit/s`.
  static func rate(kilobits: Double) -> String {
    kilobits < 1000
      ? "\(fixed(kilobits, 0)) kbit/s" : "\(fixed(kilobits / 1000, 2)) Mbit/s"
  }

  /// `12.5 s`, `3 min 5 s`, `2 h 0 min`, `4 d 3 h`.
  static func duration(_ seconds: Double) -> String {
    guard seconds >= 60 else { return "\(fixed(seconds, 1)) s" }
    // A hundred years are enough, and fit.
    let whole = Int(min(seconds, 3e9))
    if whole < 3600 { return "\(whole / 60) min \(whole % 60) s" }
    if whole < 86_400 { return "\(whole / 3600) h \(whole / 60 % 60) min" }
    return "\(whole / 86_400) d \(whole / 3600 % 24) h"
  }

  /// `3 (0.12 %)` of all packets that were sent.
  static func loss(_ lost: Int, of all: Double) -> String {
    "\(lost) (\(fixed(all > 0 ? 100 * Double(lost) / all : 0, 2)) %)"
  }

  /// `1.3 ms`; a dash for what is not known.
  static func milliseconds(_ value: Double) -> String { value < 0 ? "-" : "\(fixed(value, 1)) ms" }
}
