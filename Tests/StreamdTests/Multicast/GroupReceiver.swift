import Glibc
import Testing
import Wire

@testable import Reactor

/// A member of a group on loopback that a test reads from: RTP and RTCP.
final class GroupReceiver {
  let address: SocketAddress
  private let rtp: DatagramSocket
  private let rtcp: DatagramSocket
  private let buffer = ReceiveBuffer(capacity: 65_536)

  /// Joins a group of its own, that no other test uses at the same time.
  init() throws {
    let host = "239.\(Int.random(in: 1...254)).\(Int.random(in: 0...255)).\(getpid() & 0xFF)"
    let port = UInt16.random(in: 10_000...29_999) * 2
    address = try #require(SocketAddress(host: host, port: port))
    let interface = try NetworkInterface.index(named: "lo")
    rtp = try DatagramSocket(local: address, receiveBufferBytes: 4 << 20, isShared: true)
    rtcp = try DatagramSocket(
      local: address.with(port: port + 1), receiveBufferBytes: 65_536, isShared: true)
    try rtp.join(address, interface: interface)
    try rtcp.join(address, interface: interface)
    try rtcp.setMulticast(hops: 1, interface: interface)
  }

  /// The arguments that have a daemon send there.
  func arguments(_ name: String = "movie.Mjpeg") -> [String] {
    ["--multicast", "\(name)=\(address)", "--multicast-interface", "lo"]
  }

  /// The next packet's header; nil when none comes within the time.
  func packet(within milliseconds: Int32 = 5000) -> RTPHeader? {
    guard wait(rtp.descriptor.number, milliseconds), let count = rtp.receive(into: buffer) else {
      return nil
    }
    longest = max(longest, count)
    return try? RTPHeader(parsing: buffer.copy().span)
  }

  /// The longest packet so far, in bytes.
  private(set) var longest = 0

  /// As many packets as are asked for.
  func packets(_ count: Int) throws -> [RTPHeader] {
    try (0..<count).map { _ in try #require(packet()) }
  }

  /// Throws away what has come in, until nothing has come for so long.
  func quiet(milliseconds: Int32) -> Bool {
    // A second of frames at most.
    for _ in 0..<400 where packet(within: milliseconds) == nil { return true }
    return false
  }

  /// The next RTCP compound.
  func control() throws -> [RTCPPacket] {
    try #require(wait(rtcp.descriptor.number, 6000) && rtcp.receive(into: buffer) != nil)
    return try RTCPPacket.parse(buffer.copy().span)
  }

  /// Who has said goodbye so far, in order.
  func goodbyes() throws -> [UInt32] {
    var sources: [UInt32] = []
    while wait(rtcp.descriptor.number, 200), rtcp.receive(into: buffer) != nil {
      for packet in try RTCPPacket.parse(buffer.copy().span) {
        if case .goodbye(let gone, _) = packet { sources += gone }
      }
    }
    return sources
  }

  /// Says something to everybody's RTCP port.
  func send(_ bytes: [UInt8]) {
    #expect(rtcp.send(bytes, to: address.with(port: address.port + 1)) == .sent)
  }

  private func wait(_ descriptor: Int32, _ milliseconds: Int32) -> Bool {
    var waiting = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
    return unsafe poll(&waiting, 1, milliseconds) == 1
  }
}
