import Reactor
import Testing

@testable import Streamd

@Suite("The rest of a large frame over UDP")
struct DatagramRestTests {
  private static let packet = 1000
  private let loop: EventLoop
  private let receiver: UDPReceiver
  private let socket: DatagramSocket
  private let backlog = Backlog(bytesMax: 1 << 20)

  init() throws {
    loop = try EventLoop()
    receiver = try UDPReceiver()
    socket = try DatagramSocket(
      local: .localhost(port: 0), segmentBytes: Self.packet, receiveBufferBytes: 4096)
    try socket.connect(to: .localhost(port: receiver.port))
  }

  /// One frame of so many packets, each filled with its own number.
  private func frame(_ packets: Int) -> PacketBuffer {
    let buffer = PacketBuffer(
      stride: Self.packet, prefix: 0, frameCapacity: 1, byteCapacity: packets * Self.packet)
    buffer.append(
      (0..<packets).flatMap { [UInt8](repeating: UInt8($0 & 0xFF), count: Self.packet) })
    return buffer
  }

  private func turns(until isDone: () -> Bool) throws {
    for _ in 0..<2000 where !isDone() { try loop.turn() }
    #expect(isDone())
  }

  @Test("follows in order and whole, and the next frame waits for it")
  func follows() throws {
    let rest = DatagramRest(socket, loop: loop, backlog: backlog)
    #expect(rest.obstacle() == nil)
    rest.keep(frame(300), frame: 0, from: 100 * Self.packet)
    #expect(rest.obstacle() == .full && backlog.bytes == 200 * Self.packet)
    var numbers: [UInt8] = []
    try turns {
      while let packet = receiver.receiveNow() { numbers.append(packet[0]) }
      return backlog.bytes == 0
    }
    while let packet = receiver.receiveNow() { numbers.append(packet[0]) }
    #expect(numbers == (100..<300).map { UInt8($0 & 0xFF) })
    #expect(rest.obstacle() == nil)
  }

  @Test("a closed port that it meets is told of once")
  func refused() throws {
    let closed = try UDPReceiver().port
    try socket.connect(to: .localhost(port: closed))
    let rest = DatagramRest(socket, loop: loop, backlog: backlog)
    rest.keep(frame(300), frame: 0, from: 0)
    try turns { backlog.bytes == 0 }
    #expect(rest.obstacle() == .refused && rest.obstacle() == nil)
  }

  @Test("is lost where too much waits, and forgotten when it is dropped")
  func bounds() throws {
    let rest = DatagramRest(socket, loop: loop, backlog: backlog)
    backlog.change(by: (1 << 20) - 1000)
    rest.keep(frame(10), frame: 0, from: 0)
    #expect(rest.obstacle() == nil && backlog.bytes == (1 << 20) - 1000)
    backlog.change(by: -backlog.bytes)
    rest.keep(frame(10), frame: 0, from: 0)
    rest.drop()
    #expect(rest.obstacle() == nil && backlog.bytes == 0)
  }
}
