internal import Reactor
internal import Wire

/// A medium that may be had by multicast, and the group that it goes to.
struct MulticastSetting: Equatable, Sendable {
  /// As the catalogue has it, or a live source's.
  var name: String
  /// With RTP's port.
  var address: SocketAddress
  /// How many routers it may pass.
  var ttl: UInt8

  /// Without one it stays in the local network.
  private static let standardTTL: UInt8 = 1

  /// Reads `NAME=GROUP:PORT` or `NAME=GROUP:PORT/TTL`.
  init?(_ text: String) {
    guard let equals = text.utf8.lastIndex(of: UInt8(ascii: "=")) else { return nil }
    name = String(text[..<equals])
    var rest = text[text.utf8.index(after: equals)...]
    ttl = Self.standardTTL
    if let slash = rest.utf8.lastIndex(of: UInt8(ascii: "/")) {
      let digits = rest[rest.utf8.index(after: slash)...]
      // UInt8 alone would take a sign.
      guard digits.utf8.allSatisfy({ (0x30...0x39).contains($0) }), let number = UInt8(digits)
      else { return nil }
      ttl = number
      rest = rest[..<slash]
    }
    guard !name.isEmpty, let address = SocketAddress(String(rest)), address.isMulticast,
      MulticastGroup(address: address.host, port: address.port, ttl: ttl) != nil
    else { return nil }
    self.address = address
  }

  /// As it is written.
  var description: String { "\(name)=\(address)/\(ttl)" }

  /// As RTSP has it.
  var group: MulticastGroup? {
    MulticastGroup(address: address.host, port: address.port, ttl: ttl)
  }
}
