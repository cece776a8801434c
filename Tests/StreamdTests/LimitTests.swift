import Foundation
import Testing

/// What strangers may make grow, and what they are told beyond it. They come from 127.0.0.2 and
/// up: 127.0.0.1 is held to the totals only.
@Suite("Limits")
struct LimitTests {
  private static let stranger = "127.0.0.2"

  @Test("one address has so many connections to each port; others, and its own, are not disturbed")
  func addressConnections() throws {
    let daemon = try DaemonProcess(["--limits", "address_connections=2"])
    let viewer = try SteadyViewer(daemon)
    let metric = try Scraper(daemon)
    let inside = try (0..<2).map { _ in try RTSPClient(port: daemon.port, from: Self.stranger) }
    for client in inside { #expect(try client.request("OPTIONS", "*").status == 200) }
    let refused = try RTSPClient(port: daemon.port, from: Self.stranger).readReply()
    #expect(refused.status == 503 && refused.header("Retry-After") == "5")
    #expect(refused.header("Warning")?.contains("from your address") == true)
    #expect(
      try metric("streamd_refusals_total{port=\"rtsp\",reason=\"address_connections\"}") == 1)
    #expect(
      try RTSPClient(port: daemon.port, from: "127.0.0.3").request("OPTIONS", "*").status == 200)
    let web = try (0..<2).map { _ in try HTTPClient(daemon, from: Self.stranger) }
    for client in web { #expect(try client.request("GET", "/healthz").status == 200) }
    let reply = try HTTPClient(daemon, from: Self.stranger).readReply()
    #expect(reply.status == 429 && reply.code == "too_many_connections")
    #expect(reply.header("Retry-After") == "5" && reply.header("Connection") == "close")
    #expect(
      try metric("streamd_refusals_total{port=\"http\",reason=\"address_connections\"}") == 1)
    for client in inside { #expect(try client.request("OPTIONS", "*").status == 200) }
    try viewer.watch()
  }

  @Test("a connection that leaves makes room for another of its address")
  func room() throws {
    let daemon = try DaemonProcess(["--limits", "address_connections=1"])
    for _ in 0..<20 {
      let isServed = try eventually {
        let client = try RTSPClient(port: daemon.port, from: Self.stranger)
        // One that is turned away is told so, and its request is not read.
        return (try? client.ask("OPTIONS", "*").status) == 200
      }
      #expect(isServed)
    }
  }

  @Test("an address that asks too often is refused with 429 and 503, and served again later")
  func addressRequests() throws {
    let daemon = try DaemonProcess(["--limits", "address_requests_per_s=2,requests_per_s=1000"])
    let viewer = try SteadyViewer(daemon)
    let metric = try Scraper(daemon)
    let began = Date()
    let client = try RTSPClient(port: daemon.port, from: Self.stranger)
    let setup = try client.request("SETUP", daemon.url(), ["Transport: RTP/AVP/TCP"])
    #expect(setup.status == 200)
    // Eight at once, of which the connection and SETUP were two; two more for each second it takes.
    var statuses: [Int] = []
    while statuses.count < 100, statuses.last != 503 {
      statuses.append(try client.request("OPTIONS", "*").status)
    }
    let most = 8 + 2 * Int(Date().timeIntervalSince(began))
    #expect((7...most).contains(statuses.count) && statuses.dropLast().allSatisfy { $0 == 200 })
    // Whoever comes now is told so without a question.
    let refused = try eventually {
      let other = try RTSPClient(port: daemon.port, from: Self.stranger)
      return try !other.isQuiet(milliseconds: 200) && other.readReply().status == 503
    }
    #expect(refused)
    #expect(try metric("streamd_refusals_total{port=\"rtsp\",reason=\"address_requests\"}") >= 2)
    // Its session is still there.
    let isPlaying = try eventually {
      try client.request("PLAY", daemon.url(), ["Session: \(setup.session)"]).status == 200
    }
    #expect(isPlaying)

    let web = try HTTPClient(daemon, from: Self.stranger)
    var reply = try web.request("GET", "/healthz")
    for _ in 0..<20 where reply.status == 200 { reply = try web.request("GET", "/healthz") }
    #expect(reply.status == 429 && reply.code == "too_many_requests")
    #expect(reply.header("Retry-After") == "5")
    #expect(try eventually { try web.request("GET", "/healthz").status == 200 })
    try viewer.watch()
  }

