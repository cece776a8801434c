import Foundation
import Testing

/// Frames as RFC 6455 has them, between the daemon and a client that breaks the rules as well.
@Suite("The WebSocket's frames")
struct WebSocketTests {
  private let daemon: DaemonProcess
  private let socket: WebSocketClient

  init() throws {
    daemon = try DaemonProcess(start: false)
    socket = try WebSocketClient(daemon)
  }

  /// It still does what it is told.
  private func isOpen() throws -> Bool {
    try socket.command("check_server_status")["event"] as? String == "rtsp_server_status"
  }

  @Test("greets with the version, when the daemon began, and the state of the server")
  func greeting() throws {
    let hello = try socket.readFrame()
    #expect(hello.event == "connected")
    #expect(hello.json["version"] as? String != nil)
    let started = try #require(hello.json["started"] as? String)
    let date = try Date(
      started, strategy: Date.ISO8601FormatStyle(includingFractionalSeconds: true))
    #expect(abs(date.timeIntervalSinceNow) < 60)
    let status = try socket.readFrame()
    #expect(status.event == "rtsp_server_status")
    #expect(status.json["running"] as? Bool == false)
    // It is the same for as long as the daemon runs, and another one's after that.
    #expect(try WebSocketClient(daemon).readFrame().json["started"] as? String == started)
    let other = try DaemonProcess(start: false)
    #expect(try WebSocketClient(other).readFrame().json["started"] as? String != started)
  }

  @Test("what comes in one piece with the request is not lost")
  func early() throws {
    let client = try HTTPClient(daemon)
    let text = Array("{\"event\":\"nonsense\"}".utf8)
    let frame = [0x81, 0x80 | UInt8(text.count), 0, 0, 0, 0] + text
    var request = "GET /ws HTTP/1.1\r\nHost: localhost\r\n"
    for header in WebSocketClient.upgrade { request += header + "\r\n" }
    try client.socket.send(Array((request + "\r\n").utf8) + frame)
    #expect(try client.readHead().hasPrefix("HTTP/1.1 101 "))
    var received = ""
    while !received.contains("unknown_command") {
      received += String(decoding: try client.read(1), as: UTF8.self)
    }
  }

  @Test("a message may come in fragments, with a ping in between that is answered first")
  func fragments() throws {
    let text = Array("{\"event\":\"check_server_status\",\"id\":5}".utf8)
    try socket.send(.text, Array(text[..<10]), isFinal: false)
    try socket.send(.ping, Array("are you there".utf8))
    try socket.send(.continuation, [], isFinal: false)
    try socket.send(.continuation, Array(text[10..<20]), isFinal: false)
    try socket.send(.continuation, Array(text[20...]))
    // The greeting had no id.
    var order: [String] = []
    while order.count < 2 {
      let frame = try socket.readFrame()
      if frame.opcode == .pong { order.append(frame.text) }
      if let id = frame.json["id"] as? Int { order.append(String(id)) }
    }
    #expect(order == ["are you there", "5"])
  }

  @Test("pings are answered with the same bytes, pongs that nobody asked for with nothing")
  func pings() throws {
    for payload in [[], [0, 0xFF, 0x80], [UInt8](repeating: 7, count: 125)] as [[UInt8]] {
      try socket.send(.pong, payload)
      try socket.send(.ping, payload)
      #expect(try socket.next(.pong) == payload)
    }
    #expect(try isOpen())
  }

  @Test(
    "a close is answered with its code, then the connection ends", arguments: [1000, 1001, 4000])
  func closes(code: Int) throws {
    try socket.close(code)
    #expect(try socket.readClose() == code)
  }

  @Test("a close without a code is a normal one")
  func closeWithoutCode() throws {
    try socket.send(.close, [])
    #expect(try socket.readClose() == 1000)
  }

  @Test(
    "close codes that may not be sent are a protocol error",
    arguments: [0, 999, 1004, 1005, 1006, 1015, 2999, 5000])
  func badCloses(code: Int) throws {
    try socket.close(code)
    #expect(try socket.readClose() == 1002)
  }

  @Test("frames without a mask, with reserved bits, or out of order are a protocol error")
  func protocolErrors() throws {
    let empty: [UInt8] = [0x80, 0, 0, 0, 0]
    let cases: [(String, [UInt8])] = [
      ("no mask", [0x81, 2, 0x7B, 0x7D]), ("a reserved bit", [0xC1] + empty),
      ("an unknown opcode", [0x83] + empty), ("a ping in fragments", [0x09] + empty),
      ("a ping of 126 bytes", [0x89, 0xFE, 0, 126, 0, 0, 0, 0]),
      ("a continuation of nothing", [0x80] + empty),
      ("a message inside a message", [0x01] + empty + [0x81] + empty),
    ]
    for (what, bytes) in cases {
      let socket = try WebSocketClient(daemon)
      try socket.http.socket.send(bytes)
      #expect(try socket.readClose() == 1002, "\(what)")
    }
  }

