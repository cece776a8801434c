/// What the file of a recording is called: `NAME-YYYYMMDD-HHMMSS.avi`.
public enum RecordingName {
  private static let lengthMax = 100

  /// The name for a source and the time of the first picture, in nanoseconds since 1970 (UTC).
  ///
  /// - Parameter attempt: from 2 on for names that are taken.
  public static func name(source: String, realtime: Int64, attempt: Int = 1) -> String {
    let digits = CalendarTime(realtime: realtime).timestamp.filter { $0.isNumber }
    let number = attempt > 1 ? "-\(attempt)" : ""
    return "\(safe(source))-\(digits.prefix(8))-\(digits.dropFirst(8).prefix(6))\(number).avi"
  }

  /// Letters, digits and what is harmless between them; the rest becomes a dash. No name begins
  /// with a dot, and none has a slash.
  private static func safe(_ source: String) -> String {
    var text = ""
    for byte in source.utf8 where text.utf8.count < lengthMax {
      switch byte {
      case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, UInt8(ascii: "_"):
        text.unicodeScalars.append(Unicode.Scalar(byte))
      case UInt8(ascii: ".") where !text.isEmpty && text.last != "-": text += "."
      default: if !text.isEmpty && text.last != "-" { text += "-" }
      }
    }
    while let last = text.last, last == "-" || last == "." { text.removeLast() }
    return text.isEmpty ? "recording" : text
  }
}
