import Testing

@testable import Reactor
@testable import Streamd
@testable import Wire

/// A live source and its viewers on a simulated clock.
private final class Broadcast {
  let world: World
  let stream: LiveStream
  private(set) var viewers: [(way: RecordingWay, subscriber: LiveSubscriber)] = []
  private(set) var isOver = false
  private var number = 0

  init() throws {
    world = try World()
    stream = LiveStream(
      "live/door", isLasting: false, loop: world.loop,
      normaliser: LiveNormaliser(try Worker(on: world.loop)), limits: Limits())
    stream.ended = { [unowned self] in isOver = true }
  }

  deinit {
    for (_, subscriber) in viewers { subscriber.finish() }
    world.loop.deadlines.clear(stream)
  }

  /// The source's next picture, with its clock's time in seconds.
  func picture(_ seconds: Double? = nil) {
    number += 1
    stream.take(
      Picture(
        jpeg: Self.jpeg, number: number, due: nil,
        timestamp: seconds.map { UInt32(truncatingIfNeeded: Int64(($0 * 90_000).rounded())) }))
  }

  private static let jpeg =
    RTPJPEGFrame(
      width: 16, height: 16, sampling: .halved, restartInterval: 0,
      quantizationTables: (1...128).map { UInt8($0) }
    ).fileHeader + [1, 2, 3, 4, 0xFF, 0xD9]

  @discardableResult
  func viewer() -> RecordingWay {
    let way = RecordingWay(isClassroom: false, loop: world.loop)
    let subscriber = LiveSubscriber(
      stream, way: way, limits: Limits(), loop: world.loop, ended: { _ in way.ends += 1 })
    viewers.append((way, subscriber))
    subscriber.play(.resume) { _ in
      Issue.record("a live source has no period")
      return 0
    }
    return way
  }
}

@Suite("Live sources on a simulated clock")
struct LiveScenarios {
  @Test("frames leave when they come, unevenly as they do, under the source's timestamps")
  func jitter() throws {
    let broadcast = try Broadcast()
    let world = broadcast.world
    broadcast.picture(10)
    let viewer = broadcast.viewer()
    world.run(seconds: 0.01)
    #expect(viewer.sent.count == 1, "whoever comes begins with the newest picture at once")
    let first = viewer.sent[0].timestamp
    for (number, delay) in [0.031, 0.07, 0.012, 0.047].enumerated() {
      world.run(seconds: delay)
      let now = world.now
      broadcast.picture(10 + 0.04 * Double(number + 1))
      #expect(viewer.sent.last?.at == now)
      #expect(viewer.sent.last?.timestamp == first &+ UInt32(3600 * (number + 1)))
    }
    #expect(viewer.sent.count == 5)
    for (a, b) in zip(viewer.sent, viewer.sent.dropFirst()) {
      #expect(b.sequence == a.sequence &+ 1)
    }
  }

