import Foundation
import Reactor
import Testing
import Wire

@testable import Streamd

/// When a source is pulled and when not, on a clock that the test moves (``RelayStage``).
@Suite("A relay")
struct RelayTests {
  @Test("on demand it rests until somebody watches, and again when nobody has for a while")
  func onDemand() throws {
    let stage = try RelayStage()
    stage.relays.use([try stage.settings(mode: .onDemand)])
    try stage.run(seconds: 60, isThorough: true)
    #expect(try stage.report().state == "idle" && stage.camera.requests.isEmpty)
    let watcher = try stage.watch()
    #expect(try stage.report().state == "connecting")
    try stage.showUntilPlaying()
    try stage.wait { watcher.pictures > 0 }
    #expect(stage.camera.requests == ["OPTIONS", "DESCRIBE", "SETUP", "PLAY"])
    let report = try stage.report()
    #expect(report.viewers == 1 && report.frames > 0 && report.packets >= report.frames * 2)
    #expect(report.transport == "tcp" && report.lost == 0 && report.lastError.isEmpty)
    let stream = try #require(stage.live["camera"])
    stream.remove(watcher)
    try stage.run(seconds: 9.9)
    #expect(try stage.report().state == "playing")
    // Somebody comes back, and nothing begins anew.
    let other = try stage.watch()
    let seen = try stage.report().frames
    try stage.wait {
      stage.camera.show()
      return try stage.report().frames > seen
    }
    try stage.run(seconds: 3)
    stream.remove(other)
    try stage.run(seconds: 10.1)
    try stage.wait { stage.camera.openCount == 0 }
    #expect(try stage.report().state == "idle" && stage.report().transport.isEmpty)
    #expect(stage.camera.requests.filter { $0 == "PLAY" }.count == 1)
    #expect(stage.camera.requests.last == "TEARDOWN")
    _ = try stage.watch()
    try stage.showUntilPlaying()
    #expect(try stage.report().reconnects == 1)
    try stage.end()
  }

  @Test("who comes just after it was let go waits for its picture, and is not thrown out")
  func letGo() throws {
    let stage = try RelayStage()
    stage.relays.use([try stage.settings(mode: .onDemand)])
    let first = try stage.watch()
    try stage.showUntilPlaying()
    try stage.wait { first.pictures > 0 }
    let stream = try #require(stage.live["camera"])
    stream.remove(first)
    try stage.run(seconds: 10.1)
    try stage.wait { stage.camera.openCount == 0 }
    #expect(stream.state == .waiting && stream.latest == nil)
    try stage.run(seconds: 9)
    let late = try stage.watch()
    // Where the last picture would have been held for, had it gone by itself.
    try stage.run(seconds: 1.5)
    #expect(late.end == nil)
    try stage.showUntilPlaying()
    try stage.wait { late.pictures > 0 }
    #expect(late.end == nil)
    try stage.end()
  }

