import Glibc
import Testing

@testable import Reactor

@Suite("Datagram socket")
struct DatagramSocketTests {
  /// One frame in packets of `stride` bytes, the last of them with `last` bytes; each is filled
  /// with its own number.
  private func layOut(_ count: Int, stride: Int, last: Int) -> PacketBuffer {
    let packets = PacketBuffer(stride: stride, prefix: 0, frameCapacity: 1, byteCapacity: 1)
    packets.append(datagrams(count, stride: stride, last: last).flatMap { $0 })
    return packets
  }

  private func datagrams(_ count: Int, stride: Int, last: Int) -> [[UInt8]] {
    (0..<count).map {
      [UInt8](repeating: UInt8(truncatingIfNeeded: $0), count: $0 == count - 1 ? last : stride)
    }
  }

  private func socket(to peer: SocketAddress, segmentBytes: Int?) throws -> DatagramSocket {
    try DatagramSocket(local: peer.with(port: 0), peer: peer, segmentBytes: segmentBytes)
  }

  @Test(
    "a frame arrives as its packets, in order, whatever its size",
    arguments: [
      (count: 1, stride: 1400, last: 1400), (count: 1, stride: 1400, last: 12),
      (count: 10, stride: 1400, last: 1400), (count: 10, stride: 1400, last: 77),
      (count: 64, stride: 500, last: 500), (count: 65, stride: 500, last: 12),
      (count: 46, stride: 1400, last: 1400), (count: 47, stride: 1400, last: 13),
      (count: 92, stride: 1400, last: 900), (count: 2, stride: 40_000, last: 40_000),
      (count: 2, stride: 65_507, last: 65_507),
    ])
  func frame(count: Int, stride: Int, last: Int) throws {
    let receiver = try DatagramReceiver()
    let socket = try socket(to: receiver.address, segmentBytes: stride)
    #expect(socket.send(layOut(count, stride: stride, last: last), frame: 0) == .sent)
    let received = try receiver.receive(count)
    #expect(received.map(\.count) == datagrams(count, stride: stride, last: last).map(\.count))
    #expect(received == datagrams(count, stride: stride, last: last))
  }

  @Test(
    "of a large frame a part is left, which follows as it is asked for", arguments: [true, false])
  func large(isSegmented: Bool) throws {
    let receiver = try DatagramReceiver()
    let socket = try socket(to: receiver.address, segmentBytes: 1400)
    // Without checksums the kernel segments nothing.
    if !isSegmented { try Socket.set(socket.descriptor, SOL_SOCKET, SO_NO_CHECK, 1) }
    let frame = layOut(300, stride: 1400, last: 12)
    let chunk = 46 * 1400
    #expect(socket.send(frame, frame: 0) == .part(2 * chunk))
    var received = try receiver.receive(2 * 46)
    let rest = Array(frame.copy(of: 0)[(2 * chunk)...])
    #expect(socket.send(restOf: rest, from: 0, atMost: 1) == .part(chunk))
    received += try receiver.receive(46)
    #expect(socket.send(restOf: rest, from: chunk, atMost: 2) == .part(2 * chunk))
    received += try receiver.receive(2 * 46)
    #expect(socket.send(restOf: rest, from: 3 * chunk, atMost: 2) == .sent)
    received += try receiver.receive(300 - 5 * 46)
    #expect(received == datagrams(300, stride: 1400, last: 12))
  }

