import Glibc
import Testing

@testable import Reactor

@Suite("ServiceManager")
struct ServiceManagerTests {
  /// A socket of a service manager, for one message. Its name is unlike anybody else's.
  private static func listen(_ name: String) throws -> Descriptor {
    let descriptor = try Socket.open(.datagram, AF_UNIX)
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    unsafe withUnsafeMutableBytes(of: &address.sun_path) { raw in
      unsafe raw.copyBytes(from: name.utf8)
      if name.hasPrefix("@") { unsafe raw[0] = 0 }
    }
    let length = MemoryLayout<sa_family_t>.size + name.utf8.count + (name.hasPrefix("@") ? 0 : 1)
    let number = descriptor.number
    try checkedCall("bind") {
      unsafe withUnsafePointer(to: &address) { pointer in
        unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
          unsafe Int(bind(number, $0, socklen_t(length)))
        }
      }
    }
    return descriptor
  }

  private static func receive(_ descriptor: borrowing Descriptor) -> String {
    var bytes = [UInt8](repeating: 0, count: 256)
    let count = unsafe recv(descriptor.number, &bytes, bytes.count, 0)
    return String(decoding: bytes.prefix(max(count, 0)), as: UTF8.self)
  }

  @Test("tells its manager, at a file or at an abstract name", arguments: ["/tmp/", "@"])
  func tells(prefix: String) throws {
    let name = "\(prefix)streamd-notify-\(getpid())"
    let socket = try Self.listen(name)
    defer { if prefix != "@" { unsafe unlink(name) } }
    let manager = try #require(ServiceManager(environment: ["NOTIFY_SOCKET": name]))
    manager.notify("READY=1", "STATUS=fine")
    #expect(Self.receive(socket) == "READY=1\nSTATUS=fine")
    #expect(manager.watchdogNanoseconds == nil)
  }

  @Test("a manager that is gone or does not read is not waited for")
  func gone() throws {
    let name = "@streamd-gone-\(getpid())"
    let manager = try #require(ServiceManager(environment: ["NOTIFY_SOCKET": name]))
    manager.notify("READY=1")
    let socket = try Self.listen(name)
    for _ in 0..<2000 { manager.notify("WATCHDOG=1") }
    #expect(Self.receive(socket) == "WATCHDOG=1")
  }

  @Test(
    "there is none without a socket that Linux knows",
    arguments: [
      nil, "", "relative/path", "vsock:2:1234", "/a\0b", "/" + String(repeating: "x", count: 200),
    ])
  func none(path: String?) {
    #expect(ServiceManager(environment: path.map { ["NOTIFY_SOCKET": $0] } ?? [:]) == nil)
  }

  @Test("the watchdog's time is ours only when it is meant for this process")
  func watchdog() throws {
    func time(_ microseconds: String, _ pid: String?) -> Instant? {
      var environment = ["NOTIFY_SOCKET": "@x", "WATCHDOG_USEC": microseconds]
      environment["WATCHDOG_PID"] = pid
      return ServiceManager(environment: environment)?.watchdogNanoseconds
    }
    #expect(time("30000000", String(getpid())) == 30_000_000_000)
    #expect(time("30000000", nil) == 30_000_000_000)
    #expect(time("30000000", "1") == nil)
    for text in ["0", "-1", "soon", "", "9223372036854775807"] { #expect(time(text, nil) == nil) }
  }
}
