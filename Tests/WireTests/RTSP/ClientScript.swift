import Testing

@testable import Wire

/// A client's conversation with a scripted server: what the client asks is kept for the test to
/// look at, and answered as the test says.
struct ClientScript {
  var client: RTSPClientConversation
  var now: Nanoseconds = 1_000_000_000_000
  /// What was sent, as text.
  private(set) var requests: [String] = []
  /// Everything else that came out, in order.
  private(set) var steps: [RTSPClientConversation.Step] = []

  /// `RTP/AVP/UDP`, ports 40000 and 40001.
  static let udp: TransportHeader = {
    var offer = TransportHeader(.udp)
    offer.clientPorts = TransportHeader.PortPair(rtp: 40_000, rtcp: 40_001)
    return offer
  }()

  /// `RTP/AVP/TCP`, channels 0 and 1.
  static let tcp: TransportHeader = {
    var offer = TransportHeader(.tcp)
    offer.channels = TransportHeader.Channels(rtp: 0, rtcp: 1)
    return offer
  }()

  static let description = """
    v=0\r
    o=- 1 1 IN IP4 127.0.0.1\r
    s=movie\r
    t=0 0\r
    a=control:*\r
    m=audio 0 RTP/AVP 0\r
    a=control:audio\r
    m=video 0 RTP/AVP 26\r
    a=control:stream=0\r

    """

  init(url: String = "rtsp://h/movie", offer: TransportHeader = udp) {
    client = RTSPClientConversation(url: url, offer: offer, userAgent: "streamd/1")
  }

  /// Does something with the client and lets it run until it needs more.
  mutating func tell(_ command: (inout RTSPClientConversation) -> Void) {
    command(&client)
    run()
  }

  mutating func hear(_ bytes: [UInt8]) { tell { $0.receive(bytes.span) } }

  mutating func advance(seconds: Double) {
    now += Nanoseconds(seconds * 1_000_000_000)
    let now = now
    tell { $0.wake(at: now) }
  }

  /// Answers the last request.
  mutating func answer(_ status: String = "200 OK", _ headers: String..., body: String = "") {
    hear(Self.reply(cseq, status, headers, body))
  }

  static func reply(
    _ cseq: Int, _ status: String = "200 OK", _ headers: [String] = [], _ body: String = ""
  ) -> [UInt8] {
    var text = "RTSP/1.0 \(status)\r\nCSeq: \(cseq)\r\n"
    for header in headers { text += header + "\r\n" }
    if !body.isEmpty { text += "Content-Length: \(body.utf8.count)\r\n" }
    return Array((text + "\r\n" + body).utf8)
  }

  /// OPTIONS and DESCRIBE are answered, SETUP is asked.
  mutating func describe(_ description: String = description, _ headers: String...) {
    tell { $0.setup() }
    answer()
    hear(Self.reply(cseq, "200 OK", headers, description))
  }

  /// The session is set up.
  mutating func setup(session: String = "12345678;timeout=60") {
    describe()
    answer("200 OK", "Session: \(session)", "Transport: \(header("Transport") ?? "")")
  }

  /// The last request's first line.
  var line: String { requests.last.map { String($0.prefix { $0 != "\r\n" }) } ?? "" }

  var last: String { requests.last ?? "" }

  /// The number of the last request.
  var cseq: Int { header("CSeq").flatMap { Int($0) } ?? 0 }

  /// A header of the last request.
  func header(_ name: String) -> String? {
    last.split(whereSeparator: \.isNewline).first { $0.hasPrefix(name + ": ") }
      .map { String($0.dropFirst(name.count + 2)) }
  }

  private mutating func run() {
    while let step = client.next(at: now) {
      if case .send(let bytes) = step {
        requests.append(String(decoding: bytes, as: UTF8.self))
      } else {
        steps.append(step)
      }
    }
  }
}
