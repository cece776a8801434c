import Testing

@testable import Reactor

@Suite("Output queue")
struct OutputQueueTests {
  /// Flushes into a connection while its other end reads, until nothing is left on the way.
  private func drain(
    _ queue: inout OutputQueue, _ near: StreamSocket, _ far: StreamSocket, expecting count: Int
  ) throws -> [UInt8] {
    let loop = try EventLoop()
    let buffer = ReceiveBuffer(capacity: 65_536)
    var read: [UInt8] = []
    let probe = Probe()
    probe.onReady = { _ in
      if case .bytes = far.receive(into: buffer) { read += buffer.copy }
    }
    let reading = try loop.add(far, .readable, probe)
    let writing = try loop.add(near, .writable, Probe())
    var isOpen = true
    try loop.turns {
      isOpen = isOpen && queue.flush(to: near)
      if queue.isEmpty { loop.change(writing, []) }
      return read.count >= count || !isOpen
    }
    #expect(isOpen)
    loop.remove(reading)
    loop.remove(writing)
    return read
  }

  @Test("what is appended leaves in order, however slowly the peer reads")
  func order() throws {
    let (near, far) = try Loopback.connection()
    near.setSendBuffer(bytes: 8192)
    var queue = OutputQueue(limit: .max)
    var expected: [UInt8] = []
    for message in 0..<20 {
      // The first is more than the kernel takes, so that the others meet a queue whose front has
      // left.
      let count = message == 0 ? 2_000_000 : 1 + message * 113
      let bytes = [UInt8](repeating: UInt8(truncatingIfNeeded: message), count: count)
      queue.append(bytes)
      expected += bytes
      let isOpen = queue.flush(to: near)
      #expect(isOpen && queue.count < expected.count)
    }
    #expect(!queue.isEmpty)
    let read = try drain(&queue, near, far, expecting: expected.count)
    #expect(read == expected)
    #expect(queue.isEmpty && queue.count == 0)
  }

  @Test("is full when its limit is reached, and has room again when something has left")
  func bound() throws {
    let (near, far) = try Loopback.connection()
    var queue = OutputQueue(limit: 10)
    #expect(queue.isEmpty && queue.hasRoom)
    queue.append([UInt8](repeating: 1, count: 9))
    #expect(queue.hasRoom && queue.count == 9)
    queue.append([2])
    #expect(!queue.hasRoom && queue.count == 10)
    let read = try drain(&queue, near, far, expecting: 10)
    #expect(read == [1, 1, 1, 1, 1, 1, 1, 1, 1, 2])
    #expect(queue.hasRoom && queue.isEmpty)
  }

  @Test("a slow peer leaves the rest in the queue")
  func slowPeer() throws {
    let (near, far) = try Loopback.connection()
    near.setSendBuffer(bytes: 8192)
    var queue = OutputQueue(limit: 1)
    queue.append([UInt8](repeating: 7, count: 8_000_000))
    let isOpen = queue.flush(to: near)
    #expect(isOpen)
    #expect(queue.count > 0 && queue.count < 8_000_000)
    _ = far
  }

  @Test("a broken connection is told")
  func broken() throws {
    let (near, _) = try Loopback.connection()
    let loop = try EventLoop()
    var queue = OutputQueue(limit: 10)
    let probe = Probe()
    let registration = try loop.add(near, .readable, probe)
    var isOpen = true
    probe.onReady = { _ in
      queue.append([1])
      isOpen = queue.flush(to: near)
    }
    try loop.turns { !isOpen }
    #expect(!queue.isEmpty)
    loop.remove(registration)
  }

  @Test("the rest of a frame is copied out before its buffer is stamped for the next viewer")
  func restOfFrame() throws {
    let (near, far) = try Loopback.connection()
    near.setSendBuffer(bytes: 8192)
    let packets = PacketBuffer(stride: 1404, prefix: 4, frameCapacity: 1, byteCapacity: 1)
    packets.append([UInt8](repeating: 0x55, count: 1404 * 2000))
    packets.patch(
      frame: 0, with: .init(sequence: 65_000, timestamp: 0x0102_0304, ssrc: 0xA, channel: 2))
    let first = packets.copy(of: 0)
    guard case .bytes(let taken) = near.send(packets, frame: 0) else {
      throw SystemError("send", 0)
    }
    #expect(taken > 0 && taken < first.count)
    var queue = OutputQueue(limit: 1)
    queue.append(restOf: packets, frame: 0, taken: taken)
    #expect(queue.count == first.count - taken)
    packets.patch(frame: 0, with: .init(sequence: 1, timestamp: 1, ssrc: 1, channel: 8))
    queue.append([1, 2, 3])
    let read = try drain(&queue, near, far, expecting: first.count + 3)
    let isFirst = read == first + [1, 2, 3]
    #expect(isFirst)
  }
}
