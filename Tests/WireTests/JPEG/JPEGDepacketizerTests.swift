import Testing

@testable import Wire

/// The packets of one picture as a viewer gets them: with its timestamp.
struct PacketRun {
  var packets: [[UInt8]]

  init(_ frame: RTPJPEGFrame, _ scan: [UInt8], segment: Int = 300, timestamp: UInt32 = 0) {
    let packetizer = JPEGPacketizer(segmentBytes: segment, interleaved: false)
    packets = JPEGPacketizerTests.packets(packetizer, frame, scan).map { packet in
      var packet = packet
      for index in 0..<4 {
        packet[4 + index] = UInt8(truncatingIfNeeded: timestamp >> UInt32(24 - 8 * index))
      }
      return packet
    }
  }
}

/// A receiver that is shared, so that what it returns can stand in an expectation.
final class PictureReceiver {
  private var depacketizer: JPEGDepacketizer

  init(pictureBytesMax: Int, dimensions: (width: Int, height: Int)? = nil) {
    depacketizer = JPEGDepacketizer(pictureBytesMax: pictureBytesMax, dimensions: dimensions)
  }

  var dropped: Int { depacketizer.dropped }

  func lost() { depacketizer.lost() }

  /// Takes a packet as it came; bytes that are no RTP packet are passed over.
  func receive(_ packet: [UInt8]) -> [UInt8]? {
    guard let header = try? RTPHeader(parsing: packet.span) else { return nil }
    return depacketizer.receive(packet.span, header)
  }

  /// The pictures that these packets complete.
  func receive(all packets: [[UInt8]]) -> [[UInt8]] { packets.compactMap { receive($0) } }
}

@Suite("JPEGDepacketizer")
struct JPEGDepacketizerTests {
  private static let frame = JPEGPacketizerTests.frame()
  private static let scan = TestPicture.randomScan(2000, seed: 3)

  private func data(of file: [UInt8]) throws -> [UInt8] {
    Array(file[try TestPicture.inspect(file).scan])
  }

  @Test(
    "gives back the identical data and headers, whatever the segments' size",
    arguments: [256, 257, 300, 511, 1400, 9000, 65_000])
  func roundTrip(segment: Int) throws {
    let frames = [
      Self.frame, JPEGPacketizerTests.frame(sampling: .horizontallyHalved),
      JPEGPacketizerTests.frame(sampling: .horizontallyHalved, restart: 1),
      JPEGPacketizerTests.frame(width: 2040, height: 8, restart: .max),
    ]
    for frame in frames {
      for count in [1, 100, 104, 105, 1248, 2000, 70_000] {
        let scan = TestPicture.randomScan(count, seed: UInt64(count))
        let receiver = PictureReceiver(pictureBytesMax: 100_000)
        let packets = PacketRun(frame, scan, segment: segment).packets
        let files = receiver.receive(all: packets)
        let file = try #require(files.first)
        #expect(files.count == 1)
        let carriable = try TestPicture.inspect(file)
        #expect(carriable.frame == frame)
        #expect(Array(file[carriable.scan]) == scan)
        #expect(file.suffix(2) == [0xFF, 0xD9])
        #expect(receiver.dropped == 0)
      }
    }
  }

  @Test("gives back a real picture but for its JFIF segment")
  func realPicture() throws {
    let picture = Repository.picture
    let carriable = try TestPicture.inspect(picture)
    let packets = PacketRun(carriable.frame, Array(picture[carriable.scan]), segment: 1400).packets
    #expect(packets.count == 10)
    let receiver = PictureReceiver(pictureBytesMax: 1 << 20)
    let files = receiver.receive(all: packets)
    #expect(files == [Array(picture[..<2]) + Array(picture[20...])])
  }

  @Test("gets a size above 2040 pixels from the session description")
  func dimensions() throws {
    let frame = JPEGPacketizerTests.frame(width: 3841, height: 2161)
    let packets = PacketRun(frame, Self.scan).packets
    let receiver = PictureReceiver(pictureBytesMax: 4000, dimensions: (3841, 2161))
    let file = try #require(receiver.receive(all: packets).first)
    #expect(try TestPicture.inspect(file).frame == frame)
    for dimensions in [nil, (0, 8), (8, 65_536), (-1, 8), (.min, .max)] as [(Int, Int)?] {
      let without = PictureReceiver(
        pictureBytesMax: 4000, dimensions: dimensions.map { (width: $0.0, height: $0.1) })
      #expect(without.receive(all: packets).isEmpty)
    }
  }

  @Test("rounds a size up to whole blocks, which is all that RTP says")
  func roundsSizes() throws {
    let packets = PacketRun(JPEGPacketizerTests.frame(width: 633, height: 1), [1]).packets
    let receiver = PictureReceiver(pictureBytesMax: 4000)
    let file = try #require(receiver.receive(all: packets).first)
    let frame = try TestPicture.inspect(file).frame
    #expect([frame.width, frame.height] == [640, 8])
  }

