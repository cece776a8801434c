/// A moment as people write it, from nanoseconds since 1970, without a calendar library.
public struct CalendarTime: Equatable, Sendable {
  private let year: Int, month: Int, day: Int
  private let hour: Int, minute: Int, second: Int, millisecond: Int
  private let weekday: Int

  /// In UTC. Times before 1970 count as 1970.
  public init(realtime: Int64) {
    let milliseconds = Int(max(0, realtime) / 1_000_000)
    millisecond = milliseconds % 1000
    let seconds = milliseconds / 1000
    (hour, minute, second) = (seconds / 3600 % 24, seconds / 60 % 60, seconds % 60)
    let days = seconds / 86_400
    weekday = (days + 4) % 7
    // Civil date from days, in eras of 400 years that begin in March (Howard Hinnant's algorithm).
    let shifted = days + 719_468
    let era = shifted / 146_097
    let dayOfEra = shifted % 146_097
    let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
    let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    let shiftedMonth = (5 * dayOfYear + 2) / 153
    day = dayOfYear - (153 * shiftedMonth + 2) / 5 + 1
    month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
    year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
  }

  /// RFC 3339 with milliseconds: `2026-11-22T13:50:29.120Z`.
  public var timestamp: String {
    "\(year)-\(pad(month))-\(pad(day))T\(clock).\(pad(millisecond, 3))Z"
  }

  /// RFC 9110 §5.6.7: `Sun, 22 Nov 2026 13:50:29 GMT`.
  public var httpDate: String {
    let weekdays = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"]
    let months = [
      "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ]
    return "\(weekdays[weekday]), \(pad(day)) \(months[month - 1]) \(year) \(clock) GMT"
  }

  private var clock: String { "\(pad(hour)):\(pad(minute)):\(pad(second))" }

  private func pad(_ value: Int, _ width: Int = 2) -> String {
    let digits = String(value)
    return String(repeating: "0", count: max(0, width - digits.utf8.count)) + digits
  }
}
