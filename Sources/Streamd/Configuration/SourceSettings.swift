internal import Wire

/// One of `sources`: a camera, or another server, whose pictures are relayed under a name of ours.
struct SourceSettings: Equatable, Sendable {
  let name: String
  var url: SourceURL
  var mode = RelaySchedule.Mode.onDemand
  /// How RTP comes in the first time.
  var transport = ReceptionTransport.udp
  /// How long it plays on after the last viewer has left.
  var graceSeconds = 10

  /// The keys of an entry that is more than a URL.
  enum Key: String, CaseIterable {
    case url, mode, transport, graceSeconds = "grace_s"
  }

  /// More cameras than one processor could relay.
  static let countMax = 256
  private static let nameBytesMax = 64
  private static let graceRange = 0...86_400

  static let wantedName =
    "letters, digits, dots, dashes, underscores and slashes, \(nameBytesMax) at most, not live/…"
  static let wantedURL = "rtsp://[USER@]HOST[:PORT]/PATH or http://[USER@]HOST[:PORT]/PATH"

  /// Whether a source may be called so. What is published is below `live/`, and no segment may be
  /// hidden or lead upwards.
  static func isName(_ name: String) -> Bool {
    let segments = name.split(separator: "/", omittingEmptySubsequences: false)
    return name.utf8.count <= nameBytesMax && segments.first != "live"
      && segments.allSatisfy { segment in
        !segment.isEmpty && segment.first != "."
          && segment.utf8.allSatisfy { byte in
            (0x30...0x39).contains(byte) || (0x61...0x7A).contains(byte | 0x20)
              || [0x2D, 0x2E, 0x5F].contains(byte)
          }
      }
  }

  /// The environment variable that has the password.
  var passwordVariable: String {
    let word = name.uppercased().map { $0.isLetter || $0.isNumber ? $0 : "_" }
    return Secrets.passwordPrefix + String(word) + Secrets.passwordSuffix
  }

  /// The service's credential that has the password.
  var credential: String { "source-" + name.map { $0 == "/" ? "-" : String($0) }.joined() }

  /// Reads an entry. Of its values only names are told, because there may be a password in a URL.
  ///
  /// - Parameter origin: where it stands, such as `streamd.json: sources`.
  init(_ name: String, _ value: JSONValue, origin: String) throws(Configuration.Fault) {
    guard Self.isName(name) else {
      throw .init(
        message: "\(origin): \"\(name.prefix(80))\" cannot be a name: want \(Self.wantedName)")
    }
    let place = "\(origin): \(name)"
    var members: [String: JSONValue]
    switch value {
    case .string: members = ["url": value]
    case .object(let object): members = object
    default: throw .init(message: "\(place): want a URL, or an object with a url")
    }
    for key in members.keys.sorted() where Key(rawValue: key) == nil {
      let names = Key.allCases.map(\.rawValue)
      let hint = Spelling.nearest(to: key, among: names).map { "did you mean \($0)?" }
      throw .init(
        message: "\(place): unknown key \(key.prefix(80)), "
          + (hint ?? "there are \(names.joined(separator: ", "))"))
    }
    guard case .string(let text)? = members[Key.url.rawValue], let url = SourceURL(text) else {
      throw .init(message: "\(place): url: want \(Self.wantedURL)")
    }
    (self.name, self.url) = (name, url)
    try read(members, place)
  }

  private mutating func read(
    _ members: [String: JSONValue], _ place: String
  ) throws(Configuration.Fault) {
    if let value = members[Key.mode.rawValue] {
      guard case .string(let text) = value, let mode = RelaySchedule.Mode(rawValue: text) else {
        throw .init(message: "\(place): mode: want always or on_demand")
      }
      self.mode = mode
    }
    if let value = members[Key.transport.rawValue] {
      guard case .string(let text) = value, let transport = ReceptionTransport(rawValue: text)
      else { throw .init(message: "\(place): transport: want \(ReceptionTransport.list)") }
      guard url.scheme == .rtsp else {
        throw .init(message: "\(place): transport: this is for rtsp:// only, leave it out")
      }
      self.transport = transport
    }
    if let value = members[Key.graceSeconds.rawValue] {
      let form = Form<Int>.number(Self.graceRange, "seconds")
      guard case .number(let text) = value, let seconds = form.read(text) else {
        throw .init(message: "\(place): grace_s: want \(form.wanted)")
      }
      graceSeconds = seconds
    }
  }
}
