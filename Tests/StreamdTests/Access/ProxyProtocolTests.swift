import Foundation
import Testing
import Wire

/// Whoever comes through a proxy that speaks the PROXY protocol, with the real program.
@Suite("Behind a proxy that speaks the PROXY protocol")
struct ProxyProtocolTests {
  private static let proxy = "127.0.0.2"

  private static func daemon(_ arguments: [String] = []) throws -> DaemonProcess {
    try DaemonProcess(["--rtsp-proxies", "127.0.0.2,127.0.0.8/29"] + arguments)
  }

  private static func line(_ client: String) -> [UInt8] {
    Array("PROXY TCP4 \(client) 192.0.2.10 40000 8554\r\n".utf8)
  }

  private static func binary(_ kind: UInt8, _ client: [UInt8] = []) -> [UInt8] {
    let body = client.isEmpty ? [] : client + [192, 0, 2, 10, 0x9C, 0x40, 0x21, 0x6A]
    return Array("\r\n\r\n\0\r\nQUIT\n".utf8)
      + [kind, client.isEmpty ? 0 : 0x11, 0, UInt8(body.count)] + body
  }

  /// A connection of the proxy's that has said this.
  private func through(_ daemon: DaemonProcess, _ header: [UInt8]) throws -> RTSPClient {
    let client = try RTSPClient(port: daemon.port, from: Self.proxy)
    try client.send(header)
    return client
  }

  /// Whether it is closed without a word; perhaps as one whose words nobody reads.
  private func isClosed(_ client: RTSPClient) -> Bool {
    do {
      return try client.receive().isEmpty
    } catch {
      return "\(error)".contains("recv: \(ECONNRESET)")
    }
  }

  private func isServed(_ client: RTSPClient, _ daemon: DaemonProcess) -> Bool {
    (try? client.ask("OPTIONS", daemon.url()).status) == 200
  }

