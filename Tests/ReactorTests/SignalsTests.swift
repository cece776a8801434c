import Glibc
import Testing

@testable import Reactor

// Signals belong to a whole process, hence one of its own for each test.
@Suite("Signals")
struct SignalsTests {
  @Test("arrive as events of the loop, and none of them ends the process")
  func events() async {
    await #expect(processExitsWith: .success) {
      let loop = try EventLoop()
      var received: [Signals.Signal] = []
      let signals = try Signals(on: loop) { received.append($0) }
      for signal in [SIGINT, SIGHUP, SIGTERM] { raise(signal) }
      try loop.turns { received.count == 3 }
      #expect(Set(received) == [.interrupt, .hangup, .terminate])
      raise(SIGTERM)
      try loop.turns { received.count == 4 }
      #expect(received.last == .terminate)
      withExtendedLifetime(signals) {}
    }
  }

  @Test("a broken pipe does not end the process")
  func brokenPipe() async {
    await #expect(processExitsWith: .success) {
      let loop = try EventLoop()
      let signals = try Signals(on: loop) { _ in }
      raise(SIGPIPE)
      withExtendedLifetime(signals) {}
    }
  }
}
