internal import CLinux
internal import Glibc

/// A listening socket that the service manager opened before it started us, so that nobody is
/// refused while we are not running (socket activation, sd_listen_fds(3)).
public final class InheritedSocket {
  /// What the unit calls it (FileDescriptorName=); systemd's default is the unit's name.
  public let name: String
  /// Where it listens.
  public let address: SocketAddress
  private var descriptor: Descriptor?

  private static let firstDescriptor: Int32 = 3
  private static let socketsMax: Int32 = 64

  /// Takes over what LISTEN_PID, LISTEN_FDS and LISTEN_FDNAMES of the environment announce. To be
  /// called once, before anything else is opened: it trusts the numbers.
  ///
  /// - Returns: the sockets that listen for TCP; others are closed.
  public static func take(environment: [String: String]) -> [InheritedSocket] {
    guard environment["LISTEN_PID"] == String(getpid()),
      let count = environment["LISTEN_FDS"].flatMap({ Int32($0) }),
      (1...socketsMax).contains(count)
    else { return [] }
    let names =
      environment["LISTEN_FDNAMES"]?.split(separator: ":", omittingEmptySubsequences: false) ?? []
    return (0..<count).compactMap { index in
      let number = firstDescriptor + index
      guard fcntl(number, F_SETFD, FD_CLOEXEC) == 0 else { return nil }
      let name = Int(index) < names.count ? String(names[Int(index)]) : ""
      return InheritedSocket(Descriptor(number), name: name)
    }
  }

  init?(_ descriptor: consuming Descriptor, name: String) {
    let number = descriptor.number
    guard Socket.option(descriptor, SOL_SOCKET, SO_ACCEPTCONN) == 1,
      Socket.option(descriptor, SOL_SOCKET, SO_TYPE) == Int32(SOCK_STREAM.rawValue),
      let address = Socket.localAddress(descriptor),
      fcntl(number, F_SETFL, fcntl(number, F_GETFL) | O_NONBLOCK) == 0
    else { return nil }
    self.name = name
    self.address = address
    self.descriptor = consume descriptor
  }

  /// The descriptor, once.
  func take() -> Descriptor? { descriptor.take() }
}