  @Test("drops the whole picture when any one of its packets is lost, and goes on with the next")
  func losses() throws {
    let first = PacketRun(Self.frame, Self.scan, timestamp: 1).packets
    let other = TestPicture.randomScan(1000, seed: 4)
    let second = PacketRun(Self.frame, other, timestamp: 4501).packets
    for lost in first.indices {
      for isTold in [false, true] {
        let receiver = PictureReceiver(pictureBytesMax: 4000)
        var packets = first
        packets.remove(at: lost)
        var files = receiver.receive(all: Array(packets[..<lost]))
        if isTold { receiver.lost() }
        files += receiver.receive(all: Array(packets[lost...]) + second)
        #expect(files.count == 1, "lost \(lost)")
        #expect(try data(of: #require(files.first)) == other)
        // Whoever joins in the middle of a picture has lost nothing.
        #expect(receiver.dropped == (lost == 0 ? 0 : 1), "lost \(lost)")
      }
    }
  }

  @Test("counts a picture once whose first packet is lost or damaged, when there was one before")
  func headless() {
    let first = PacketRun(Self.frame, Self.scan, timestamp: 1).packets
    let second = PacketRun(Self.frame, Self.scan, timestamp: 4501).packets
    var damaged = second
    damaged[0] = Array(damaged[0][..<14])
    for rest in [Array(second.dropFirst()), damaged] {
      let receiver = PictureReceiver(pictureBytesMax: 4000)
      #expect(receiver.receive(all: first + rest).count == 1)
      #expect(receiver.dropped == 1)
    }
  }

  @Test("drops the whole picture when two of its packets are exchanged")
  func reorders() {
    let packets = PacketRun(Self.frame, Self.scan).packets
    for index in 0..<packets.count - 1 {
      var exchanged = packets
      exchanged.swapAt(index, index + 1)
      let receiver = PictureReceiver(pictureBytesMax: 4000)
      #expect(receiver.receive(all: exchanged).isEmpty, "exchanged \(index)")
    }
  }

  @Test("never mixes two pictures when the end of one and the beginning of the next are lost")
  func mixes() {
    let first = PacketRun(Self.frame, Self.scan, timestamp: 1).packets
    let second = PacketRun(Self.frame, Self.scan.reversed(), timestamp: 4501).packets
    for cut in 1..<first.count {
      let receiver = PictureReceiver(pictureBytesMax: 4000)
      #expect(receiver.receive(all: Array(first[..<cut] + second[cut...])).isEmpty)
      #expect(receiver.dropped == 2, "both, each once")
    }
  }

  @Test("refuses a picture that is larger than permitted before it is complete")
  func pictureBytesMax() {
    let packets = PacketRun(Self.frame, Self.scan).packets
    let exact = PictureReceiver(pictureBytesMax: 2000)
    #expect(exact.receive(all: packets).count == 1)
    let small = PictureReceiver(pictureBytesMax: 1999)
    #expect(small.receive(all: packets).isEmpty)
    #expect(small.dropped == 1)
  }

  /// A packet of a whole picture.
  private func packet(
    quality: UInt8, type: UInt8 = 1, tables: [UInt8]? = nil, size: UInt8 = 2,
    data: [UInt8] = [1, 2]
  ) -> [UInt8] {
    var bytes: [UInt8] = []
    RTPHeader(marker: true, sequence: 0, timestamp: 0, ssrc: 0).emit(into: &bytes)
    JPEGPayloadHeader(
      fragmentOffset: 0, type: type, quality: quality, width: size, height: size,
      restartInterval: nil, quantizationTables: tables
    ).emit(into: &bytes)
    return bytes + data
  }

