import Reactor
import Testing
import Wire

@testable import Streamd

/// Time that stands still until the test moves it.
final class SimulatedClock: Clock {
  var nanoseconds: Instant = 1_000_000_000_000
  func now() -> Instant { nanoseconds }
  func realtime() -> Int64 { nanoseconds + 1_700_000_000_000_000_000 }
}

/// The real deadlines and the real subscribers on a simulated clock: ``step()`` jumps to the next
/// deadline, so that hours pass in milliseconds and nothing is ever slept.
final class World {
  let clock = SimulatedClock()
  let loop: EventLoop
  var subscribers: [RecordingSubscriber] = []

  init() throws { loop = try EventLoop(clock: clock) }

  deinit { for subscriber in subscribers { subscriber.pause() } }

  var now: Instant { clock.nanoseconds }

  /// Jumps to the next deadline; false when there is none.
  @discardableResult
  func step() -> Bool {
    guard let next = loop.deadlines.next else { return false }
    clock.nanoseconds = max(clock.nanoseconds, next)
    loop.expireDeadlines()
    return true
  }

  /// Lets time pass as it comes.
  func run(seconds: Double) {
    let end = now + Instant(seconds * 1e9)
    while let next = loop.deadlines.next, next <= end { step() }
    clock.nanoseconds = end
    loop.expireDeadlines()
  }

  /// Lets the program sleep, as when the machine is busy or suspended, and wake up late.
  func oversleep(seconds: Double) {
    clock.nanoseconds += Instant(seconds * 1e9)
    loop.expireDeadlines()
  }

  /// A viewer of a medium of `frames` frames of ten packets each.
  func subscribe(
    frames: Int = 200, rate: FrameRate = .standard, isClassroom: Bool = false
  ) -> RecordingSubscriber {
    let packets = PacketBuffer(
      stride: 100, prefix: 0, frameCapacity: frames, byteCapacity: frames * 1000)
    var frame: [UInt8] = []
    for number in 0..<10 {
      RTPHeader(marker: number == 9, sequence: 0, timestamp: 0, ssrc: 0).emit(into: &frame)
      frame += [UInt8](repeating: 0, count: 88)
    }
    for _ in 0..<frames { packets.append(frame) }
    let media = MediaDescription(
      name: "m", frameCount: frames, rate: rate, width: 640, height: 480)
    let subscriber = RecordingSubscriber(
      PacketSlices(packets), media, isClassroom: isClassroom, world: self)
    subscribers.append(subscriber)
    return subscriber
  }
}

/// A viewer whose packets go nowhere but into the record.
final class RecordingSubscriber: Subscriber {
  struct Sent: Equatable {
    var at: Instant
    var frame: Int
    var sequence: UInt16
    var timestamp: UInt32
  }

  private unowned let world: World
  private(set) var sent: [Sent] = []
  private(set) var controls: [(at: Instant, packets: [RTCPPacket])] = []
  private(set) var ends = 0
  /// Decides whether the kernel has room for a frame.
  var hasRoom: (Instant) -> Bool = { _ in true }

  init(_ packets: PacketSlices, _ media: MediaDescription, isClassroom: Bool, world: World) {
    self.world = world
    super.init(
      packets: packets, media: media, channel: 0, isClassroom: isClassroom, limits: Limits(),
      loop: world.loop, ended: { _ in })
  }

  override func send(_ packets: PacketBuffer, frame: Int) -> Delivery {
    guard hasRoom(world.now) else { return .full }
    let bytes = packets.copy(of: frame)
    guard let header = try? RTPHeader(parsing: bytes.span) else {
      Issue.record("a frame without a header")
      return .full
    }
    sent.append(
      Sent(
        at: world.now, frame: frame, sequence: header.sequence, timestamp: header.timestamp))
    return .sent
  }

  override func sendControl(_ bytes: [UInt8]) {
    controls.append((world.now, (try? RTCPPacket.parse(bytes.span)) ?? []))
  }
}
