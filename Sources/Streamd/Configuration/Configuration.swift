internal import Reactor
internal import Wire

/// Everything about the daemon that can be chosen, with its defaults.
struct Configuration {
  /// Where the dashboard and the API are.
  var http: SocketAddress
  /// Where RTSP listens.
  var rtsp: SocketAddress
  /// The address for those of the two that were not chosen; nil leaves them on loopback.
  var bind: SocketAddress?
  /// Start RTSP at once.
  var start = false
  /// The media folder; nil looks for one.
  var media: String?
  /// Where recordings are written to; nil where nothing is recorded.
  var recordings: String?
  /// The dashboard's files; nil looks for them.
  var www: String?
  /// Server ports for RTP and RTCP.
  var rtpPorts: ClosedRange<UInt16> = 25_000...44_999
  /// What files play at that carry no rate.
  var rate = FrameRate.standard
  /// Servers that viewers may be pointed at, besides our own.
  var allowedServers: [SocketAddress] = []
  /// Names that this machine may be called by in `Host`, besides addresses and localhost.
  var allowedHosts: [String] = []
  /// A second publisher of a live source takes the place of the first, instead of being refused.
  var publishTakeover = false
  /// Who may use the daemon; anybody when there are none, and no tokens.
  var users: [UserEntry] = []
  /// The file with the key that tokens are signed with.
  var tokenKeyFile: String?
  /// What is in that file; nil takes no tokens.
  var tokenKey: [UInt8]?
  /// What is relayed, sorted by name.
  var sources: [SourceSettings] = []
  /// From where anybody may come.
  var addresses = AddressPolicy()
  /// Lines of less importance are not written.
  var logLevel = Log.Level.info
  /// How lines look.
  var logFormat = Log.Format.text
  /// Every bound that a stranger could push against.
  var limits = Limits()

  init() {
    http = .localhost(port: 5000)
    rtsp = .localhost(port: 8554)
  }

  /// A configuration that cannot be, with the way out.
  struct Fault: Error {
    var message: String
  }

  /// A setting's values and who gave them, such as `--fps` or `streamd.json: fps`.
  struct Assignment {
    var setting: Setting
    var values: [String]
    /// Of a setting whose values are no texts.
    var members: [String: JSONValue] = [:]
    var origin: String
  }

  /// The defaults, changed by `assignments`: later ones win.
  init(_ assignments: [Assignment]) throws(Fault) {
    self.init()
    for assignment in assignments { try assignment.setting.set(&self, assignment) }
    for (index, user) in users.enumerated()
    where users[..<index].contains(where: { $0.name == user.name }) {
      throw Fault(message: "users: \(user.name) is there twice")
    }
    guard let bind else { return }
    let chosen = Set(assignments.map(\.setting.name))
    if !chosen.contains("http") { http = bind.with(port: http.port) }
    if !chosen.contains("rtsp") { rtsp = bind.with(port: rtsp.port) }
  }
}
