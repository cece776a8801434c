import Foundation
import Testing

@testable import Streamd

@Suite("Metrics")
struct MetricsTests {
  @Test("Prometheus' own parser takes them, and no label names a session")
  func format() async throws {
    let daemon = try DaemonProcess()
    let viewer = try SteadyViewer(daemon)
    try viewer.watch(frames: 3)
    let script = """
      curl -sf http://127.0.0.1:\(daemon.httpPort)/metrics \
        | \(Repository.root.path)/Tests/Tools/metrics
      """
    let result = try await Tool.run("/bin/bash", ["-o", "pipefail", "-c", script], seconds: 30)
    #expect(result.status == 0, "\(result.errors)")
    let samples = String(decoding: result.output, as: UTF8.self).split(separator: "\n")
    #expect(samples.count > 50)
    #expect(samples.contains("streamd_build_info{version=\"\(version)\"} 1.0"))
    #expect(samples.allSatisfy { !$0.contains("127.0.0.1") && !$0.contains("session=") })
  }

  @Test("sessions, frames, packets and bytes are counted by transport, also when they are over")
  func sent() throws {
    let daemon = try DaemonProcess()
    let metric = try Scraper(daemon)
    #expect(try metric("streamd_frames_sent_total{transport=\"tcp\"}") == 0)
    #expect(try metric("streamd_rtsp_running") == 1)
    do {
      let viewer = try SteadyViewer(daemon)
      try viewer.watch(frames: 5)
      #expect(try metric("streamd_rtsp_sessions{state=\"playing\",transport=\"tcp\"}") == 1)
    }
    let isGone = try eventually {
      try metric("streamd_rtsp_sessions{state=\"playing\",transport=\"tcp\"}") == 0
    }
    #expect(isGone)
    let frames = try metric("streamd_frames_sent_total{transport=\"tcp\"}")
    #expect(frames >= 5)
    let packets = try metric("streamd_rtp_packets_sent_total{transport=\"tcp\"}")
    #expect((frames * 9...frames * 11).contains(packets))
    let octets = try metric("streamd_rtp_payload_bytes_sent_total{transport=\"tcp\"}")
    #expect((packets * 1000...packets * 1400).contains(octets))
    #expect(try metric("streamd_frames_sent_total{transport=\"udp\"}") == 0)
    let http = try HTTPClient(daemon)
    _ = try http.request("POST", "/api/v1/server/stop")
    #expect(try metric("streamd_rtsp_running") == 0)
  }

