import Foundation
import Testing

/// The OpenAPI document is kept true by doing everything that it says.
@Suite("The OpenAPI document", .serialized)
struct DocumentTests {
  /// One documented answer and how to get it.
  private struct Example {
    var method: String
    /// As the document writes it.
    var path: String
    var status: Int
    /// What is put in the place of `{id}` or `{name}`, and a query behind the path.
    var part = ""
    var query = ""
    var body: String?
    var headers: [String] = []

    var key: String { "\(method) \(path) \(status)" }

    var target: String {
      path.replacing("{id}", with: part).replacing("{name}", with: part) + query
    }
  }

  /// What the document promises: `METHOD path status`.
  private func promises() throws -> Set<String> {
    let url = Repository.root.appending(path: "www/openapi.json")
    let document = try #require(
      JSONSerialization.jsonObject(with: Data(contentsOf: url)) as? [String: Any])
    let paths = try #require(document["paths"] as? [String: [String: [String: Any]]])
    var promises: Set<String> = []
    for (path, methods) in paths {
      for (method, operation) in methods {
        let responses = try #require(operation["responses"] as? [String: Any])
        // What any path may answer to somebody who may not ask is AccessContractTests' part.
        for (status, response) in responses where (response as? [String: Any])?["$ref"] == nil {
          promises.insert("\(method.uppercased()) \(path) \(status)")
        }
      }
    }
    return promises
  }

  private static let sessions = "/api/v1/sessions"

  /// While RTSP is stopped, and its port taken by somebody else.
  private static let stopped = [
    Example(method: "GET", path: "/readyz", status: 503),
    Example(method: "POST", path: "/api/v1/server/start", status: 409),
    Example(method: "POST", path: sessions, status: 409),
    Example(method: "POST", path: "/api/v1/login", status: 409, body: "{}"),
    Example(method: "POST", path: "/api/v1/logout", status: 204),
    Example(method: "POST", path: "/api/v1/drain", status: 400, body: "{\"seconds\":0}"),
    Example(method: "POST", path: "/api/v1/drain", status: 202),
  ]

  /// Where there are users.
  private static let guarded = [
    Example(method: "POST", path: "/api/v1/login", status: 200, body: GuardedDaemon.login),
    Example(method: "POST", path: "/api/v1/login", status: 400, body: "[]"),
  ]

  /// Where there is no video.
  private static let empty = ["/stream", "/snapshot"].map {
    Example(method: "GET", path: $0, status: 404)
  }

  /// What is no number in a query, and the first video.
  private static let queries =
    ["/api/v1/videos", "/api/v1/sources", sessions, "/api/v1/log"].map {
      Example(method: "GET", path: $0, status: 400, query: "?limit=x")
    }
    + [("/stream", "?fps=x"), ("/snapshot", "?frame=x")].flatMap { path, query in
      [
        Example(method: "GET", path: path, status: 200),
        Example(method: "GET", path: path, status: 400, query: query),
      ]
    }

  /// Somebody who watches over HTTP.
  private static func viewers(_ viewer: String) -> [Example] {
    let (all, one) = ("/api/v1/viewers", "/api/v1/viewers/{id}")
    return [
      Example(method: "GET", path: all, status: 200),
      Example(method: "GET", path: all, status: 400, query: "?after=x"),
      Example(method: "DELETE", path: one, status: 404, part: "none"),
      Example(method: "DELETE", path: one, status: 204, part: viewer),
    ]
  }

  /// While it runs; `session` is one that plays, `fresh` one that does not, `client` a client.
  private static func running(_ session: String, _ fresh: String, _ client: String) -> [Example] {
    let one = sessions + "/{id}"
    let file = "/video/{name}"
    var examples = [
      "/api/v1/status", "/api/v1/videos", "/api/v1/sources", sessions, "/api/v1/clients",
      "/api/v1/log",
      "/api/v1/openapi.json", "/api/config", "/healthz", "/readyz",
      "/metrics",
    ].map { Example(method: "GET", path: $0, status: 200) }
    examples.append(
      Example(method: "GET", path: "/api/v1/clients", status: 400, query: "?after=x"))
    for (body, status) in [
      ("{}", 201), ("[]", 400), ("{\"server_addr\":\"127.0.0.1\",\"server_port\":2}", 403),
      ("{\"video_file\":\"none\"}", 404), ("{\"video_file\":\"bad.mjpeg\"}", 415),
      ("{\"server_addr\":\"127.0.0.1\",\"server_port\":1}", 502),
    ] {
      examples.append(Example(method: "POST", path: sessions, status: status, body: body))
    }
    for (method, suffix) in [
      ("GET", ""), ("DELETE", ""), ("POST", "/play"), ("POST", "/pause"),
      ("GET", "/stream.mjpg"), ("GET", "/snapshot.jpg"),
    ] {
      examples.append(Example(method: method, path: one + suffix, status: 404, part: "none"))
    }
    for (suffix, status, id, query) in [
      ("/stream.mjpg", 200, session, ""), ("/stream.mjpg", 400, session, "?fps=x"),
      ("/snapshot.jpg", 200, session, ""), ("/snapshot.jpg", 409, fresh, ""),
      ("", 200, session, ""),
    ] {
      examples.append(
        Example(method: "GET", path: one + suffix, status: status, part: id, query: query))
    }
    examples += [
      Example(method: "POST", path: one + "/pause", status: 409, part: fresh),
      Example(method: "POST", path: one + "/play", status: 200, part: session),
      Example(method: "POST", path: one + "/play", status: 400, part: session, body: "[]"),
      Example(method: "POST", path: one + "/pause", status: 200, part: session),
      Example(method: "DELETE", path: one, status: 204, part: fresh),
      Example(method: "DELETE", path: "/api/v1/clients/{id}", status: 404, part: "none"),
      Example(method: "DELETE", path: "/api/v1/clients/{id}", status: 204, part: client),
    ]
    for suffix in ["/stream.mjpg", "/snapshot.jpg"] {
      for (name, status) in [("good.mjpeg", 200), ("none", 404), ("bad.mjpeg", 415)] {
        examples.append(Example(method: "GET", path: file + suffix, status: status, part: name))
      }
    }
    examples.append(
      Example(
        method: "GET", path: file + "/stream.mjpg", status: 400, part: "good.mjpeg",
        query: "?fps=x"))
    examples.append(
      Example(
        method: "GET", path: file + "/snapshot.jpg", status: 400, part: "good.mjpeg",
        query: "?frame=x"))
    examples += queries
    examples += recordings(session)
    examples.append(Example(method: "POST", path: "/api/v1/server/stop", status: 200))
    return examples + publishing
  }

  /// While `live/taken` is published.
  private static let publishing = ["PUT", "POST"].flatMap { method in
    [
      (200, "x", nil, ["Content-Length: 0"]), (411, "x", nil, []),
      (400, "x", "x", ["Transfer-Encoding: chunked"]),
      (409, "taken", nil, ["Content-Length: 0"]), (415, "x", "{}", []),
      (413, "x", "--f\r\nContent-Length: 100000000\r\n\r\n", ["Content-Type: multipart/x"]),
    ].map { status, name, body, headers in
      Example(
        method: method, path: "/live/{name}", status: status, part: name, body: body,
        headers: headers)
    }
  }

  /// In a daemon that has recorded `session` as number 1 before.
  private static func recordings(_ session: String) -> [Example] {
    let (all, one) = ("/api/v1/recordings", "/api/v1/recordings/{id}")
    var examples = [
      Example(method: "GET", path: all, status: 200),
      Example(method: "GET", path: all, status: 400, query: "?after=x"),
      Example(method: "GET", path: one, status: 200, part: "1"),
      Example(method: "GET", path: one, status: 404, part: "9"),
      Example(method: "DELETE", path: one, status: 404, part: "none"),
      Example(method: "DELETE", path: one, status: 200, part: "1"),
    ]
    for (body, status) in [
      ("{\"session_id\":\"\(session)\"}", 201), ("{\"session_id\":\"\(session)\"}", 409),
      ("{}", 400),
      ("{\"source\":\"good.mjpeg\"}", 400), ("{\"source\":\"live/none\"}", 404),
      ("{\"session_id\":\"none\"}", 404),
    ] {
      examples.append(Example(method: "POST", path: all, status: status, body: body))
    }
    return examples
  }

  @Test("every documented answer of every documented path is had, and nothing is promised besides")
  func everyAnswer() throws {
    let folder = try TemporaryFolder()
    let recordings = try TemporaryFolder()
    let pictures = try Repository.samplePictures()
    try folder.write("good.mjpeg", pictures[0] + pictures[1])
    try folder.write("bad.mjpeg", Array("00005hello".utf8))
    var had: Set<String> = []
    let other = try DaemonProcess()
    let blocked = try DaemonProcess(
      media: folder.path, start: false, rtsp: "127.0.0.1:\(other.port)")
    for example in Self.stopped { try check(example, blocked, &had) }
    let guarded = try GuardedDaemon()
    for example in Self.guarded { try check(example, guarded.daemon, &had) }
    let daemon = try DaemonProcess(
      [
        "--allowed-servers", "127.0.0.1:1", "--recordings", recordings.path, "--limits",
        "recording_free_bytes=0",
      ], media: folder.path)
    try check(Example(method: "POST", path: "/api/v1/server/start", status: 200), daemon, &had)
    let client = try HTTPClient(daemon)
    let playing = try #require(
      client.request("POST", Self.sessions).json["session_id"] as? String)
    _ = try client.request("POST", "\(Self.sessions)/\(playing)/play")
    let fresh = try #require(
      client.request("POST", Self.sessions).json["session_id"] as? String)
    let hasPicture = try eventually {
      try client.request("GET", "\(Self.sessions)/\(playing)/snapshot.jpg").status == 200
    }
    #expect(hasPicture)
    let recorded = "{\"session_id\":\"\(playing)\"}"
    _ = try client.request("POST", "/api/v1/recordings", json: recorded)
    _ = try client.request("DELETE", "/api/v1/recordings/1")
    let publisher = try HTTPClient(daemon)
    try publisher.send("PUT", "/live/taken", ["Transfer-Encoding: chunked"])
    #expect(eventually { daemon.log.contains("live/taken is published") })
    let player = try RTSPClient(port: daemon.port)
    _ = try player.request("SETUP", daemon.url("good.mjpeg"), ["Transport: RTP/AVP/TCP"])
    let clients = try client.request("GET", "/api/v1/clients").json["items"] as? [[String: Any]]
    let kicked = try #require(clients?.last?["id"] as? String)
    let watcher = try HTTPClient(daemon)
    try watcher.send("GET", "/video/good.mjpeg/stream.mjpg")
    _ = try watcher.readHead()
    let viewers = try client.request("GET", "/api/v1/viewers").json["items"] as? [[String: Any]]
    let viewer = try #require(viewers?.first?["id"] as? String)
    for example in Self.viewers(viewer) { try check(example, daemon, &had) }
    for example in Self.running(playing, fresh, kicked) { try check(example, daemon, &had) }
    let nothing = try TemporaryFolder()
    let idle = try DaemonProcess(media: nothing.path)
    for example in Self.empty { try check(example, idle, &had) }
    #expect(try had.symmetricDifference(promises()).isEmpty)
  }

  private func check(
    _ example: Example, _ daemon: DaemonProcess, _ had: inout Set<String>
  ) throws {
    let client = try HTTPClient(daemon)
    try client.send(example.method, example.target, json: example.body, example.headers)
    let head = try client.readHead()
    #expect(head.hasPrefix("HTTP/1.1 \(example.status) "), "\(example.key): \(head)")
    if example.status >= 400 {
      #expect(head.contains("Content-Type: application/problem+json\r\n"), "\(example.key)")
    }
    had.insert(example.key)
  }
}
