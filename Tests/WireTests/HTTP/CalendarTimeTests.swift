import Testing

@testable import Wire

@Suite("CalendarTime")
struct CalendarTimeTests {
  @Test(
    "writes a moment as RFC 3339 and RFC 9110 have it",
    arguments: [
      (0, "1970-01-01T00:00:00.000Z", "Thu, 01 Jan 1970 00:00:00 GMT"),
      (-1, "1970-01-01T00:00:00.000Z", "Thu, 01 Jan 1970 00:00:00 GMT"),
      (Int64.min, "1970-01-01T00:00:00.000Z", "Thu, 01 Jan 1970 00:00:00 GMT"),
      // RFC 9110's own example.
      (784_111_777_000_000_000, "1994-11-06T08:49:37.000Z", "Sun, 06 Nov 1994 08:49:37 GMT"),
      (951_782_399_999_999_999, "2000-02-28T23:59:59.999Z", "Mon, 28 Feb 2000 23:59:59 GMT"),
      (951_782_400_000_000_000, "2000-02-29T00:00:00.000Z", "Tue, 29 Feb 2000 00:00:00 GMT"),
      (951_868_800_001_000_000, "2000-03-01T00:00:00.001Z", "Wed, 01 Mar 2000 00:00:00 GMT"),
      (1_798_761_599_050_000_000, "2026-12-31T23:59:59.050Z", "Thu, 31 Dec 2026 23:59:59 GMT"),
      (1_798_761_600_000_999_999, "2027-01-01T00:00:00.000Z", "Fri, 01 Jan 2027 00:00:00 GMT"),
      // No leap day in 2100.
      (4_107_542_400_000_000_000, "2100-03-01T00:00:00.000Z", "Mon, 01 Mar 2100 00:00:00 GMT"),
      (Int64.max, "2262-04-11T23:47:16.854Z", "Fri, 11 Apr 2262 23:47:16 GMT"),
    ])
  func writes(realtime: Int64, timestamp: String, httpDate: String) {
    let time = CalendarTime(realtime: realtime)
    #expect(time.timestamp == timestamp)
    #expect(time.httpDate == httpDate)
  }

  @Test("counts every day from 1970 to 2262 as the Gregorian calendar does")
  func everyDay() {
    let weekdays = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"]
    let months = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
    var (year, month, day) = (1970, 1, 1)
    for number in 0..<106_751 {
      let time = CalendarTime(realtime: Int64(number) * 86_400_000_000_000)
      let date = "\(year)-\(month < 10 ? "0" : "")\(month)-\(day < 10 ? "0" : "")\(day)"
      if time.timestamp != date + "T00:00:00.000Z"
        || !time.httpDate.hasPrefix(weekdays[number % 7])
      {
        Issue.record("day \(number): \(time.timestamp), not \(date)")
        return
      }
      let isLeap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
      day += 1
      if day > months[month - 1] + (month == 2 && isLeap ? 1 : 0) { (month, day) = (month + 1, 1) }
      if month > 12 { (year, month) = (year + 1, 1) }
    }
    #expect((year, month, day) == (2262, 4, 11))
  }
}
