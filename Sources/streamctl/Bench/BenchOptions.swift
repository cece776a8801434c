internal import Reactor
internal import Wire

/// What `bench` is asked to do.
struct BenchOptions {
  /// How frames come.
  enum Transport: String, CaseIterable {
    case udp, tcp, http, ws

    /// By RTSP, rather than by HTTP.
    var isRTSP: Bool { self == .udp || self == .tcp }
  }

  var target: BenchTarget
  var transport: Transport
  /// How many viewers.
  var clients: Int
  /// How long is measured once all of them play.
  var seconds: Int
  /// The server's processes, whose memory and processor time are to be told.
  var servers: [Int]
  /// The viewer session that WebSockets watch; nil lets the first one set one up.
  var session: String?
  /// Each WebSocket has a viewer session of its own.
  var ownsSessions: Bool
  /// A viewer whose connection ends comes back.
  var reconnects: Bool
  /// So do viewers that have got no frame for so long.
  var silenceSeconds: Int
  /// Where RTP and RTCP are received, in pairs that begin with an even number.
  var ports: ClosedRange<Int>
  /// The value of the Authorization header.
  var authorization: String?

  /// Neither in the way of the ports that streamd sends from, nor of most that the kernel chooses.
  private static let standardPorts = 45_000...65_535

  init(_ arguments: Arguments) throws(Failure) {
    target = try BenchTarget(arguments.operand ?? "")
    let standard: Transport = target.scheme == "rtsp" ? .udp : target.scheme == "ws" ? .ws : .http
    transport = try Self.transport(arguments["--transport"]) ?? standard
    guard transport.isRTSP == (target.scheme == "rtsp") else {
      throw Failure(
        .usage, "--transport \(transport): want udp or tcp for rtsp://, http or ws for http://")
    }
    if transport == .ws && target.path == "/" { target.path = "/ws" }
    clients = try arguments.count("--clients", 1...100_000) ?? 100
    seconds = try arguments.count("--seconds", 1...86_400) ?? 10
    servers = try Self.servers(arguments["--pid"])
    session = arguments["--session"]
    ownsSessions = arguments["--own-sessions"] != nil
    reconnects = arguments["--reconnect"] != nil
    silenceSeconds = try arguments.count("--silence", 1...86_400) ?? 10
    guard reconnects || arguments["--silence"] == nil else {
      throw Failure(.usage, "--silence says when viewers come back: want --reconnect as well")
    }
    ports = try Self.ports(arguments["--ports"]) ?? Self.standardPorts
    if transport == .udp && clients > ports.count / 2 {
      throw Failure(
        .usage, "--ports has \(ports.count / 2) pairs for \(clients) viewers: want more ports")
    }
  }

  /// What all of the server's processes take; nil where none was named, or one has gone.
  var resources: Process.Resources? {
    let all = servers.compactMap { Process.resources(of: $0) }
    guard var sum = all.first, all.count == servers.count else { return nil }
    for one in all.dropFirst() {
      sum.residentBytes += one.residentBytes
      sum.cpuMicroseconds += one.cpuMicroseconds
    }
    return sum
  }

  private static func servers(_ text: String?) throws(Failure) -> [Int] {
    guard let text else { return [] }
    var servers: [Int] = []
    for part in text.split(separator: ",", omittingEmptySubsequences: false) {
      guard let pid = Int32(part), pid > 0 else {
        throw Failure(.usage, "--pid \(text): want a process' number, or several with commas")
      }
      guard Process.resources(of: Int(pid)) != nil else {
        throw Failure(.usage, "--pid \(pid): there is no such process")
      }
      servers.append(Int(pid))
    }
    return servers
  }

  private static func transport(_ text: String?) throws(Failure) -> Transport? {
    guard let text else { return nil }
    if let transport = Transport(rawValue: text) { return transport }
    throw Failure(.usage, "--transport \(text): want udp, tcp, http or ws")
  }

  private static func ports(_ text: String?) throws(Failure) -> ClosedRange<Int>? {
    guard let text else { return nil }
    let ends = text.split(separator: "-", omittingEmptySubsequences: false)
      .map { UInt16($0).map(Int.init) }
    guard ends.count == 2, let first = ends[0], let last = ends[1], first >= 1024, last > first
    else { throw Failure(.usage, "--ports \(text): want FIRST-LAST from 1024 on") }
    // RTP has the even port of a pair (RFC 3550 §11).
    return first + first % 2...last
  }
}

/// What is to be watched: `rtsp://`, `http://` or `ws://HOST[:PORT]/PATH`.
struct BenchTarget: Equatable {
  let scheme: String
  let host: String
  let port: UInt16
  /// With the query.
  var path: String
  /// As it was given.
  let url: String

  private static let ports: [String: UInt16] = ["rtsp": 554, "http": 80, "ws": 80]

  init(_ url: String) throws(Failure) {
    guard let colon = url.firstIndex(of: ":"), url[colon...].hasPrefix("://"),
      url.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F })
    else { throw Self.failure(url) }
    scheme = url[..<colon].lowercased()
    guard let standard = Self.ports[scheme] else { throw Self.failure(url) }
    let rest = url[colon...].dropFirst(3)
    let authority = rest.prefix { $0 != "/" && $0 != "?" }
    guard !authority.contains("@") else {
      throw Failure(.usage, "bench takes no user in a URL: see --token for HTTP")
    }
    // What has no port ends with its host; a colon inside of brackets belongs to an IPv6 address.
    let hasPort = authority.last != "]" && authority.contains(":")
    let ending = hasPort ? "" : ":\(standard)"
    // The scheme gives it its port; ServiceURL knows how hosts are written.
    guard let place = try? ServiceURL("http://\(authority)\(ending)") else {
      throw Self.failure(url)
    }
    (host, port) = (place.host, place.port)
    let path = rest.dropFirst(authority.count)
    self.path = path.hasPrefix("/") ? String(path) : "/\(path)"
    self.url = url
  }

  /// The value of the Host header.
  var authority: String { host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)" }

  private static func failure(_ url: String) -> Failure {
    Failure(
      .usage,
      "\(ServiceURL.shown(url)) cannot be watched: want rtsp://HOST:PORT/NAME, "
        + "http://HOST:PORT/PATH or ws://…")
  }
}