  @Test("frames that are left out are counted by their reason")
  func skipped() throws {
    let daemon = try DaemonProcess()
    let metric = try Scraper(daemon)
    // One does not read,
    let slow = try RTSPClient(port: daemon.port, receiveBufferBytes: 4096)
    let first = try slow.request("SETUP", daemon.url(), ["Transport: RTP/AVP/TCP"])
    _ = try slow.request("PLAY", daemon.url(), ["Session: \(first.session)"])
    // another has closed its ports.
    let closed = try RTSPClient(port: daemon.port)
    let second = try closed.request("SETUP", daemon.url(), [try UDPPair().transport])
    _ = try closed.request("PLAY", daemon.url(), ["Session: \(second.session)"])
    let bothCount = try eventually {
      try metric("streamd_frames_skipped_total{reason=\"slow\"}") > 2
        && metric("streamd_frames_skipped_total{reason=\"refused\"}") > 2
    }
    #expect(bothCount)
    // And now it is the daemon that stands still.
    #expect(try metric("streamd_loop_lag_seconds_count") > 0)
    let late = "streamd_frames_skipped_total{reason=\"late\"}"
    let (lateBefore, lagBefore) = (try metric(late), try metric("streamd_loop_lag_seconds_sum"))
    kill(daemon.pid, SIGSTOP)
    usleep(700_000)
    kill(daemon.pid, SIGCONT)
    #expect(try eventually { try metric(late) > lateBefore })
    #expect(try eventually { try metric("streamd_loop_lag_seconds_sum") > lagBefore + 0.3 })
    #expect(
      try metric("streamd_loop_lag_seconds_bucket{le=\"0.25\"}")
        < metric("streamd_loop_lag_seconds_bucket{le=\"1.0\"}"))
  }

  @Test("what receivers report as lost is in the histogram")
  func fractionLost() throws {
    let daemon = try DaemonProcess()
    let metric = try Scraper(daemon)
    let client = try RTSPClient(port: daemon.port)
    let ports = try UDPPair()
    let setup = try client.request("SETUP", daemon.url(), [ports.transport])
    _ = try client.request("PLAY", daemon.url(), ["Session: \(setup.session)"])
    let packet = try #require(ports.rtp.receive())
    let transport = try #require(setup.header("Transport"))
    let pair = try #require(transport.split(separator: ";").first { $0.hasPrefix("server_port=") })
    let rtcp = try #require(pair.split(separator: "-").last.flatMap { UInt16($0) })
    // A receiver report with one block: a quarter was lost (RFC 3550 §6.4.2).
    let report: [UInt8] =
      [0x81, 201, 0, 7, 0, 0, 0, 1] + packet[8..<12] + [64, 0, 0, 1]
      + [UInt8](repeating: 0, count: 16)
    ports.rtcp.send(report, to: rtcp)
    #expect(try eventually { try metric("streamd_rtcp_fraction_lost_count") == 1 })
    #expect(try metric("streamd_rtcp_fraction_lost_sum") == 0.25)
    #expect(try metric("streamd_rtcp_fraction_lost_bucket{le=\"0.2\"}") == 0)
    #expect(try metric("streamd_rtcp_fraction_lost_bucket{le=\"0.5\"}") == 1)
  }

  @Test("requests are counted by method and code, and no peer can make up either")
  func requests() throws {
    let daemon = try DaemonProcess()
    let metric = try Scraper(daemon)
    let client = try RTSPClient(port: daemon.port)
    _ = try client.request("OPTIONS", "*")
    _ = try client.request("DESCRIBE", daemon.url("nothing"))
    _ = try client.request("EVIL", daemon.url())
    _ = try client.request("REDIRECT", daemon.url())
    let other = try RTSPClient(port: daemon.port)
    try other.send("nonsense\r\n\r\n")
    _ = try other.readToEnd()
    func count(_ method: String, _ code: Int) throws -> Double {
      try metric("streamd_rtsp_requests_total{method=\"\(method)\",code=\"\(code)\"}")
    }
    #expect(try count("OPTIONS", 200) == 1 && count("DESCRIBE", 404) == 1)
    #expect(try count("REDIRECT", 405) == 1)
    #expect(try metric.text().contains("EVIL") == false)
    #expect(try count("other", 400) == 1 && count("other", 501) == 1)

    let http = try HTTPClient(daemon)
    _ = try http.request("GET", "/api/v1/sessions/none")
    _ = try http.request("BREW", "/coffee")
    let socket = try WebSocketClient(daemon)
    #expect(try metric("streamd_ws_clients") == 1)
    func answered(_ method: String, _ code: Int) throws -> Double {
      try metric("streamd_http_requests_total{method=\"\(method)\",code=\"\(code)\"}")
    }
    #expect(try answered("GET", 404) == 1 && answered("GET", 101) == 1)
    #expect(try metric.text().contains("BREW") == false)
    try socket.close()
    #expect(try eventually { try metric("streamd_ws_clients") == 0 })
  }

  @Test("connections that are turned away are counted")
  func refusals() throws {
    let daemon = try DaemonProcess(["--limits", "connections=1"])
    let metric = try Scraper(daemon)
    let first = try RTSPClient(port: daemon.port)
    _ = try first.request("OPTIONS", "*")
    let second = try RTSPClient(port: daemon.port)
    #expect(String(decoding: try second.receive(), as: UTF8.self).contains(" 503 "))
    #expect(try metric("streamd_refusals_total{port=\"rtsp\",reason=\"connections\"}") == 1)
    let third = try HTTPClient(daemon)
    #expect(try third.readReply().status == 503)
    #expect(try metric("streamd_refusals_total{port=\"http\",reason=\"connections\"}") == 1)
  }

  @Test("the process tells what it uses")
  func process() throws {
    let daemon = try DaemonProcess()
    let metric = try Scraper(daemon)
    let before = try metric("process_open_fds")
    #expect(before == Double(daemon.descriptors))
    let clients = try (0..<5).map { _ in try RTSPClient(port: daemon.port) }
    #expect(try eventually { try metric("process_open_fds") == before + 5 })
    #expect(try metric("process_max_fds") >= 1024)
    #expect((1e6...1e9).contains(try metric("process_resident_memory_bytes")))
    let start = try metric("process_start_time_seconds")
    #expect(abs(start - Date().timeIntervalSince1970) < 60)
    let busy = try metric("process_cpu_seconds_total")
    #expect(try eventually { try metric("process_cpu_seconds_total") > busy })
    #expect(clients.count == 5)
  }

  @Test("whoever changes its transport is counted where its frames went")
  func changedTransport() throws {
    let daemon = try DaemonProcess()
    let metric = try Scraper(daemon)
    func frames(_ transport: String) throws -> Double {
      try metric("streamd_frames_sent_total{transport=\"\(transport)\"}")
    }
    let client = try RTSPClient(port: daemon.port)
    let ports = try UDPPair()
    let session = try client.request("SETUP", daemon.url(), [ports.transport]).session
    let name = "Session: \(session)"
    #expect(try client.request("PLAY", daemon.url(), [name]).status == 200)
    #expect(try eventually { try frames("udp") > 3 })
    #expect(try client.request("PAUSE", daemon.url(), [name]).status == 200)
    let sent = try frames("udp")
    let tcp = "Transport: RTP/AVP/TCP;unicast;interleaved=0-1"
    #expect(try client.request("SETUP", daemon.url(), [name, tcp]).status == 200)
    #expect(try frames("udp") == sent && frames("tcp") == 0)
    #expect(try metric("streamd_rtsp_sessions{state=\"paused\",transport=\"tcp\"}") == 1)
    #expect(try client.request("PLAY", daemon.url(), [name]).status == 200)
    #expect(try eventually { try frames("tcp") > 0 })
    #expect(try frames("udp") == sent)
  }

  @Test("viewer sessions and watchers are counted")
  func viewers() throws {
    let daemon = try DaemonProcess()
    let metric = try Scraper(daemon)
    let http = try HTTPClient(daemon)
    let made = try http.request("POST", "/api/v1/sessions", json: "{}")
    #expect(made.status == 201)
    #expect(try metric("streamd_viewer_sessions") == 1)
    let stream = try HTTPClient(daemon)
    try stream.send("GET", "/video/movie.Mjpeg/stream.mjpg")
    #expect(try eventually { try metric("streamd_http_viewers") == 1 })
  }
}

@Suite("Histogram")
struct HistogramTests {
  @Test("counts values at or below each bound, all of them, and their sum")
  func observe() {
    var histogram = Histogram([1, 2, 5])
    for value in [0, 1, 1.5, 2, 4, 100] { histogram.observe(value) }
    #expect(histogram.counts == [2, 4, 5] && histogram.count == 6 && histogram.sum == 108.5)
  }
}