  @Test("what comes as fast as the network is no camera: what is too much is left out")
  func tooFast() throws {
    let stage = try RelayStage()
    stage.relays.use([try stage.settings()])
    try stage.showUntilPlaying()
    let before = try stage.report().frames
    for _ in 0..<400 { stage.camera.show() }
    try stage.wait { try stage.report().frames >= before + 400 }
    // A quarter of a second's worth at once.
    let shown = try #require(stage.live["camera"]).counters.frames
    #expect((1...62).contains(shown), "\(shown)")
    #expect(try stage.report().framesSkipped >= 338)
    try stage.run(seconds: 1)
    stage.camera.show()
    try stage.wait { try #require(stage.live["camera"]).counters.frames == shown + 1 }
    try stage.end()
  }

  @Test("a camera that is away for a night is tried again at least every half minute, and found")
  func away() throws {
    let stage = try RelayStage()
    stage.camera.stop()
    stage.relays.use([try stage.settings()])
    let begin = stage.now
    try stage.wait { try stage.report().state == "retrying" }
    var attempts: [Instant] = []
    var known = 0
    while stage.now < begin + 8 * 3600 * 1000 {
      let wait = try #require(stage.report().retryInS)
      #expect(wait <= 30 && wait >= 0.3)
      // What is told is rounded to tenths.
      try stage.run(seconds: wait + 0.1)
      try stage.wait { try stage.report().state == "retrying" && stage.report().reconnects > known }
      known = try stage.report().reconnects
      attempts.append(stage.now - begin)
    }
    #expect(attempts.count > 8 * 120 && attempts.count < 8 * 170, "\(attempts.count)")
    #expect(attempts[0] <= 600 && attempts[3] <= 8000, "\(attempts.prefix(5))")
    #expect(try stage.report().lastError.contains("Connection refused"))
    // It is told of once, not a thousand times.
    #expect(stage.log.filter { $0.hasPrefix("source cannot be reached") }.count == 1)
    try stage.camera.start()
    try stage.run(seconds: 31)
    try stage.showUntilPlaying()
    let report = try stage.report()
    #expect(report.lastError.isEmpty && report.retryInS == nil)
    try stage.end()
  }

  @Test("after a success the next trouble is tried again at once, after a short one not")
  func forgiven() throws {
    let stage = try RelayStage()
    stage.camera.stop()
    stage.relays.use([try stage.settings()])
    try stage.wait { try stage.report().state == "retrying" }
    for _ in 0..<8 {
      let known = try stage.report().reconnects
      try stage.run(seconds: 30.1)
      try stage.wait { try stage.report().state == "retrying" && stage.report().reconnects > known }
    }
    for (seconds, range) in [(1.0, 20.0...30), (6, 0.3...0.5)] {
      try stage.camera.start()
      try stage.run(seconds: try #require(stage.report().retryInS) + 0.1)
      try stage.showUntilPlaying()
      try stage.run(seconds: seconds)
      stage.camera.stop()
      try stage.wait { try stage.report().state == "retrying" }
      #expect(range.contains(try #require(stage.report().retryInS)), "after \(seconds) s")
    }
    try stage.end()
  }

  @Test("silence is no stream: neither before the first picture nor after the last one")
  func silence() throws {
    let stage = try RelayStage()
    stage.camera.silentAt = "DESCRIBE"
    stage.relays.use([try stage.settings()])
    try stage.wait { stage.camera.requests.count == 2 }
    try stage.run(seconds: 5.1)
    #expect(try stage.report().lastError.hasSuffix("does not answer"))
    #expect(try stage.report().state == "retrying")
    // It plays, and shows nothing.
    stage.camera.silentAt = nil
    try stage.run(seconds: 1)
    try stage.wait { stage.camera.requests.last == "PLAY" }
    try stage.settle()
    #expect(try stage.report().state == "connecting")
    try stage.run(seconds: 15.1)
    #expect(try stage.report().state == "retrying")
    #expect(try stage.report().lastError == "nothing comes any more")
    try stage.run(seconds: 2.1)
    try stage.showUntilPlaying()
    try stage.run(seconds: 14)
    #expect(try stage.report().state == "playing")
    try stage.run(seconds: 1.2)
    #expect(try stage.report().state == "retrying")
    try stage.end()
  }

  @Test("viewers see the last picture while it is away, then end, and new ones wait for its return")
  func viewers() throws {
    let stage = try RelayStage()
    stage.relays.use([try stage.settings()])
    let watcher = try stage.watch()
    try stage.showUntilPlaying()
    stage.camera.stop()
    try stage.wait { try stage.report().state == "retrying" }
    #expect(stage.live["camera"]?.state == .held && watcher.end == nil)
    try stage.run(seconds: 10.1, isThorough: true)
    #expect(watcher.end?.isEmpty == false && stage.live["camera"]?.state == .waiting)
    let late = try stage.watch()
    try stage.camera.start()
    try stage.run(seconds: try #require(stage.report().retryInS) + 0.1)
    try stage.showUntilPlaying()
    try stage.wait { late.pictures > 0 }
    try stage.end()
  }

  @Test("a new configuration leaves alone what has not changed")
  func reconfigured() throws {
    let stage = try RelayStage()
    let (first, second) = (try stage.settings("a"), try stage.settings("b"))
    stage.relays.use([first, second])
    try stage.wait { stage.camera.requests.filter { $0 == "PLAY" }.count == 2 }
    try stage.wait {
      stage.camera.show()
      return try stage.report("a").state == "playing" && stage.report("b").state == "playing"
    }
    let (relay, watcher) = (try #require(stage.relays["a"]), try stage.watch("b"))
    var changed = second
    changed.graceSeconds = 11
    let ended = try stage.settings("d", mode: .onDemand)
    stage.relays.use([first, second, ended])
    let last = try stage.watch("d")
    stage.relays.use([first, changed, try stage.settings("c", mode: .onDemand)])
    #expect(stage.relays["a"] === relay && relay.reconnects == 0 && relay.state == "playing")
    #expect(
      last.end != nil && watcher.end != nil
        && stage.relays.all.map(\.settings.name) == ["a", "b", "c"])
    try stage.wait { stage.camera.requests.filter { $0 == "PLAY" }.count == 3 }
    try stage.wait { stage.camera.openCount == 2 }
    stage.relays.use([])
    #expect(stage.live.all.isEmpty && stage.relays.reports().isEmpty)
    try stage.wait { stage.camera.openCount == 0 }
    try stage.end()
  }

  @Test("what is published stands in the same list")
  func published() throws {
    final class Publisher: LivePublisher {
      func displaced() {}
      func kick() {}
      var report: ClientReport {
        var report = ClientReport()
        (report.videoFile, report.transport) = ("live/door", "tcp")
        return report
      }
    }
    let stage = try RelayStage()
    stage.relays.use([try stage.settings("zoo", mode: .onDemand)])
    let publisher = Publisher()
    let stream = try stage.live.publish("live/door", by: publisher)
    #expect(stage.relays.reports().map(\.name) == ["live/door", "zoo"])
    let report = stage.relays.reports()[0]
    #expect(report.mode == "published" && report.state == "waiting" && report.url.isEmpty)
    #expect(report.transport == "tcp")
    stage.live.unpublish(stream, by: publisher, reason: "it has left")
    try stage.end()
  }
}

/// Names are looked up beside the loop.
@Suite("A relay with a name")
struct RelayNameTests {
  @Test("each address of a name is tried, in order")
  func inOrder() throws {
    let stage = try RelayStage(lookup: { _, port in
      .success(
        ["127.0.0.9", "127.0.0.8", "127.0.0.1"].compactMap {
          SocketAddress(host: $0, port: port)
        })
    })
    stage.relays.use([try stage.settings(host: "camera.example")])
    try stage.showUntilPlaying()
    let report = try stage.report()
    #expect(report.reconnects == 0 && report.url.hasPrefix("rtsp://camera.example:"))
    #expect(!stage.log.contains { $0.hasPrefix("source cannot be reached") })
    try stage.end()
  }

  @Test("a name that is not found is looked up again; one that was found is better than none")
  func notFound() throws {
    let answers = Answers([false, false, true, false])
    let stage = try RelayStage(lookup: { _, port in answers.next(port) })
    stage.relays.use([try stage.settings(host: "camera.example")])
    for attempt in 1...2 {
      try stage.wait { try stage.report().state == "retrying" && answers.count == attempt }
      #expect(try stage.report().lastError == "cannot find camera.example: no luck")
      try stage.run(seconds: 1.1)
    }
    try stage.showUntilPlaying()
    stage.camera.stop()
    try stage.wait { try stage.report().state == "retrying" }
    try stage.camera.start()
    try stage.run(seconds: 2.1)
    try stage.showUntilPlaying()
    #expect(answers.count == 4)
    try stage.end()
  }

  @Test("a lookup that takes its time keeps nobody from anything, and comes too late for nothing")
  func slow() throws {
    let gate = DispatchSemaphore(value: 0)
    let stage = try RelayStage(lookup: { _, port in
      gate.wait()
      return .success([.localhost(port: port)])
    })
    stage.relays.use([
      try stage.settings("slow", host: "slow.example"), try stage.settings("camera"),
    ])
    try stage.showUntilPlaying("camera")
    #expect(try stage.report("slow").state == "connecting")
    stage.relays.use([try stage.settings("camera")])
    gate.signal()
    try stage.settle()
    #expect(stage.camera.openCount == 1 && stage.relays.all.count == 1)
    try stage.end()
  }

  /// What a name server says, one after the other.
  private final class Answers: Sendable {
    private let answers: [Bool]
    private let asked = Counter()

    init(_ answers: [Bool]) { self.answers = answers }

    var count: Int { asked.value }

    func next(_ port: UInt16) -> NameResolver.Found {
      let number = asked.increment()
      return answers[min(number, answers.count - 1)]
        ? .success([.localhost(port: port)]) : .failure(NameLookup.Failure(reason: "no luck"))
    }
  }
}
