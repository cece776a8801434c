import Foundation
import Reactor
import Testing
import Wire

@testable import Streamd

/// Time that stands still until the test moves it.
final class StoppedClock: Clock {
  var nanoseconds: Instant = 1_000_000_000
  func now() -> Instant { nanoseconds }
  func realtime() -> Int64 { nanoseconds + 1_700_000_000_000_000_000 }
}

/// Real viewer sessions and a camera that does what the test wants, connected over loopback in one
/// loop, on a clock that the test moves: minutes of waiting pass in milliseconds.
final class ViewerStage: PictureWatcher {
  let clock = StoppedClock()
  let loop: EventLoop
  let activity: ActivityLog
  let viewers: ViewerSessions
  let camera: Camera
  private let restlessness: Restlessness
  /// What a browser would have been told, with the times in milliseconds.
  private(set) var retries: [(at: Instant, report: SessionReport, message: String)] = []
  private(set) var states: [String] = []

  init() throws {
    loop = try EventLoop(clock: clock)
    restlessness = try Restlessness(loop)
    activity = ActivityLog(loop: loop)
    camera = try Camera(loop)
    let target = try #require(SocketAddress(host: "127.0.0.1", port: camera.address.port))
    viewers = ViewerSessions(
      loop: loop, activity: activity, buffer: ReceiveBuffer(capacity: 16 * 1024),
      ports: PortAllocator(45_000...45_999), allowed: [target], sessionsMax: 8)
  }

  /// Everything is let go of, as the loop demands it.
  func end() throws {
    viewers.teardownAll("the test is over")
    camera.stop()
    try run(seconds: 5)
    restlessness.end()
  }

  // MARK: Time

  /// In milliseconds.
  var now: Instant { clock.nanoseconds / 1_000_000 }

  /// A turn that does not wait.
  private func turn() throws {
    try loop.turn()
  }

  /// Lets the network do its work until something is so; the clock stands still.
  func wait(
    until condition: () -> Bool, sourceLocation: SourceLocation = #_sourceLocation
  ) throws {
    let end = Date(timeIntervalSinceNow: 10)
    while !condition() {
      try #require(Date() < end, "it never comes", sourceLocation: sourceLocation)
      try turn()
    }
  }

  /// Lets time pass, deadline by deadline.
  func run(seconds: Double) throws {
    let end = clock.nanoseconds + Instant(seconds * 1e9)
    while let next = loop.deadlines.next, next <= end {
      clock.nanoseconds = max(clock.nanoseconds, next)
      try turn()
    }
    clock.nanoseconds = end
    try turn()
  }

  // MARK: The viewer

  /// How a command ended; nil as long as it has not.
  final class Outcome {
    fileprivate(set) var isOver = false
    fileprivate(set) var problem: Problem?
    fileprivate(set) var at: Instant = 0
  }

  func setup(port: UInt16? = nil) throws -> (session: ViewerSession, outcome: Outcome) {
    let outcome = Outcome()
    let target = ViewerTarget(
      serverAddr: "127.0.0.1", serverPort: Int(port ?? camera.address.port), videoFile: "x")
    let session = try viewers.setup(target, transport: "tcp") { [weak self] _, problem in
      (outcome.isOver, outcome.problem, outcome.at) = (true, problem, self?.now ?? 0)
    }
    session.add(self)
    return (session, outcome)
  }

  /// A session that plays.
  func play() throws -> ViewerSession {
    let (session, outcome) = try setup()
    try wait { outcome.isOver }
    session.play(from: nil) { _ in }
    try wait { session.state == .playing }
    return session
  }

  var log: [String] { activity.page(after: 0, limit: 1000).items.map(\.message) }

  func show(_ picture: Picture) {}
  func show(_ statistics: Statistics) {}

  func stateChanged(_ report: SessionReport, _ message: String) {
    states.append("\(report.state): \(message)")
  }

  func triesAgain(_ report: SessionReport, _ message: String) {
    retries.append((now, report, message))
  }
}