  @Test("a crowd is served in turns, always in the same order, and everybody gets everything")
  func crowd() throws {
    let broadcast = try Broadcast()
    broadcast.picture(0)
    let viewers = (0..<1000).map { _ in broadcast.viewer() }
    broadcast.world.run(seconds: 0.1)
    for number in 1...5 {
      broadcast.picture(Double(number) * 0.05)
      // The first are served at once, so that the others on the loop wait for them only.
      #expect(viewers.count { $0.sent.count == number + 1 } == 128)
      broadcast.world.run(seconds: 0.05)
    }
    #expect(viewers.allSatisfy { $0.sent.count == 6 })
    for (a, b) in zip(viewers, viewers.dropFirst()) { #expect(a.sent[5].at <= b.sent[5].at) }
    #expect(broadcast.viewers.allSatisfy { $0.subscriber.total.skipped == 0 })
  }

  @Test("when pictures come faster than they can be sent, all lose some, and none more than others")
  func overload() throws {
    let broadcast = try Broadcast()
    broadcast.picture(0)
    let viewers = (0..<300).map { _ in broadcast.viewer() }
    broadcast.world.run(seconds: 0.1)
    // 128 viewers a turn, and a turn a picture.
    for number in 1...300 { broadcast.picture(Double(number) * 0.01) }
    broadcast.world.run(seconds: 0.1)
    let counts = viewers.map { $0.sent.count - 1 }
    #expect(counts.allSatisfy { (127...130).contains($0) }, "\(Set(counts))")
    for (way, subscriber) in broadcast.viewers {
      #expect(way.sent.count - 1 + subscriber.total.late == 300)
    }
  }

  @Test("viewers may come and go while others are served")
  func comingAndGoing() throws {
    let broadcast = try Broadcast()
    broadcast.picture(0)
    for _ in 0..<400 { broadcast.viewer() }
    broadcast.world.run(seconds: 0.1)
    broadcast.picture(1)
    // One that has had it, one whose turn is next, one at the end; and a new one.
    for index in [0, 128, 129, 399] { broadcast.viewers[index].subscriber.finish() }
    let late = broadcast.viewer()
    broadcast.world.run(seconds: 0.1)
    for (index, viewer) in broadcast.viewers.dropLast().enumerated() {
      #expect(viewer.way.sent.count == ([128, 129, 399].contains(index) ? 1 : 2), "\(index)")
    }
    #expect(late.sent.count == 1)
    #expect(broadcast.stream.audience == 397)
  }

  @Test("a source that is gone is held, its last picture shown each second, and then it ends")
  func hold() throws {
    let broadcast = try Broadcast()
    let world = broadcast.world
    broadcast.picture(5)
    let viewer = broadcast.viewer()
    world.run(seconds: 0.5)
    broadcast.stream.stop("the publisher has left")
    #expect(broadcast.stream.state == .held)
    world.run(seconds: 9.8)
    #expect(viewer.sent.count == 10)
    for (a, b) in zip(viewer.sent, viewer.sent.dropFirst()).dropFirst() {
      #expect(abs(Int(b.timestamp &- a.timestamp) - 90_000) <= 180)
    }
    #expect(viewer.ends == 0)
    world.run(seconds: 1)
    #expect(viewer.ends == 1 && broadcast.isOver && broadcast.stream.state == .ended)
    guard case .goodbye = viewer.controls.last?.packets.last else {
      Issue.record("no BYE at the end")
      return
    }
    world.run(seconds: 5)
    #expect(viewer.sent.count == 10)
  }

  @Test("a source that returns in time goes on, its timestamps where time has got to")
  func returns() throws {
    let broadcast = try Broadcast()
    let world = broadcast.world
    broadcast.picture(5)
    let viewer = broadcast.viewer()
    world.run(seconds: 1)
    broadcast.stream.stop("the publisher has left")
    world.run(seconds: 4.5)
    broadcast.stream.begin()
    broadcast.picture(70_000)
    let (first, back) = (viewer.sent[0], try #require(viewer.sent.last))
    #expect(abs(Int(back.timestamp &- first.timestamp) - Int(5.5 * 90_000)) <= 180)
    world.run(seconds: 30)
    #expect(!broadcast.isOver && broadcast.stream.state == .live)
    broadcast.picture(70_030)
    #expect(viewer.sent.last?.timestamp == back.timestamp &+ 2_700_000)
  }

  @Test("who publishes while the last picture is held has its time until its own first picture")
  func slowReturn() throws {
    let broadcast = try Broadcast()
    broadcast.picture(5)
    let viewer = broadcast.viewer()
    broadcast.world.run(seconds: 1)
    broadcast.stream.stop("the publisher has left")
    broadcast.world.run(seconds: 8)
    broadcast.stream.begin()
    broadcast.world.run(seconds: 15)
    #expect(broadcast.stream.state == .held && !broadcast.isOver)
    // The last picture is shown meanwhile.
    #expect((20...25).contains(viewer.sent.count))
    broadcast.stream.stop("the second one has left, too")
    broadcast.world.run(seconds: 9)
    #expect(!broadcast.isOver)
    // A camera that is tried in vain does not make it longer.
    broadcast.stream.stop("there is no answer")
    broadcast.world.run(seconds: 1.1)
    #expect(broadcast.isOver && viewer.ends == 1)
  }

  @Test("reports map the source's clock to the viewer's timestamps")
  func reports() throws {
    let broadcast = try Broadcast()
    let world = broadcast.world
    broadcast.picture(0)
    let viewer = broadcast.viewer()
    for number in 1...300 {
      world.run(seconds: 0.04)
      broadcast.picture(Double(number) * 0.04)
    }
    #expect(viewer.controls.count == 3)
    for (at, packets) in viewer.controls {
      guard case .senderReport(let report, _) = packets.first else {
        Issue.record("\(packets)")
        return
      }
      #expect(abs(report.time.realtime - (at + 1_700_000_000_000_000_000)) < 2_000_000)
      let frame = try #require(viewer.sent.last { $0.at <= at })
      #expect(abs(Int(Int32(bitPattern: report.timestamp &- frame.timestamp))) <= 3600)
    }
  }

  @Test("whoever asks before there is a picture waits for it, but not for ever")
  func waiting() throws {
    let broadcast = try Broadcast()
    var found: [Result<LiveStream, RTSPRefusal>] = []
    broadcast.stream.whenReady { found.append($0) }
    broadcast.world.run(seconds: 9)
    #expect(found.isEmpty && broadcast.stream.audience == 1)
    broadcast.world.run(seconds: 2)
    guard case .failure(let refusal) = found.first else {
      Issue.record("\(found)")
      return
    }
    #expect(refusal.status == .serviceUnavailable)
    broadcast.stream.whenReady { found.append($0) }
    broadcast.picture(0)
    #expect(found.count == 2 && (try? found[1].get()) === broadcast.stream)
    #expect(broadcast.stream.audience == 0)
  }
}