  @Test("IPv6 is sent in the same way", .enabled(if: Loopback.hasIPv6))
  func sixth() throws {
    let receiver = try DatagramReceiver(try #require(SocketAddress("[::1]:0")))
    let socket = try socket(to: receiver.address, segmentBytes: 1400)
    #expect(socket.send(layOut(90, stride: 1400, last: 30), frame: 0) == .sent)
    #expect(try receiver.receive(90) == datagrams(90, stride: 1400, last: 30))
  }

  @Test(
    "where the kernel refuses segmentation the packets go singly, for good",
    arguments: [1, 2, 10, 90])
  func fallback(count: Int) throws {
    let receiver = try DatagramReceiver()
    let socket = try socket(to: receiver.address, segmentBytes: 1400)
    // Without checksums the kernel segments nothing (EINVAL), plain datagrams still pass.
    try Socket.set(socket.descriptor, SOL_SOCKET, SO_NO_CHECK, 1)
    let packets = layOut(count, stride: 1400, last: 500)
    for _ in 0..<2 {
      #expect(socket.send(packets, frame: 0) == .sent)
      #expect(try receiver.receive(count) == datagrams(count, stride: 1400, last: 500))
    }
    // The kernel does not cut any more, either.
    #expect(socket.send([UInt8](repeating: 1, count: 3000)) == .sent)
    #expect(try receiver.receive(1).map(\.count) == [3000])
  }

  @Test("a frame of one datagram needs no segments")
  func whole() throws {
    let receiver = try DatagramReceiver()
    let socket = try socket(to: receiver.address, segmentBytes: nil)
    let packets = layOut(1, stride: 60_000, last: 50_000)
    #expect(socket.send(packets, frame: 0) == .sent)
    #expect(try receiver.receive(1).map(\.count) == [50_000])
  }

  @Test("a closed port is told with the next send, and it may open again")
  func refused() throws {
    let loop = try EventLoop()
    var receiver: DatagramReceiver? = try DatagramReceiver()
    let peer = try #require(receiver?.address)
    let socket = try socket(to: peer, segmentBytes: 1400)
    receiver = nil
    let packets = layOut(3, stride: 1400, last: 1400)
    #expect(socket.send(packets, frame: 0) == .sent)
    let probe = Probe()
    let registration = try loop.add(socket, [], probe)
    try loop.turns { !probe.events.isEmpty }
    #expect(socket.send(packets, frame: 0) == .refused)
    receiver = try DatagramReceiver(peer)
    #expect(socket.send([1, 2, 3]) == .sent)
    #expect(try receiver?.receive(1) == [[1, 2, 3]])
    loop.remove(registration)
  }

  @Test("receiving clears the error of an earlier send")
  func receiveClears() throws {
    let loop = try EventLoop()
    var receiver: DatagramReceiver? = try DatagramReceiver()
    let socket = try socket(to: try #require(receiver?.address), segmentBytes: nil)
    receiver = nil
    #expect(receiver == nil && socket.send([1]) == .sent)
    let probe = Probe()
    let registration = try loop.add(socket, .readable, probe)
    try loop.turns { !probe.events.isEmpty }
    let buffer = ReceiveBuffer(capacity: 10)
    #expect(socket.receive(into: buffer) == nil)
    #expect(socket.send([1]) == .sent)
    loop.remove(registration)
  }

  @Test("a datagram larger than UDP allows is too large, singly and in a frame")
  func tooLarge() throws {
    let receiver = try DatagramReceiver()
    let single = try socket(to: receiver.address, segmentBytes: nil)
    #expect(single.send([UInt8](repeating: 0, count: 65_508)) == .tooLarge)
    #expect(single.send([UInt8](repeating: 0, count: 65_507)) == .sent)
    for stride in [65_508, 70_000] {
      for count in [1, 2] {
        let socket = try socket(to: receiver.address, segmentBytes: stride)
        let packets = layOut(count, stride: stride, last: stride)
        #expect(socket.send(packets, frame: 0) == .tooLarge)
      }
    }
    #expect(try receiver.receive(1).map(\.count) == [65_507])
  }

  @Test("receives whole datagrams, and only from its peer")
  func receive() throws {
    let loop = try EventLoop()
    let first = try socket(to: SocketAddress(loopbackPort: 9), segmentBytes: nil)
    let second = try socket(to: first.local, segmentBytes: nil)
    let stranger = try socket(to: second.local, segmentBytes: nil)
    let answering = try connectBack(first, to: second.local)
    let buffer = ReceiveBuffer(capacity: 100)
    #expect(second.receive(into: buffer) == nil)
    #expect(stranger.send([9, 9]) == .sent)
    #expect(answering.send([1, 2, 3]) == .sent)
    #expect(answering.send([4]) == .sent)
    var received: [[UInt8]] = []
    let probe = Probe()
    probe.onReady = { _ in
      if second.receive(into: buffer) != nil { received.append(buffer.copy) }
    }
    let registration = try loop.add(second, .readable, probe)
    try loop.turns { received.count >= 2 }
    #expect(received == [[1, 2, 3], [4]])
    loop.remove(registration)
  }

  /// Turns a socket towards a peer that did not exist when it was made.
  private func connectBack(_ socket: DatagramSocket, to peer: SocketAddress) throws
    -> DatagramSocket
  {
    try socket.connect(to: peer)
    return socket
  }

  @Test("before there is a peer anyone is heard, by name; afterwards only the peer")
  func latch() throws {
    let socket = try DatagramSocket(local: Loopback.any, receiveBufferBytes: 1 << 16)
    let friend = try self.socket(to: socket.local, segmentBytes: nil)
    let stranger = try self.socket(to: socket.local, segmentBytes: nil)
    let buffer = ReceiveBuffer(capacity: 2000)
    #expect(socket.receiveFromAnyone(into: buffer) == nil && socket.peekSender() == nil)
    #expect(friend.send([1, 2]) == .sent && stranger.send([3]) == .sent)
    #expect(socket.peekSender() == friend.local)
    #expect(socket.receiveFromAnyone(into: buffer) == friend.local && buffer.copy() == [1, 2])
    #expect(socket.peekSender() == stranger.local)
    #expect(socket.peer == nil)
    try socket.connect(to: friend.local)
    // What the stranger sent before that is still there.
    socket.discard(into: buffer)
    #expect(socket.receive(into: buffer) == nil)
    _ = stranger.send([4])
    #expect(socket.receive(into: buffer) == nil)
    #expect(friend.send([5]) == .sent && socket.receive(into: buffer) == 1)
    #expect(buffer.copy() == [5] && socket.send([6]) == .sent && friend.receive(into: buffer) == 1)
  }

  @Test("a port that is taken is reported as such")
  func inUse() throws {
    let receiver = try DatagramReceiver()
    let error = #expect(throws: SystemError.self) {
      _ = try DatagramSocket(
        local: receiver.address, peer: SocketAddress(loopbackPort: 9), segmentBytes: nil)
    }
    #expect(error?.isAddressInUse == true)
  }

  @Test("what nobody reads is bounded")
  func receiveBuffer() throws {
    let first = try DatagramSocket(
      local: Loopback.any, peer: SocketAddress(loopbackPort: 9), segmentBytes: nil,
      receiveBufferBytes: 4096)
    let second = try socket(to: first.local, segmentBytes: nil)
    _ = try connectBack(first, to: second.local)
    for _ in 0..<100 { #expect(second.send([UInt8](repeating: 5, count: 1000)) == .sent) }
    let buffer = ReceiveBuffer(capacity: 2000)
    var kept = 0
    while first.receive(into: buffer) != nil { kept += 1 }
    #expect(kept < 20)
  }
}
