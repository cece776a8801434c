internal import Reactor
internal import Wire

/// What the command line says.
struct Options {
  /// Where RTSP listens.
  var rtsp: SocketAddress
  /// Where the dashboard and the API are.
  var http: SocketAddress
  /// The dashboard's files; nil looks for them.
  var www: String?
  /// Servers that viewers may be pointed at, besides our own.
  var allowedServers: [SocketAddress] = []
  /// The media folder; nil looks for one.
  var media: String?
  /// Server ports for RTP and RTCP.
  var rtpPorts: ClosedRange<UInt16>
  /// What files play at that carry no rate.
  var rate: FrameRate
  /// Start RTSP at once.
  var start = false
  /// A session without a sign of life ends after this.
  var sessionTimeoutSeconds: Int

  /// What a command line asks for.
  enum Request {
    case run(Options)
    case help
    case version
  }

  /// A command line that cannot be understood, with the way out.
  struct UsageError: Error {
    var message: String
  }

  static let help = """
    streamd serves Motion-JPEG files to RTSP players and browsers.

    usage: streamd [options]

      --start                  start the RTSP server at once; else the dashboard does
      --http HOST:PORT         where dashboard and API are; port 0 picks one (127.0.0.1:5000)
      --rtsp HOST:PORT         where RTSP listens; port 0 picks a free one (127.0.0.1:8554)
      --media DIR              the folder whose files are served (video)
      --rtp-ports FIRST-LAST   server ports for RTP and RTCP, in pairs (25000-44999)
      --fps N                  frames per second, for files without a rate: 12.5, 30000/1001 (20)
      --session-timeout N      seconds after which a silent session ends (60)
      --allow-server HOST:PORT a server that viewers may watch besides our own; may be repeated
      --www DIR                the dashboard's files (www beside the program or its source)
      --help                   this text
      --version                the version

    example: streamd --start, then open http://127.0.0.1:5000 or
             ffplay rtsp://127.0.0.1:8554/movie.Mjpeg

    """

  private init() throws(UsageError) {
    guard let rtsp = SocketAddress("127.0.0.1:8554"), let http = SocketAddress("127.0.0.1:5000")
    else { throw UsageError(message: "a default address cannot be read") }
    self.rtsp = rtsp
    self.http = http
    rtpPorts = 25_000...44_999
    rate = .standard
    sessionTimeoutSeconds = Limits().sessionTimeoutSeconds
  }

  /// Reads the arguments behind the program's name. `--flag value` and `--flag=value` are the same.
  static func parse(_ arguments: [String]) throws(UsageError) -> Request {
    var options = try Options()
    var rest = arguments[...]
    while let argument = rest.popFirst() {
      let parts = argument.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      let flag = String(parts[0])
      switch argument {
      case "--help", "-h": return .help
      case "--version": return .version
      case "--start": options.start = true
      default:
        if parts.count == 2, plainFlags.contains(flag) {
          throw UsageError(message: "\(flag) takes no value")
        }
        guard valueFlags.contains(flag) else { throw unknown(flag) }
        let inline = parts.count == 2 ? String(parts[1]) : nil
        guard let value = inline ?? rest.popFirst() else {
          throw UsageError(message: "\(flag) needs a value, see streamd --help")
        }
        try options.set(flag, value)
      }
    }
    return .run(options)
  }

  private static let plainFlags = ["--start", "--help", "--version", "-h"]

  private static let valueFlags = [
    "--http", "--rtsp", "--media", "--www", "--allow-server", "--rtp-ports", "--fps",
    "--session-timeout",
  ]

  private mutating func set(_ flag: String, _ value: String) throws(UsageError) {
    switch flag {
    case "--http": http = try Self.address(flag, value)
    case "--rtsp": rtsp = try Self.address(flag, value)
    case "--allow-server": allowedServers.append(try Self.address(flag, value))
    case "--media": media = value
    case "--www": www = value
    case "--rtp-ports":
      let parts = value.split(separator: "-", omittingEmptySubsequences: false)
      guard parts.count == 2, let first = UInt16(parts[0]), let last = UInt16(parts[1]),
        first >= 1024, first % 2 == 0, last > first
      else {
        throw UsageError(
          message: "--rtp-ports \(value): want FIRST-LAST, FIRST even and 1024 at least")
      }
      rtpPorts = first...last
    case "--fps":
      guard let rate = FrameRate(value) else {
        throw UsageError(
          message: "--fps \(value): want frames per second from 0.1 to 240: 20, 12.5 or 30000/1001")
      }
      self.rate = rate
    default:
      guard let seconds = Int(value), (1...86_400).contains(seconds) else {
        throw UsageError(message: "--session-timeout \(value): want seconds from 1 to 86400")
      }
      sessionTimeoutSeconds = seconds
    }
  }

  private static func address(_ flag: String, _ value: String) throws(UsageError) -> SocketAddress {
    guard let address = SocketAddress(value) else {
      throw UsageError(
        message: "\(flag) \(value): want ADDRESS:PORT, such as 127.0.0.1:8554 or [::1]:8554")
    }
    return address
  }

  private static func unknown(_ flag: String) -> UsageError {
    let known = valueFlags + ["--start", "--help", "--version"]
    let typed = flag.lowercased()
    let nearest = known.min { editDistance($0, typed) < editDistance($1, typed) } ?? "--help"
    let hint =
      editDistance(nearest, typed) <= 3 ? "did you mean \(nearest)?" : "see streamd --help"
    return UsageError(message: "unknown argument \(flag), \(hint)")
  }

  /// How many letters have to be changed, added, left out or swapped with the next one
  /// (Damerau and Levenshtein).
  private static func editDistance(_ a: String, _ b: String) -> Int {
    let (a, b) = (Array(a.utf8), Array(b.utf8))
    var rows = [Array(0...b.count)]
    for i in a.indices {
      var row = [i + 1]
      for j in b.indices {
        let change = rows[i][j] + (a[i] == b[j] ? 0 : 1)
        var best = min(change, row[j] + 1, rows[i][j + 1] + 1)
        if i > 0, j > 0, a[i] == b[j - 1], a[i - 1] == b[j] {
          best = min(best, rows[i - 1][j - 1] + 1)
        }
        row.append(best)
      }
      rows.append(row)
    }
    return rows[a.count][b.count]
  }
}