  @Test("computes the tables of a quality from 1 to 99")
  func qualities() throws {
    for quality in [1, 50, 99] as [UInt8] {
      let receiver = PictureReceiver(pictureBytesMax: 100)
      let file = try #require(receiver.receive(packet(quality: quality)))
      #expect(
        try TestPicture.inspect(file).frame.quantizationTables
          == StandardQuantization.tables(quality: Int(quality)))
    }
    for quality in [0, 100, 127] as [UInt8] {
      let receiver = PictureReceiver(pictureBytesMax: 100)
      #expect(receiver.receive(packet(quality: quality)) == nil)
      #expect(receiver.dropped == 1)
    }
  }

  @Test("remembers the tables of a number from 128 to 254, and none for 255")
  func knownTables() throws {
    let tables = JPEGPacketizerTests.tables
    let receiver = PictureReceiver(pictureBytesMax: 100)
    #expect(receiver.receive(packet(quality: 200, tables: [])) == nil)
    #expect(receiver.receive(packet(quality: 200, tables: tables)) != nil)
    let file = try #require(receiver.receive(packet(quality: 200, tables: [])))
    #expect(try TestPicture.inspect(file).frame.quantizationTables == tables)
    #expect(receiver.receive(packet(quality: 201, tables: [])) == nil)
    #expect(receiver.receive(packet(quality: 255, tables: tables)) != nil)
    #expect(receiver.receive(packet(quality: 255, tables: [])) == nil)
    #expect(receiver.dropped == 3)
  }

  @Test("uses a single table for luma and chroma")
  func oneTable() throws {
    let receiver = PictureReceiver(pictureBytesMax: 100)
    let file = try #require(
      receiver.receive(packet(quality: 255, tables: TestPicture.luma)))
    #expect(
      try TestPicture.inspect(file).frame.quantizationTables
        == TestPicture.luma + TestPicture.luma)
  }

  @Test("refuses tables of odd length or with a zero, and types that it does not know")
  func refuses() {
    let receiver = PictureReceiver(pictureBytesMax: 1000)
    for count in [1, 63, 65, 127, 129, 192, 256] {
      let tables = [UInt8](repeating: 1, count: count)
      #expect(receiver.receive(packet(quality: 255, tables: tables)) == nil, "\(count)")
    }
    let zero = [0] + TestPicture.luma.dropFirst()
    #expect(receiver.receive(packet(quality: 255, tables: zero)) == nil)
    for type in [2, 5, 63] as [UInt8] {
      #expect(receiver.receive(packet(quality: 50, type: type)) == nil)
    }
    #expect(receiver.receive(packet(quality: 50, size: 0)) == nil)
  }

  @Test("adds the end marker only where the sender left it out")
  func endMarker() throws {
    let receiver = PictureReceiver(pictureBytesMax: 100)
    let without = try #require(receiver.receive(packet(quality: 50, data: [1, 2])))
    let with = try #require(
      receiver.receive(packet(quality: 50, data: [1, 2, 0xFF, 0xD9])))
    #expect(with == without)
  }

  @Test("ignores every truncation of a packet, or takes it for a shorter one")
  func truncations() throws {
    let whole = packet(quality: 255, tables: JPEGPacketizerTests.tables, data: [1, 2, 3])
    for length in 12..<whole.count {
      let receiver = PictureReceiver(pictureBytesMax: 100)
      let file = receiver.receive(Array(whole[..<length]))
      // 12 + 8 + 4 + 128 bytes of headers.
      #expect((file != nil) == (length >= 152), "cut to \(length)")
    }
  }

  @Test("survives lost, exchanged, doubled, cut and damaged packets, and never mixes pictures")
  func survivesGarbage() {
    let seed: UInt64 = 26
    var random = SplitMix64(seed: seed)
    let scans = (0..<4).map { TestPicture.randomScan(300 + 400 * $0, seed: UInt64($0) + 10) }
    let frames = [Self.frame, JPEGPacketizerTests.frame(restart: 4)]
    let receiver = PictureReceiver(pictureBytesMax: 1200)
    var pictures = 0
    for round in 0..<1500 {
      var packets: [[UInt8]] = []
      for index in 0..<3 {
        packets +=
          PacketRun(
            frames[random.below(2)], scans[random.below(4)], timestamp: UInt32(round * 3 + index)
          ).packets
      }
      for _ in 0..<random.below(4) where packets.count > 1 {
        let index = random.below(packets.count - 1)
        switch random.below(4) {
        case 0: packets.remove(at: index)
        case 1: packets.swapAt(index, index + 1)
        case 2: packets.insert(packets[index], at: random.below(packets.count))
        default: packets[index].removeLast(random.below(packets[index].count))
        }
      }
      for file in receiver.receive(all: packets) {
        pictures += 1
        // A last packet that was cut cannot be told from a shorter picture.
        guard let data = try? data(of: file), scans.contains(where: { $0.starts(with: data) })
        else {
          Issue.record("seed \(seed), round \(round): a picture that was never sent")
          continue
        }
      }
    }
    #expect(pictures > 1000 && receiver.dropped > 500, "seed \(seed)")
  }

  @Test("survives packets of random bytes")
  func survivesNoise() {
    let seed: UInt64 = 27
    var random = SplitMix64(seed: seed)
    let receiver = PictureReceiver(pictureBytesMax: 1000, dimensions: (8, 8))
    for _ in 0..<20_000 {
      var packet = random.bytes(12 + random.below(40))
      packet[0] = 0x80
      // Offsets near 0 and small timestamps make packets that belong together likely.
      for index in 2..<8 { packet[index] = 0 }
      if packet.count > 17 {
        packet[13] = 0
        packet[14] = 0
        packet[15] &= 0x1F
        packet[16] &= 0x41
      }
      if let file = receiver.receive(packet), file.count > 2000 {
        Issue.record("seed \(seed): a picture of \(file.count) bytes")
      }
    }
    #expect(receiver.dropped > 100, "seed \(seed)")
  }
}
