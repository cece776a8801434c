import Testing

@testable import Wire

/// The examples of HAProxy's proxy-protocol.txt, and what is none.
@Suite("The PROXY protocol")
struct ProxyHeaderTests {
  typealias Client = ProxyHeader.Client

  private static let signature = Array("\r\n\r\n\0\r\nQUIT\n".utf8)

  private static func binary(
    _ kind: UInt8, _ family: UInt8, _ body: [UInt8], length: Int? = nil
  ) -> [UInt8] {
    let length = length ?? body.count
    return signature + [kind, family, UInt8(length >> 8), UInt8(length & 0xFF)] + body
  }

  private static let addresses: [UInt8] = [192, 0, 2, 7, 192, 0, 2, 10, 0x9C, 0x40, 0x21, 0x6A]
  private static let wide: [UInt8] =
    [0x20, 0x01, 0x0D, 0xB8] + [UInt8](repeating: 0, count: 11) + [7]
    + [UInt8](repeating: 0, count: 15) + [1] + [0x9C, 0x40, 0x21, 0x6A]

  private static let good: [([UInt8], Client?)] = [
    (
      Array("PROXY TCP4 192.0.2.7 192.0.2.10 40000 8554\r\n".utf8),
      Client(host: "192.0.2.7", port: 40_000)
    ),
    (
      Array("PROXY TCP6 2001:db8::7 2001:DB8::1 0 65535\r\n".utf8),
      Client(host: "2001:db8::7", port: 0)
    ),
    (Array("PROXY UNKNOWN\r\n".utf8), nil),
    // The longest line that there is, 107 bytes.
    (
      Array(
        ("PROXY UNKNOWN ffff:f...f:ffff ffff:f...f:ffff 65535 65535"
          + String(repeating: " ", count: 48) + "\r\n").utf8), nil
    ),
    (binary(0x21, 0x11, addresses), Client(host: "192.0.2.7", port: 40_000)),
    (binary(0x21, 0x21, wide), Client(host: "2001:db8:0:0:0:0:0:7", port: 40_000)),
    // Extensions behind the addresses.
    (
      binary(0x21, 0x11, addresses + [0x04, 0, 3, 0, 0, 0]),
      Client(host: "192.0.2.7", port: 40_000)
    ),
    // A health check, whatever it says.
    (binary(0x20, 0x00, []), nil), (binary(0x20, 0x11, addresses), nil),
    (binary(0x20, 0xFF, [1, 2, 3]), nil),
    // From a socket of the proxy's machine.
    (binary(0x21, 0x00, []), nil), (binary(0x21, 0x31, [UInt8](repeating: 1, count: 216)), nil),
    (binary(0x20, 0x00, [UInt8](repeating: 0, count: 4080)), nil),
  ]

  @Test("whoever it speaks for is known with the last byte, and not before", arguments: good)
  func parts(_ bytes: [UInt8], _ client: Client?) throws {
    for end in 0..<bytes.count {
      #expect(try ProxyHeader.parse(Array(bytes[..<end]).span) == nil, "after \(end) bytes")
    }
    let header = ProxyHeader(client: client, length: bytes.count)
    #expect(try ProxyHeader.parse(bytes.span) == header)
    let more = bytes + Array("OPTIONS * RTSP/1.0\r\n".utf8)
    #expect(try ProxyHeader.parse(more.span) == header)
  }

  @Test(
    "anything else is refused as soon as it shows",
    arguments: [
      ("OPTIONS * RTSP/1.0\r\n", .absent), ("P\r", .absent), ("\r\n\r\n\0\r\nQUIX", .absent),
      ("proxy TCP4 ", .absent), ("$\0\0\0", .absent),
      ("PROXY \r\n", .malformed), ("PROXY TCP4\r\n", .malformed),
      ("PROXY TCP4 192.0.2.7 192.0.2.10 40000 8554\n", .malformed),
      ("PROXY TCP4 192.0.2.7 192.0.2.10 40000\r\n", .malformed),
      ("PROXY TCP4 192.0.2.7 192.0.2.10 40000 8554 1\r\n", .malformed),
      ("PROXY TCP4  192.0.2.7 192.0.2.10 40000 8554\r\n", .malformed),
      ("PROXY TCP4 192.0.2.7 192.0.2.10 65536 8554\r\n", .malformed),
      ("PROXY TCP4 192.0.2.7 192.0.2.10 +1 8554\r\n", .malformed),
      ("PROXY TCP4 192.0.2.7 192.0.2.10 01 8554\r\n", .malformed),
      ("PROXY TCP4 192.0.2.7 192.0.2.10  8554\r\n", .malformed),
      ("PROXY TCP4 2001:db8::7 192.0.2.10 40000 8554\r\n", .malformed),
      ("PROXY TCP4 localhost 192.0.2.10 40000 8554\r\n", .malformed),
      ("PROXY TCP6 2001:db8::g ::1 40000 8554\r\n", .malformed),
      ("PROXY UDP4 192.0.2.7 192.0.2.10 40000 8554\r\n", .malformed),
      ("PROXY unknown\r\n", .malformed),
    ] as [(String, ProxyHeader.Fault)])
  func refused(_ text: String, _ fault: ProxyHeader.Fault) {
    #expect(throws: fault) { try ProxyHeader.parse(Array(text.utf8).span) }
  }

  @Test("a line that does not end is given up")
  func endless() throws {
    let bytes = Array("PROXY UNKNOWN".utf8) + [UInt8](repeating: 0x20, count: 94)
    #expect(try ProxyHeader.parse(Array(bytes[..<106]).span) == nil)
    #expect(throws: ProxyHeader.Fault.malformed) { try ProxyHeader.parse(bytes.span) }
  }

  @Test(
    "binary ones that TCP does not have, or that lie about their length",
    arguments: [
      (0x11, 0x11, 12, .unsupported), (0x22, 0x11, 12, .unsupported),
      (0x21, 0x12, 12, .unsupported), (0x21, 0x22, 36, .unsupported),
      (0x21, 0x41, 12, .unsupported), (0x21, 0x11, 11, .malformed), (0x21, 0x11, 0, .malformed),
      (0x21, 0x21, 35, .malformed), (0x21, 0x11, 4081, .tooLong), (0x20, 0, 65_535, .tooLong),
    ] as [(UInt8, UInt8, Int, ProxyHeader.Fault)])
  func binaryRefused(_ kind: UInt8, _ family: UInt8, _ length: Int, _ fault: ProxyHeader.Fault) {
    // Before any of what it announces has come.
    let bytes = Self.binary(kind, family, [], length: length)
    #expect(throws: fault) { try ProxyHeader.parse(bytes.span) }
  }

  @Test("no byte traps")
  func noise() {
    var random = SplitMix64(seed: 7)
    for _ in 0..<20_000 {
      var bytes = Self.good.randomElement(using: &random)?.0 ?? []
      for _ in 0..<Int.random(in: 1...4, using: &random) {
        bytes[Int.random(in: 0..<bytes.count, using: &random)] = UInt8.random(
          in: 0...255, using: &random)
      }
      let header = try? ProxyHeader.parse(bytes.span)
      #expect(header.map { $0.length <= bytes.count } != false)
    }
  }
}
