/// The daemon's numbers, as any scraper reads them.
struct Scraper {
  let client: HTTPClient

  init(_ daemon: DaemonProcess) throws { client = try HTTPClient(daemon) }

  func text() throws -> String { try client.request("GET", "/metrics").text }

  /// A sample's value; 0 when it is not there (yet).
  func callAsFunction(_ name: String) throws -> Double {
    let line = try text().split(separator: "\n").first { $0.hasPrefix(name + " ") }
    return line?.split(separator: " ").last.flatMap { Double($0) } ?? 0
  }
}
