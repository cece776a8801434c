/// Addresses with the same beginning (RFC 4632): `192.0.2.0/24`, `2001:db8::/32`, or one address.
public struct AddressRange: Equatable, Sendable, CustomStringConvertible {
  private let prefix: [UInt8]
  private let bits: Int

  /// Reads an address literal, with the length of the beginning in bits behind a slash. Bits that
  /// do not count have to be zero: `192.0.2.7/24` is one address to some, and many to others.
  public init?(_ text: String) {
    let parts = text.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
    guard parts[0] != "localhost", let address = SocketAddress(host: String(parts[0]), port: 0)
    else { return nil }
    prefix = address.canonicalBytes
    guard parts.count == 2 else {
      bits = 8 * prefix.count
      return
    }
    let digits = parts[1]
    guard digits.utf8.allSatisfy({ (0x30...0x39).contains($0) }), let length = Int(digits),
      (0...8 * prefix.count).contains(length), prefix.count == address.byteCount
    else { return nil }
    bits = length
    let isClean = (length..<8 * prefix.count).allSatisfy { bit in
      prefix[bit >> 3] & (0x80 >> UInt8(bit & 7)) == 0
    }
    guard isClean else { return nil }
  }

  /// Whether an address is one of them, an IPv4 address in IPv6 clothes as IPv4.
  public func contains(_ address: SocketAddress) -> Bool {
    let bytes = address.canonicalBytes
    guard bytes.count == prefix.count else { return false }
    let whole = bits >> 3
    guard bytes.prefix(whole).elementsEqual(prefix.prefix(whole)) else { return false }
    guard bits & 7 != 0 else { return true }
    return (bytes[whole] ^ prefix[whole]) >> UInt8(8 - bits & 7) == 0
  }

  // swift-format-ignore: AllPublicDeclarationsHaveDocumentation
  public var description: String {
    let host = SocketAddress.host(of: prefix)
    return bits == 8 * prefix.count ? host : "\(host)/\(bits)"
  }
}
