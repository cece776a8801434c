import Foundation
import Testing

@Suite("HTTP on the control port")
struct HTTPContractTests {
  private static let port = "127.0.0.1"

  @Test("keep-alive, pipelining, HEAD, and close when it is asked for")
  func connection() throws {
    let daemon = try DaemonProcess(start: false)
    let client = try HTTPClient(daemon)
    for _ in 0..<3 { try client.send("GET", "/healthz") }
    for _ in 0..<3 { #expect(try client.readReply().text == "ok\n") }
    let head = try client.request("HEAD", "/")
    #expect(head.status == 200 && Int(head.header("Content-Length") ?? "") ?? 0 > 500)
    #expect(try client.request("GET", "/healthz", ["Connection: close"]).text == "ok\n")
    #expect(try client.socket.receive().isEmpty)
    let old = try HTTPClient(daemon)
    try old.socket.send("GET /healthz HTTP/1.0\r\n\r\n")
    #expect(try old.readReply().header("Connection") == "close")
    #expect(try old.socket.receive().isEmpty)
    let persistent = try HTTPClient(daemon)
    for _ in 0..<2 {
      try persistent.socket.send("GET /healthz HTTP/1.0\r\nConnection: keep-alive\r\n\r\n")
      #expect(try persistent.readReply().header("Connection") == "keep-alive")
    }
  }

  @Test("static files: types, entity tags, ranges, and a policy that lets nothing foreign in")
  func files() throws {
    let daemon = try DaemonProcess(start: false)
    let client = try HTTPClient(daemon)
    let page = try client.request("GET", "/")
    #expect(page.header("Content-Type") == "text/html; charset=utf-8")
    #expect(page.header("Content-Security-Policy")?.hasPrefix("default-src 'self'") == true)
    #expect(page.header("X-Content-Type-Options") == "nosniff")
    let tag = try #require(page.header("ETag"))
    #expect(try client.request("GET", "/", ["If-None-Match: \(tag)"]).status == 304)
    #expect(try client.request("GET", "/", ["If-None-Match: \"x\", W/\(tag)"]).status == 304)
    #expect(try client.request("GET", "/", ["If-None-Match: \"x\""]).status == 200)
    let part = try client.request("GET", "/", ["Range: bytes=10-19"])
    #expect(part.status == 206 && part.body == Array(page.body[10..<20]))
    #expect(part.header("Content-Range") == "bytes 10-19/\(page.body.count)")
    let head = try client.request("HEAD", "/", ["Range: bytes=10-19"])
    #expect(head.status == 200 && head.header("Content-Length") == "\(page.body.count)")
    let tail = try client.request("GET", "/", ["Range: bytes=-5"])
    #expect(tail.body == Array(page.body.suffix(5)))
    #expect(try client.request("GET", "/", ["Range: bytes=9999999-"]).status == 416)
    #expect(
      try client.request("GET", "/main.js").header("Content-Type")?.hasPrefix("text/javascript")
        == true)
    #expect(
      try client.request("GET", "/style.css").header("Content-Type")?.hasPrefix("text/css") == true)
    for path in [
      "/../Package.swift", "/%2e%2e/Package.swift", "/.git/HEAD", "//etc/passwd", "/a\u{1}",
    ] {
      #expect([400, 404].contains(try HTTPClient(daemon).request("GET", path).status), "\(path)")
    }
    let post = try client.request("POST", "/index.html")
    #expect(post.status == 405 && post.header("Allow") == "GET, HEAD")
    #expect(try client.request("PUT", "/api/v1/status").header("Allow") == "GET, HEAD")
  }

  @Test(
    "requests that other servers fell for are refused",
    arguments: [
      ("GET / HTTP/2.0\r\n\r\n", 505), ("GET /\r\n\r\n", 400), ("GET / RTSP/1.0\r\n\r\n", 400),
      ("GET / HTTP/1.1\r\n\r\n", 400), ("\u{16}\u{3}\u{1}\r\n\r\n", 400),
      ("POST /x HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n", 501),
      ("GET / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n", 400),
      ("GET / HTTP/1.1\r\nHost: localhost\r\nContent-Length: -1\r\n\r\n", 400),
      ("GET / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 99999999999999999999\r\n\r\n", 413),
      ("GET / HTTP/1.1\r\nHost: localhost\r\nX : y\r\n\r\n", 400),
      ("GET / HTTP/1.1\r\nHost: localhost\r\n folded\r\n\r\n", 400),
      (
        "GET / HTTP/1.1\r\nHost: localhost\r\nX: \(String(repeating: "a", count: 20_000))\r\n\r\n",
        431
      ),
      ("GET /\(String(repeating: "a", count: 5000)) HTTP/1.1\r\nHost: localhost\r\n\r\n", 414),
    ])
  func refused(_ request: String, _ status: Int) throws {
    let daemon = try DaemonProcess(start: false)
    let client = try HTTPClient(daemon)
    try client.socket.send(request)
    let reply = try client.readReply()
    #expect(reply.status == status, "\(reply.head)")
    #expect(reply.header("Content-Type") == "application/problem+json")
    #expect(daemon.isRunning)
  }

  @Test("other people's pages may neither change anything nor open the WebSocket (CVE-2024-29192)")
  func crossSite() throws {
    let daemon = try DaemonProcess(start: false)
    let start = "/api/v1/server/start"
    func post(_ headers: [String], json: String? = nil) throws -> HTTPClient.Reply {
      try HTTPClient(daemon).request("POST", start, json: json, headers)
    }
    #expect(try post(["Origin: http://evil.example"]).code == "foreign_origin")
    #expect(try post(["Origin: null"]).status == 403)
    #expect(try post(["Host: evil.example"]).status == 421)
    #expect(try post(["Host: evil.example:\(daemon.httpPort)"]).code == "foreign_host")
    #expect(try post(["Content-Type: text/plain"], json: "{}").status == 415)
    #expect(
      try post(["Content-Type: application/x-www-form-urlencoded"], json: "a=b").status == 415)
    #expect(try HTTPClient(daemon).request("GET", "/", ["Host: evil.example"]).status == 421)
    let upgrade = [
      "Connection: Upgrade", "Upgrade: websocket", "Sec-WebSocket-Version: 13",
      "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
    ]
    let foreign = try HTTPClient(daemon).request(
      "GET", "/ws", upgrade + ["Origin: http://evil.example"])
    #expect(foreign.status == 403)
    #expect(
      try HTTPClient(daemon).request("GET", "/api/v1/status").json["state"] as? String == "stopped")
    let own = "Origin: http://127.0.0.1:\(daemon.httpPort)"
    #expect(
      try HTTPClient(daemon).request("GET", "/ws", upgrade + [own]).header("Sec-WebSocket-Accept")
        == "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=")
    #expect(try HTTPClient(daemon).request("GET", "/ws").status == 426)
    let old = ["Upgrade: websocket", "Connection: Upgrade", "Sec-WebSocket-Version: 8"]
    for (key, status, code) in [
      ("", 400, "bad_handshake"), ("x3JJHMbDL1EzLkh9GBhXDw==", 426, "bad_version"),
    ] {
      let refusal = try HTTPClient(daemon).request(
        "GET", "/ws", old + ["Sec-WebSocket-Key: \(key)"])
      #expect(refusal.status == status && refusal.code == code, "\(refusal.head)")
      #expect(refusal.json["hint"] as? String == "see RFC 6455, section 4.2.1")
    }
    #expect(try post([own]).status == 200)
    #expect(try post(["Host: localhost:\(daemon.httpPort)"]).status == 200)
    #expect(try post(["Host: [::1]:\(daemon.httpPort)"]).status == 200)
  }

  @Test("half a request is not waited for longer than ten seconds, however slowly it drips")
  func drips() throws {
    let daemon = try DaemonProcess(start: false)
    let client = try HTTPClient(daemon)
    try client.socket.send("GET / HTTP/1.1\r\nHost: localhost\r\nX: ")
    let start = Date()
    // As long as the server takes bytes, and no longer than twice the time.
    while Date().timeIntervalSince(start) < 20, client.socket.isQuiet(milliseconds: 500) {
      try client.socket.send("a")
    }
    #expect(try client.readReply().status == 408)
    #expect((9...19).contains(Date().timeIntervalSince(start)))
  }
}
