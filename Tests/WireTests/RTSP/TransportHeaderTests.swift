import Testing

@testable import Wire

@Suite("TransportHeader")
struct TransportHeaderTests {
  private static func udp(_ rtp: UInt16, _ rtcp: UInt16) -> TransportHeader {
    var header = TransportHeader(.udp)
    header.clientPorts = .init(rtp: rtp, rtcp: rtcp)
    return header
  }

  private static func tcp(_ rtp: UInt8, _ rtcp: UInt8) -> TransportHeader {
    var header = TransportHeader(.tcp)
    header.channels = .init(rtp: rtp, rtcp: rtcp)
    return header
  }

  @Test(
    "reads what players offer",
    arguments: [
      ("RTP/AVP/UDP;unicast;client_port=30898-30899", udp(30_898, 30_899)),
      ("RTP/AVP;unicast;client_port=56816-56817", udp(56_816, 56_817)),
      ("RTP/AVP;unicast;client_port=25000", udp(25_000, 25_001)),
      ("RTP/UDP; client_port= 25000", udp(25_000, 25_001)),
      ("rtp/avp ; CLIENT_PORT = 1 - 65535", udp(1, 65_535)),
      ("RTP/AVP;client_port=25001-25002;append;layers=3", udp(25_001, 25_002)),
      ("RTP/AVP;;client_port=5-7;", udp(5, 7)),
      ("RTP/AVP/TCP;unicast;interleaved=0-1", tcp(0, 1)),
      ("RTP/AVP/TCP;interleaved=254", tcp(254, 255)),
      ("RTP/AVP/TCP;interleaved=1-0", tcp(1, 0)),
      ("RTP/AVP/TCP", TransportHeader(.tcp)),
      ("RTP/SAVP;unicast", TransportHeader(.other("RTP/SAVP"))),
      ("x", TransportHeader(.other("x"))),
    ])
  func reads(text: String, expected: TransportHeader) {
    #expect(TransportHeader.parse(text) == [expected])
  }

  @Test("takes a lone last port for RTP")
  func lastPort() {
    #expect(TransportHeader.parse("RTP/AVP;client_port=65535")?.first?.clientPorts?.rtp == 65_535)
  }

  @Test("reads multicast, ssrc and mode")
  func parameters() throws {
    let text = "RTP/AVP;multicast;ssrc=0a0B;mode=\"RECORD\""
    let header = try #require(TransportHeader.parse(text)?.first)
    #expect(header.isMulticast)
    #expect(header.ssrc == 0x0A0B)
    #expect(header.mode == "record" && header.isRecord)
    #expect(TransportHeader.parse("RTP/AVP;mode=PLAY;ssrc=zz")?.first == TransportHeader(.udp))
    #expect(!TransportHeader(.udp).isRecord)
    #expect(TransportHeader.parse("RTP/AVP;mode=receive")?.first?.isRecord == true)
  }

  @Test(
    "reads where a group is, and passes over what of it makes no sense",
    arguments: [
      ("destination=239.1.2.3;port=5004-5005;ttl=16", "239.1.2.3", 5004, 16),
      ("port=5004;destination=ff15::1;ttl=0", "ff15::1", 5004, 0),
      ("port=0-1;ttl=256", nil, nil, nil), ("port=5005-5004;ttl=x;destination=", "", nil, nil),
      ("ttl=;port=", nil, nil, nil),
    ] as [(String, String?, UInt16?, UInt8?)])
  func group(text: String, address: String?, port: UInt16?, ttl: UInt8?) throws {
    let header = try #require(TransportHeader.parse("RTP/AVP;multicast;" + text)?.first)
    #expect(header.isMulticast && header.destination == address && header.ttl == ttl)
    #expect(header.groupPorts == port.map { .init(rtp: $0, rtcp: $0 + 1) })
  }

