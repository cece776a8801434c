/// What a proxy says first on a connection: whom it speaks for. The PROXY protocol, version 1 (a
/// line of text) and version 2 (binary), as HAProxy's `proxy-protocol.txt` has it.
public struct ProxyHeader: Equatable, Sendable {
  /// Somebody's address literal and port.
  public struct Client: Equatable, Sendable {
    /// The literal as it came; whether it is one, whoever uses it has to see.
    public var host: String
    /// The port there.
    public var port: UInt16

    /// Somebody at an address.
    public init(host: String, port: UInt16) { (self.host, self.port) = (host, port) }
  }

  /// Whom the proxy speaks for; nil where it speaks for itself (a health check), or cannot say.
  public var client: Client?
  /// How many bytes it takes up.
  public var length: Int

  /// A header of so many bytes.
  public init(client: Client?, length: Int) { (self.client, self.length) = (client, length) }

  /// Why what a proxy says is no header.
  public enum Fault: Error, Equatable, CustomStringConvertible {
    /// Something else than a header came.
    case absent
    /// Fields are missing, or are not what they should be.
    case malformed
    /// It goes on behind ``lengthMax``.
    case tooLong
    /// It speaks of datagrams, or of what does not exist yet.
    case unsupported

    /// For people.
    public var description: String {
      switch self {
      case .absent: "it does not begin with a PROXY header"
      case .malformed: "its PROXY header is malformed"
      case .tooLong: "its PROXY header is longer than \(ProxyHeader.lengthMax) bytes"
      case .unsupported: "its PROXY header is of a kind that TCP does not have"
      }
    }
  }

  /// Extensions (TLS certificates, names of networks) are passed over, and have this much room.
  public static let lengthMax = 4096
  /// The longest line of version 1, with its end.
  static let lineLengthMax = 107

  private static let lineStart = Array("PROXY ".utf8)
  private static let signature: [UInt8] = [
    0x0D, 0x0A, 0x0D, 0x0A, 0x00, 0x0D, 0x0A, 0x51, 0x55, 0x49, 0x54, 0x0A,
  ]
  private static let fixedLength = 16

  /// Reads the header that `bytes` begin with.
  ///
  /// - Returns: nil when it is not complete yet; then all of the bytes belong to it.
  /// - Throws: why it is none, with the first byte that shows it.
  public static func parse(_ bytes: Span<UInt8>) throws(Fault) -> ProxyHeader? {
    if begins(bytes, signature) {
      return bytes.count < fixedLength ? nil : try parseBinary(bytes)
    }
    guard begins(bytes, lineStart) else { throw .absent }
    return try parseLine(bytes)
  }

  /// Whether they do, as far as they are there.
  private static func begins(_ bytes: Span<UInt8>, _ start: [UInt8]) -> Bool {
    (0..<min(bytes.count, start.count)).allSatisfy { bytes[$0] == start[$0] }
  }

  // MARK: Version 1

  /// `PROXY TCP4 192.0.2.7 192.0.2.10 40000 8554`
  private static func parseLine(_ bytes: Span<UInt8>) throws(Fault) -> ProxyHeader? {
    var line: [UInt8] = []
    for index in 0..<min(bytes.count, lineLengthMax) {
      if bytes[index] == 0x0A {
        guard line.popLast() == 0x0D else { throw .malformed }
        return ProxyHeader(client: try client(of: line), length: index + 1)
      }
      line.append(bytes[index])
    }
    guard bytes.count < lineLengthMax else { throw .malformed }
    return nil
  }

  private static func client(of line: [UInt8]) throws(Fault) -> Client? {
    let words = line.split(separator: 0x20, omittingEmptySubsequences: false)
    guard words.count >= 2 else { throw .malformed }
    // What follows is not to be looked at.
    if words[1].elementsEqual("UNKNOWN".utf8) { return nil }
    let isIPv6 = words[1].elementsEqual("TCP6".utf8)
    guard words.count == 6, isIPv6 || words[1].elementsEqual("TCP4".utf8),
      let host = literal(words[2], isIPv6: isIPv6), literal(words[3], isIPv6: isIPv6) != nil,
      let port = port(words[4]), self.port(words[5]) != nil
    else { throw .malformed }
    return Client(host: host, port: port)
  }

  /// The characters of an address, in an order that whoever uses it has to check.
  private static func literal(_ word: ArraySlice<UInt8>, isIPv6: Bool) -> String? {
    let isPart: (UInt8) -> Bool = { byte in
      switch byte {
      case 0x30...0x39, 0x2E: true
      case 0x3A, 0x41...0x46, 0x61...0x66: isIPv6
      default: false
      }
    }
    guard !word.isEmpty, word.allSatisfy(isPart) else { return nil }
    return String(decoding: word, as: UTF8.self)
  }

  private static func port(_ word: ArraySlice<UInt8>) -> UInt16? {
    guard word.allSatisfy({ (0x30...0x39).contains($0) }), word.count == 1 || word.first != 0x30
    else { return nil }
    return UInt16(String(decoding: word, as: UTF8.self))
  }

  // MARK: Version 2

  private static func parseBinary(_ bytes: Span<UInt8>) throws(Fault) -> ProxyHeader? {
    let (kind, family) = (bytes[12], bytes[13])
    let length = fixedLength + Int(bytes.uint16(at: 14))
    guard kind == 0x20 || kind == 0x21 else { throw .unsupported }
    guard length <= lengthMax else { throw .tooLong }
    // The proxy speaks for itself, whatever family it names.
    let isLocal = kind == 0x20
    let addressBytes = isLocal ? 0 : try addressBytes(of: family)
    guard length >= fixedLength + 2 * addressBytes + (addressBytes > 0 ? 4 : 0) else {
      throw .malformed
    }
    guard bytes.count >= length else { return nil }
    guard addressBytes > 0 else { return ProxyHeader(client: nil, length: length) }
    let ports = fixedLength + 2 * addressBytes
    let host = (fixedLength..<fixedLength + addressBytes).map { bytes[$0] }
    return ProxyHeader(
      client: Client(
        host: text(of: host), port: bytes.uint16(at: ports)), length: length)
  }

  /// How long an address of the family is; 0 where it says nothing of use.
  private static func addressBytes(of family: UInt8) throws(Fault) -> Int {
    switch family {
    case 0x11: 4
    case 0x21: 16
    // Unspecified, or a path on the proxy's machine.
    case 0x00, 0x31: 0
    default: throw .unsupported
    }
  }

  private static func text(of host: [UInt8]) -> String {
    if host.count == 4 { return host.map { String($0) }.joined(separator: ".") }
    return stride(from: 0, to: host.count, by: 2)
      .map { String(Int(host[$0]) << 8 | Int(host[$0 + 1]), radix: 16) }
      .joined(separator: ":")
  }
}
