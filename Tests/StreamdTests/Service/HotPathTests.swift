import Foundation
import Testing

/// What a viewer's frame costs the program that is shipped, counted and not timed: a busy machine
/// changes nothing in it.
@Suite("Hot path", .enabled(if: Machine.isPossible), .serialized)
struct HotPathTests {
  private struct Cost: Decodable {
    var transport: String
    var sendsPerFrame: Double
    var allocationsPer10000Frames: Double
    var copiedPerSentByte: Double
    var callsPerSend: Double
    var calls: [String: Int]
  }

  @Test("a viewer's frame is one system call, without an allocation and without a copy")
  func counts() async throws {
    let package = try await Machine.package.value
    let folder = try TemporaryFolder()
    let unpacked = try await Tool.run("dpkg-deb", ["-x", package, folder.path], seconds: 60)
    #expect(unpacked.status == 0, "\(unpacked.errors)")
    let result = try await Tool.run(
      Repository.root.appending(path: "Tests/Tools/hot-path").path,
      ["streamd", "streamctl"].map { "\(folder.path)/usr/bin/\($0)" }, seconds: 120)
    #expect(result.status == 0, "\(result.errors)")
    let decoder = JSONDecoder()
    decoder.keyDecodingStrategy = .convertFromSnakeCase
    let costs = try result.output.split(separator: 0x0A).map {
      try decoder.decode(Cost.self, from: Data($0))
    }
    #expect(costs.map(\.transport) == ["udp", "tcp", "http", "ws"])
    for cost in costs {
      print("hot path:", cost)
      // By the clock, to which a frame more or less at each end of the time is a part of this. A
      // busy machine leaves frames out.
      #expect(cost.sendsPerFrame < 1.05 && cost.sendsPerFrame > 0.3, "\(cost)")
      // What a picture for WebSockets takes itself, shared by all of them, differs a little.
      let limit = cost.transport == "ws" ? 500.0 : 0
      #expect(cost.allocationsPer10000Frames <= limit, "\(cost)")
      #expect(cost.copiedPerSentByte < 0.01, "\(cost)")
      // Beside the sends there are two calls for each of a thousand wake-ups a second at most.
      #expect(cost.callsPerSend < 1.6, "\(cost)")
      // A session's own pictures come in with one call each.
      let known: Set = ["sendto", "recvfrom", "recvmsg", "epoll_wait", "timerfd_settime"]
      #expect(cost.calls.filter { !known.contains($0.key) }.values.reduce(0, +) < 50, "\(cost)")
    }
  }
}
