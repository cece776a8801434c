import Reactor
import Testing
import Wire

@testable import Streamd

@Suite("Pacing on a simulated clock")
struct PacingScenarios {
  @Test(
    "an hour of frames, each within a millisecond of its exact time",
    arguments: ["20", "25", "30000/1001", "12.5", "59.94", "7"])
  func noDrift(_ rate: String) throws {
    let world = try World()
    let rate = try #require(FrameRate(rate))
    let viewer = world.subscribe(rate: rate)
    let start = world.now
    viewer.play(.fromStart, at: start)
    world.run(seconds: 3600)
    let expected = 3600 * Double(rate.numerator) / Double(rate.denominator)
    #expect(abs(Double(viewer.sent.count) - expected) <= 1)
    let first = viewer.sent[0].timestamp
    for (number, sent) in viewer.sent.enumerated() {
      // In whole numbers, so that the yardstick itself does not drift.
      let exact = start + Int64(number) * 1_000_000_000 * rate.denominator / rate.numerator
      guard sent.at >= exact, sent.at - exact <= 2_000_000 else {
        Issue.record("frame \(number) at \(sent.at - start), due at \(exact - start)")
        return
      }
      let ticks = Int64(number) * 90_000 * rate.denominator / rate.numerator
      guard sent.timestamp == first &+ UInt32(truncatingIfNeeded: ticks),
        sent.frame == number % 200
      else {
        Issue.record("frame \(number): \(sent)")
        return
      }
    }
  }

  @Test("sequence numbers run on without a gap, round their wrap and the medium's end")
  func sequences() throws {
    let world = try World()
    let viewer = world.subscribe(frames: 3)
    viewer.play(.fromStart, at: world.now)
    world.run(seconds: 600)
    #expect(viewer.sent.count >= 12_000)
    for (a, b) in zip(viewer.sent, viewer.sent.dropFirst()) where b.sequence != a.sequence &+ 10 {
      Issue.record("\(a) is followed by \(b)")
      return
    }
  }

  @Test("a thousand viewers are spread evenly over the milliseconds, whenever they come")
  func spread() throws {
    let world = try World()
    let worker = try Worker(on: world.loop)
    let catalog = Catalog(
      folder: try Folder("/"), rate: .standard, limits: Limits(), worker: worker, loop: world.loop)
    let server = RTSPServer(
      loop: world.loop, catalog: catalog,
      live: LiveStreams(loop: world.loop, normaliser: LiveNormaliser(worker), limits: Limits()),
      limits: Limits(),
      activity: ActivityLog(loop: world.loop), rtpPorts: 25_000...25_001, metrics: Metrics())
    for _ in 0..<1000 {
      let viewer = world.subscribe(frames: 2)
      viewer.play(.fromStart, at: world.loop.now + server.nextPhase(period: 50_000_000))
      world.run(seconds: Double.random(in: 0...0.02))
    }
    world.run(seconds: 2)
    var perSlot: [Instant: Int] = [:]
    for viewer in world.viewers {
      perSlot[viewer.sent[20].at / 1_000_000 % 50, default: 0] += 1
    }
    #expect(perSlot.count == 50)
    #expect(perSlot.values.allSatisfy { (18...22).contains($0) }, "\(perSlot.values.sorted())")
  }

