@testable import Reactor

/// Something that happens at its moment, once.
final class Occasion: Wakeable {
  private let happen: () -> Void

  init(_ happen: @escaping () -> Void) { self.happen = happen }

  override func wake(at now: Instant) { happen() }
}

/// A network on simulated time that delays, loses, doubles and reorders, as its choices say.
final class Network {
  /// How bad it is. Chances are in 256.
  struct Weather {
    var latency: Instant = 1_000_000
    /// Datagrams take up to so much longer, and overtake one another.
    var jitter: Instant = 0
    var loss: UInt64 = 0
    var duplication: UInt64 = 0
    /// That the kernel has no memory for what is to be sent (ENOBUFS, ENOMEM).
    var shortage: UInt64 = 0
    /// That no socket can be had, taken from the queue or watched, see
    /// ``Network/exhaust(_:)``.
    var exhaustion: UInt64 = 0
  }

  /// How the kernel says that there is no descriptor or no memory: EMFILE, ENFILE, ENOBUFS, ENOMEM.
  static let exhaustions: [Int32] = [24, 23, 105, 12]

  let loop: EventLoop
  var weather = Weather()
  private var choices: any RandomNumberGenerator
  private var occasions: [ObjectIdentifier: Occasion] = [:]

  init(loop: EventLoop, choices: any RandomNumberGenerator) {
    self.loop = loop
    self.choices = choices
  }

  /// A number from 0 up to but not including `limit`.
  func choose(_ limit: UInt64) -> Int { Int(choices.next() % limit) }

  /// True in so many of 256 cases.
  func happens(_ chance: UInt64) -> Bool { chance > 0 && choices.next() % 256 < chance }

  /// Fails as often as ``Weather/exhaustion`` says, as `call` would.
  func exhaust(_ call: StaticString) throws(SystemError) {
    guard happens(weather.exhaustion) else { return }
    throw SystemError(call, Self.exhaustions[choose(UInt64(Self.exhaustions.count))])
  }

  func at(_ moment: Instant, _ happen: @escaping () -> Void) {
    var key: ObjectIdentifier?
    let occasion = Occasion { [unowned self] in
      if let key { occasions[key] = nil }
      happen()
    }
    key = ObjectIdentifier(occasion)
    occasions[ObjectIdentifier(occasion)] = occasion
    loop.deadlines.set(occasion, at: moment)
  }

  /// Forgets everything that was still to happen.
  func clear() {
    for occasion in occasions.values { loop.deadlines.clear(occasion) }
    occasions = [:]
  }

  /// Sends a datagram, which comes once, twice or never.
  func send(_ datagram: [UInt8], to receive: @escaping ([UInt8]) -> Void) {
    if happens(weather.loss) { return }
    for _ in 0..<(happens(weather.duplication) ? 2 : 1) {
      let jitter = weather.jitter == 0 ? 0 : Instant(choose(256)) * weather.jitter / 256
      at(loop.now + weather.latency + jitter) { receive(datagram) }
    }
  }
}

/// One direction of a TCP connection: bytes come in order, in pieces of any length.
final class Pipe {
  private let network: Network
  private let receive: ([UInt8]) -> Void
  private var lastArrival: Instant = 0
  private var pieces: [[UInt8]] = []
  /// What is under way; beyond its bound the sender's kernel takes no more.
  private(set) var bytesUnderWay = 0
  /// The peer has vanished: nothing arrives any more, and nobody is told.
  var isDead = false
  var isClosed = false

  static let bytesUnderWayMax = 64 * 1024
  private static let waitNanoseconds: Instant = 10_000_000

  init(_ network: Network, receive: @escaping ([UInt8]) -> Void) {
    self.network = network
    self.receive = receive
  }

  var hasRoom: Bool { !isClosed && bytesUnderWay < Self.bytesUnderWayMax }

  func send(_ bytes: [UInt8]) {
    guard !isClosed else { return }
    bytesUnderWay += bytes.count
    var rest = bytes[...]
    while !rest.isEmpty {
      let piece = Array(rest.prefix(network.happens(64) ? 1 + network.choose(200) : 1400))
      rest = rest.dropFirst(piece.count)
      // What the kernel has no memory for is offered again, as after a full buffer.
      let wait = network.happens(network.weather.shortage) ? Self.waitNanoseconds : 0
      let delay = network.weather.latency + wait + Instant(network.choose(4)) * 1_000_000
      lastArrival = max(lastArrival, network.loop.now + delay)
      pieces.append(piece)
      // What is due at the same moment happens in no particular order, hence the queue.
      network.at(lastArrival) { [self] in
        if isDead || isClosed { return }
        let piece = pieces.removeFirst()
        bytesUnderWay -= piece.count
        receive(piece)
      }
    }
  }
}
