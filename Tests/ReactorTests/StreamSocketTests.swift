import Glibc
import Testing

@testable import Reactor

@Suite("Stream socket")
struct StreamSocketTests {
  /// Bytes that show where they belong.
  private func pattern(_ count: Int) -> [UInt8] {
    [UInt8](capacity: count) { bytes in
      for index in 0..<count { bytes.append(UInt8(truncatingIfNeeded: index &* 31 &+ index >> 8)) }
    }
  }

  @Test("takes part of what is too much, says when it is full, and loses nothing")
  func partialSends() throws {
    let loop = try EventLoop()
    let (near, far) = try Loopback.connection()
    near.setSendBuffer(bytes: 16_384)
    let message = pattern(4_000_000)
    guard case .bytes(var sent) = near.send(message, from: 0) else {
      throw SystemError("send", EAGAIN)
    }
    #expect(sent > 0 && sent < message.count)
    while case .bytes(let count) = near.send(message, from: sent) { sent += count }
    #expect(sent < message.count)
    #expect(near.send(message, from: sent) == .full)

    let buffer = ReceiveBuffer(capacity: 65_536)
    var received: [UInt8] = []
    let (writer, reader) = (Probe(), Probe())
    reader.onReady = { _ in
      if case .bytes = far.receive(into: buffer) { received += buffer.copy }
    }
    let reading = try loop.add(far, .readable, reader)
    writer.onReady = { place in
      if case .bytes(let count) = near.send(message, from: sent) { sent += count }
      if sent == message.count { loop.remove(place) }
    }
    _ = try loop.add(near, .writable, writer)
    try loop.turns { received.count >= message.count }
    let arrivedWhole = received == message
    #expect(arrivedWhole)
    loop.remove(reading)
  }

  @Test("what is only looked at, or is behind so many bytes, stays to be read")
  func peek() throws {
    let (near, far) = try Loopback.connection()
    let buffer = ReceiveBuffer(capacity: 8)
    #expect(near.peek(into: buffer) == .nothing)
    #expect(far.send([1, 2, 3, 4, 5, 6], from: 0) == .bytes(6))
    // On loopback it is there when it has been sent.
    #expect(near.peek(into: buffer) == .bytes(6) && buffer.copy() == [1, 2, 3, 4, 5, 6])
    #expect(near.receive(into: buffer, atMost: 4) == .bytes(4) && buffer.copy() == [1, 2, 3, 4])
    #expect(near.receive(into: buffer, atMost: 100) == .bytes(2) && buffer.copy() == [5, 6])
  }

  @Test("a proxy at the other end says whose connection it is")
  func proxied() throws {
    let (near, _) = try Loopback.connection()
    let proxy = near.peer
    #expect(!near.isProxied)
    near.speaks(for: nil)
    #expect(near.isProxied && near.peer == proxy)
    near.speaks(for: SocketAddress("192.0.2.7:40000"))
    #expect(near.isProxied && near.peer.description == "192.0.2.7:40000")
  }

  @Test("nothing to read is told from the end")
  func receive() throws {
    let loop = try EventLoop()
    let (near, far) = try Loopback.connection()
    let buffer = ReceiveBuffer(capacity: 4)
    #expect(near.receive(into: buffer) == .nothing)
    #expect(far.send([1, 2, 3, 4, 5, 6], from: 1) == .bytes(5))
    far.finishSending()
    var read: [UInt8] = []
    var outcomes: [StreamSocket.Received] = []
    let probe = Probe()
    probe.onReady = { _ in
      outcomes.append(near.receive(into: buffer))
      if case .bytes = outcomes.last { read += buffer.copy }
    }
    let registration = try loop.add(near, .readable, probe)
    try loop.turns { outcomes.last == .closed }
    #expect(read == [2, 3, 4, 5, 6])
    #expect(outcomes == [.bytes(4), .bytes(1), .closed])
    loop.remove(registration)
    // Only one direction has ended.
    #expect(near.send([9], from: 0) == .bytes(1))
  }

  @Test("a connection that the peer has reset is closed for both directions, without a signal")
  func reset() throws {
    let loop = try EventLoop()
    var (near, far): (StreamSocket, StreamSocket?) = try Loopback.connection()
    let probe = Probe()
    let registration = try loop.add(near, .readable, probe)
    far = nil
    try loop.turns { !probe.events.isEmpty }
    let buffer = ReceiveBuffer(capacity: 16)
    #expect(near.receive(into: buffer) == .closed)
    // The first send after the end provokes the reset, after that there is no way.
    loop.change(registration, [])
    #expect(near.send([1], from: 0) == .bytes(1))
    let before = probe.events.count
    try loop.turns { probe.events.count > before }
    #expect(near.send([1], from: 0) == .closed)
    #expect(near.receive(into: buffer) == .closed)
    loop.remove(registration)
    _ = far
  }

  @Test("knows both ends")
  func addresses() throws {
    let (near, far) = try Loopback.connection()
    #expect(near.local == far.peer && near.peer == far.local)
    #expect(near.local != near.peer)
  }

  @Test("sending nothing is taken")
  func nothing() throws {
    let (near, _) = try Loopback.connection()
    #expect(near.send([], from: 0) == .bytes(0))
    #expect(near.send([1], from: 1) == .bytes(0))
  }

  @Test("a frame's packets go out in one piece")
  func frame() throws {
    let loop = try EventLoop()
    let (near, far) = try Loopback.connection()
    let packets = PacketBuffer(stride: 116, prefix: 4, frameCapacity: 2, byteCapacity: 64)
    packets.append(pattern(50))
    packets.append(pattern(400))
    #expect(near.send(packets, frame: 1) == .bytes(400))
    let buffer = ReceiveBuffer(capacity: 1000)
    var read: [UInt8] = []
    let probe = Probe()
    probe.onReady = { _ in
      if case .bytes = far.receive(into: buffer) { read += buffer.copy }
    }
    let registration = try loop.add(far, .readable, probe)
    try loop.turns { read.count >= 400 }
    #expect(read == pattern(400))
    loop.remove(registration)
  }
}
