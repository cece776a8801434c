/// One way of transport that a client offers or a server agrees to (RFC 2326 §12.39).
public struct TransportHeader: Equatable, Sendable {
  /// What packets travel in.
  public enum Carrier: Equatable, Sendable {
    /// `RTP/AVP`, `RTP/AVP/UDP`, and `RTP/UDP` as some course clients write it.
    case udp
    /// `RTP/AVP/TCP`: inside the RTSP connection.
    case tcp
    /// Anything else.
    case other(String)
  }

  /// What packets travel in.
  public var carrier: Carrier
  /// `multicast` was asked for. Without a word the RFC means multicast, every player unicast.
  public var isMulticast = false
  /// `client_port`: RTP's port and RTCP's, the latter absent where only one was given.
  public var clientPorts: PortPair?
  /// `server_port`, likewise.
  public var serverPorts: PortPair?
  /// `destination`: the group, where a server has agreed to multicast.
  public var destination: String?
  /// `source`: whose packets they are, where that is not the one that RTSP is spoken with.
  public var source: String?
  /// `port`: a group's RTP port and RTCP's.
  public var groupPorts: PortPair?
  /// `ttl`: how many routers multicast may pass.
  public var ttl: UInt8?
  /// `interleaved`: RTP's channel and RTCP's.
  public var channels: Channels?
  /// `ssrc`
  public var ssrc: UInt32?
  /// `mode`, in lower case, without quotes; `play` when absent.
  public var mode = "play"

  /// The client sends. Some older ones call that `receive`, from the server's side.
  public var isRecord: Bool { mode == "record" || mode == "receive" }

  /// Two ports.
  public struct PortPair: Equatable, Sendable {
    // swift-format-ignore: AllPublicDeclarationsHaveDocumentation
    public var rtp: UInt16, rtcp: UInt16

    /// Both.
    public init(rtp: UInt16, rtcp: UInt16) { (self.rtp, self.rtcp) = (rtp, rtcp) }
  }

  /// Two channels of an RTSP connection.
  public struct Channels: Equatable, Sendable {
    // swift-format-ignore: AllPublicDeclarationsHaveDocumentation
    public var rtp: UInt8, rtcp: UInt8

    /// Both.
    public init(rtp: UInt8, rtcp: UInt8) { (self.rtp, self.rtcp) = (rtp, rtcp) }
  }

  /// A transport without parameters.
  public init(_ carrier: Carrier) { self.carrier = carrier }

  /// What a server agrees to for a medium that goes to a group, whatever was wished.
  public init(_ group: MulticastGroup) {
    self.init(.udp)
    isMulticast = true
    destination = group.address
    groupPorts = group.ports
    ttl = group.ttl
  }

  /// A server has to look at so many offers at most.
  private static let offersMax = 16

  /// Reads a header's offers in the client's order. Offers whose numbers are out of range or
  /// malformed are left out; nil when none is left that could be understood.
  public static func parse(_ value: String) -> [TransportHeader]? {
    let offers = value.split(at: ",").prefix(offersMax).compactMap { TransportHeader($0) }
    return offers.isEmpty ? nil : offers
  }

  private init?(_ offer: Substring) {
    let parts = offer.split(at: ";", omittingEmptySubsequences: false).map { trimmed($0) }
    guard let profile = parts.first, !profile.isEmpty else { return nil }
    switch profile.uppercased() {
    case "RTP/AVP", "RTP/AVP/UDP", "RTP/UDP": carrier = .udp
    case "RTP/AVP/TCP": carrier = .tcp
    default: carrier = .other(profile)
    }
    for part in parts.dropFirst() {
      let pair = part.split(at: "=", maxSplits: 1).map { trimmed($0) }
      guard let name = pair.first?.lowercased() else { continue }
      guard read(name, pair.count > 1 ? pair[1] : "") else { return nil }
    }
  }

  /// Takes one parameter; false when its value is out of range. Unknown ones are passed over. A
  /// server must not heed `destination`: else anyone could aim a stream at a stranger. Nor are a
  /// group's parameters a reason to refuse an offer, as the server chooses them.
  private mutating func read(_ name: String, _ value: String) -> Bool {
    switch name {
    case "multicast": isMulticast = true
    case "destination":
      destination = value
    case "source":
      source = value
    case "port":
      groupPorts = Self.ports(value)
    case "ttl":
      ttl = decimal(value, limit: 255).map { UInt8($0) }
    case "client_port":
      clientPorts = Self.ports(value)
      return clientPorts != nil
    case "server_port":
      serverPorts = Self.ports(value)
      return serverPorts != nil
    case "interleaved":
      channels = Self.channels(value)
      return channels != nil
    case "ssrc":
      ssrc = hexadecimal(value)
    case "mode":
      // By bytes: to Swift a quote with a combining mark behind it is no quote.
      let word = value.utf8.filter { $0 != UInt8(ascii: "\"") }
      mode = String(decoding: word, as: UTF8.self).lowercased()
    default: break
    }
    return true
  }

  /// `25000-25001`, or `25000` alone, whose RTCP port is the next one.
  private static func ports(_ value: String) -> PortPair? {
    let parts = value.split(at: "-", omittingEmptySubsequences: false).map { trimmed($0) }
    guard (1...2).contains(parts.count), let first = decimal(parts[0], limit: 65_535), first > 0
    else { return nil }
    if parts.count == 1 {
      return PortPair(rtp: UInt16(first), rtcp: UInt16(min(first + 1, 65_535)))
    }
    guard let second = decimal(parts[1], limit: 65_535), second > first else { return nil }
    return PortPair(rtp: UInt16(first), rtcp: UInt16(second))
  }

  private static func channels(_ value: String) -> Channels? {
    let parts = value.split(at: "-", omittingEmptySubsequences: false).map { trimmed($0) }
    guard (1...2).contains(parts.count), let first = decimal(parts[0], limit: 255) else {
      return nil
    }
    let second = parts.count == 1 ? first + 1 : decimal(parts[1], limit: 255)
    guard let second, second <= 255, second != first else { return nil }
    return Channels(rtp: UInt8(first), rtcp: UInt8(second))
  }

  /// As it stands in the header.
  public var description: String {
    var text: String
    switch carrier {
    case .udp: text = "RTP/AVP"
    case .tcp: text = "RTP/AVP/TCP"
    case .other(let profile): text = profile
    }
    text += isMulticast ? ";multicast" : ";unicast"
    if let source { text += ";source=\(source)" }
    if let destination { text += ";destination=\(destination)" }
    if let groupPorts { text += ";port=\(groupPorts.rtp)-\(groupPorts.rtcp)" }
    if let ttl { text += ";ttl=\(ttl)" }
    if let channels { text += ";interleaved=\(channels.rtp)-\(channels.rtcp)" }
    if let clientPorts { text += ";client_port=\(clientPorts.rtp)-\(clientPorts.rtcp)" }
    if let serverPorts { text += ";server_port=\(serverPorts.rtp)-\(serverPorts.rtcp)" }
    if let ssrc { text += ";ssrc=\(hexadecimal(ssrc))" }
    if mode != "play" { text += ";mode=\"\(mode)\"" }
    return text
  }
}
