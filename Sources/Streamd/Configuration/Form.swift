internal import Reactor
internal import Wire

/// How a kind of value is written and read.
struct Form<Value>: Sendable {
  let shape: Setting.Shape
  /// What a text has to be, behind “want”.
  let wanted: String
  let read: @Sendable (String) -> Value?
  /// nil when nothing was chosen.
  let show: @Sendable (Value) -> String?
}

extension Form<SocketAddress> {
  static let address = Form(
    shape: .string, wanted: "ADDRESS:PORT, such as 127.0.0.1:8554 or [::1]:8554",
    read: { SocketAddress($0) }, show: { $0.description })
}

extension Form<SocketAddress?> {
  static let host = Form(
    shape: .string, wanted: "an address of this machine, such as 0.0.0.0, :: or 192.0.2.7",
    read: { SocketAddress(host: $0, port: 0).map { $0 } }, show: { $0?.host })
}

extension Form<MulticastSetting> {
  static let multicast = Form(
    shape: .string,
    wanted: "NAME=GROUP:PORT or NAME=GROUP:PORT/TTL, such as movie.Mjpeg=239.255.0.1:5004/4",
    read: { MulticastSetting($0) }, show: { $0.description })
}

extension Form<Bool> {
  static let boolean = Form(
    shape: .boolean, wanted: "true or false", read: { Bool($0) }, show: { String($0) })
}

extension Form<String?> {
  static let path = Form(
    shape: .string, wanted: "a folder",
    read: { $0.isEmpty || $0.utf8.contains(0) ? nil : .some($0) }, show: { $0 })
}

extension Form<String?> {
  static let file = Form(
    shape: .string, wanted: "the path of a file",
    read: { $0.isEmpty || $0.utf8.contains(0) ? nil : .some($0) }, show: { $0 })
}

extension Form<String?> {
  static let interface = Form(
    shape: .string, wanted: "the name of a network interface, such as eth0",
    read: { (1...15).contains($0.utf8.count) && !$0.utf8.contains(0) ? .some($0) : nil },
    show: { $0 })
}

extension Form<UserEntry> {
  static let user = Form(
    shape: .string,
    wanted: "NAME:ROLE:HASH or NAME:ROLE:HASH:VIDEOS, as streamctl passwd NAME prints it",
    read: { UserEntry($0) }, show: { $0.line })
}

extension Form<AddressRange> {
  static let addresses = Form(
    shape: .string,
    wanted: "an address or a range of them: 192.0.2.7, 192.0.2.0/24 or 2001:db8::/32",
    read: { AddressRange($0) }, show: { $0.description })
}

extension Form<String> {
  static let hostName = Form(
    shape: .string, wanted: "a host name, such as camera.example.org",
    read: { text in
      let isName = text.utf8.allSatisfy {
        (0x61...0x7A).contains($0 | 0x20) || (0x30...0x39).contains($0) || $0 == 0x2D || $0 == 0x2E
      }
      return isName && (1...253).contains(text.utf8.count) ? text.lowercased() : nil
    }, show: { $0 })
}

extension Form<ClosedRange<UInt16>> {
  static let portPairs = Form(
    shape: .string, wanted: "FIRST-LAST, FIRST even and 1024 at least",
    read: { text in
      let parts = text.split(separator: "-", omittingEmptySubsequences: false)
      guard parts.count == 2, let first = UInt16(parts[0]), let last = UInt16(parts[1]),
        first >= 1024, first % 2 == 0, last > first
      else { return nil }
      return first...last
    }, show: { "\($0.lowerBound)-\($0.upperBound)" })
}

extension Form<FrameRate> {
  static let rate = Form(
    shape: .numberOrString,
    wanted: "frames per second from 0.1 to 240: 20, 12.5 or 30000/1001",
    read: { FrameRate($0) }, show: { $0.description })
}

extension Form<Int> {
  static func number(_ range: ClosedRange<Int>, _ unit: String) -> Form {
    Form(
      shape: .number, wanted: "\(unit) from \(range.lowerBound) to \(range.upperBound)",
      read: { text in
        // `Int` alone would take a sign.
        guard text.utf8.allSatisfy({ (0x30...0x39).contains($0) }), let number = Int(text),
          range.contains(number)
        else { return nil }
        return number
      }, show: { String($0) })
  }
}

extension Form<Log.Level> {
  static let level = Form(
    shape: .string, wanted: "error, warning, info or debug",
    read: { Log.Level(named: $0) }, show: { $0.name })
}

extension Form<Log.Format> {
  static let format = Form(
    shape: .string, wanted: "text or json", read: { Log.Format(rawValue: $0) },
    show: { $0.rawValue })
}
