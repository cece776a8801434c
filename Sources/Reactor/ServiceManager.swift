internal import CLinux
internal import Glibc

/// What started the process and wants to hear from it: systemd, or whatever else speaks its
/// protocol (sd_notify(3)). Nothing of its library is needed: a datagram of text is all.
public final class ServiceManager {
  private let descriptor: Descriptor
  private let address: sockaddr_un
  private let length: socklen_t
  /// The loop is to give a sign of life at least this often; nil when nobody watches.
  public let watchdogNanoseconds: Instant?

  /// Finds the manager by the environment's NOTIFY_SOCKET, WATCHDOG_USEC and WATCHDOG_PID; nil when
  /// there is none, or when its socket is of a kind that Linux does not have.
  public init?(environment: [String: String]) {
    guard let path = environment["NOTIFY_SOCKET"], let first = path.utf8.first else { return nil }
    var address = sockaddr_un()
    let capacity = MemoryLayout.size(ofValue: address.sun_path)
    let isAbstract = first == UInt8(ascii: "@")
    guard isAbstract || first == UInt8(ascii: "/"), path.utf8.count < capacity,
      !path.utf8.contains(0)
    else { return nil }
    address.sun_family = sa_family_t(AF_UNIX)
    unsafe withUnsafeMutableBytes(of: &address.sun_path) { raw in
      unsafe raw.copyBytes(from: path.utf8)
      // The kernel marks names that are no files with a leading NUL (unix(7)).
      if isAbstract { unsafe raw[0] = 0 }
    }
    guard let descriptor = try? Socket.open(.datagram, AF_UNIX) else { return nil }
    self.descriptor = descriptor
    self.address = address
    // A file's name ends with a NUL, an abstract one with its length.
    length = socklen_t(
      MemoryLayout<sa_family_t>.size + path.utf8.count + (isAbstract ? 0 : 1))
    let isForUs = environment["WATCHDOG_PID"].map { $0 == String(getpid()) } ?? true
    if isForUs, let text = environment["WATCHDOG_USEC"], let microseconds = Int64(text),
      (1...Int64.max / 1000).contains(microseconds)
    {
      watchdogNanoseconds = microseconds * 1000
    } else {
      watchdogNanoseconds = nil
    }
  }

  /// Says some lines, `READY=1` say. A manager that cannot be reached is not waited for.
  public func notify(_ lines: String...) {
    let text = Array(lines.joined(separator: "\n").utf8)
    let number = descriptor.number
    var address = address
    let length = length
    _ = systemCall {
      unsafe withUnsafePointer(to: &address) { pointer in
        unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { generic in
          unsafe text.withUnsafeBytes {
            unsafe sendto(
              number, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL), generic, length)
          }
        }
      }
    }
  }
}
