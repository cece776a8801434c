internal import CLinux
internal import Glibc

/// An IPv4 or IPv6 address with a port.
public struct SocketAddress: Equatable, Sendable, CustomStringConvertible {
  /// Four or sixteen bytes, in network order.
  private var bytes: [UInt8]
  /// The port; 0 asks the kernel for a free one.
  public var port: UInt16
  /// The interface of a link-local IPv6 address.
  private var scope: UInt32 = 0

  /// Reads `HOST:PORT`, where HOST is an IPv4 literal, an IPv6 literal in brackets, or `localhost`.
  /// Names are not looked up: that would wait on the network.
  public init?(_ text: String) {
    guard let colon = text.lastIndex(of: ":") else { return nil }
    let digits = text[text.index(after: colon)...]
    // UInt16 alone would take a sign.
    guard let port = UInt16(digits), digits.first?.isNumber == true else { return nil }
    var host = text[..<colon]
    if host.hasPrefix("["), host.hasSuffix("]") {
      host = host.dropFirst().dropLast()
      guard host.contains(":") else { return nil }
    } else if host.contains(":") {
      return nil
    }
    self.init(host: String(host), port: port)
  }

  /// Reads a bare address literal, or `localhost`.
  public init?(host: String, port: UInt16) {
    self.port = port
    var buffer = [UInt8](repeating: 0, count: 16)
    // The C library would read only as far as the NUL.
    guard !host.utf8.contains(0) else { return nil }
    let host = host == "localhost" ? "127.0.0.1" : host
    if unsafe inet_pton(AF_INET, host, &buffer) == 1 {
      bytes = Array(buffer[..<4])
    } else if unsafe inet_pton(AF_INET6, host, &buffer) == 1 {
      bytes = buffer
    } else {
      return nil
    }
  }

  private init(bytes: [UInt8], port: UInt16, scope: UInt32 = 0) {
    self.bytes = bytes
    self.port = port
    self.scope = scope
  }

  /// This machine over IPv4, reachable from nowhere else.
  public static func localhost(port: UInt16) -> SocketAddress {
    SocketAddress(bytes: [127, 0, 0, 1], port: port)
  }

  /// The address alone: `127.0.0.1` or `::1`, an IPv4 address in IPv6 clothes as IPv4.
  public var host: String { Self.host(of: canonicalBytes) }

  /// Four or sixteen bytes; four of an IPv4 address in IPv6 clothes.
  var canonicalBytes: [UInt8] {
    let isMapped = bytes.count == 16 && bytes.starts(with: Self.mappedPrefix)
    return isMapped ? Array(bytes[12...]) : bytes
  }

  /// As the address was written or came in: 4 or 16.
  var byteCount: Int { bytes.count }

  /// The literal of four or sixteen bytes.
  static func host(of shown: [UInt8]) -> String {
    var text = [CChar](repeating: 0, count: Int(INET6_ADDRSTRLEN))
    let family = shown.count == 4 ? AF_INET : AF_INET6
    unsafe inet_ntop(family, shown, &text, socklen_t(text.count))
    return String(decoding: text.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
  }

  /// The address is written with colons and so needs brackets in a URL and `IN IP6` in SDP.
  public var isIPv6: Bool { host.contains(":") }

  /// The address is only reachable from this machine.
  public var isLoopback: Bool { host.hasPrefix("127.") || host == "::1" }

  /// Exactly 127.0.0.1 or ::1: where this machine's own programs come from, and a reverse proxy
  /// with everybody behind it.
  public var isLocalhost: Bool {
    network == 0xFF << 56 | 0x7F00_0001
      || bytes.count == 16 && bytes.last == 1 && bytes.dropLast().allSatisfy { $0 == 0 }
  }

  /// Who it is, for counting: an IPv4 address, or the first 64 bits of an IPv6 address, because one
  /// subscriber has all of those that begin so (RFC 6177). The two kinds never meet: what begins
  /// with 255 is multicast in IPv6, from which nobody connects.
  public var network: UInt64 {
    let isMapped = bytes.count == 16 && bytes.starts(with: Self.mappedPrefix)
    let number = (isMapped ? bytes[12...] : bytes.prefix(8)).reduce(UInt64(0)) {
      $0 << 8 | UInt64($1)
    }
    return bytes.count == 4 || isMapped ? 0xFF << 56 | number : number
  }

  /// The same machine, whatever the port.
  public func isSameHost(as other: SocketAddress) -> Bool { bytes == other.bytes }

  /// The address is a group's: 224.0.0.0/4 or ff00::/8.
  public var isMulticast: Bool {
    bytes.count == 4 ? bytes[0] & 0xF0 == 0xE0 : bytes[0] == 0xFF
  }

  /// It is an interface's first address here. Nothing is sent to find that out: the kernel reaches
  /// such addresses from themselves.
  public var isOfThisMachine: Bool {
    guard let descriptor = try? Socket.open(.datagram, family),
      (try? Socket.connect(descriptor, to: with(port: 9))) != nil
    else { return false }
    return Socket.localAddress(descriptor)?.isSameHost(as: self) ?? false
  }

  /// The address stands for every interface.
  public var isUnspecified: Bool { bytes.allSatisfy { $0 == 0 } }

  /// `127.0.0.1:8554` or `[::1]:8554`.
  public var description: String { isIPv6 ? "[\(host)]:\(port)" : "\(host):\(port)" }

  /// This machine, in the same family and on the same port.
  public var loopback: SocketAddress {
    let host: [UInt8] =
      bytes.count == 4 ? [127, 0, 0, 1] : [UInt8](repeating: 0, count: 15) + [1]
    return SocketAddress(bytes: host, port: port)
  }

  /// Every interface, in the same family.
  public var anyAddress: SocketAddress {
    SocketAddress(bytes: bytes.map { _ in 0 }, port: 0)
  }

  /// The same host with another port.
  public func with(port: UInt16) -> SocketAddress {
    var copy = self
    copy.port = port
    return copy
  }

  private static let mappedPrefix: [UInt8] = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF]

