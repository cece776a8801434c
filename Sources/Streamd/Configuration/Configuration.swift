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
  /// The length of an RTP packet with its header.
  var rtpPacketBytes = JPEGPacketizer.standardSegmentBytes
  /// Fewer bytes cost a large picture more packets than they are worth; with more, what is measured
  /// on loopback would not be what a network costs.
  static let rtpPacketBytesRange = 256...JPEGPacketizer.standardSegmentBytes
  /// Other instances may listen on the ports of http and rtsp as well.
  var reusePort = false
  /// The addresses of all instances that share those ports, one for each alone.
  var instances: [SocketAddress] = []
  /// Which of them this one is, counted from 1; 0 when it is none.
  var instance = 0
  /// What may be had by multicast.
  var multicast: [MulticastSetting] = []
  /// The interface that it leaves by; nil leaves it to the routes.
  var multicastInterface: String?
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
    guard instance <= instances.count else {
      throw Fault(
        message: "instance: \(instance) is none of the \(instances.count) in instances")
    }
    guard Self.ports(of: instance, among: instances.count, rtpPorts) != nil else {
      throw Fault(
        message: "rtp_ports: want a pair of ports for each of \(instances.count) instances")
    }
    try checkMulticast()
    guard let bind else { return }
    let chosen = Set(assignments.map(\.setting.name))
    if !chosen.contains("http") { http = bind.with(port: http.port) }
    if !chosen.contains("rtsp") { rtsp = bind.with(port: rtsp.port) }
  }

  private func checkMulticast() throws(Fault) {
    guard multicast.isEmpty || instance == 0 else {
      throw Fault(
        message: "multicast: instances that share ports would all send to the group; "
          + "leave it to a daemon that is alone")
    }
    for (index, one) in multicast.enumerated() {
      let same = multicast[..<index].first {
        $0.name == one.name
          || $0.address.host == one.address.host
            && abs(Int($0.address.port) - Int(one.address.port)) < 2
      }
      guard let same else { continue }
      let what = same.name == one.name ? "is there twice" : "has the ports of \(same.name)"
      throw Fault(message: "multicast: \(one.name) \(what)")
    }
  }

  /// Where this instance alone is reached; nil when it shares its ports with nobody.
  var control: SocketAddress? { instance > 0 ? instances[instance - 1] : nil }

  /// This instance's part of the ports for RTP.
  var ownPorts: ClosedRange<UInt16> { ports(of: instance, among: instances.count) }

  /// The same of any instance among so many.
  func ports(of instance: Int, among count: Int) -> ClosedRange<UInt16> {
    Self.ports(of: instance, among: count, rtpPorts) ?? rtpPorts
  }

  /// Equal parts, each beginning with an even port; all of them for who is alone, and nil where
  /// there are not enough.
  private static func ports(
    of instance: Int, among count: Int, _ ports: ClosedRange<UInt16>
  ) -> ClosedRange<UInt16>? {
    guard instance > 0 else { return ports }
    let part = ports.count / 2 / count * 2
    let first = Int(ports.lowerBound) + part * (instance - 1)
    guard part > 0, let low = UInt16(exactly: first), let high = UInt16(exactly: first + part - 1)
    else { return nil }
    return low...high
  }
}
