import Foundation
import Testing

@testable import Streamd

@Suite("The JSON API")
struct APITests {
  @Test("the OpenAPI document and the routes name each other, none missing on either side")
  func documented() throws {
    let url = Repository.root.appending(path: "www/openapi.json")
    let document = try #require(
      JSONSerialization.jsonObject(with: Data(contentsOf: url)) as? [String: Any])
    let paths = try #require(document["paths"] as? [String: [String: Any]])
    var documented: Set<String> = []
    for (path, methods) in paths {
      for method in methods.keys { documented.insert("\(method.uppercased()) \(path)") }
    }
    let routed = Set(
      API.routes.map { "\($0.method) \($0.path.replacing("{name...}", with: "{name}"))" })
    #expect(routed.subtracting(documented).isEmpty, "not in the document")
    #expect(documented.subtracting(routed).isEmpty, "in the document alone")
  }

  @Test("a session from setup to teardown, as a script would")
  func session() throws {
    let daemon = try DaemonProcess(start: false)
    let client = try HTTPClient(daemon)
    #expect(try client.request("GET", "/api/v1/status").json["state"] as? String == "stopped")
    #expect(try client.request("GET", "/readyz").status == 503)
    let early = try client.request("POST", "/api/v1/sessions")
    #expect(early.status == 409 && early.code == "server_stopped")
    #expect(early.json["hint"] as? String == "Start Server first")
    let started = try client.request("POST", "/api/v1/server/start")
    #expect(started.status == 200 && started.json["state"] as? String == "running")
    #expect(try client.request("POST", "/api/v1/server/start").status == 200)
    #expect(try client.request("GET", "/readyz").status == 200)
    let setup = try client.request(
      "POST", "/api/v1/sessions", json: "{\"video_file\":\"movie.Mjpeg\"}")
    #expect(setup.status == 201)
    let id = try #require(setup.json["session_id"] as? String)
    #expect(setup.header("Location") == "/api/v1/sessions/\(id)")
    #expect(setup.json["state"] as? String == "ready")
    let path = "/api/v1/sessions/\(id)"
    #expect(try client.request("POST", "\(path)/pause").code == "wrong_state")
    #expect(try client.request("GET", "\(path)/snapshot.jpg").code == "no_picture")
    #expect(try client.request("POST", "\(path)/play").json["state"] as? String == "playing")
    let plays = try eventually {
      let report = try client.request("GET", path).json
      let fps = report["fps"] as? Double ?? 0
      return abs(fps - 20) < 2 && report["lost"] as? Int == 0
        && report["frame"] as? Int ?? 0 > 20
    }
    let report = try client.request("GET", path).text
    #expect(plays, "\(report)")
    let clients = try client.request("GET", "/api/v1/clients").json["items"] as? [[String: Any]]
    #expect(clients?.count == 1 && clients?.first?["transport"] as? String == "udp")
    #expect(try client.request("POST", "\(path)/pause").json["state"] as? String == "paused")
    #expect(try client.request("DELETE", path).status == 204)
    #expect(try client.request("GET", path).code == "no_such_session")
    #expect(try client.request("POST", "/api/v1/server/stop").json["state"] as? String == "stopped")
  }

  @Test("a session over TCP shows the same, and one of a foreign server only when it is allowed")
  func otherServers() throws {
    let camera = try DaemonProcess()
    let closed = try DaemonProcess()
    let target =
      "{\"server_addr\":\"127.0.0.1\",\"server_port\":\(camera.port),"
      + "\"video_file\":\"movie.Mjpeg\",\"transport\":\"tcp\"}"
    let refused = try HTTPClient(closed).request("POST", "/api/v1/sessions", json: target)
    #expect(refused.status == 403 && refused.code == "server_not_allowed")
    let daemon = try DaemonProcess(["--allowed-servers", "127.0.0.1:\(camera.port)"])
    let client = try HTTPClient(daemon)
    let setup = try client.request("POST", "/api/v1/sessions", json: target)
    #expect(setup.status == 201)
    #expect(setup.json["transport"] as? String == "tcp")
    let path = try #require(setup.header("Location"))
    #expect(try client.request("POST", "\(path)/play").status == 200)
    let arrives = try eventually {
      try client.request("GET", path).json["frame"] as? Int ?? 0 > 3
    }
    #expect(arrives)
  }

  @Test("what cannot be set up is refused with the reason and the way out")
  func refusals() throws {
    let folder = try TemporaryFolder()
    try folder.write("good.mjpeg", try Repository.samplePictures()[0])
    try folder.write("bad.mjpeg", Array("00005hello".utf8))
    let daemon = try DaemonProcess(media: folder.path)
    let client = try HTTPClient(daemon)
    let cases: [(String, Int, String)] = [
      ("{\"video_file\":\"none.mjpeg\"}", 404, "no_such_video"),
      ("{\"video_file\":\"bad.mjpeg\"}", 415, "unplayable"),
      ("{\"video_file\":\"\"}", 400, "no_video"),
      ("{\"transport\":\"carrier pigeon\"}", 400, "bad_transport"),
      ("{\"server_addr\":\"example.org\"}", 400, "bad_address"),
      ("{\"server_port\":70000}", 400, "bad_json"),
      ("{\"server_addr\":\"127.0.0.1\",\"server_port\":1}", 403, "server_not_allowed"),
      ("{\"server_addr\":\"169.254.169.254\",\"server_port\":80}", 403, "server_not_allowed"),
      ("[1]", 400, "bad_json"), ("{", 400, "bad_json"), ("\"x\"", 400, "bad_json"),
      ("{\"transport\":1}", 400, "bad_json"),
    ]
    for (body, status, code) in cases {
      let reply = try client.request("POST", "/api/v1/sessions", json: body)
      #expect(reply.status == status && reply.code == code, "\(body): \(reply.text)")
      #expect(reply.header("Content-Type") == "application/problem+json")
    }
    let videos = try client.request("GET", "/api/v1/videos").json["items"] as? [[String: Any]]
    #expect(videos?.map { $0["playable"] as? Bool } == [false, true])
    #expect((videos?.first?["reason"] as? String)?.contains("at byte 5") == true)
    // Nothing of it is left over.
    let sessions = try client.request("GET", "/api/v1/sessions").json["items"] as? [Any]
    #expect(sessions?.isEmpty == true)
  }

  @Test("what is no number is not taken for one")
  func numbers() throws {
    let daemon = try DaemonProcess()
    let client = try HTTPClient(daemon)
    for path in [
      "/api/v1/log?after=x", "/api/v1/log?limit=1.5", "/api/v1/videos?limit=abc",
      "/video/movie.Mjpeg/snapshot.jpg?frame=x",
    ] {
      let reply = try client.request("GET", path)
      #expect(reply.status == 400 && reply.code == "bad_query", "\(path): \(reply.text)")
    }
    #expect(try client.request("GET", "/api/v1/videos?limit=").status == 200)
    let made = try client.request("POST", "/api/v1/sessions", json: "{}").json
    let session = "/api/v1/sessions/\(made["session_id"] as? String ?? "")"
    let refused = try client.request("POST", "\(session)/play", json: "{\"range_s\":\"x\"}")
    #expect(refused.status == 400 && refused.text.contains("range_s is no number"))
    #expect(try client.request("GET", session).json["state"] as? String == "ready")
  }

  @Test("a paused session has no rate")
  func paused() throws {
    let daemon = try DaemonProcess()
    let client = try HTTPClient(daemon)
    let made = try client.request("POST", "/api/v1/sessions", json: "{}").json
    let session = "/api/v1/sessions/\(made["session_id"] as? String ?? "")"
    #expect(try client.request("POST", "\(session)/play").status == 200)
    let plays = try eventually {
      try client.request("GET", session).json["fps"] as? Double ?? 0 > 1
    }
    #expect(plays)
    let report = try client.request("POST", "\(session)/pause").json
    #expect(report["state"] as? String == "paused" && report["fps"] as? Double == 0)
    #expect(report["data_rate_kbps"] as? Double == 0 && report["frame"] as? Int ?? 0 > 0)
  }

  @Test("another server is asked with the query that its URL has")
  func query() throws {
    let camera = try DaemonProcess()
    let daemon = try DaemonProcess(["--allowed-servers", "127.0.0.1:\(camera.port)"])
    let client = try HTTPClient(daemon)
    let target = "\"server_addr\":\"127.0.0.1\",\"server_port\":\(camera.port)"
    let reply = try client.request(
      "POST", "/api/v1/sessions",
      json: "{\(target),\"video_file\":\"movie.Mjpeg?videocodec=jpeg&resolution=640x480\"}")
    #expect(reply.status == 201, "\(reply.text)")
    // A file of ours may be called so.
    let own = try client.request(
      "POST", "/api/v1/sessions", json: "{\"video_file\":\"movie.Mjpeg?x\"}")
    #expect(own.status == 404)
  }

  @Test("an allowed server that refuses, or speaks something else, is told apart")
  func badServers() throws {
    let web = try DaemonProcess()
    let daemon = try DaemonProcess([
      "--allowed-servers", "127.0.0.1:1", "--allowed-servers", "127.0.0.1:\(web.httpPort)",
    ])
    for (port, code) in [
      (1, "unreachable"), (Int(web.httpPort), "protocol_error"),
    ] {
      let reply = try HTTPClient(daemon).request(
        "POST", "/api/v1/sessions",
        json: "{\"server_addr\":\"127.0.0.1\",\"server_port\":\(port),\"video_file\":\"x\"}")
      #expect(reply.status == 502 && reply.code == code, "\(port): \(reply.text)")
    }
  }

  @Test("starting is refused when the port is taken, with the way out")
  func portTaken() throws {
    let first = try DaemonProcess()
    let second = try DaemonProcess(start: false, rtsp: "127.0.0.1:\(first.port)")
    let reply = try HTTPClient(second).request("POST", "/api/v1/server/start")
    #expect(reply.status == 409 && reply.code == "port_in_use")
    #expect((reply.json["hint"] as? String)?.contains("--rtsp") == true)
    let log = try HTTPClient(second).request("GET", "/api/v1/log").json["items"] as? [[String: Any]]
    #expect(log?.contains { $0["level"] as? String == "error" } == true)
  }

  @Test("lists come in pages, and the log without gaps")
  func pages() throws {
    let folder = try TemporaryFolder()
    let picture = try Repository.samplePictures()[0]
    for number in 0..<5 { try folder.write("\(number).mjpeg", picture) }
    let daemon = try DaemonProcess(media: folder.path)
    let client = try HTTPClient(daemon)
    var names: [String] = []
    var next: String? = ""
    while let cursor = next {
      let page = try client.request("GET", "/api/v1/videos?limit=2&after=\(cursor)").json
      names += (page["items"] as? [[String: Any]] ?? []).compactMap { $0["name"] as? String }
      next = page["next"] as? String
    }
    #expect(names == (0..<5).map { "\($0).mjpeg" })
    _ = try client.request("POST", "/api/v1/server/stop")
    let all = try client.request("GET", "/api/v1/log").json["items"] as? [[String: Any]] ?? []
    #expect(all.map { $0["seq"] as? Int } == Array(1...all.count))
    let rest = try client.request("GET", "/api/v1/log?after=1").json["items"] as? [[String: Any]]
    #expect(rest?.count == all.count - 1)
  }

  @Test("a kicked client is gone")
  func kick() throws {
    let daemon = try DaemonProcess()
    let viewer = try RTSPClient(port: daemon.port)
    let setup = try viewer.request(
      "SETUP", daemon.url(), ["Transport: RTP/AVP/TCP", "User-Agent: a \"b\" <c>"])
    _ = try viewer.request("PLAY", daemon.url(), ["Session: \(setup.session)"])
    let client = try HTTPClient(daemon)
    let items = try client.request("GET", "/api/v1/clients").json["items"] as? [[String: Any]]
    let item = try #require(items?.first)
    #expect(item["user_agent"] as? String == "a \"b\" <c>")
    let id = try #require(item["id"] as? String)
    #expect(try client.request("DELETE", "/api/v1/clients/\(id)").status == 204)
    while try !viewer.receive().isEmpty {}
    #expect(try client.request("DELETE", "/api/v1/clients/\(id)").code == "no_such_client")
  }
}