  var family: Int32 { bytes.count == 4 ? AF_INET : AF_INET6 }

  /// Lends the kernel's form of the address to `body`.
  func withSocketAddress<R>(_ body: (UnsafePointer<sockaddr>, socklen_t) -> R) -> R {
    if bytes.count == 4 {
      var address = sockaddr_in()
      address.sin_family = sa_family_t(AF_INET)
      address.sin_port = port.bigEndian
      unsafe withUnsafeMutableBytes(of: &address.sin_addr) { unsafe $0.copyBytes(from: bytes) }
      return unsafe Self.lend(&address, body)
    }
    var address = sockaddr_in6()
    address.sin6_family = sa_family_t(AF_INET6)
    address.sin6_port = port.bigEndian
    address.sin6_scope_id = scope
    unsafe withUnsafeMutableBytes(of: &address.sin6_addr) { unsafe $0.copyBytes(from: bytes) }
    return unsafe Self.lend(&address, body)
  }

  private static func lend<T, R>(
    _ address: inout T, _ body: (UnsafePointer<sockaddr>, socklen_t) -> R
  ) -> R {
    unsafe withUnsafePointer(to: &address) { pointer in
      unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        unsafe body($0, socklen_t(MemoryLayout<T>.size))
      }
    }
  }

  /// Reads what `getsockname`, `getpeername` or `accept4` wrote; nil for another family.
  static func read(
    _ fill: (UnsafeMutablePointer<sockaddr>, UnsafeMutablePointer<socklen_t>) -> Int32
  ) -> (result: Int32, address: SocketAddress?) {
    var storage = sockaddr_storage()
    var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
    let result = unsafe withUnsafeMutablePointer(to: &storage) { pointer in
      unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        unsafe fill($0, &length)
      }
    }
    guard result >= 0 else { return (result, nil) }
    let family = storage.ss_family
    return unsafe (result, withUnsafeBytes(of: &storage) { unsafe parse($0, family) })
  }

  private static func parse(_ raw: UnsafeRawBufferPointer, _ family: sa_family_t) -> SocketAddress?
  {
    switch Int32(family) {
    case AF_INET:
      let address = unsafe raw.loadUnaligned(as: sockaddr_in.self)
      let bytes = unsafe withUnsafeBytes(of: address.sin_addr) { unsafe Array($0) }
      return SocketAddress(bytes: bytes, port: UInt16(bigEndian: address.sin_port))
    case AF_INET6:
      let address = unsafe raw.loadUnaligned(as: sockaddr_in6.self)
      let bytes = unsafe withUnsafeBytes(of: address.sin6_addr) { unsafe Array($0) }
      return SocketAddress(
        bytes: bytes, port: UInt16(bigEndian: address.sin6_port), scope: address.sin6_scope_id)
    default:
      return nil
    }
  }
}
