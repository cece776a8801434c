import Testing

@testable import Wire

@Suite("InterleavedScanner")
struct InterleavedScannerTests {
  /// What a connection carried, put together again from however many reads.
  private struct Heard: Equatable {
    var packets: [Packet] = []
    var text = ""

    struct Packet: Equatable {
      var channel: UInt8
      var length: Int
      var sequence: UInt16?
    }
  }

  private func scan(_ reads: [[UInt8]]) -> Heard {
    var scanner = InterleavedScanner()
    var heard = Heard()
    for read in reads {
      var position = 0
      while let event = scanner.next(read.span, &position) {
        switch event {
        case .packet(let channel, let length, let mark):
          heard.packets.append(
            Heard.Packet(channel: channel, length: length, sequence: mark?.sequence))
        case .message(let range): heard.text += String(decoding: read[range], as: UTF8.self)
        }
      }
      #expect(position == read.count)
    }
    return heard
  }

  private static func packet(_ channel: UInt8, _ sequence: UInt16, payload: Int) -> [UInt8] {
    var bytes: [UInt8] = []
    InterleavedHeader(channel: channel, length: 12 + payload).emit(into: &bytes)
    RTPHeader(marker: false, sequence: sequence, timestamp: 5, ssrc: 1).emit(into: &bytes)
    // Dollars and empty lines inside of a packet mean nothing.
    return bytes + (0..<payload).map { Array("$\r\n\r\n".utf8)[$0 % 5] }
  }

  private static let short: [UInt8] = [0x24, 1, 0, 3, 0x80, 0, 0]
  private static let empty: [UInt8] = [0x24, 2, 0, 0]
  private static let messages = [
    "RTSP/1.0 200 OK\r\nCSeq: 3\r\ncontent-length:  6 \r\n\r\n$\r\n\r\nx",
    "RTSP/1.0 200 OK\r\nCSeq: 4\r\nSession: \(String(repeating: "$", count: 100))\r\n\r\n",
    "OPTIONS * RTSP/1.0\nCSeq: 1\n\n",
  ]

  private static let stream =
    packet(0, 1, payload: 40) + Array(messages[0].utf8) + packet(0, 2, payload: 0) + short + empty
    + Array(messages[1].utf8) + Array(messages[2].utf8) + packet(7, 65_535, payload: 21)

  private static let expected = Heard(
    packets: [
      .init(channel: 0, length: 52, sequence: 1), .init(channel: 0, length: 12, sequence: 2),
      .init(channel: 1, length: 3, sequence: nil), .init(channel: 2, length: 0, sequence: nil),
      .init(channel: 7, length: 33, sequence: 65_535),
    ], text: messages.joined())

  @Test("packets and messages are told apart, whole, in two parts, and byte by byte")
  func cuts() {
    let bytes = Self.stream
    #expect(scan([bytes]) == Self.expected)
    for cut in bytes.indices {
      #expect(scan([Array(bytes[..<cut]), Array(bytes[cut...])]) == Self.expected, "cut at \(cut)")
    }
    #expect(scan(bytes.map { [$0] }) == Self.expected)
  }

  @Test("a stream that ends early has no packet more than it has")
  func truncated() {
    for end in Self.stream.indices {
      let heard = scan([Array(Self.stream[..<end])])
      #expect(Self.expected.packets.starts(with: heard.packets))
      #expect(Self.expected.text.utf8.starts(with: heard.text.utf8))
    }
  }
}
