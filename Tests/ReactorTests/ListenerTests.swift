import Glibc
import Testing

@testable import Reactor

@Suite("Listener")
struct ListenerTests {
  @Test("port 0 gives a free port, and its number is known", arguments: ["127.0.0.1", "::1"])
  func anyPort(host: String) throws {
    guard host != "::1" || Loopback.hasIPv6 else { return }
    let loop = try EventLoop()
    var accepted: [StreamSocket] = []
    let address = try #require(SocketAddress(host: host, port: 0))
    let listener = try Listener(
      address, on: loop, exhausted: { _ in }, accepted: { accepted.append($0) })
    #expect(listener.address.port > 0 && listener.address.host == host)
    let client = try Loopback.connect(to: listener.address)
    try loop.turns { !accepted.isEmpty }
    #expect(accepted.map(\.local) == [listener.address])
    #expect(accepted.map(\.peer) == [client.local])
    listener.close()
  }

  @Test("an address that is in use is reported as such")
  func inUse() throws {
    let loop = try EventLoop()
    let first = try Listener(Loopback.any, on: loop, exhausted: { _ in }, accepted: { _ in })
    let error = #expect(throws: SystemError.self) {
      _ = try Listener(first.address, on: loop, exhausted: { _ in }, accepted: { _ in })
    }
    #expect(error?.isAddressInUse == true && error?.call == "bind")
    first.close()
  }

  @Test("an address of another machine is reported as such")
  func notAvailable() throws {
    let loop = try EventLoop()
    let address = try #require(SocketAddress("192.0.2.1:0"))
    let error = #expect(throws: SystemError.self) {
      _ = try Listener(address, on: loop, exhausted: { _ in }, accepted: { _ in })
    }
    #expect(error?.isAddressNotAvailable == true)
  }

  @Test("a port is free again as soon as its listener is gone, even with connections left over")
  func reuse() throws {
    let loop = try EventLoop()
    var accepted: [StreamSocket] = []
    var listener: Listener? = try Listener(
      Loopback.any, on: loop, exhausted: { _ in }, accepted: { accepted.append($0) })
    let address = try #require(listener?.address)
    let client = try Loopback.connect(to: address)
    try loop.turns { !accepted.isEmpty }
    listener?.close()
    listener = nil
    let second = try Listener(address, on: loop, exhausted: { _ in }, accepted: { _ in })
    #expect(second.address == address && client.peer == address)
    second.close()
  }

  @Test("accepts a burst of 500 connections, a bounded number of them per turn")
  func burst() throws {
    Process.raiseDescriptorLimit()
    let loop = try EventLoop()
    var accepted: [StreamSocket] = []
    let listener = try Listener(
      Loopback.any, on: loop, exhausted: { _ in }, accepted: { accepted.append($0) })
    let clients = try (0..<500).map { _ in try Loopback.connect(to: listener.address) }
    try loop.turn()
    #expect(accepted.count == 16)
    try loop.turns { accepted.count >= 500 }
    #expect(Set(accepted.map(\.peer.port)) == Set(clients.map(\.local.port)))
    listener.close()
  }

  @Test("whoever accepts may close the listener there and then")
  func closedWhileAccepting() throws {
    let loop = try EventLoop()
    var listener: Listener?
    var accepted = 0
    listener = try Listener(Loopback.any, on: loop, exhausted: { _ in }) { _ in
      accepted += 1
      listener?.close()
    }
    let address = try #require(listener?.address)
    let clients = try (0..<3).map { _ in try Loopback.connect(to: address) }
    try loop.turns { accepted > 0 }
    #expect(accepted == 1 && clients.count == 3)
    listener = nil
  }

  @Test("rests when the descriptors run out, without spinning, and accepts again afterwards")
  func exhaustion() async {
    // In a process of its own: no other test must run out.
    await #expect(processExitsWith: .success) {
      let loop = try EventLoop()
      var accepted: [StreamSocket] = []
      var errors: [SystemError] = []
      let listener = try Listener(
        Loopback.any, on: loop, exhausted: { errors.append($0) },
        accepted: { accepted.append($0) })
      let clients = try (0..<500).map { _ in try Loopback.connect(to: listener.address) }
      // Whatever this process has inherited, a few more are allowed and then taken.
      let free = rlim_t(try checkedCall("dup") { Int(dup(STDERR_FILENO)) })
      var limit = rlimit(rlim_cur: free + 600, rlim_max: free + 600)
      let limited = unsafe setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
      try #require(limited == 0)
      var occupied = [Int32(free)]
      while case .value(let number) = systemCall({ Int(dup(STDERR_FILENO)) }) {
        occupied.append(Int32(number))
      }

      // One descriptor is left, perhaps some more that other threads of the process give back: so
      // many connections get one, the others have to wait.
      close(occupied.removeLast())
      try loop.turns { !errors.isEmpty }
      #expect(accepted.count < clients.count)
      #expect(errors == [SystemError("accept4", EMFILE)])
      let start = loop.now
      let turns = try loop.turns { errors.count == 2 }
      #expect(turns <= 3, "the loop spins while the listener rests")
      #expect(loop.now - start >= 50_000_000)

      for number in occupied { close(number) }
      try loop.turns { accepted.count == clients.count }
      #expect(errors.count == 2)
      #expect(Set(accepted.map(\.peer.port)) == Set(clients.map(\.local.port)))
      listener.close()
    }
  }
}
