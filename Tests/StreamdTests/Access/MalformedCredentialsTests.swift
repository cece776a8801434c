import Foundation
import Testing
import Wire

/// Credentials that broke other servers, given to one that looks at them.
@Suite("Malformed credentials")
struct MalformedCredentialsTests {
  /// What stands behind `Authorization: `, and whether the message can be read at all.
  private struct Case {
    var name: String
    var value: String
    var isReadable = true
  }

  private static let digest =
    "Digest username=\"vera\", realm=\"streamd\", nonce=\"0\", uri=\"/\", response=\"0\""

  private static let cases: [Case] =
    [
      Case(name: "repeated fields (rgaufman/live555#20, CVE-2019-7732)", value: repeated),
      Case(
        name: "every field twice (rgaufman/live555#20)",
        value: "\(digest), \(digest.dropFirst(7))"),
      Case(name: "an unterminated field (rgaufman/live555#23)", value: "Digest username=\"vera"),
      Case(name: "an escape at the end", value: "Digest username=\"vera\\"),
      Case(
        name: "a NUL (rgaufman/live555#23, CVE-2019-7733)", value: "Digest username=\"\0\"",
        isReadable: false),
      Case(name: "fields without values", value: "Digest username, realm=, nonce=\"\", =, ,,"),
      Case(name: "an empty Basic (cherokee#1242)", value: "Basic "),
      Case(name: "Basic and nothing (cherokee#1242)", value: "Basic"),
      Case(name: "an empty Digest (cherokee#1242)", value: "Digest "),
      Case(name: "an empty Bearer", value: "Bearer "),
      Case(name: "a token of dots", value: "Bearer ...."),
      Case(name: "no scheme", value: ""),
      Case(name: "spaces", value: String(repeating: " ", count: 1000)),
      Case(name: "Basic of no Base64", value: "Basic \u{FF}=%%=="),
      Case(name: "Basic without a colon", value: "Basic " + Base64.encode(Array("vera".utf8))),
      Case(name: "Basic with a NUL inside", value: "Basic " + Base64.encode([0, 58, 0])),
    ]
    + [0, 1, 2, 3, 4, 5, 63, 64, 65, 1000, 7000].flatMap { count in
      ["Basic", "Bearer", "Digest"].map { scheme in
        Case(
          name: "\(scheme) of \(count) bytes (CVE-2020-12763)",
          value: "\(scheme) " + String(repeating: "A", count: count))
      }
    }
    + ["Basic", "Bearer"].map { scheme in
      Case(
        name: "\(scheme) of 64 KiB (CVE-2020-12763)",
        value: "\(scheme) " + String(repeating: "A", count: 65_536), isReadable: false)
    }

  private static let repeated =
    "Digest " + (0..<250).map { "username=\"\($0)\"" }.joined(separator: ", ")

  @Test("each is refused where it is looked at, over RTSP and HTTP, and costs nobody anything")
  func cases() throws {
    let guarded = try GuardedDaemon(["--limits", "penalty_ms=0,penalty_max_ms=0"])
    let daemon = guarded.daemon
    let before = daemon.descriptors
    for item in Self.cases {
      let rtsp = try RTSPClient(port: daemon.port)
      let web = try HTTPClient(daemon)
      try rtsp.send("OPTIONS * RTSP/1.0\r\nCSeq: 1\r\nAuthorization: \(item.value)\r\n\r\n")
      // A server that has seen enough may have closed before everything is said.
      try? web.send("GET", "/api/v1/status", ["Authorization: \(item.value)"])
      let statuses = (try rtsp.readReply().status, try web.readReply().status)
      if item.isReadable {
        #expect(statuses == (401, 401), "\(item.name)")
        let right = GuardedDaemon.basic("vera")
        #expect(try rtsp.request("OPTIONS", "*", [right]).status == 200, "\(item.name)")
        #expect(try web.request("GET", "/api/v1/status", [right]).status == 200, "\(item.name)")
      } else {
        #expect([400, 413].contains(statuses.0), "\(item.name) \(statuses)")
        #expect([400, 431].contains(statuses.1), "\(item.name) \(statuses)")
      }
    }
    #expect(eventually { daemon.descriptors == before }, "a connection is left over")
  }

  @Test("repeated fields leave nothing behind, however often they come (rgaufman/live555#20)")
  func growth() throws {
    let guarded = try GuardedDaemon(["--limits", "penalty_ms=0,penalty_max_ms=0"])
    let client = try RTSPClient(port: guarded.daemon.port)
    func ask(_ count: Int) throws {
      for _ in 0..<count {
        let reply = try client.request("OPTIONS", "*", ["Authorization: \(Self.repeated)"])
        #expect(reply.status == 401)
      }
    }
    try ask(200)
    let before = try guarded.daemon.residentBytes()
    try ask(1000)
    // They were 4 MB of fields.
    #expect(try guarded.daemon.residentBytes() - before < 1 << 20)
  }

  @Test("who was let in once is asked again with each request (CVE-2026-35903)")
  func everyRequest() throws {
    let guarded = try GuardedDaemon()
    let url = guarded.daemon.url()
    let right = GuardedDaemon.basic("vera")
    let client = try RTSPClient(port: guarded.daemon.port)
    #expect(try client.request("DESCRIBE", url, [right]).status == 200)
    let transport = "Transport: RTP/AVP/TCP;unicast;interleaved=0-1"
    #expect(try client.request("SETUP", url, [transport]).status == 401)
    let setup = try client.request("SETUP", url, [transport, right])
    #expect(setup.status == 200)
    let session = "Session: \(setup.session)"
    for method in ["PLAY", "PAUSE", "GET_PARAMETER", "SET_PARAMETER", "SETUP", "TEARDOWN"] {
      #expect(try client.request(method, url, [session, transport]).status == 401, "\(method)")
    }
    // And it is still there for whoever shows the password.
    #expect(try client.request("PLAY", url, [session, right]).status == 200)
    // The first report comes before the first frame.
    while try client.readPacket().channel != 0 {}
    #expect(try client.request("PAUSE", url, [session]).status == 401)
    #expect(try client.request("TEARDOWN", url, [session, right]).status == 200)
  }
}
