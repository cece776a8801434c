/// What DESCRIBE answers: one presentation with its media (RFC 4566, as RFC 2326 appendix C uses
/// it).
public struct SessionDescription: Equatable, Sendable {
  /// One `m=` section.
  public struct Media: Equatable, Sendable {
    /// `video`, `audio`, …
    public var kind: String
    /// The transport profile, `RTP/AVP`.
    public var profile: String
    /// Payload types.
    public var formats: [UInt8]
    /// `a=` lines in their order.
    public var attributes: [Attribute]
    /// Where it is sent to; 0 where that is agreed upon in SETUP.
    public var port: UInt16
    /// Its own `c=` line, where it has one.
    public var connection: String?

    /// All parts.
    public init(
      kind: String, profile: String, formats: [UInt8], attributes: [Attribute], port: UInt16 = 0,
      connection: String? = nil
    ) {
      self.kind = kind
      self.profile = profile
      self.formats = formats
      self.attributes = attributes
      self.port = port
      self.connection = connection
    }

    /// The first attribute's value under a name.
    public func attribute(_ name: String) -> String? {
      attributes.first { $0.name == name }?.value
    }
  }

  /// One `a=` line.
  public struct Attribute: Equatable, Sendable {
    /// Before the colon.
    public var name: String
    /// Behind it; nil for a mere flag.
    public var value: String?

    /// Both parts.
    public init(_ name: String, _ value: String? = nil) {
      self.name = name
      self.value = value
    }
  }

  /// `o=`: session number and version, and the server's address.
  public var origin: UInt64
  /// An address literal.
  public var address: String
  /// `s=`; line breaks and control characters are replaced when it is written.
  public var name: String
  /// The session's own `a=` lines.
  public var attributes: [Attribute]
  /// In their order.
  public var media: [Media]

  private static let linesMax = 256

  /// All parts.
  public init(
    origin: UInt64, address: String, name: String, attributes: [Attribute], media: [Media]
  ) {
    self.origin = origin
    self.address = address
    self.name = name
    self.attributes = attributes
    self.media = media
  }

  /// The session attribute's value under a name.
  public func attribute(_ name: String) -> String? {
    attributes.first { $0.name == name }?.value
  }

  /// Reads a description. Lines that are not understood are passed over, as the RFC asks; nil when
  /// it does not begin as one or has far too many lines.
  public init?(_ text: String) {
    let lines = text.utf8.split { $0 == 0x0A || $0 == 0x0D }.map { Substring($0) }
    guard lines.first == "v=0", lines.count <= Self.linesMax else { return nil }
    self.init(origin: 0, address: "", name: "", attributes: [], media: [])
    for line in lines.dropFirst() {
      let value = line.dropFirst(2)
      if line.hasPrefix("a=") {
        readAttribute(value)
      } else if line.hasPrefix("s=") {
        name = String(value)
      } else if line.hasPrefix("o=") {
        let words = value.split(at: " ")
        if words.count == 6 { (origin, address) = (UInt64(words[1]) ?? 0, String(words[5])) }
      } else if line.hasPrefix("m=") {
        let words = value.split(at: " ")
        guard words.count >= 4 else { return nil }
        media.append(
          Media(
            kind: String(words[0]), profile: String(words[2]),
            formats: words[3...].compactMap { decimal($0, limit: 127).map { UInt8($0) } },
            attributes: [], port: decimal(words[1], limit: 65_535).map { UInt16($0) } ?? 0))
      } else if line.hasPrefix("c="), !media.isEmpty {
        media[media.count - 1].connection = String(value)
      }
    }
  }

  private mutating func readAttribute(_ text: Substring) {
    let parts = text.split(at: ":", maxSplits: 1, omittingEmptySubsequences: false)
    let attribute = Attribute(String(parts[0]), parts.count > 1 ? String(parts[1]) : nil)
    if media.isEmpty {
      attributes.append(attribute)
    } else {
      media[media.count - 1].attributes.append(attribute)
    }
  }

  /// The text, with line ends as the RFC wants them.
  public var description: String {
    let family = address.contains(":") ? "IP6" : "IP4"
    var lines = [
      "v=0",
      "o=- \(origin) 1 IN \(family) \(address)",
      "s=\(Self.printable(name))",
      // The address of the data is agreed upon in SETUP, hence none here.
      "c=IN \(family) \(family == "IP6" ? "::" : "0.0.0.0")",
      "t=0 0",
    ]
    lines += attributes.map(Self.line)
    for section in media {
      let formats = section.formats.map(String.init).joined(separator: " ")
      lines.append("m=\(section.kind) \(section.port) \(section.profile) \(formats)")
      if let connection = section.connection { lines.append("c=\(connection)") }
      lines += section.attributes.map(Self.line)
    }
    return lines.map { $0 + "\r\n" }.joined()
  }

  private static func line(_ attribute: Attribute) -> String {
    attribute.value.map { "a=\(attribute.name):\($0)" } ?? "a=\(attribute.name)"
  }

  /// A file's name must not be able to write lines of its own.
  private static func printable(_ text: String) -> String {
    let bytes = text.utf8.map { $0 < 0x20 || $0 == 0x7F ? UInt8(ascii: "?") : $0 }
    return bytes.isEmpty ? "-" : String(decoding: bytes, as: UTF8.self)
  }
}
