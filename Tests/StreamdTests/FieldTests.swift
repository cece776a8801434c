import Foundation
import Testing

/// Sequences that broke other servers, where a single request is not enough. Single ones are in
/// `BadInputTests`.
@Suite("What broke others, step by step")
struct FieldTests {
  @Test(
    "both halves of an HTTP tunnel on one connection get one refusal (CVE-2019-6256, live555#19)"
  )
  func tunnel() throws {
    let daemon = try DaemonProcess()
    let client = try RTSPClient(port: daemon.port)
    let head =
      "/movie.Mjpeg HTTP/1.0\r\nx-sessioncookie: abc\r\nAccept: application/x-rtsp-tunnelled"
    try client.send("GET \(head)\r\n\r\nPOST \(head)\r\nContent-Length: 32767\r\n\r\n")
    let text = String(decoding: try client.readToEnd(), as: UTF8.self)
    #expect(text.hasPrefix("HTTP/1.1 400 "))
    #expect(text.components(separatedBy: "HTTP/1.1 ").count == 2)
    #expect(try RTSPClient(port: daemon.port).request("OPTIONS", "*").status == 200)
  }

  @Test(
    "clients that leave in the middle of SETUP, while packets are made, do no harm (CVE-2023-37117)"
  )
  func midSetup() throws {
    let daemon = try DaemonProcess()
    let before = daemon.descriptors
    let transports = ["RTP/AVP/TCP", "RTP/AVP;unicast;client_port=19000-19001"]
    for number in 0..<40 {
      let client = try RTSPClient(port: daemon.port)
      try client.send(
        "SETUP \(daemon.url()) RTSP/1.0\r\nCSeq: 1\r\nTransport: \(transports[number % 2])\r\n\r\n"
          + "TEARDOWN \(daemon.url()) RTSP/1.0\r\nCSeq: 2\r\n\r\n")
    }
    #expect(eventually { daemon.descriptors == before }, "\(daemon.descriptors), \(before) before")
    try SteadyViewer(daemon).watch()
  }

  @Test("more connections than descriptors cost those inside nothing (CVE-2021-41396)")
  func flood() throws {
    let daemon = try DaemonProcess()
    let viewer = try SteadyViewer(daemon)
    let most = daemon.descriptors + 10
    let set = try Tool.runAtOnce("prlimit", ["--pid", "\(daemon.pid)", "--nofile=\(most):\(most)"])
    #expect(set.status == 0, "\(set.errors)")
    do {
      let crowd = try (0..<60).map { _ in try RTSPClient(port: daemon.port) }
      #expect(eventually { daemon.log.contains("no more connections can be taken") })
      try viewer.watch(frames: 10)
      // Those that were let in are served, and there is no port for more.
      let setup = try crowd[0].request(
        "SETUP", daemon.url(), ["Transport: RTP/AVP;unicast;client_port=19000-19001"])
      #expect(setup.status == 503 && setup.header("Retry-After") == "5", "\(setup.head)")
    }
    let isBack = eventually {
      (try? RTSPClient(port: daemon.port).request("OPTIONS", "*").status) == 200
    }
    #expect(isBack)
    try viewer.watch()
  }

  @Test("no answer is a script, whatever is asked for (CVE-2024-29882)")
  func scripts() throws {
    let daemon = try DaemonProcess(start: false)
    let client = try HTTPClient(daemon)
    let plain = try client.request("GET", "/api/v1/videos")
    for query in ["callback=alert(1)", "jsonp=alert(1)", "cb=%3Cscript%3E"] {
      let reply = try client.request("GET", "/api/v1/videos?\(query)")
      #expect(reply.header("Content-Type") == "application/json")
      #expect(reply.header("X-Content-Type-Options") == "nosniff")
      #expect(reply.body == plain.body)
    }
    let missing = try client.request("GET", "/api/v1/%3Cscript%3Ealert(1)%3C/script%3E")
    #expect(missing.header("Content-Type") == "application/problem+json")
    #expect(missing.header("X-Content-Type-Options") == "nosniff")
  }
}
