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
  var viewers: [RecordingViewer] = []

  init() throws { loop = try EventLoop(clock: clock) }

  deinit { for viewer in viewers { viewer.subscriber.pause() } }

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
  ) -> RecordingViewer {
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
    let viewer = RecordingViewer(
      PacketSlices(packets), media, isClassroom: isClassroom, world: self)
    viewers.append(viewer)
    return viewer
  }
}

/// A viewer whose packets go nowhere but into the record.
@dynamicMemberLookup
final class RecordingViewer {
  private let way: RecordingWay
  let subscriber: FileSubscriber

  init(_ packets: PacketSlices, _ media: MediaDescription, isClassroom: Bool, world: World) {
    way = RecordingWay(isClassroom: isClassroom, loop: world.loop)
    subscriber = FileSubscriber(
      packets: packets, media: media, way: way, limits: Limits(), loop: world.loop,
      ended: { [way] _ in way.ends += 1 })
  }

  var sent: [RecordingWay.Sent] { way.sent }
  var controls: [(at: Instant, packets: [RTCPPacket])] { way.controls }
  var ends: Int { way.ends }

  subscript<Value>(dynamicMember path: KeyPath<FileSubscriber, Value>) -> Value {
    subscriber[keyPath: path]
  }

  /// Decides whether the kernel has room for a frame.
  var hasRoom: (Instant) -> Bool {
    get { way.hasRoom }
    set { way.hasRoom = newValue }
  }

  /// The first frame is due at `start`.
  func play(_ order: PlayOrder, at start: Instant) {
    subscriber.play(order) { [loop = subscriber.loop] _ in start - loop.now }
  }

  func move(_ order: PlayOrder) { subscriber.move(order) }
  func pause() { subscriber.pause() }
}

/// A way that leads into the record.
final class RecordingWay: Way {
  struct Sent: Equatable {
    var at: Instant
    var frame: Int
    var sequence: UInt16
    var timestamp: UInt32
  }

  private let loop: EventLoop
  fileprivate(set) var sent: [Sent] = []
  fileprivate(set) var controls: [(at: Instant, packets: [RTCPPacket])] = []
  var ends = 0
  fileprivate var hasRoom: (Instant) -> Bool = { _ in true }

  init(isClassroom: Bool, loop: EventLoop) {
    self.loop = loop
    super.init(isClassroom ? .classroom : .datagrams(segmentBytes: 1400))
  }

  override func send(_ packets: PacketBuffer, frame: Int) -> Delivery {
    guard hasRoom(loop.now) else { return .full }
    let bytes = packets.copy(of: frame)
    guard let header = try? RTPHeader(parsing: bytes.span) else {
      Issue.record("a frame without a header")
      return .full
    }
    sent.append(
      Sent(at: loop.now, frame: frame, sequence: header.sequence, timestamp: header.timestamp))
    return .sent
  }

  override func sendControl(_ bytes: [UInt8]) {
    controls.append((loop.now, (try? RTCPPacket.parse(bytes.span)) ?? []))
  }
}