  @Test(
    "text that is not UTF-8 is refused, though it comes in fragments",
    arguments: [[0xFF], [0xC3], [0xC0, 0x80], [0xED, 0xA0, 0x80], [0xF5, 0x80, 0x80, 0x80]]
      as [[UInt8]])
  func invalidText(bytes: [UInt8]) throws {
    try socket.send(.text, Array("{}".utf8), isFinal: false)
    try socket.send(.continuation, bytes)
    #expect(try socket.readClose() == 1007)
  }

  @Test("takes the largest message, refuses a larger one by its head or its fragments' sum")
  func tooBig() throws {
    let most = 64 * 1024
    var text = "{\"event\":\"check_server_status\",\"id\":1}"
    text += String(repeating: " ", count: most - text.utf8.count)
    try socket.say(text)
    _ = try socket.event("rtsp_server_status") { $0["id"] as? Int == 1 }
    try socket.http.socket.send([0x81, 0xFF, 0, 0, 0, 0, 0, 1, 0, 1])
    #expect(try socket.readClose() == 1009)
    let huge = try WebSocketClient(daemon)
    try huge.http.socket.send([0x81, 0xFF, 0x7F, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF])
    #expect(try huge.readClose() == 1009)
    let pieces = try WebSocketClient(daemon)
    try pieces.send(.text, [UInt8](repeating: 0x20, count: most), isFinal: false)
    try pieces.send(.continuation, [0x20])
    #expect(try pieces.readClose() == 1009)
  }

  @Test("binary messages are refused")
  func binary() throws {
    try socket.send(.binary, [1, 2, 3])
    #expect(try socket.readClose() == 1003)
  }

  @Test("a daemon that ends says so")
  func goesAway() throws {
    #expect(try isOpen())
    #expect(daemon.terminate() == 0)
    #expect(try socket.readClose() == 1001)
  }

  /// The next text that answers something.
  private func answer() throws -> String {
    while true {
      let text = String(decoding: try socket.next(.text), as: UTF8.self)
      if text.contains("\"id\":") { return text }
    }
  }

  @Test("what an answer is known by comes back as it came, and with what cannot be understood, too")
  func identifiers() throws {
    for id in ["7", "\"7\"", "-1.5", "\"\""] {
      for command in ["check_server_status", "pause", "make_coffee"] {
        try socket.say("{\"event\":\"\(command)\",\"id\":\(id)}")
        #expect(try answer().contains("\"id\":\(id),"))
      }
      try socket.say("{\"event\":\"setup\",\"server_port\":\"abc\",\"id\":\(id)}")
      let text = try answer()
      #expect(text.contains("\"id\":\(id),") && text.contains("server_port is no port"))
    }
    try socket.say("{\"event\":\"setup\",\"frames\":\"bogus\",\"id\":\"x\"}")
    let refusal = try socket.event("setup_response")
    #expect(refusal["code"] as? String == "bad_frames" && refusal["id"] as? String == "x")
  }

  @Test(
    "a message that is no command is answered with an error, and the socket stays open",
    arguments: [
      ("", "no_command"), ("{", "no_command"), ("[]", "no_command"), ("{}", "no_command"),
      ("hello", "no_command"), ("{\"event\":1}", "bad_field"),
      ("{\"event\":\"setup\",\"server_port\":70000}", "bad_field"),
      ("{\"event\":\"make_coffee\"}", "unknown_command"),
      ("{\"event\":\"<img src=x onerror=alert(1)>\"}", "unknown_command"),
    ])
  func noCommand(text: String, code: String) throws {
    try socket.say(text)
    #expect(try socket.event("error")["code"] as? String == code)
    #expect(try isOpen())
  }

  @Test("nothing follows goodbye, whatever was asked just before it (RFC 6455 §5.5.1)")
  func farewell() throws {
    let daemon = try DaemonProcess()
    for _ in 0..<10 {
      let socket = try WebSocketClient(daemon)
      // In one piece, so that the answer is still to come.
      let command = Array(#"{"event":"setup","id":1}"#.utf8)
      let frame = [0x81, 0x80 | UInt8(command.count), 0, 0, 0, 0] + command
      try socket.http.socket.send(frame + [0x88, 0x82, 0, 0, 0, 0, 0x03, 0xE8])
      #expect(try socket.readClose() == 1000)
    }
  }
}
