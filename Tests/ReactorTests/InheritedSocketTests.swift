import Glibc
import Testing

@testable import Reactor

/// `take(environment:)` itself needs a process of its own: ServiceTests of the daemon start one.
@Suite("InheritedSocket")
struct InheritedSocketTests {
  @Test("a listener is taken over with its name and address, and accepts")
  func listens() throws {
    let descriptor = try Socket.open(.stream, AF_INET)
    try Socket.bind(descriptor, to: Loopback.any)
    #expect(listen(descriptor.number, 8) == 0)
    let taken = InheritedSocket(descriptor, name: "http")
    let socket = try #require(taken)
    #expect(socket.name == "http" && socket.address.port > 0)
    let loop = try EventLoop()
    var accepted = 0
    let listener = try Listener(
      inherited: socket, on: loop, exhausted: { _ in }, accepted: { _ in accepted += 1 })
    #expect(listener.address == socket.address)
    let client = try Loopback.connect(to: listener.address)
    try loop.turns { accepted == 1 }
    #expect(client.peer == listener.address)
    #expect(throws: SystemError.self, "a socket has one owner") {
      _ = try Listener(inherited: socket, on: loop, exhausted: { _ in }, accepted: { _ in })
    }
    listener.close()
  }

  @Test("what does not listen for streams is not taken")
  func others() throws {
    let unbound = try Socket.open(.stream, AF_INET)
    let datagrams = try Socket.open(.datagram, AF_INET)
    let file = Descriptor(unsafe open("/dev/null", O_RDONLY))
    let taken = [
      InheritedSocket(unbound, name: ""), InheritedSocket(datagrams, name: ""),
      InheritedSocket(file, name: ""),
    ]
    #expect(taken.allSatisfy { $0 == nil })
  }

  @Test(
    "nothing is taken unless it is announced for this process, in a sane number",
    arguments: [
      [:], ["LISTEN_FDS": "1"], ["LISTEN_FDS": "1", "LISTEN_PID": "1"],
      ["LISTEN_FDS": "0", "LISTEN_PID": "SELF"], ["LISTEN_FDS": "-1", "LISTEN_PID": "SELF"],
      ["LISTEN_FDS": "100000", "LISTEN_PID": "SELF"], ["LISTEN_FDS": "x", "LISTEN_PID": "SELF"],
    ])
  func unannounced(environment: [String: String]) {
    let environment = environment.mapValues { $0 == "SELF" ? String(getpid()) : $0 }
    #expect(InheritedSocket.take(environment: environment).isEmpty)
  }
}
