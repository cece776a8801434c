import Testing

@testable import Reactor

@Suite("Packet buffer")
struct PacketBufferTests {
  private static let header = 12

  /// A frame whose bytes are all different from what a stamp writes.
  private func frame(_ count: Int) -> [UInt8] { [UInt8](repeating: 0xEE, count: count) }

  @Test(
    "a stamp writes sequence, timestamp, SSRC and channel of every packet, and nothing else",
    arguments: [0, 4])
  func patch(prefix: Int) {
    let stride = prefix + Self.header + 20
    let packets = PacketBuffer(stride: stride, prefix: prefix, frameCapacity: 3, byteCapacity: 500)
    for length in [stride, stride * 3 + prefix + Self.header, stride * 2] {
      packets.append(frame(length))
    }
    packets.patch(
      frame: 1,
      with: .init(sequence: 65_534, timestamp: 0x0102_0304, ssrc: 0xA1A2_A3A4, channel: 6))

    var expected = frame(stride * 3 + prefix + Self.header)
    let sequences: [[UInt8]] = [[0xFF, 0xFE], [0xFF, 0xFF], [0, 0], [0, 1]]
    for (index, sequence) in sequences.enumerated() {
      let start = index * stride
      if prefix > 0 { expected[start + 1] = 6 }
      let fields = start + prefix + 2..<start + prefix + Self.header
      expected.replaceSubrange(fields, with: sequence + [1, 2, 3, 4, 0xA1, 0xA2, 0xA3, 0xA4])
    }
    #expect(packets.copy(of: 1) == expected)
    #expect(packets.copy(of: 0) == frame(stride))
    #expect(packets.copy(of: 2) == frame(stride * 2))
  }

  @Test("the second stamp leaves nothing of the first")
  func patchAgain() {
    let stamp = PacketBuffer.Stamp(sequence: 7, timestamp: 8, ssrc: 9, channel: 1)
    let (once, twice) = (
      PacketBuffer(stride: 40, prefix: 4, frameCapacity: 1, byteCapacity: 100),
      PacketBuffer(stride: 40, prefix: 4, frameCapacity: 1, byteCapacity: 100)
    )
    for packets in [once, twice] { packets.append(frame(100)) }
    twice.patch(
      frame: 0, with: .init(sequence: .max, timestamp: .max, ssrc: .max, channel: .max))
    for packets in [once, twice] { packets.patch(frame: 0, with: stamp) }
    #expect(once.copy(of: 0) == twice.copy(of: 0))
  }

  @Test("grows beyond what was expected and keeps what it has")
  func growth() {
    let packets = PacketBuffer(stride: 100, prefix: 0, frameCapacity: 1, byteCapacity: 1)
    let frames = (0..<50).map { [UInt8](repeating: UInt8($0), count: 12 + $0 * 100) }
    for frame in frames { packets.append(frame) }
    #expect(packets.count == 50)
    for (index, frame) in frames.enumerated() { #expect(packets.copy(of: index) == frame) }
  }

  @Test(
    "counts packets, bytes and payload",
    arguments: [
      (prefix: 0, length: 12, packets: 1, payload: 0),
      (prefix: 0, length: 100, packets: 1, payload: 88),
      (prefix: 0, length: 112, packets: 2, payload: 88),
      (prefix: 0, length: 1000, packets: 10, payload: 880),
      (prefix: 4, length: 16, packets: 1, payload: 0),
      (prefix: 4, length: 216, packets: 3, payload: 168),
    ])
  func counts(prefix: Int, length: Int, count: Int, payload: Int) {
    let packets = PacketBuffer(stride: 100, prefix: prefix, frameCapacity: 1, byteCapacity: 1)
    packets.append(frame(length))
    #expect(packets.packets(of: 0) == count)
    #expect(packets.byteCount(of: 0) == length)
    #expect(packets.payloadBytes(of: 0) == payload)
  }

  @Test("a frame without packets is one of which nothing is sent")
  func empty() {
    let packets = PacketBuffer(stride: 100, prefix: 4, frameCapacity: 1, byteCapacity: 1)
    packets.append(frame(216))
    packets.append([])
    packets.append(frame(16))
    packets.patch(frame: 1, with: .init(sequence: 9, timestamp: 9, ssrc: 9, channel: 9))
    #expect((0..<3).map { packets.packets(of: $0) } == [3, 0, 1])
    #expect((0..<3).map { packets.payloadBytes(of: $0) } == [168, 0, 0])
    #expect(packets.byteCount == 232 && packets.copy(of: 1) == [])
  }

  @Test("a number is written over a frame's text in so many digits, and nothing beside it")
  func decimal() {
    let packets = PacketBuffer(stride: 100, prefix: 0, frameCapacity: 2, byteCapacity: 1)
    for _ in 0..<2 { packets.append(Array("time: 0000000000.000000".utf8)) }
    func text(_ frame: Int) -> String { String(decoding: packets.copy(of: frame), as: UTF8.self) }
    packets.patch(frame: 1, at: 6, decimal: 1_795_000_123, digits: 10)
    packets.patch(frame: 1, at: 17, decimal: 42, digits: 6)
    #expect(text(1) == "time: 1795000123.000042" && text(0) == "time: 0000000000.000000")
    packets.patch(frame: 1, at: 17, decimal: 9_876_543, digits: 6)
    packets.patch(frame: 1, at: 6, decimal: .min, digits: 3)
    #expect(text(1) == "time: 8085000123.876543")
    packets.patch(frame: 0, at: 23, decimal: 1, digits: 0)
    #expect(text(0) == "time: 0000000000.000000")
  }

  @Test("a torn packet and a frame that is not there end the program")
  func preconditions() async {
    await #expect(processExitsWith: .failure) {
      PacketBuffer(stride: 100, prefix: 4, frameCapacity: 1, byteCapacity: 1)
        .append([UInt8](repeating: 0, count: 115))
    }
    await #expect(processExitsWith: .failure) {
      PacketBuffer(stride: 100, prefix: 0, frameCapacity: 1, byteCapacity: 1)
        .patch(frame: 0, with: .init(sequence: 0, timestamp: 0, ssrc: 0, channel: 0))
    }
    await #expect(processExitsWith: .failure) {
      let packets = PacketBuffer(stride: 100, prefix: 0, frameCapacity: 1, byteCapacity: 1)
      packets.append([UInt8](repeating: 0, count: 12))
      packets.patch(frame: 0, at: 10, decimal: 0, digits: 3)
    }
  }
}
