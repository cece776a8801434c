internal import Wire

/// One of the bounds that can be chosen, by its name in `limits`.
struct Limit: Sendable {
  let name: String
  let path: any WritableKeyPath<Limits, Int> & Sendable
  let range: ClosedRange<Int>
  let summary: String

  static let all: [Limit] = [
    Limit(
      name: "connections", path: \.connectionsMax, range: 1...1_000_000,
      summary: "connections to the RTSP port, and as many to the HTTP port"),
    Limit(
      name: "viewer_sessions", path: \.viewerSessionsMax, range: 0...10_000,
      summary: "sessions that browsers and scripts have set up"),
    Limit(
      name: "viewer_idle_s", path: \.viewerIdleSeconds, range: 10...86_400,
      summary: "seconds after which such a session ends that nobody watches or asks for"),
    Limit(
      name: "request_s", path: \.requestSeconds, range: 1...600,
      summary: "seconds within which a request must be complete"),
    Limit(
      name: "http_idle_s", path: \.httpIdleSeconds, range: 5...86_400,
      summary: "seconds after which a silent HTTP connection is closed"),
    Limit(
      name: "send_buffer_bytes", path: \.sendBufferBytes, range: 4096...16_777_216,
      summary: "what the kernel holds for a TCP viewer that does not read"),
    Limit(
      name: "media_memory_bytes", path: \.mediaMemoryBytes, range: 0...1 << 40,
      summary: "what is kept of files that are played; the rest is read when it is needed"),
    Limit(
      name: "media_files", path: \.mediaFilesMax, range: 1...1_000_000,
      summary: "files looked at in the media folder"),
  ]

  /// Takes `NAME=NUMBER`.
  static func set(
    _ limits: inout Limits, _ text: String, _ origin: String
  ) throws(Configuration.Fault) {
    let parts = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
    let name = String(parts[0])
    guard let limit = all.first(where: { $0.name == name }) else {
      let names = all.map(\.name)
      let hint = Spelling.nearest(to: name, among: names).map { "did you mean \($0)?" }
      throw Configuration.Fault(
        message: "\(origin): there is no limit \(name), "
          + (hint ?? "there are \(names.joined(separator: ", "))"))
    }
    let value = parts.count == 2 ? String(parts[1]) : ""
    let form = Form<Int>.number(limit.range, "a number")
    guard let number = form.read(value) else {
      throw Configuration.Fault(message: "\(origin): \(name)=\(value): want \(form.wanted)")
    }
    limits[keyPath: limit.path] = number
  }
}
