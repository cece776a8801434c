import Glibc
import Testing

@testable import Reactor

@Suite("Waiting without a loop")
struct WaitTests {
  private let clock = SystemClock()
  private func soon(_ milliseconds: Int64) -> Instant { clock.now() + milliseconds * 1_000_000 }

  @Test("a deadline is waited for, not longer and not shorter")
  func deadline() {
    let start = clock.now()
    #expect(Wait.until(start + 30_000_000) == .deadline)
    let taken = clock.now() - start
    #expect(taken >= 30_000_000 && taken < 10_000_000_000)
    #expect(Wait.until(start) == .deadline, "a moment that has passed")
    #expect(Wait.until(.min) == .deadline)
  }

  @Test("a connection is ready to read when bytes or its end are there")
  func reading() throws {
    let (near, far) = try Loopback.connection()
    #expect(Wait.for(near, .reading, until: soon(10)) == .deadline)
    #expect(Wait.for(near, .writing, until: soon(5000)) == .ready)
    #expect(far.send([1], from: 0) == .bytes(1))
    #expect(Wait.for(near, .reading, until: soon(5000)) == .ready)
    let buffer = ReceiveBuffer(capacity: 8)
    #expect(near.receive(into: buffer) == .bytes(1))
    far.finishSending()
    #expect(Wait.for(near, .reading, until: soon(5000)) == .ready)
    #expect(near.receive(into: buffer) == .closed)
  }

  @Test("a connection that is refused is ready, and says why")
  func refused() throws {
    // A port that is bound and does not listen.
    let holder = try Socket.open(.stream, AF_INET)
    try Socket.bind(holder, to: Loopback.any)
    let bound = Socket.localAddress(holder)
    let address = try #require(bound)
    let socket = try StreamSocket(connectingTo: address)
    #expect(Wait.for(socket, .writing, until: soon(5000)) == .ready)
    #expect(!socket.isConnected)
    #expect(socket.receive(into: ReceiveBuffer(capacity: 1)) == .closed)
    #expect(socket.failure?.code == ECONNREFUSED)
  }
}