  @Test("a server's agreement to a group is read as it was written")
  func agreement() throws {
    let group = try #require(MulticastGroup(address: "239.1.2.3", port: 5004, ttl: 16))
    var header = TransportHeader(group)
    header.source = "192.0.2.7"
    header.ssrc = 0xAB
    #expect(
      header.description
        == "RTP/AVP;multicast;source=192.0.2.7;destination=239.1.2.3;port=5004-5005;ttl=16"
        + ";ssrc=000000AB")
    #expect(TransportHeader.parse(header.description) == [header])
  }

  @Test(
    "leaves out an offer whose ports are out of range or malformed",
    arguments: [
      "0", "0-0", "0-1", "1-0", "1-1", "65535-65536", "65536", "99999", "99999-100000", "-1", "-",
      "1-", "-2", "1-2-3", "1e3", "+5", "5 6", "", "x", "1-x", "٥-٦", "2147483648",
      "18446744073709551616-18446744073709551617", "25000\0",
    ])
  func refusesPorts(value: String) {
    #expect(TransportHeader.parse("RTP/AVP;unicast;client_port=\(value)") == nil)
    #expect(TransportHeader.parse("RTP/AVP;unicast;server_port=\(value)") == nil)
    #expect(
      TransportHeader.parse("RTP/AVP;client_port=\(value),RTP/AVP/TCP;interleaved=0-1")
        == [Self.tcp(0, 1)])
  }

  @Test(
    "leaves out an offer whose channels are out of range or alike",
    arguments: [
      "0-0", "255-255", "255-256", "256-257", "255", "256", "-1", "-", "0-", "-1-0", "0-1-2", "",
      "a-b", "+0-1", "1e1", "18446744073709551616",
    ])
  func refusesChannels(value: String) {
    #expect(TransportHeader.parse("RTP/AVP/TCP;unicast;interleaved=\(value)") == nil)
  }

  @Test(
    "refuses a header without any offer", arguments: ["", " ", ",", ",,,", ";", ";unicast", " ,; "])
  func refusesNothing(text: String) {
    #expect(TransportHeader.parse(text) == nil)
  }

  @Test("keeps the client's order, and looks at 16 offers")
  func order() {
    let text = "RTP/AVP/TCP;interleaved=0-1, RTP/AVP;client_port=4-5,RTP/SAVP"
    #expect(
      TransportHeader.parse(text)
        == [Self.tcp(0, 1), Self.udp(4, 5), TransportHeader(.other("RTP/SAVP"))])
    let many = String(repeating: "RTP/SAVP,", count: 16) + "RTP/AVP"
    #expect(TransportHeader.parse(many)?.count == 16)
    #expect(TransportHeader.parse(many)?.contains(TransportHeader(.udp)) == false)
  }

  @Test("survives every truncation of an offer")
  func truncations() {
    let text = "RTP/AVP;unicast;client_port=25000-25001"
    for length in 0...text.count {
      let offers = TransportHeader.parse(String(text.prefix(length)))
      // None without a profile, while the number has not begun, or the second is not above 25000.
      #expect(
        (offers == nil)
          == (length == 0 || (27...28).contains(length) || (34...38).contains(length)),
        "cut to \(length)")
    }
  }

  static let written: [(TransportHeader, String)] = {
    var full = udp(25_000, 25_001)
    full.serverPorts = .init(rtp: 6000, rtcp: 6001)
    full.ssrc = 0xAB
    var multicast = TransportHeader(.udp)
    multicast.isMulticast = true
    multicast.mode = "record"
    var interleaved = tcp(2, 3)
    interleaved.ssrc = .max
    return [
      (
        full,
        "RTP/AVP;unicast;client_port=25000-25001;server_port=6000-6001;ssrc=000000AB"
      ),
      (interleaved, "RTP/AVP/TCP;unicast;interleaved=2-3;ssrc=FFFFFFFF"),
      (multicast, "RTP/AVP;multicast;mode=\"record\""),
      (TransportHeader(.other("RTP/SAVP")), "RTP/SAVP;unicast"),
    ]
  }()

  @Test("is written as in RFC 2326 §12.39 and read back", arguments: written)
  func writes(header: TransportHeader, text: String) {
    #expect(header.description == text)
    #expect(TransportHeader.parse(text) == [header])
  }

  @Test("random offers give ports and channels that exist, or nothing (CVE-2023-50685)")
  func random() {
    var random = SplitMix64(seed: 50685)
    let parts = [
      "RTP/AVP", "RTP/AVP/TCP", ";", ",", "unicast", "client_port=", "interleaved=", "-", "=", "0",
      "1", "65535", "65536", "255", "256", "99999999999999999999", "+1", " ", "\u{0}", "é", "ssrc=",
    ]
    for _ in 0..<20_000 {
      let count = Int.random(in: 0..<12, using: &random)
      let text = (0..<count).map { _ in parts.randomElement(using: &random) ?? "" }.joined()
      for offer in TransportHeader.parse(text) ?? [] {
        if let ports = offer.clientPorts { #expect(ports.rtp > 0 && ports.rtcp >= ports.rtp) }
        if let channels = offer.channels { #expect(channels.rtp != channels.rtcp) }
      }
    }
  }

  @Test("a mode that begins with a combining mark is written as it is read")
  func combiningMode() throws {
    let text = "RTP/AVP/TCP;interleaved=0-1;mode=\"\u{7AF}y\""
    let header = try #require(TransportHeader.parse(text)?.first)
    #expect(header.mode == "\u{7AF}y")
    #expect(TransportHeader.parse(header.description)?.first == header)
  }
}
