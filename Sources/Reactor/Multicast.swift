internal import CLinux
internal import Glibc

/// Sending to many at once (RFC 1112, RFC 4291 §2.7), and hearing what is sent so.
extension DatagramSocket {
  /// How many routers what is sent to a group may pass, and by which interface it leaves.
  ///
  /// - Parameter interface: its index; 0 leaves it to the routes.
  public func setMulticast(hops: UInt8, interface: UInt32) throws(SystemError) {
    if local.family == AF_INET {
      try Socket.set(descriptor, Int32(IPPROTO_IP), IP_MULTICAST_TTL, Int32(hops))
      guard interface > 0 else { return }
      let number = descriptor.number
      try checkedCall("setsockopt") {
        Int(clinux_multicast_interface(number, Int32(clamping: interface)))
      }
    } else {
      try Socket.set(descriptor, Int32(IPPROTO_IPV6), IPV6_MULTICAST_HOPS, Int32(hops))
      guard interface > 0 else { return }
      try Socket.set(
        descriptor, Int32(IPPROTO_IPV6), IPV6_MULTICAST_IF, Int32(clamping: interface))
    }
  }

  /// Hears what is sent to a group, until the socket is closed.
  ///
  /// - Parameter interface: its index; 0 leaves it to the routes.
  /// - Throws: when there is no such interface, or no route to the group.
  public func join(_ group: SocketAddress, interface: UInt32) throws(SystemError) {
    let number = descriptor.number
    let level = Int32(group.family == AF_INET ? IPPROTO_IP : IPPROTO_IPV6)
    try checkedCall("setsockopt") {
      unsafe group.withSocketAddress {
        unsafe Int(clinux_join_group(number, level, interface, $0, $1))
      }
    }
  }
}

/// Networks that this machine is connected to.
public enum NetworkInterface {
  /// The index that the kernel knows an interface by.
  ///
  /// - Throws: when there is none of that name.
  public static func index(named name: String) throws(SystemError) -> UInt32 {
    let index = unsafe if_nametoindex(name)
    guard index > 0 else { throw SystemError("if_nametoindex", errno) }
    return index
  }
}
