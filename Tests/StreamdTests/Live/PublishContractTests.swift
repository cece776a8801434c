import Foundation
import Testing

/// Publishing in a request, said by hand: each refusal has its status, and each way of framing a
/// body is understood.
@Suite("Publishing: the contract over HTTP")
struct PublishContractTests {
  private static let pictures = (try? Repository.samplePictures()) ?? []

  /// Sends a head, and something of a body, and reads the answer.
  private func put(
    _ daemon: DaemonProcess, _ name: String = "live/x", _ headers: [String] = [],
    body: [UInt8] = []
  ) throws -> HTTPClient.Reply {
    let client = try HTTPClient(daemon)
    try client.send("PUT", "/\(name)", headers)
    try client.socket.send(body)
    return try client.readReply()
  }

  private static func chunk(_ bytes: [UInt8]) -> [UInt8] {
    Array("\(String(bytes.count, radix: 16))\r\n".utf8) + bytes + Array("\r\n".utf8)
  }

  private static let chunked = ["Transfer-Encoding: chunked"]
  private static let end = Array("0\r\n\r\n".utf8)

  @Test("pictures are shown with their last byte, and counted at the end of the request")
  func life() throws {
    let daemon = try DaemonProcess()
    let client = try HTTPClient(daemon)
    try client.send("POST", "/live/a/b.c-d_1", Self.chunked)
    let viewer = try HTTPClient(daemon)
    for picture in Self.pictures.prefix(3) {
      try client.socket.send(Self.chunk(picture))
      #expect(
        try eventually {
          try viewer.request("GET", "/video/live/a/b.c-d_1/snapshot.jpg").body == picture
        })
    }
    let list = try viewer.request("GET", "/api/v1/clients").json["items"] as? [[String: Any]]
    let publisher = try #require(list?.first)
    #expect(publisher["id"] as? String == "0-1" && publisher["transport"] as? String == "http")
    #expect(publisher["state"] as? String == "recording")
    #expect(publisher["frames"] as? Int == 3)
    #expect(publisher["video_file"] as? String == "live/a/b.c-d_1")
    try client.socket.send(Self.end)
    let reply = try client.readReply()
    #expect(reply.status == 200 && reply.json["frames"] as? Int == 3)
    #expect(reply.json["broken"] as? Int == 0 && reply.json["name"] as? String == "live/a/b.c-d_1")
    // The connection goes on, and the name is free.
    try client.send("PUT", "/live/a/b.c-d_1", ["Content-Length: \(Self.pictures[0].count)"])
    try client.socket.send(Self.pictures[0])
    #expect(try client.readReply().json["frames"] as? Int == 1)
    #expect(try client.request("GET", "/healthz").status == 200)
  }

  @Test("a body without a length ends where the client has said everything")
  func untilClosed() throws {
    let daemon = try DaemonProcess()
    for head in ["PUT /live/x HTTP/1.0\r\n", "PUT /live/x HTTP/1.1\r\nConnection: close\r\n"] {
      let client = try HTTPClient(daemon)
      let text = "\(head)Host: 127.0.0.1\r\nContent-Type: image/jpeg\r\n\r\n"
      try client.socket.send(Array(text.utf8) + Self.pictures[0] + Self.pictures[1])
      shutdown(client.socket.descriptor, Int32(SHUT_WR))
      let reply = try client.readReply()
      #expect(reply.status == 200 && reply.json["frames"] as? Int == 2, "\(reply.head)")
    }
  }

  @Test("100 Continue comes before the body, and not before a refusal")
  func expectation() throws {
    let daemon = try DaemonProcess()
    let client = try HTTPClient(daemon)
    let expect = Self.chunked + ["Expect: 100-continue"]
    try client.send("PUT", "/live/x", expect)
    #expect(try client.readHead() == "HTTP/1.1 100 Continue\r\n\r\n")
    try client.socket.send(Self.chunk(Self.pictures[0]) + Self.end)
    #expect(try client.readReply().status == 200)
    #expect(try put(daemon, "live/.x", expect).status == 403)
  }

  @Test(
    "each refusal has its status and code, and ends the connection",
    arguments: [
      ("live/.x", "Transfer-Encoding: chunked", 403, "bad_name"),
      ("live/a%20b", "Transfer-Encoding: chunked", 403, "bad_name"),
      ("live/", "Transfer-Encoding: chunked", 403, "bad_name"),
      ("live/x", "X: y", 411, "length_required"),
      ("live/x", "Transfer-Encoding: gzip", 501, "not_implemented"),
      ("live/x", "Transfer-Encoding: chunked\r\nContent-Length: 1", 400, "bad_request"),
      ("live/x", "Transfer-Encoding: chunked\r\nContent-Type: video/mp4", 415, "no_motion_jpeg"),
      (
        "live/x", "Transfer-Encoding: chunked\r\nOrigin: http://evil.example", 403, "foreign_origin"
      ),
      ("live/x", "Transfer-Encoding: chunked\r\nHost: evil.example", 421, "foreign_host"),
    ])
  func refusals(_ name: String, _ header: String, _ status: Int, _ code: String) throws {
    let daemon = try DaemonProcess()
    let client = try HTTPClient(daemon)
    try client.send("PUT", "/\(name)", [header])
    let reply = try client.readReply()
    #expect(reply.status == status && reply.code == code, "\(reply.head) \(reply.text)")
    #expect(reply.header("Connection") == "close")
    #expect(try client.socket.readToEnd() == [])
    #expect(!daemon.log.contains("is published"))
  }

  @Test("a name cannot be read, and other methods say which there are")
  func methods() throws {
    let daemon = try DaemonProcess()
    for method in ["GET", "DELETE"] {
      let reply = try HTTPClient(daemon).request(method, "/live/x")
      #expect(reply.status == 405 && reply.header("Allow") == "PUT, POST", "\(reply.head)")
    }
  }

  @Test("what is no picture, too large, or no chunk, ends the request and nothing else")
  func badBodies() throws {
    let daemon = try DaemonProcess(["--limits", "live_picture_bytes=65536"])
    let steady = try SteadyViewer(daemon)
    for (body, status, code) in [
      (Self.chunk(Array("RIFF....AVI LIST".utf8)), 415, "no_motion_jpeg"),
      (Array("xyz\r\n".utf8), 400, "bad_request"),
      (
        Self.chunk(Array("--f\r\nContent-Length: 100000000\r\n\r\n".utf8)), 413,
        "picture_too_large"
      ),
      (
        Self.chunk(Self.pictures[0].dropLast(2) + [UInt8](repeating: 1, count: 66_000)), 413,
        "picture_too_large"
      ),
    ] {
      let reply = try put(daemon, "live/x", Self.chunked, body: body)
      #expect(reply.status == status && reply.code == code, "\(reply.head) \(reply.text)")
    }
    try steady.watch(frames: 5)
  }

  @Test("pictures that are none are counted, and those between them shown")
  func brokenPictures() throws {
    let daemon = try DaemonProcess()
    let metric = try Scraper(daemon)
    let broken = Array(Self.pictures[0].prefix(700))
    let reply = try put(
      daemon, "live/x", Self.chunked,
      body: Self.chunk(
        broken + Self.pictures[1] + [0xFF, 0xD8, 0xFF, 0xC0, 0, 1] + Self.pictures[2])
        + Self.end)
    #expect(reply.json["frames"] as? Int == 2 && reply.json["broken"] as? Int == 2)
    #expect(try metric("streamd_frames_broken_total{reason=\"malformed\"}") == 2)
    #expect(try metric("streamd_frames_received_total{transport=\"http\"}") == 2)
  }

  @Test("whoever sends no picture for too long is gone")
  func silence() throws {
    let daemon = try DaemonProcess(["--limits", "live_silence_s=1"])
    let reply = try put(daemon, "live/x", Self.chunked, body: Self.chunk([0xFF]))
    #expect(reply.status == 408 && reply.code == "no_picture")
    #expect(try put(daemon, "live/x", ["Content-Length: 0"]).status == 200)
  }

  @Test("a body that comes too fast is read no faster than it may be shown")
  func pace() throws {
    let daemon = try DaemonProcess(["--limits", "live_frames_per_s=20"])
    let body = Array(Self.pictures.prefix(30).joined())
    let start = ContinuousClock.now
    let reply = try put(daemon, "live/x", ["Content-Length: \(body.count)"], body: body)
    #expect(reply.json["frames"] as? Int == 30 && reply.json["broken"] as? Int == 0)
    // Five at once, then one every 50 ms.
    #expect(ContinuousClock.now - start > .milliseconds(1200))
  }

  @Test("a second publisher is 409; with takeover the first one is, whenever that is allowed")
  func second() throws {
    let folder = try TemporaryFolder()
    try folder.write("streamd.json", Array("{}".utf8))
    let daemon = try DaemonProcess(["--config", "\(folder.path)/streamd.json"])
    let first = try HTTPClient(daemon)
    try first.send("PUT", "/live/x", Self.chunked)
    try first.socket.send(Self.chunk(Self.pictures[0]))
    #expect(eventually { daemon.log.contains("live/x is published") })
    let refused = try put(daemon, "live/x", Self.chunked)
    #expect(refused.status == 409 && refused.code == "already_published")
    try folder.write("streamd.json", Array("{\"publish_takeover\": true}".utf8))
    kill(daemon.pid, SIGHUP)
    #expect(eventually { daemon.log.contains("changed=publish_takeover") })
    let second = try HTTPClient(daemon)
    try second.send("PUT", "/live/x", Self.chunked)
    let displaced = try first.readReply()
    #expect(displaced.status == 409 && displaced.code == "displaced")
    try second.socket.send(Self.chunk(Self.pictures[1]) + Self.end)
    #expect(try second.readReply().json["frames"] as? Int == 1)
  }

  @Test("a publisher can be kicked, over HTTP and over RTSP")
  func kick() throws {
    let daemon = try DaemonProcess()
    let control = try HTTPClient(daemon)
    let client = try HTTPClient(daemon)
    try client.send("PUT", "/live/x", Self.chunked)
    #expect(eventually { daemon.log.contains("live/x is published") })
    #expect(try control.request("DELETE", "/api/v1/clients/0-1").status == 204)
    #expect(try client.socket.readToEnd() == [])
    let rtsp = try RTSPPublishing(daemon, "live/y")
    try rtsp.record()
    let ids = try control.request("GET", "/api/v1/clients").json["items"] as? [[String: Any]]
    let id = try #require(ids?.first?["id"] as? String)
    #expect(try control.request("DELETE", "/api/v1/clients/\(id)").status == 204)
    #expect(eventually { daemon.log.contains("live/y is not published any more") })
  }

  /// Of somebody who may publish under a name.
  private static func token(_ name: String) -> String {
    GuardedDaemon.bearer(
      "{\"sub\":\"cam\",\"aud\":\"streamd\",\"exp\":99999999999,\"role\":\"control\","
        + "\"videos\":[\"\(name)\"]}")
  }

  @Test("who may publish: whoever controls, under names that they may see")
  func roles() throws {
    let guarded = try GuardedDaemon()
    let daemon = guarded.daemon
    for (credentials, status, code) in [
      ("X: y", 401, "not_authorised"), (GuardedDaemon.basic("vera"), 403, "not_permitted"),
      (GuardedDaemon.basic("carl"), 200, ""), (GuardedDaemon.basic("alice"), 200, ""),
      (
        Self.token("live/x"), 200,
        ""
      ),
      (
        Self.token("live/y"), 403,
        "not_permitted"
      ),
    ] {
      let reply = try put(
        daemon, "live/x", ["Content-Length: \(Self.pictures[0].count)", credentials],
        body: Self.pictures[0])
      #expect(reply.status == status && reply.code == code, "\(credentials) \(reply.head)")
      let rtsp = try RTSPClient(port: daemon.port)
      let announced = try rtsp.request(
        "ANNOUNCE", daemon.url("live/x"), ["Content-Type: application/sdp", credentials],
        body: RTSPPublishing.description)
      #expect(announced.status == status, "\(credentials) \(announced.head)")
    }
  }

  @Test("whoever is not let in any more does not go on publishing")
  func revoked() throws {
    let guarded = try GuardedDaemon()
    let client = try HTTPClient(guarded.daemon)
    try client.send("PUT", "/live/x", Self.chunked + [GuardedDaemon.basic("carl")])
    #expect(eventually { guarded.daemon.log.contains("live/x is published") })
    try guarded.keep("alice")
    #expect(try client.socket.readToEnd() == [])
  }
}
