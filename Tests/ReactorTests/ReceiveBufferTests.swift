import Testing

@testable import Reactor

@Suite("Receive buffer")
struct ReceiveBufferTests {
  @Test("lends exactly what the last read brought, also when it is less than before")
  func lastRead() throws {
    let (near, far) = try Loopback.connection()
    let loop = try EventLoop()
    let buffer = ReceiveBuffer(capacity: 8)
    #expect(buffer.copy == [])
    var reads: [[UInt8]] = []
    let probe = Probe()
    probe.onReady = { _ in
      if case .bytes = far.receive(into: buffer) { reads.append(buffer.copy) }
    }
    let registration = try loop.add(far, .readable, probe)
    #expect(near.send([1, 2, 3, 4, 5, 6, 7, 8, 9, 10], from: 0) == .bytes(10))
    try loop.turns { reads.count == 2 }
    #expect(reads == [[1, 2, 3, 4, 5, 6, 7, 8], [9, 10]])
    loop.remove(registration)
  }
}
