import Foundation
import Testing

/// A port whose queue of connections is full: whoever connects waits for ever.
final class FullListener {
  let port: UInt16
  private var descriptors: [Int32]

  init() throws {
    let listener = Self.socket()
    descriptors = [listener]
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
    var length = socklen_t(MemoryLayout<sockaddr_in>.size)
    let result = unsafe withUnsafeMutablePointer(to: &address) { pointer in
      unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        unsafe bind(listener, $0, length) | listen(listener, 0)
          | getsockname(listener, $0, &length)
      }
    }
    guard result == 0 else { throw RTSPClient.Failure(what: "listen: \(errno)") }
    port = UInt16(bigEndian: address.sin_port)
    // The first is queued, and nobody ever takes it; the others find no room.
    for _ in 0..<3 {
      let filler = Self.socket()
      descriptors.append(filler)
      _ = unsafe withUnsafePointer(to: &address) { pointer in
        unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
          unsafe connect(filler, $0, length)
        }
      }
    }
  }

  deinit { for descriptor in descriptors { close(descriptor) } }

  private static func socket() -> Int32 {
    Glibc.socket(AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_NONBLOCK.rawValue), 0)
  }
}
