import Glibc

/// Ports for programs that have to be told numbers.
enum FreePorts {
  struct None: Error {}

  /// Some that nobody uses, from a range that no kernel hands out meanwhile.
  static func take(_ count: Int) throws -> [UInt16] {
    let free = (20_000..<25_000).shuffled().lazy.map { UInt16($0) }.filter(isFree).prefix(count)
    let ports = Array(free)
    guard ports.count == count else { throw None() }
    return ports
  }

  private static func isFree(_ port: UInt16) -> Bool {
    let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    defer { close(descriptor) }
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = port.bigEndian
    address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
    let length = socklen_t(MemoryLayout<sockaddr_in>.size)
    return unsafe withUnsafePointer(to: &address) { pointer in
      unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        unsafe bind(descriptor, $0, length) == 0
      }
    }
  }
}
