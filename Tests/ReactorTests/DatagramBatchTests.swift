import Testing

@testable import Reactor

@Suite("Datagram batch")
struct DatagramBatchTests {
  /// A frame of ten packets on its way to a socket that joins them.
  private func exchange(segmented: Bool) throws -> (sent: [[UInt8]], received: [[UInt8]]) {
    let receiver = try DatagramSocket(local: Loopback.any, receiveBufferBytes: 1 << 20)
    receiver.joinDatagrams(withArrival: true)
    let sender = try DatagramSocket(
      local: Loopback.any, peer: receiver.local, segmentBytes: segmented ? 1400 : nil)
    let datagrams = (0..<10).map { [UInt8](repeating: $0, count: $0 == 9 ? 77 : 1400) }
    if segmented {
      let packets = PacketBuffer(stride: 1400, prefix: 0, frameCapacity: 1, byteCapacity: 1)
      packets.append(datagrams.flatMap { $0 })
      #expect(sender.send(packets, frame: 0) == .sent)
    } else {
      for datagram in datagrams { #expect(sender.send(datagram) == .sent) }
    }
    let before = SystemClock().realtime()
    let batch = DatagramBatch()
    var received: [[UInt8]] = []
    let loop = try EventLoop()
    let probe = Probe()
    let registration = try loop.add(receiver, .readable, probe)
    probe.onReady = { _ in
      while receiver.receive(into: batch) {
        #expect(abs(batch.arrival - before) < 60_000_000_000)
        batch.forEach { bytes in received.append(bytes.indices.map { bytes[$0] }) }
      }
    }
    try loop.turns { received.count >= datagrams.count }
    loop.remove(registration)
    return (datagrams, received)
  }

  @Test("datagrams come out as they went in, joined on the way or not", arguments: [true, false])
  func whole(segmented: Bool) throws {
    let (sent, received) = try exchange(segmented: segmented)
    #expect(sent == received)
  }

  @Test("without a datagram nothing is read, without asking no time is told")
  func empty() throws {
    let receiver = try DatagramSocket(local: Loopback.any, receiveBufferBytes: 4096)
    let batch = DatagramBatch()
    #expect(!receiver.receive(into: batch))
    let sender = try DatagramSocket(local: Loopback.any, peer: receiver.local, segmentBytes: nil)
    #expect(sender.send([UInt8(7)]) == .sent)
    let loop = try EventLoop()
    let probe = Probe()
    let registration = try loop.add(receiver, .readable, probe)
    try loop.turns { !probe.events.isEmpty }
    loop.remove(registration)
    #expect(receiver.receive(into: batch) && batch.count == 1 && batch.stride == 1)
    // Nobody has asked the kernel for the time.
    #expect(batch.arrival == 0)
  }
}
