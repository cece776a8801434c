import Foundation
import Testing

@testable import Streamd

@Suite("Instances that share ports")
struct InstancesTests {
  @Test("the kernel spreads connections, and gives all to the other one when one is gone")
  func spread() throws {
    let instances = try Instances()
    let clients = try (0..<600).map { _ in try instances.setup() }
    let counts = [try instances.sessions(0), try instances.sessions(1)]
    #expect(counts.reduce(0, +) == clients.count)
    #expect(counts.allSatisfy { $0 >= clients.count * 4 / 10 }, "\(counts)")
    instances.kill(0)
    let others = try (0..<50).map { _ in try instances.setup() }
    #expect(try instances.sessions(1) == counts[1] + others.count)
    withExtendedLifetime(clients) {}
  }

  @Test("they divide the ports for RTP")
  func ports() throws {
    let instances = try Instances(["--rtp-ports", "26000-26003"])
    var pairs: Set<String> = []
    let clients = try (0..<60).map { _ in
      let client = try RTSPClient(port: instances.rtspPort)
      let reply = try client.request(
        "SETUP", "rtsp://127.0.0.1:\(instances.rtspPort)/movie.Mjpeg/stream=0",
        ["Transport: RTP/AVP;unicast;client_port=40000-40001"])
      if reply.status == 200 {
        let pair = reply.header("Transport")?.firstMatch(of: /server_port=(\d+-\d+)/)?.1
        #expect(pairs.insert(String(try #require(pair))).inserted)
      } else {
        #expect(reply.status == 453)
      }
      return client
    }
    #expect(pairs == ["26000-26001", "26002-26003"])
    withExtendedLifetime(clients) {}
  }

  @Test("what belongs to one of them is had at its own address, what all have everywhere")
  func addresses() throws {
    let instances = try Instances()
    let shared = try HTTPClient(port: instances.httpPort)
    for path in [
      "/api/v1/sessions", "/api/v1/clients", "/api/v1/viewers", "/api/v1/log", "/metrics",
    ] {
      let reply = try shared.request("GET", path)
      #expect(reply.status == 421 && reply.code == "shared_port")
      #expect((reply.json["hint"] as? String)?.contains("http://127.0.0.1:2") == true)
      #expect(try HTTPClient(port: instances.ownPorts[0]).request("GET", path).status == 200)
    }
    let page = try shared.request("GET", "/")
    #expect(page.status == 307)
    #expect(instances.ownPorts.map { "http://127.0.0.1:\($0)/" }.contains(page.header("Location")))
    for path in ["/main.js", "/api/v1/videos", "/api/v1/status", "/readyz"] {
      #expect(try shared.request("GET", path).status == 200)
    }
    for (index, port) in instances.ownPorts.enumerated() {
      let status = try HTTPClient(port: port).request("GET", "/api/v1/status").json
      #expect(status["instance"] as? Int == index + 1)
      #expect(
        status["instances"] as? [String] == instances.ownPorts.map { "127.0.0.1:\($0)" })
    }
  }

  @Test("viewer sessions watch the instance that they belong to, also while it is drained")
  func ownSessions() throws {
    let instances = try Instances()
    let own = try HTTPClient(port: instances.ownPorts[0])
    let url = "/api/v1/sessions"
    let made = try (0..<10).map { _ in
      let reply = try own.request("POST", url)
      #expect(reply.status == 201, "\(reply.text)")
      return try #require(reply.json["session_id"] as? String)
    }
    #expect(try instances.sessions(0) == made.count && instances.sessions(1) == 0)
    let target = try own.request("GET", url + "/\(made[0])").json
    #expect(target["server_port"] as? Int == Int(instances.rtspPort))
    try own.send("GET", url + "/\(made[0])/stream.mjpg")
    #expect(try own.readHead().contains(" 200 "))
    let other = try HTTPClient(port: instances.ownPorts[0])
    #expect(try other.request("POST", "/api/v1/drain").status == 202)
    #expect(try other.request("POST", url + "/\(made[0])/play").status == 200)
    _ = try own.read(11)
    for _ in 0..<5 { _ = try own.readPart() }
    let refused = try other.request("POST", url)
    #expect(refused.status == 409 && refused.code == "draining", "\(refused.text)")
  }

  @Test("the page of one may ask the other how it is, and no other page may")
  func origins() throws {
    let instances = try Instances()
    func ask(_ path: String, from origin: String) throws -> HTTPClient.Reply {
      try HTTPClient(port: instances.ownPorts[0]).request(
        "GET", path, ["Origin: \(origin)"])
    }
    let sibling = "http://127.0.0.1:\(instances.ownPorts[1])"
    let reply = try ask("/api/v1/status", from: sibling)
    #expect(reply.status == 200 && reply.header("Access-Control-Allow-Origin") == sibling)
    #expect(reply.header("Vary")?.contains("Origin") == true)
    #expect(try ask("/api/v1/clients", from: sibling).header("Access-Control-Allow-Origin") == nil)
    let stranger = try ask("/api/v1/status", from: "http://127.0.0.1:1")
    #expect(stranger.header("Access-Control-Allow-Origin") == nil)
  }

  @Test("streamctl adds up what all of them say, and names those that say nothing")
  func status() async throws {
    let instances = try Instances()
    let clients = try (0..<10).map { _ in try instances.setup() }
    let shell = try Shell("http://127.0.0.1:\(instances.ownPorts[1])")
    let text = try await shell.text("--all", "status")
    #expect(text.contains("127.0.0.1:\(instances.ownPorts[0])"))
    #expect(text.contains("2 of 2"))
    let json = try await shell.json("status", "--all")
    #expect(json.first?["clients"] as? Int == clients.count)
    withExtendedLifetime(clients) {}
    instances.kill(0)
    let result = try await shell.run("--all", "status")
    #expect(result.status == 3 && result.errors.contains("1 of 2"))
    #expect(String(decoding: result.output, as: UTF8.self).contains("does not answer"))
    let program = try await shell.run("--all", "status", "--json")
    #expect(program.status == 3 && program.errors.contains("1 of 2"))
    #expect(try await shell.run("--all", "videos").status == 2)
    let alone = try DaemonProcess()
    let lonely = try await Shell(alone.http("")).run("--all", "status")
    #expect(lonely.status == 1 && lonely.errors.contains("shares its ports with nobody"))
  }
}
