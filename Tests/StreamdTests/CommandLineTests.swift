import Foundation
import Testing

@Suite("The command line")
struct CommandLineTests {
  private func streamd(_ arguments: String...) async throws -> Tool.Result {
    try await Tool.run(Repository.product("streamd").path, arguments, seconds: 20)
  }

  @Test("help and version go to standard output and are no errors")
  func help() async throws {
    let help = try await streamd("--help")
    #expect(help.status == 0 && help.errors.isEmpty)
    let text = String(decoding: help.output, as: UTF8.self)
    for flag in ["--start", "--rtsp", "--media", "--rtp-ports", "--fps", "--session-timeout"] {
      #expect(text.contains(flag))
    }
    let version = try await streamd("--version")
    #expect(String(decoding: version.output, as: UTF8.self).hasPrefix("streamd 0."))
  }

  @Test(
    "bad usage is one line on standard error with the way out, and status 2",
    arguments: [
      (["--strat"], "did you mean --start?"), (["--fsp=20"], "did you mean --fps?"),
      (["--start", "--xyzzyxyzzy"], "see streamd --help"), (["--rtsp"], "--rtsp needs a value"),
      (["--rtsp", "8554"], "want ADDRESS:PORT"), (["--rtsp", "h:99999"], "want ADDRESS:PORT"),
      (["--fps", "0"], "want frames per second"), (["--fps", "1e9"], "want frames per second"),
      (["--rtp-ports", "25001-25100"], "FIRST even"), (["--rtp-ports", "9-5"], "FIRST-LAST"),
      (["--session-timeout", "0"], "want seconds"),
      (["--check-config", "--media", "/nonexistent"], "/nonexistent: No such file"),
    ])
  func badUsage(_ arguments: [String], _ words: String) async throws {
    let result = try await Tool.run(Repository.product("streamd").path, arguments, seconds: 20)
    #expect(result.status == 2)
    #expect(result.output.isEmpty)
    #expect(
      result.errors.hasPrefix("streamd: ") && result.errors.contains(words), "\(result.errors)")
    #expect(result.errors.split(separator: "\n").count == 1)
  }

  @Test("what keeps it from starting is one line and status 1")
  func cannotStart() async throws {
    let daemon = try DaemonProcess()
    let taken = try await streamd(
      "--start", "--http", "127.0.0.1:0", "--rtsp", "127.0.0.1:\(daemon.port)")
    #expect(taken.status == 1)
    #expect(taken.errors.contains("Address already in use") && taken.errors.contains("--rtsp"))
    let media = try await streamd("--start", "--media", "/nonexistent", "--http", "127.0.0.1:0")
    #expect(media.status == 1)
    #expect(media.errors.contains("/nonexistent: No such file or directory"))
    let address = try await streamd("--http", "192.0.2.1:0")
    #expect(address.status == 1)
    #expect(address.errors.contains("not one of this machine's"))
  }

  @Test("SIGTERM says goodbye to every session and ends with status 0")
  func terminates() throws {
    let daemon = try DaemonProcess()
    let client = try RTSPClient(port: daemon.port)
    let ports = try UDPPair()
    let setup = try client.request("SETUP", daemon.url(), [ports.transport])
    _ = try client.request("PLAY", daemon.url(), ["Session: \(setup.session)"])
    _ = try #require(ports.rtp.receive())
    // One that does not read, one that watches over HTTP, and one in the middle of a request.
    let slow = try RTSPClient(port: daemon.port, receiveBufferBytes: 4096)
    let reply = try slow.request("SETUP", daemon.url(), ["Transport: RTP/AVP/TCP"])
    _ = try slow.request("PLAY", daemon.url(), ["Session: \(reply.session)"])
    let watcher = try HTTPClient(daemon)
    try watcher.send("GET", "/video/movie.Mjpeg/stream.mjpg")
    let unfinished = try RTSPClient(port: daemon.httpPort)
    try unfinished.send("GET / HTTP/1.1\r\nHost:")
    let browser = try WebSocketClient(daemon)
    let began = Date()
    #expect(daemon.terminate() == 0)
    #expect(Date().timeIntervalSince(began) < 2)
    withExtendedLifetime((watcher, unfinished, browser)) {}
    var sawGoodbye = false
    while let compound = ports.rtcp.receiveNow() {
      // The last packet of the compound is a BYE: type 203.
      if compound.count >= 8, compound[compound.count - 7] == 203 { sawGoodbye = true }
    }
    #expect(sawGoodbye)
    #expect(try client.receive().isEmpty, "the connection is closed")
  }

  @Test("a viewer session of another server is no reason not to end")
  func otherServer() throws {
    let camera = try DaemonProcess()
    let daemon = try DaemonProcess(
      ["--allowed-servers", "127.0.0.1:\(camera.port)"], start: false)
    let client = try HTTPClient(daemon)
    let setup = try client.request(
      "POST", "/api/v1/sessions",
      json: "{\"server_addr\":\"127.0.0.1\",\"server_port\":\(camera.port)}")
    let id = try #require(setup.json["session_id"] as? String)
    #expect(try client.request("POST", "/api/v1/sessions/\(id)/play").status == 200)
    #expect(daemon.terminate() == 0)
  }

  @Test("files that cannot be played are named at the start with the reason and the byte")
  func namesUnplayable() throws {
    let folder = try TemporaryFolder()
    let sample = try Repository.samplePictures()
    try folder.write("good.mjpeg", sample[0] + sample[1])
    try folder.write("bad.mjpeg", Array("00005hello".utf8))
    var arithmetic = sample[0]
    let frame = try #require(
      arithmetic.indices.first { arithmetic[$0] == 0xFF && arithmetic[$0 + 1] == 0xC0 })
    arithmetic[frame + 1] = 0xC9
    try folder.write("odd.jpg", sample[0] + arithmetic)
    let daemon = try DaemonProcess(media: folder.path)
    #expect(daemon.log.contains("msg=playable file=good.mjpeg frames=2"))
    #expect(daemon.log.contains("file=bad.mjpeg reason=\"at byte 5: no JPEG begins here"))
    #expect(daemon.log.contains("msg=playable file=odd.jpg frames=2"))
    let place = "at byte \(sample[0].count + frame + 4): the picture is arithmetically coded"
    #expect(daemon.log.contains("file=odd.jpg count=1 first=\"\(place)"), "\(daemon.log)")
  }
}