  @Test("what one connection asks too fast waits its turn, over RTSP, HTTP and the WebSocket")
  func paced() throws {
    let daemon = try DaemonProcess(["--limits", "requests_per_s=20,request_burst=5"])
    let client = try RTSPClient(port: daemon.port, from: Self.stranger)
    let web = try HTTPClient(daemon, from: Self.stranger)
    let start = Date()
    try client.send((1...15).map { "OPTIONS * RTSP/1.0\r\nCSeq: \($0)\r\n\r\n" }.joined())
    for _ in 1...15 { try web.send("GET", "/healthz") }
    for number in 1...15 { #expect(try client.readReply().header("CSeq") == String(number)) }
    // Five at once, then one each 50 ms; it cannot be faster.
    #expect(Date().timeIntervalSince(start) >= 0.45)
    for _ in 1...15 { #expect(try web.readReply().status == 200) }
    #expect(Date().timeIntervalSince(start) >= 0.45)
  }

  @Test("a client that hangs up while its requests wait is gone at once")
  func pacedHangUp() throws {
    let daemon = try DaemonProcess(["--limits", "requests_per_s=1,request_burst=1"])
    let before = daemon.descriptors
    let request = String(repeating: "OPTIONS * RTSP/1.0\r\nCSeq: 1\r\n\r\n", count: 50)
    do {
      let client = try RTSPClient(port: daemon.port, from: Self.stranger)
      try client.send(request)
      _ = try client.readReply()
      var linger = Glibc.linger(l_onoff: 1, l_linger: 0)
      unsafe setsockopt(
        client.descriptor, SOL_SOCKET, SO_LINGER, &linger,
        socklen_t(MemoryLayout<Glibc.linger>.size))
    }
    #expect(eventually(seconds: 5) { daemon.descriptors == before })
    #expect(daemon.isRunning)
  }

  @Test("sessions of one connection and of one address end with 453 and a time to come back")
  func sessions() throws {
    let daemon = try DaemonProcess(["--limits", "sessions=2,address_sessions=3"])
    let metric = try Scraper(daemon)
    func setup(_ client: RTSPClient) throws -> RTSPClient.Reply {
      try client.request("SETUP", daemon.url(), ["Transport: RTP/AVP/TCP"])
    }
    let first = try RTSPClient(port: daemon.port, from: Self.stranger)
    #expect(try setup(first).status == 200 && setup(first).status == 200)
    let third = try setup(first)
    #expect(third.status == 453 && third.header("Retry-After") == "5")
    let second = try RTSPClient(port: daemon.port, from: Self.stranger)
    let last = try setup(second)
    #expect(last.status == 200)
    let fourth = try setup(second)
    #expect(fourth.status == 453 && fourth.header("Retry-After") == "5")
    #expect(try metric("streamd_refusals_total{port=\"rtsp\",reason=\"address_sessions\"}") == 1)
    #expect(try setup(RTSPClient(port: daemon.port, from: "127.0.0.3")).status == 200)
    _ = try second.request("TEARDOWN", daemon.url(), ["Session: \(last.session)"])
    #expect(try setup(second).status == 200)
  }

  @Test("when frames take all the time that they may, newcomers are refused and nobody else")
  func load() throws {
    let daemon = try DaemonProcess(["--limits", "load_percent=3"])
    let metric = try Scraper(daemon)
    let viewer = try SteadyViewer(daemon)
    let sink = try UDPPair()
    var crowd: [RTSPClient] = []
    // They come until there are enough of them: how many that is depends on the machine.
    func join() throws -> RTSPClient.Reply {
      let client = try RTSPClient(port: daemon.port)
      crowd.append(client)
      let setup = try client.request("SETUP", daemon.url(), [sink.transport])
      guard setup.status == 200 else { return setup }
      return try client.request("PLAY", daemon.url(), ["Session: \(setup.session)"])
    }
    var reply = try join()
    let isFull = try eventually(seconds: 60) {
      if crowd.count < 2000 || reply.status != 200 { reply = try join() }
      return reply.status == 453
    }
    #expect(isFull, "with \(crowd.count) viewers")
    #expect(reply.header("Retry-After") == "5")
    #expect(reply.header("Warning")?.contains("as many are watching as can be served") == true)
    #expect(try metric("streamd_refusals_total{port=\"rtsp\",reason=\"load\"}") >= 1)
    #expect(try metric("streamd_loop_deadlines_seconds_total") > 0.03)
    let web = try HTTPClient(daemon)
    let stream = try web.request("GET", "/video/movie.Mjpeg/stream.mjpg")
    #expect(stream.status == 503 && stream.code == "too_many_viewers")
    #expect(stream.header("Retry-After") == "5")
    #expect(try web.request("GET", "/video/movie.Mjpeg/snapshot.jpg").status == 200)
    try viewer.watch()

    crowd = []
    #expect(try eventually { try join().status == 200 })
    try viewer.watch()
    #expect(daemon.log.contains("as many watch as can be served"))
    #expect(daemon.log.contains("there is room for more viewers"))
  }

  @Test("what is said while an answer takes its time waits with whoever says it")
  func saidMeanwhile() throws {
    let daemon = try DaemonProcess(["--limits", "live_wait_s=2"])
    let publisher = try HTTPClient(daemon)
    // Without a picture, so that whoever asks has to wait for one.
    try publisher.send("PUT", "/live/x", ["Content-Length: 1000000"])
    let isPublished = try eventually {
      let items = try HTTPClient(daemon).request("GET", "/api/v1/videos").json["items"]
      return (items as? [[String: Any]])?.contains { $0["name"] as? String == "live/x" } == true
    }
    #expect(isPublished)
    let client = try HTTPClient(daemon)
    try client.send("GET", "/video/live/x/snapshot.jpg")
    let request = "GET /healthz HTTP/1.1\r\nHost: 127.0.0.1:\(daemon.httpPort)\r\n\r\n"
    let flood = Array(String(repeating: request, count: 200_000).utf8)
    var sent = 0
    while sent < flood.count, client.socket.canSend(milliseconds: 300) {
      sent += client.socket.sendSome(Array(flood[sent...].prefix(1 << 20)))
    }
    #expect(sent < flood.count, "all of \(flood.count) bytes were taken")
    #expect(try client.readReply().status == 503)
    for _ in 0..<1000 { #expect(try client.readReply().status == 200) }
    withExtendedLifetime(publisher) {}
  }

  @Test("a request that waits behind a slow answer is whole, however long that takes")
  func behindSlowAnswer() throws {
    let daemon = try DaemonProcess(["--limits", "live_wait_s=2,request_s=1"])
    let publisher = try HTTPClient(daemon)
    try publisher.send("PUT", "/live/x", ["Content-Length: 1000000"])
    let client = try HTTPClient(daemon)
    let isWaiting = try eventually {
      try client.request("GET", "/api/v1/videos").text.contains("live/x")
    }
    #expect(isWaiting)
    try client.send("GET", "/video/live/x/snapshot.jpg")
    try client.send("GET", "/healthz")
    #expect(try client.readReply().status == 503)
    #expect(try client.readReply().status == 200)
    withExtendedLifetime(publisher) {}
  }

  @Test("of viewers that do not read, so many bytes wait together; one too many is let go")
  func backlog() throws {
    let daemon = try DaemonProcess(["--limits", "backlog_bytes=65536"])
    let steady = try SteadyViewer(daemon)
    let publisher = try HTTPClient(daemon)
    let picture = try Repository.largePicture(bytes: 6_000_000)
    try publisher.send("PUT", "/live/x", ["Content-Length: \(picture.count * 1000)"])
    try publisher.socket.send(picture)
    let isThere = try eventually {
      try HTTPClient(daemon).request("HEAD", "/video/live/x/snapshot.jpg").status == 200
    }
    #expect(isThere)
    let slow = try HTTPClient(daemon)
    try slow.send("GET", "/video/live/x/stream.mjpg")
    #expect(eventually { daemon.log.contains("too much waits for slow viewers") })
    try steady.watch()
    // One whose pictures are of the usual size does not read either, and stays.
    let usual = try HTTPClient(daemon, receiveBufferBytes: 4096)
    try usual.send("GET", "/video/movie.Mjpeg/stream.mjpg?fps=240")
    try SteadyViewer(daemon).watch(frames: 60)
    #expect(daemon.log.components(separatedBy: "too much waits").count == 2)
    withExtendedLifetime((publisher, slow, usual)) {}
  }

  @Test("replies that nobody takes leave room for others' frames; who asks for more comes too soon")
  func replyBacklog() throws {
    let daemon = try DaemonProcess(["--limits", "backlog_bytes=30000000"])
    let publisher = try HTTPClient(daemon)
    let picture = try Repository.largePicture(bytes: 6_000_000)
    try publisher.send("PUT", "/live/x", ["Content-Length: \(picture.count * 1000)"])
    try publisher.socket.send(picture)
    let path = "/video/live/x/snapshot.jpg"
    #expect(
      try eventually { try HTTPClient(daemon).request("HEAD", path).status == 200 })
    var idle: [HTTPClient] = []
    let reply = try {
      for _ in 0..<10 {
        let client = try HTTPClient(daemon, receiveBufferBytes: 4096)
        try client.send("GET", path)
        idle.append(client)
        let head = HTTPClient.Reply(head: try client.readHead(), body: [])
        if head.status != 200 { return head }
      }
      return HTTPClient.Reply(head: "", body: [])
    }()
    #expect(reply.status == 503 && reply.header("Retry-After") == "5", "\(reply.head)")
    #expect((2...8).contains(idle.count), "\(idle.count)")
    #expect(try HTTPClient(daemon).request("HEAD", path).status == 200)
    idle = []
    #expect(try eventually { try HTTPClient(daemon).request("GET", path).body == picture })
    withExtendedLifetime(publisher) {}
  }

  @Test("without UDP ports RTSP answers 453, HTTP 503, both with a time to come back")
  func ports() throws {
    let daemon = try DaemonProcess(["--rtp-ports", "21000-21001"])
    let metric = try Scraper(daemon)
    let holder = try RTSPClient(port: daemon.port)
    let ports = try UDPPair()
    #expect(try holder.request("SETUP", daemon.url(), [ports.transport]).status == 200)
    let client = try RTSPClient(port: daemon.port)
    let refused = try client.request("SETUP", daemon.url(), [ports.transport])
    #expect(refused.status == 453 && refused.header("Retry-After") == "5")
    #expect(try metric("streamd_refusals_total{port=\"rtsp\",reason=\"ports\"}") == 1)
    let web = try HTTPClient(daemon)
    let reply = try web.request("POST", "/api/v1/sessions", json: "{}")
    #expect(reply.status == 503 && reply.code == "no_ports")
    #expect(reply.header("Retry-After") == "5")
    #expect(try client.request("SETUP", daemon.url(), ["Transport: RTP/AVP/TCP"]).status == 200)
    #expect(
      try web.request("POST", "/api/v1/sessions", json: #"{"transport":"tcp"}"#).status == 201)
  }

  @Test("half a request (CVE-2026-51599) and silence are waited for as long as was said")
  func patience() throws {
    let daemon = try DaemonProcess(["--limits", "request_s=1,rtsp_idle_s=3,http_idle_s=5"])
    let viewer = try SteadyViewer(daemon)
    let half = try RTSPClient(port: daemon.port)
    // A body that never comes.
    try half.send("GET_PARAMETER \(daemon.url()) RTSP/1.0\r\nCSeq: 7\r\nContent-Length: 5\r\n\r\n")
    let silent = try RTSPClient(port: daemon.port)
    let web = try HTTPClient(daemon)
    try web.socket.send("POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\n\r\n")
    let reply = String(decoding: try half.readToEnd(), as: UTF8.self)
    #expect(reply.hasPrefix("RTSP/1.0 408 "))
    #expect(try silent.readToEnd().isEmpty)
    #expect(try web.readReply().status == 408)
    try viewer.watch()
  }

  @Test("heads, header lines, bodies and messages are as large as was said")
  func sizes() throws {
    let daemon = try DaemonProcess([
      "--limits",
      "rtsp_head_bytes=1024,http_head_bytes=1024,headers=16,body_bytes=1024,"
        + "websocket_message_bytes=1024",
    ])
    let long = "X: " + String(repeating: "a", count: 1100)
    let many = (0..<20).map { "X-\($0): a" }.joined(separator: "\r\n")
    for headers in [long, many, "Content-Length: 1025"] {
      let client = try RTSPClient(port: daemon.port)
      try client.send("OPTIONS * RTSP/1.0\r\nCSeq: 1\r\n\(headers)\r\n\r\n")
      #expect(try client.readReply().status == 413)
      let web = try HTTPClient(daemon)
      try web.socket.send("GET / HTTP/1.1\r\nHost: localhost\r\n\(headers)\r\n\r\n")
      #expect([413, 431].contains(try web.readReply().status))
    }
    let browser = try WebSocketClient(daemon)
    try browser.say(String(repeating: "a", count: 1025))
    #expect(try browser.readClose() == 1009)
  }
}
