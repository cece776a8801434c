@testable import Reactor
@testable import Streamd
@testable import Wire

/// Some viewers and a server on one simulated network. Everything between the sockets is the real
/// thing: both conversations, packets, subscribers, ports, receivers, retries.
final class Stage {
  static let media = MediaDescription(
    name: "m", frameCount: 97, rate: .standard, width: 16, height: 16)

  let loop: EventLoop
  let network: Network
  let ports = PortAllocator(25_000...25_007)
  let datagrams: PacketBuffer
  let interleaved: PacketBuffer
  /// Every picture, as it is shown, and its number.
  let frames: [[UInt8]: Int]
  var connections: [StageConnection] = []
  var attempts: [StageViewer.Attempt] = []
  private(set) var complaint: String?
  /// By all viewers together.
  private(set) var picturesShown = 0
  private let clock = StageClock()

  private final class StageClock: Clock {
    var nanoseconds: Instant = 1_000_000_000_000
    func now() -> Instant { nanoseconds }
    func realtime() -> Int64 { nanoseconds + 1_700_000_000_000_000_000 }
  }

  /// The same for all stages: pictures whose packets are made once.
  struct Film {
    let datagrams = Film.buffer(interleaved: false)
    let interleaved = Film.buffer(interleaved: true)
    let frames: [[UInt8]: Int]

    init() {
      var frames: [[UInt8]: Int] = [:]
      for number in 0..<Stage.media.frameCount {
        frames[Self.picture.fileHeader + Self.scan(number) + [0xFF, 0xD9]] = number
      }
      self.frames = frames
    }

    private static let picture = RTPJPEGFrame(
      width: 16, height: 16, sampling: .halved, restartInterval: 0,
      quantizationTables: (1...128).map { UInt8($0) })

    private static func scan(_ number: Int) -> [UInt8] {
      // One to three packets.
      (0..<50 + number % 3 * 200).map { UInt8(($0 * 7 + number * 31) % 251) }
    }

    private static func buffer(interleaved: Bool) -> PacketBuffer {
      let packetizer = JPEGPacketizer(segmentBytes: Stage.segmentBytes, interleaved: interleaved)
      let buffer = PacketBuffer(
        stride: packetizer.stride, prefix: packetizer.prefix, frameCapacity: 97,
        byteCapacity: 97 * 800)
      for number in 0..<Stage.media.frameCount {
        let scan = scan(number)
        buffer.append(packetizer.packets(picture, scan.span, scan: 0..<scan.count))
      }
      return buffer
    }
  }

  /// Pictures of a few hundred bytes are to have several packets.
  static let segmentBytes = 256

  init(_ film: Film, choices: any RandomNumberGenerator) throws {
    loop = try EventLoop(clock: clock)
    network = Network(loop: loop, choices: choices)
    datagrams = film.datagrams
    interleaved = film.interleaved
    frames = film.frames
  }

  func complain(_ what: String) { if complaint == nil { complaint = what } }

  func closed(_ connection: StageConnection) { connections.removeAll { $0 === connection } }

  /// Viewers come, command, vanish, are cut off and leave; then everybody has time to find out.
  ///
  /// - Returns: what is wrong; nil when nothing is.
  func play() -> String? {
    let isClear = chooseWeather()
    var viewers: [StageViewer] = []
    for _ in 0..<1 + network.choose(4) {
      let start = loop.now + Instant(network.choose(50)) * 20_000_000
      network.at(start) { [unowned self] in viewers.append(StageViewer(self)) }
    }
    var isCut = false
    for _ in 0..<network.choose(12) {
      let moment = loop.now + Instant(network.choose(256)) * 80_000_000
      network.at(moment) { [unowned self] in
        guard let attempt = attempts.last(where: { _ in network.choose(2) == 0 }) else { return }
        switch network.choose(8) {
        case 0:
          isCut = true
          attempt.reset()
        case 1:
          isCut = true
          attempt.vanish()
        default: attempt.command()
        }
      }
    }
    run(seconds: 22)
    picturesShown = attempts.reduce(0) { $0 + $1.shown }
    if isClear && !isCut { for attempt in attempts { attempt.checkCompleteness() } }
    // A session is given up after a minute of silence, its connection after another one.
    run(seconds: 135)
    if !connections.isEmpty { complain("\(connections.count) connections are left") }
    if ports.used > 0 { complain("\(ports.used) pairs of ports are left") }
    if !viewers.allSatisfy(\.isDone) { complain("a viewer that does not end") }
    close()
    if loop.deadlines.count > 0 { complain("\(loop.deadlines.count) deadlines are left") }
    return complaint
  }

  /// True when nothing gets lost in it.
  private func chooseWeather() -> Bool {
    network.weather.latency = Instant(1 + network.choose(100)) * 1_000_000
    switch network.choose(4) {
    case 0: return true
    case 1:
      // Less than what a missing packet is waited for.
      network.weather.jitter = 20_000_000
      network.weather.duplication = 20
      return true
    case 2:
      network.weather.jitter = 80_000_000
      network.weather.loss = 15
      network.weather.duplication = 15
    default:
      network.weather.loss = 5
      network.weather.shortage = 40
      network.weather.exhaustion = 100
    }
    return false
  }

  private func run(seconds: Int) {
    let end = loop.now + Instant(seconds) * 1_000_000_000
    while complaint == nil, let next = loop.deadlines.next, next <= end {
      clock.nanoseconds = max(clock.nanoseconds, next)
      loop.expireDeadlines()
    }
    clock.nanoseconds = max(clock.nanoseconds, end)
    loop.expireDeadlines()
  }

  /// Lets go of everything, also of what refers to itself.
  private func close() {
    for connection in connections { connection.close() }
    for attempt in attempts { attempt.close() }
    network.clear()
    attempts = []
  }
}