  @Test(
    "the client is whom it speaks for, and plays over TCP",
    arguments: [line("192.0.2.7"), binary(0x21, [192, 0, 2, 7])])
  func client(_ header: [UInt8]) throws {
    let daemon = try Self.daemon()
    let client = try RTSPClient(port: daemon.port, from: Self.proxy)
    // Byte by byte, and the last one together with the request.
    for byte in header.dropLast() { try client.send([byte]) }
    let options = "OPTIONS * RTSP/1.0\r\nCSeq: 1\r\n\r\n"
    try client.send(header.suffix(1) + Array(options.utf8))
    #expect(try client.readReply().status == 200)
    let setup = { (transport: String) in
      try client.request("SETUP", daemon.url(), ["Transport: RTP/AVP\(transport)"])
    }
    #expect(try setup(";unicast;client_port=40000-40001").status == 461)
    let reply = try setup("/TCP;unicast;interleaved=0-1")
    #expect(
      try client.request("PLAY", daemon.url(), ["Session: \(reply.session)"]).status == 200)
    #expect(try client.readPacket().packet.count > 12)
    let list = try HTTPClient(daemon).request("GET", "/api/v1/clients").json["items"]
    let peers = (list as? [[String: Any]])?.compactMap { $0["peer"] as? String }
    #expect(peers == ["192.0.2.7:40000"])
  }

  @Test("nobody publishes over UDP through it")
  func publisher() throws {
    let daemon = try Self.daemon()
    let client = try through(daemon, Self.line("192.0.2.7"))
    let sdp = "v=0\r\no=- 0 0 IN IP4 0\r\ns=x\r\nm=video 0 RTP/AVP 26\r\na=control:0\r\n"
    let url = daemon.url("live/x")
    let type = ["Content-Type: application/sdp"]
    #expect(try client.request("ANNOUNCE", url, type, body: sdp).status == 200)
    let setup = { (transport: String) in
      try client.request("SETUP", "\(url)/0", ["Transport: \(transport);mode=record"]).status
    }
    #expect(try setup("RTP/AVP;unicast;client_port=40000-40001") == 461)
    #expect(try setup("RTP/AVP/TCP;unicast;interleaved=0-1") == 200)
  }

  @Test("addresses are allowed, denied and counted as those of clients")
  func addresses() throws {
    let daemon = try Self.daemon([
      "--deny", "198.51.100.0/24", "--limits", "address_connections=2",
    ])
    #expect(isClosed(try through(daemon, Self.line("198.51.100.7"))))
    let first = try (0..<2).map { _ in try through(daemon, Self.line("192.0.2.7")) }
    #expect(first.allSatisfy { isServed($0, daemon) })
    let third = try through(daemon, Self.line("192.0.2.7")).readReply()
    #expect(third.status == 503 && third.head.contains("from your address"))
    #expect(isServed(try through(daemon, Self.line("192.0.2.8")), daemon))
  }

  @Test(
    "a proxy that looks whether somebody is here is answered as what it is itself",
    arguments: [binary(0x20), Array("PROXY UNKNOWN\r\n".utf8)])
  func itself(_ header: [UInt8]) throws {
    let daemon = try Self.daemon()
    #expect(isServed(try through(daemon, header), daemon))
    // One that says nothing and goes is not worth a line.
    _ = try RTSPClient(port: daemon.port, from: Self.proxy)
    #expect(isServed(try through(daemon, header), daemon))
    #expect(!daemon.log.contains("a proxy's connection"))
  }

  @Test(
    "without a header that can be believed there is no connection",
    arguments: [
      ("OPTIONS * RTSP/1.0\r\n", "does not begin with"),
      ("PROXY TCP4 192.0.2.700 192.0.2.10 40000 8554\r\n", "malformed"),
    ])
  func refused(_ text: String, _ reason: String) throws {
    let daemon = try Self.daemon()
    #expect(isClosed(try through(daemon, Array(text.utf8))))
    let port = "level=warning msg=\"a proxy's connection is closed\" port=rtsp peer=127.0.0.2:"
    #expect(daemon.log.contains(port) && daemon.log.contains(reason))
    let refusals = try Scraper(daemon)("streamd_refusals_total{port=\"rtsp\",reason=\"proxy\"}")
    #expect(refusals == 1)
  }

  @Test("a header that does not come in time is not waited for")
  func late() throws {
    let daemon = try Self.daemon(["--limits", "request_s=1"])
    let silent = try RTSPClient(port: daemon.port, from: "127.0.0.9")
    let slow = try through(daemon, Array("PROXY TCP4 ".utf8))
    #expect(isClosed(silent) && isClosed(slow))
    #expect(daemon.log.contains("peer=127.0.0.9:"))
    #expect(daemon.log.contains("did not come in time"))
  }

  @Test("nobody else is believed, and the dashboard's own sessions need no word")
  func others() throws {
    let daemon = try DaemonProcess(["--rtsp-proxies", "127.0.0.0/29"])
    // Outside of what was named, a header is no request.
    let liar = try RTSPClient(port: daemon.port, from: "127.0.0.8")
    try liar.send(Self.line("192.0.2.7") + Array("\r\n".utf8))
    #expect(try liar.readReply().status == 400)
    #expect(isServed(try RTSPClient(port: daemon.port, from: "127.0.0.8"), daemon))
    let target = "{\"server_addr\":\"127.0.0.1\",\"server_port\":0,\"video_file\":\"movie.Mjpeg\"}"
    for transport in ["udp", "tcp"] {
      let body = target.dropLast() + ",\"transport\":\"\(transport)\"}"
      let reply = try HTTPClient(daemon).request("POST", "/api/v1/sessions", json: String(body))
      #expect(reply.status == 201, "\(reply.text)")
    }
  }

  @Test("over HTTP, too")
  func http() throws {
    let guarded = try GuardedDaemon(["--http-proxies", Self.proxy])
    let wrong = "Authorization: \(AuthorizationHeader.basic("alice", "wrong"))"
    let client = try HTTPClient(guarded.daemon, from: Self.proxy)
    try client.socket.send(Self.binary(0x21, [192, 0, 2, 9]))
    // Whom the client says that it speaks for is not asked.
    let reply = try client.request("GET", "/api/v1/status", [wrong, "X-Forwarded-For: 10.1.1.1"])
    #expect(reply.status == 401)
    #expect(
      guarded.daemon.log.contains("msg=\"authentication failed\" address=192.0.2.9 protocol=http"))
    #expect(try HTTPClient(guarded.daemon).request("GET", "/healthz").status == 200)
  }
}
