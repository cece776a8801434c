import Testing

@testable import Wire

@Suite("JPEGPacketizer")
struct JPEGPacketizerTests {
  static let tables = TestPicture.luma + TestPicture.chroma

  static func frame(
    width: Int = 640, height: Int = 480, sampling: RTPJPEGFrame.Sampling = .halved,
    restart: UInt16 = 0
  ) -> RTPJPEGFrame {
    RTPJPEGFrame(
      width: width, height: height, sampling: sampling, restartInterval: restart,
      quantizationTables: tables)
  }

  /// The flat packets of a picture, cut apart by the stride.
  static func packets(
    _ packetizer: JPEGPacketizer, _ frame: RTPJPEGFrame, _ bytes: [UInt8], scan: Range<Int>? = nil
  ) -> [[UInt8]] {
    let flat = packetizer.packets(frame, bytes.span, scan: scan ?? 0..<bytes.count)
    return stride(from: 0, to: flat.count, by: packetizer.stride).map {
      Array(flat[$0..<min($0 + packetizer.stride, flat.count)])
    }
  }

  @Test("writes a small picture as one packet, byte for byte")
  func onePacket() {
    let packetizer = JPEGPacketizer(interleaved: false)
    let packets = Self.packets(packetizer, Self.frame(), [1, 2, 3, 4], scan: 1..<3)
    let rtp: [UInt8] = [0x80, 0x9A, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]
    let jpeg: [UInt8] = [0, 0, 0, 0, 1, 255, 80, 60, 0, 0, 0, 128]
    #expect(packets == [rtp + jpeg + Self.tables + [2, 3]])
  }

  @Test("puts a dollar sign, channel 0 and the length before each packet where interleaved")
  func interleaved() {
    let packetizer = JPEGPacketizer(segmentBytes: 256, interleaved: true)
    #expect(packetizer.prefix == 4)
    #expect(packetizer.stride == 260)
    let bytes = TestPicture.randomScan(500, seed: 1)
    let packets = Self.packets(packetizer, Self.frame(), bytes)
    let plain = Self.packets(
      JPEGPacketizer(segmentBytes: 256, interleaved: false), Self.frame(), bytes)
    // Room for 104 bytes in the first and 236 in each other packet: 104 + 236 + 160.
    #expect(plain.map(\.count) == [256, 256, 180])
    #expect(packets.map { Array($0[..<4]) } == [[36, 0, 1, 0], [36, 0, 1, 0], [36, 0, 0, 180]])
    #expect(packets.map { Array($0[4...]) } == plain)
  }

  @Test("marks the last packet only, and leaves sequence, timestamp and SSRC to the viewer")
  func headers() throws {
    let bytes = TestPicture.randomScan(1000, seed: 2)
    let packets = Self.packets(
      JPEGPacketizer(segmentBytes: 300, interleaved: false), Self.frame(restart: 9), bytes)
    var data: [UInt8] = []
    for (index, packet) in packets.enumerated() {
      let rtp = try RTPHeader(parsing: packet.span)
      #expect(rtp.marker == (index == packets.count - 1))
      #expect(rtp.payloadType == 26)
      #expect(packet[2..<12].allSatisfy { $0 == 0 })
      let header = try JPEGPayloadHeader(packet.span, rtp.payload)
      #expect(header.fragmentOffset == data.count)
      #expect(header.restartInterval == 9)
      #expect(header.quantizationTables == (index == 0 ? Self.tables : nil))
      data += packet[(rtp.payload.lowerBound + header.length)...]
    }
    #expect(data == bytes)
  }

  @Test(
    "cuts every packet to exactly the stride but the last",
    arguments: [256, 257, 300, 576, 1400, 1401, 9000, 65_000])
  func strides(segment: Int) {
    // Sizes at which a packet is exactly full, and one byte to either side of it.
    let first = segment - 12 - 8 - 4 - 128
    let others = segment - 12 - 8
    for full in [first, first + others, first + 2 * others] {
      for (count, packets) in [(full - 1, 0), (full, 0), (full + 1, 1)] {
        let bytes = [UInt8](repeating: 7, count: count)
        let sizes = Self.packets(
          JPEGPacketizer(segmentBytes: segment, interleaved: false), Self.frame(), bytes
        ).map(\.count)
        #expect(sizes.count == (full - first) / others + 1 + packets)
        #expect(sizes.dropLast().allSatisfy { $0 == segment })
        #expect(sizes.last == (packets == 1 ? 21 : segment - (full - count)))
      }
    }
  }

  @Test(
    "says the size in units of eight pixels, rounded up, or not at all above 2040",
    arguments: [
      (640, 480, 80, 60), (1, 1, 1, 1), (8, 9, 1, 2), (2040, 2033, 255, 255), (2041, 8, 0, 0),
      (8, 2041, 0, 0), (65_535, 65_535, 0, 0),
    ])
  func sizes(width: Int, height: Int, w: UInt8, h: UInt8) {
    let packets = Self.packets(
      JPEGPacketizer(interleaved: false), Self.frame(width: width, height: height), [1])
    #expect(packets[0][18..<20] == [w, h])
  }

  @Test("says the sampling and restart markers by the type")
  func types() {
    let packetizer = JPEGPacketizer(interleaved: false)
    for (sampling, restart, type) in [
      (.horizontallyHalved, 0, 0), (.halved, 0, 1), (.horizontallyHalved, 1, 64),
      (.halved, .max, 65),
    ] as [(RTPJPEGFrame.Sampling, UInt16, UInt8)] {
      let frame = Self.frame(sampling: sampling, restart: restart)
      #expect(Self.packets(packetizer, frame, [1])[0][16] == type)
    }
  }

  @Test("takes segments of 256 to 65,000 bytes only", arguments: [255, 65_001])
  func refusesSegments(segment: Int) async {
    await #expect(processExitsWith: .failure) { [segment] in
      _ = JPEGPacketizer(segmentBytes: segment, interleaved: false)
    }
  }

  @Test("cannot carry a picture without data")
  func refusesEmptyScan() async {
    await #expect(processExitsWith: .failure) {
      let bytes: [UInt8] = [1]
      _ = JPEGPacketizer(interleaved: false).packets(
        JPEGPacketizerTests.frame(), bytes.span, scan: 0..<0)
    }
  }
}
