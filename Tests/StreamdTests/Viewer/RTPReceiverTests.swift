import Reactor
import Testing
import Wire

@testable import Streamd

@Suite("RTPReceiver")
struct RTPReceiverTests {
  private static let millisecond: Instant = 1_000_000
  private var receiver = RTPReceiver(width: nil, height: nil)
  private var packets = TestPackets()
  private var now: Instant = 1_000_000_000

  /// Takes packets a millisecond apart; the numbers of the pictures that they complete.
  private mutating func receive(_ packets: [[UInt8]]) -> [Int] {
    var numbers: [Int] = []
    for packet in packets {
      now += Self.millisecond
      numbers += receiver.receive(packet, at: now).map { TestPackets.number(of: $0.jpeg) }
    }
    return numbers
  }

  @Test("puts pictures together and counts packets, bytes and pictures")
  mutating func counts() {
    #expect(receive(packets.picture(packets: 3) + packets.picture()) == [1, 2])
    #expect(receiver.packets == 4 && receiver.pictures == 2)
    #expect(receiver.payloadBytes == 4 * 16)
    #expect(receiver.lost == 0 && receiver.skipped == 0 && receiver.deadline == nil)
  }

  @Test("numbers its pictures from 1 on")
  mutating func numbers() {
    for number in 1...3 {
      now += Self.millisecond
      let pictures = receiver.receive(packets.picture()[0], at: now)
      #expect(pictures.map(\.number) == [number])
      #expect(pictures[0].jpeg.starts(with: [0xFF, 0xD8]))
      #expect(pictures[0].jpeg.suffix(2) == [0xFF, 0xD9])
    }
  }

  @Test("skips a picture of which a packet is lost, and counts both", arguments: 0..<3)
  mutating func losses(lost: Int) {
    var damaged = packets.picture(packets: 3)
    damaged.remove(at: lost)
    let next = packets.picture(packets: 3)
    // A picture before it, so that there is something to miss the first packet against.
    var before = TestPackets()
    (before.sequence, before.timestamp) = (97, 0 &- 4500)
    #expect(receive(before.picture(packets: 3)) == [1])
    #expect(receive(damaged) == [])
    // What follows is held back, until the missing one has been waited for long enough.
    #expect(receive(next) == [])
    #expect(receiver.deadline != nil)
    now += 100 * Self.millisecond
    let pictures = receiver.expire(at: now)
    #expect(pictures.map { TestPackets.number(of: $0.jpeg) } == [2])
    #expect(receiver.lost == 1 && receiver.skipped == 1 && receiver.deadline == nil)
  }

  @Test("a full window does not wait any longer, however fast it has filled")
  mutating func fullWindow() {
    #expect(receive(packets.picture()) == [1])
    _ = packets.picture()
    for _ in 0..<64 {
      let pictures = receiver.receive(packets.picture()[0], at: now)
      #expect(pictures.isEmpty)
    }
    let pictures = receiver.receive(packets.picture()[0], at: now)
    #expect(pictures.map { TestPackets.number(of: $0.jpeg) } == Array(3...67))
    #expect(receiver.lost == 1)
  }

  @Test("repairs the order of packets and drops doubled ones")
  mutating func reorders() {
    #expect(receive(packets.picture()) == [1])
    let two = packets.picture(packets: 3) + packets.picture(packets: 2)
    let mixed = [two[1], two[1], two[4], two[0], two[3], two[2], two[2]]
    #expect(receive(mixed) == [2, 3])
    #expect(receiver.lost == 0 && receiver.skipped == 0 && receiver.deadline == nil)
  }

  @Test("goes on over the end of the sequence numbers")
  mutating func wraps() {
    packets.sequence = 65_534
    #expect(receive(packets.picture(packets: 4) + packets.picture()) == [1, 2])
    #expect(receiver.lost == 0)
  }

  @Test("skips and counts pictures that cannot be decoded, and goes on with the next")
  mutating func undecodable() {
    #expect(receive([packets.undecodable()]) == [])
    #expect(receive(packets.picture()) == [1])
    var cut = packets.picture()
    cut[0] = Array(cut[0][..<15])
    #expect(receive(cut) == [])
    #expect(receive([packets.undecodable()]) == [])
    #expect(receive(packets.picture()) == [3])
    #expect(receiver.skipped == 3 && receiver.lost == 0)
  }

