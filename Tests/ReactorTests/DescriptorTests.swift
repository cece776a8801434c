import Testing

@testable import Reactor

@Suite("Descriptor")
struct DescriptorTests {
  @Test("is closed when its owner goes, and the peer learns of it")
  func closes() throws {
    let loop = try EventLoop()
    var (near, far): (StreamSocket?, StreamSocket) = try Loopback.connection()
    let buffer = ReceiveBuffer(capacity: 16)
    #expect(near != nil && far.receive(into: buffer) == .nothing)
    let probe = Probe()
    let registration = try loop.add(far, .readable, probe)
    near = nil
    try loop.turns { !probe.events.isEmpty }
    #expect(far.receive(into: buffer) == .closed)
    loop.remove(registration)
  }
}
