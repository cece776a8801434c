import Foundation
import Testing

/// A bound UDP socket on loopback that a test reads datagrams from.
final class UDPReceiver {
  let descriptor: Int32
  let port: UInt16

  init(on host: String = "127.0.0.1") throws {
    descriptor = socket(AF_INET, Int32(SOCK_DGRAM.rawValue), 0)
    var bytes: Int32 = 1 << 20
    unsafe setsockopt(descriptor, SOL_SOCKET, SO_RCVBUF, &bytes, 4)
    var timeout = timeval(tv_sec: 5, tv_usec: 0)
    unsafe setsockopt(
      descriptor, SOL_SOCKET, SO_RCVTIMEO, &timeout, socklen_t(MemoryLayout<timeval>.size))
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = unsafe inet_addr(host)
    var length = socklen_t(MemoryLayout<sockaddr_in>.size)
    let descriptor = descriptor
    let result = unsafe withUnsafeMutablePointer(to: &address) { pointer in
      unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        unsafe bind(descriptor, $0, length) | getsockname(descriptor, $0, &length)
      }
    }
    guard result == 0 else { throw RTSPClient.Failure(what: "bind: \(errno)") }
    port = UInt16(bigEndian: address.sin_port)
  }

  deinit { close(descriptor) }

  /// Sends a datagram to a port of 127.0.0.1.
  func send(_ bytes: [UInt8], to port: UInt16) {
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = port.bigEndian
    address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
    let descriptor = descriptor
    let sent = unsafe withUnsafePointer(to: &address) { pointer in
      unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
        unsafe bytes.withUnsafeBytes {
          unsafe sendto(
            descriptor, $0.baseAddress, $0.count, 0, address,
            socklen_t(MemoryLayout<sockaddr_in>.size))
        }
      }
    }
    #expect(sent == bytes.count)
  }

  /// The next datagram; nil when none comes within five seconds.
  func receive() -> [UInt8]? { receive(flags: 0) }

  /// A datagram that is there already; nil when there is none.
  func receiveNow() -> [UInt8]? { receive(flags: Int32(MSG_DONTWAIT)) }

  private func receive(flags: Int32) -> [UInt8]? {
    // Not an array of zeros each time: crowds receive 60,000 packets a second.
    unsafe withUnsafeTemporaryAllocation(byteCount: 65_536, alignment: 1) { raw in
      let count = unsafe recv(descriptor, raw.baseAddress, raw.count, flags)
      return unsafe count < 0 ? nil : Array(raw[..<count])
    }
  }

  /// How many datagrams the kernel threw away because nobody read in time.
  var drops: Int {
    var numbers = [UInt32](repeating: 0, count: 9)
    var length = socklen_t(numbers.count * 4)
    // SO_MEMINFO, whose ninth number are the drops (linux/sock_diag.h).
    let result = unsafe getsockopt(descriptor, SOL_SOCKET, 55, &numbers, &length)
    return result == 0 ? Int(numbers[8]) : 0
  }

  func send(_ bytes: [UInt8], to port: UInt16, on host: String = "127.0.0.1") {
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = port.bigEndian
    address.sin_addr.s_addr = unsafe inet_addr(host)
    unsafe withUnsafePointer(to: &address) { pointer in
      unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        _ = unsafe sendto(
          descriptor, bytes, bytes.count, 0, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
      }
    }
  }
}

/// Two neighbouring ports, as RTP and RTCP want them.
struct UDPPair {
  let rtp: UDPReceiver
  let rtcp: UDPReceiver

  init() throws {
    // Neighbours are not to be had for the asking; any two will do, the server takes both numbers.
    let sockets = try [UDPReceiver(), UDPReceiver()].sorted { $0.port < $1.port }
    (rtp, rtcp) = (sockets[0], sockets[1])
  }

  var transport: String { "Transport: RTP/AVP;unicast;client_port=\(rtp.port)-\(rtcp.port)" }
}