  @Test("a short sleep loses nothing, a long one whole frames, and the schedule is kept")
  func lateness() throws {
    let world = try World()
    let viewer = world.subscribe()
    let start = world.now
    viewer.play(.fromStart, at: start)
    world.run(seconds: 1)
    world.oversleep(seconds: 0.2)
    world.run(seconds: 0.8)
    #expect(viewer.sent.map(\.frame) == Array(0...40))
    #expect(viewer.playhead.skipped == 0)
    world.oversleep(seconds: 3)
    world.run(seconds: 1)
    #expect(viewer.playhead.skipped > 50)
    // What was left out takes no sequence numbers, and time goes on where it would have been.
    for (a, b) in zip(viewer.sent, viewer.sent.dropFirst()) {
      #expect(b.sequence == a.sequence &+ 10)
    }
    let last = try #require(viewer.sent.last)
    #expect(
      last.timestamp &- viewer.sent[0].timestamp == UInt32((last.at - start) / 50_000_000) * 4500)
    #expect(last.frame == Int((last.at - start) / 50_000_000))
  }

  @Test("a slow viewer loses whole frames, its neighbour none")
  func slowViewer() throws {
    let world = try World()
    let (slow, steady) = (world.subscribe(), world.subscribe())
    // Room for three frames of ten.
    slow.hasRoom = { $0 / 50_000_000 % 10 < 3 }
    slow.play(.fromStart, at: world.now)
    steady.play(.fromStart, at: world.now)
    world.run(seconds: 60)
    #expect(steady.counters.skipped == 0 && steady.sent.count == 1201)
    #expect(slow.counters.skipped + slow.sent.count == 1201)
    #expect(abs(slow.sent.count - 360) <= 3)
    for (a, b) in zip(slow.sent, slow.sent.dropFirst()) {
      #expect(b.sequence == a.sequence &+ 10)
    }
    // What is sent is what is due at that moment, not what has waited.
    for sent in slow.sent {
      let same = steady.sent.first { $0.at == sent.at }
      #expect(same?.frame == sent.frame)
    }
  }

  @Test("an SR goes out at PLAY and every five seconds, and maps time to timestamps")
  func reports() throws {
    let world = try World()
    let viewer = world.subscribe()
    viewer.play(.fromStart, at: world.now)
    world.run(seconds: 21)
    #expect(viewer.controls.count == 5)
    for (a, b) in zip(viewer.controls, viewer.controls.dropFirst()) {
      #expect((4_950_000_000...5_050_000_000).contains(b.at - a.at))
    }
    for (at, packets) in viewer.controls {
      guard case .senderReport(let report, _) = packets.first else {
        Issue.record("\(packets)")
        return
      }
      let sent = try #require(viewer.sent.last { $0.at <= at })
      let ahead = Int32(bitPattern: report.timestamp &- sent.timestamp)
      let elapsed = (at - sent.at) * 90 / 1_000_000
      #expect(abs(Int64(ahead) - elapsed) <= 180, "\(ahead) ticks, \(elapsed) by the clock")
      #expect(abs(report.time.realtime - (at + 1_700_000_000_000_000_000)) < 1000)
      let before = viewer.sent.count { $0.at < at }
      #expect(report.packets == UInt32(before * 10))
      #expect(report.octets == UInt32(before * (1000 - 120)))
    }
  }

  @Test("whoever comes back under another SSRC after a goodbye counts anew in reports")
  func countsAnew() throws {
    let world = try World()
    let viewer = world.subscribe()
    viewer.play(PlayOrder(frame: 0, end: .before(40)), at: world.now)
    world.run(seconds: 3)
    let before = viewer.ssrc
    viewer.play(.fromStart, at: world.now)
    world.run(seconds: 1)
    #expect(viewer.ssrc != before && viewer.counters.packets > 400)
    guard case .senderReport(let report, _)? = viewer.controls.last?.packets.first else {
      Issue.record("\(viewer.controls)")
      return
    }
    #expect(report.ssrc == viewer.ssrc && report.packets == 0 && report.octets == 0)
  }

  /// Somebody who has the loop for 30 ms.
  private final class Busy: Wakeable {
    private let clock: SimulatedClock
    init(_ clock: SimulatedClock) { self.clock = clock }
    override func wake(at now: Instant) { clock.nanoseconds += 30_000_000 }
  }

  @Test("a report that goes out late in a turn says the time that its timestamp belongs to")
  func lateReport() throws {
    let world = try World()
    let viewer = world.subscribe()
    let began = world.now + 1_000_000
    let busy = Busy(world.clock)
    world.loop.deadlines.set(busy, at: began)
    viewer.play(.fromStart, at: began)
    world.step()
    #expect(world.now == began + 30_000_000)
    guard case .senderReport(let report, _)? = viewer.controls.first?.packets.first else {
      Issue.record("\(viewer.controls)")
      return
    }
    #expect(abs(report.time.realtime - (began + 1_700_000_000_000_000_000)) < 1000)
  }

  @Test("timestamps run on through pause, seek and end of range; the clock of the media does not")
  func stretches() throws {
    let world = try World()
    let viewer = world.subscribe()
    viewer.play(.fromStart, at: world.now)
    world.run(seconds: 1)
    viewer.pause()
    world.run(seconds: 30)
    viewer.play(.resume, at: world.now)
    world.run(seconds: 1)
    viewer.move(PlayOrder(frame: 150, end: .before(160)))
    world.run(seconds: 5)
    #expect(viewer.sent.map(\.frame) == Array(0...41) + Array(150..<160))
    for (a, b) in zip(viewer.sent, viewer.sent.dropFirst()) {
      #expect(b.timestamp == a.timestamp &+ 4500)
      #expect(b.sequence == a.sequence &+ 10)
    }
    #expect(!viewer.isPlaying)
    guard case .goodbye = viewer.controls.last?.packets.last else {
      Issue.record("no BYE at the end of the range")
      return
    }
    let ssrc = viewer.ssrc
    viewer.play(.fromStart, at: world.now)
    world.run(seconds: 0.1)
    #expect(viewer.ssrc != ssrc)
    #expect(viewer.sent.last?.frame == 2 || viewer.sent.last?.frame == 1)
  }

  @Test("the classroom's sequence numbers begin with 1, and no report is owed to it before a frame")
  func classroom() throws {
    let world = try World()
    let viewer = world.subscribe(isClassroom: true)
    viewer.play(.resume, at: world.now)
    world.run(seconds: 0.1)
    #expect(viewer.sent[0].sequence == 1)
  }
}