/// An RTSP server that answers as long as the test wants it to, and sends pictures when it is told
/// to.
final class Camera {
  let address: SocketAddress
  /// The method that it does not answer any more, nor what follows.
  var silentAt: String?
  /// All methods that it was asked for, by all connections.
  fileprivate(set) var requests: [String] = []
  private(set) var connections: [CameraConnection] = []
  private let loop: EventLoop
  private let buffer = ReceiveBuffer(capacity: 4096)
  private var listener: Listener?
  private var packets = TestPackets()

  init(_ loop: EventLoop) throws {
    self.loop = loop
    address = try Self.freeAddress(loop)
    try start()
  }

  /// Where the kernel finds room; nobody listens there any more.
  private static func freeAddress(_ loop: EventLoop) throws -> SocketAddress {
    let any = try #require(SocketAddress(host: "127.0.0.1", port: 0))
    let listener = try Listener(any, on: loop, exhausted: { _ in }, accepted: { _ in })
    listener.close()
    return listener.address
  }

  func start() throws {
    listener = try Listener(
      address, on: loop, exhausted: { _ in }, accepted: { [unowned self] in accept($0) })
  }

  /// The listener first, then the connections: nobody comes in between.
  func stop() {
    listener?.close()
    listener = nil
    for connection in connections { connection.close() }
    // With the last reference the descriptor goes.
    connections = []
  }

  /// Shows a picture to everybody who plays.
  func show() {
    for packet in packets.picture(packets: 2) {
      for connection in connections where connection.isOpen { connection.send(packet) }
    }
  }

  /// How many have not been hung up on.
  var openCount: Int { connections.count { $0.isOpen } }

  private func accept(_ socket: StreamSocket) {
    guard
      let connection = try? CameraConnection(
        socket, loop: loop, buffer: buffer, queueBytesMax: 65_536)
    else { return }
    connection.camera = self
    connections.append(connection)
    connection.settle()
  }
}

/// One connection to such a camera.
final class CameraConnection: Connection {
  fileprivate weak var camera: Camera?
  private var received: [UInt8] = []
  private var held: String?

  override func take(_ bytes: Span<UInt8>) {
    for index in bytes.indices { received.append(bytes[index]) }
  }

  override func proceed() {
    while isOpen, let camera, let lines = nextRequest() {
      let method = lines.first?.split(separator: " ").first.map(String.init) ?? ""
      let cseq = lines.first { $0.hasPrefix("CSeq: ") } ?? ""
      camera.requests.append(method)
      let isSilent = held != nil || camera.silentAt == method
      if isSilent { held = method } else { append(Self.reply(to: method, "\(cseq)")) }
    }
  }

  /// The lines of a request. What is interleaved before it are receiver reports.
  private func nextRequest() -> [Substring]? {
    while received.count >= 4, received[0] == 0x24 {
      let length = 4 + (Int(received[2]) << 8 | Int(received[3]))
      guard received.count >= length else { return nil }
      received.removeFirst(length)
    }
    guard let end = received.firstRange(of: Array("\r\n\r\n".utf8)) else { return nil }
    defer { received.removeSubrange(..<end.upperBound) }
    return String(decoding: received[..<end.lowerBound], as: UTF8.self).split(separator: "\r\n")
  }

  /// Sends a packet on the first channel.
  fileprivate func send(_ packet: [UInt8]) {
    sendIfRoom([0x24, 0, UInt8(packet.count >> 8), UInt8(packet.count & 0xFF)] + packet)
  }

  /// Answers at last what has waited, whose number is `cseq`.
  func answerHeld(_ cseq: Int) {
    guard let method = held else { return }
    held = nil
    sendIfRoom(Self.reply(to: method, "CSeq: \(cseq)"))
  }

  private static func reply(to method: String, _ cseq: String) -> [UInt8] {
    var (headers, body) = ("\(cseq)\r\nSession: 5\r\n", "")
    if method == "DESCRIBE" {
      body = "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=fake\r\nt=0 0\r\nm=video 0 RTP/AVP 26\r\n"
      headers += "Content-Length: \(body.utf8.count)\r\n"
    }
    if method == "SETUP" { headers += "Transport: RTP/AVP/TCP;unicast;interleaved=0-1\r\n" }
    return Array("RTSP/1.0 200 OK\r\n\(headers)\r\n\(body)".utf8)
  }
}
