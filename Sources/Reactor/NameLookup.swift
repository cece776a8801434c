internal import CLinux
internal import Glibc

/// Addresses of host names. The answer may take as long as the resolver's patience, so this is for
/// programs that have nothing else to do meanwhile, never for the event loop.
public enum NameLookup {
  /// Why a name has no address, as the C library says it.
  public struct Failure: Error, Equatable, Sendable {
    /// `Name or service not known`, for example.
    public let reason: String

    // swift-format-ignore: AllPublicDeclarationsHaveDocumentation
    public init(reason: String) { self.reason = reason }
  }

  /// The addresses of a name or an address literal, the ones to try first in front.
  ///
  /// - Throws: when there is none.
  public static func addresses(
    of host: String, port: UInt16
  ) throws(Failure) -> [SocketAddress] {
    if let literal = SocketAddress(host: host, port: port) { return [literal] }
    // The C library would read only as far as the NUL.
    guard !host.isEmpty, !host.utf8.contains(0) else {
      throw Failure(reason: "Name or service not known")
    }
    var hints = unsafe addrinfo()
    unsafe hints.ai_family = AF_UNSPEC
    unsafe hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
    unsafe hints.ai_flags = AI_ADDRCONFIG
    var list: UnsafeMutablePointer<addrinfo>?
    let result = unsafe getaddrinfo(host, nil, &hints, &list)
    guard result == 0 else { throw Failure(reason: unsafe String(cString: gai_strerror(result))) }
    defer { unsafe freeaddrinfo(list) }
    var addresses: [SocketAddress] = []
    var entry = unsafe list
    while let info = unsafe entry?.pointee {
      let found = unsafe SocketAddress.read { pointer, length in
        guard let address = unsafe info.ai_addr, unsafe info.ai_addrlen <= length.pointee else {
          return -1
        }
        unsafe UnsafeMutableRawPointer(pointer).copyMemory(
          from: address, byteCount: Int(info.ai_addrlen))
        return 0
      }
      if let address = found.address { addresses.append(address.with(port: port)) }
      unsafe entry = info.ai_next
    }
    guard !addresses.isEmpty else { throw Failure(reason: "Name or service not known") }
    return addresses
  }
}