  @Test("passes over what is no RTP, or RTP of something else")
  mutating func foreign() {
    var other = packets.picture()[0]
    other[1] = 0x80 | 96
    #expect(receive([[], [0x80], [UInt8](repeating: 0xFF, count: 40), other]) == [])
    #expect(receiver.packets == 0 && receiver.pictures == 0)
  }

  @Test("begins anew with a sender of another identity, wherever its numbers are")
  mutating func otherSender() {
    #expect(receive(packets.picture()) == [1])
    packets.ssrc = 7
    packets.sequence &-= 50
    #expect(receive(packets.picture(packets: 2)) == [2])
    #expect(receiver.lost == 0 && receiver.pictures == 2)
  }

  private func control(_ packets: [RTCPPacket]) -> [UInt8] {
    var bytes: [UInt8] = []
    for packet in packets { packet.emit(into: &bytes) }
    return bytes
  }

  private func senderReport(realtime: Int64, timestamp: UInt32) -> RTCPPacket {
    .senderReport(
      SenderReport(
        ssrc: 0x5EED, time: NTPTimestamp(realtime: realtime), timestamp: timestamp, packets: 1,
        octets: 1), blocks: [])
  }

  @Test("knows when a picture was due as soon as a sender report has come")
  mutating func dueTimes() throws {
    #expect(receiver.receive(packets.picture()[0], at: now).first?.due == nil)
    let realtime: Int64 = 1_795_355_429_000_000_000
    // It belongs to the picture after the next one; times before it are known as well.
    let report = control([
      senderReport(realtime: realtime, timestamp: packets.timestamp &+ 9000),
      .sourceDescription([0x5EED: "camera"]),
    ])
    let isGoodbye = receiver.receiveControl(report.span, at: now)
    #expect(!isGoodbye)
    for step in [-1, 0, 1] as [Int64] {
      let due = try #require(receiver.receive(packets.picture()[0], at: now).first?.due)
      #expect(abs(due - (realtime / 1000 + step * 50_000)) <= 1)
    }
  }

  @Test("computes due times over the end of the timestamps")
  mutating func dueTimesWrap() throws {
    packets.timestamp = .max - 100
    let report = control([senderReport(realtime: 5_000_000_000, timestamp: .max - 100)])
    _ = receiver.receiveControl(report.span, at: now)
    let due = try #require(receiver.receive(packets.picture()[0], at: now).first?.due)
    #expect(due == 5_050_000)
  }

  @Test("hears a goodbye, and takes no harm from bytes that are no RTCP")
  mutating func goodbye() {
    let isEnd = receiver.receiveControl(
      control([
        senderReport(realtime: 0, timestamp: 0), .goodbye([0x5EED], reason: "end"),
      ]).span, at: now)
    #expect(isEnd)
    _ = receiver.receive(packets.picture()[0], at: now)
    for (sources, isItsOwn) in [([1, 2], false), ([1, 0x5EED], true)] as [([UInt32], Bool)] {
      let isEnd = receiver.receiveControl(
        control([senderReport(realtime: 0, timestamp: 0), .goodbye(sources, reason: "")]).span,
        at: now)
      #expect(isEnd == isItsOwn)
    }
    for bytes in [[], [0x80], [0x81, 203, 0, 9], [UInt8](repeating: 0xFF, count: 64)] as [[UInt8]] {
      let isEnd = receiver.receiveControl(bytes.span, at: now)
      #expect(!isEnd)
    }
  }

  @Test("reports what it has received and lost of the sender")
  mutating func report() throws {
    let empty = receiver.report(at: now)
    guard case .receiverReport(_, let none)? = try RTCPPacket.parse(empty.span).first else {
      Issue.record("no receiver report")
      return
    }
    #expect(none.isEmpty)
    var all = packets.picture(packets: 4)
    all.remove(at: 2)
    _ = receive(all)
    let bytes = receiver.report(at: now)
    guard case .receiverReport(_, let blocks)? = try RTCPPacket.parse(bytes.span).first else {
      Issue.record("no receiver report")
      return
    }
    let block = try #require(blocks.first)
    #expect(block.ssrc == 0x5EED && block.cumulativeLost == 1)
    #expect(block.fractionLost == 64 && block.highestSequence == 103)
  }
}

extension RTPReceiver {
  fileprivate mutating func receive(_ packet: [UInt8], at now: Instant) -> [Picture] {
    receive(packet.span, at: now)
  }
}
