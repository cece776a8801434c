import Foundation
import Testing

/// Inputs that broke other servers. Each gets its exact reply, and a viewer that watches meanwhile
/// loses nothing.
@Suite("Bad input gets a clear answer and disturbs nobody")
struct BadInputTests {
  struct Case: CustomTestStringConvertible, Sendable {
    var name: String
    var input: [UInt8]
    /// The reply's first line and whether the connection is closed after it.
    var reply: String
    var closes: Bool

    init(_ name: String, _ input: String, _ reply: String, closes: Bool = false) {
      self.init(name, Array(input.utf8), reply, closes: closes)
    }

    init(_ name: String, _ input: [UInt8], _ reply: String, closes: Bool = false) {
      (self.name, self.input, self.reply, self.closes) = (name, input, reply, closes)
    }

    var testDescription: String { name }
  }

  private static let head = "rtsp://127.0.0.1/movie.Mjpeg RTSP/1.0\r\nCSeq: 7\r\n"
  private static let long = String(repeating: "a", count: 64 * 1024)
  private static let ok = "RTSP/1.0 200 OK"
  private static let bad = "RTSP/1.0 400 Bad Request"
  private static let noTransport = "RTSP/1.0 461 Unsupported Transport"
  private static let missing = "RTSP/1.0 404 Not Found"
  private static let tooLarge = "RTSP/1.0 413 Request Entity Too Large"

  private static func setup(_ transport: String) -> String {
    "SETUP \(head)Transport: \(transport)\r\n\r\n"
  }

  private static func describe(_ path: String) -> String {
    "DESCRIBE rtsp://127.0.0.1/\(path) RTSP/1.0\r\nCSeq: 7\r\n\r\n"
  }

  private static func body(_ length: String) -> String {
    "GET_PARAMETER \(head)Content-Length: \(length)\r\n\r\n"
  }

  static let cases: [Case] =
    leading + lengths + transports + paths + headers + methods

  private static let leading = [
    Case(
      "a leading space (CVE-2013-6933)", " OPTIONS * RTSP/1.0\r\nCSeq: 7\r\n\r\n", bad, closes: true
    ),
    Case(
      "a leading tab (CVE-2013-6934)", "\tOPTIONS * RTSP/1.0\r\n\r\n", bad, closes: true),
    Case("a leading NUL", "\0OPTIONS * RTSP/1.0\r\nCSeq: 7\r\n\r\n", bad, closes: true),
    Case("a leading carriage return", "\rOPTIONS * RTSP/1.0\r\nCSeq: 7\r\n\r\n", bad, closes: true),
    Case("leading bare newlines", "\n\nOPTIONS * RTSP/1.0\r\nCSeq: 7\r\n\r\n", "RTSP/1.0 200 OK"),
    Case("leading empty lines", "\r\n\r\nOPTIONS * RTSP/1.0\r\nCSeq: 7\r\n\r\n", "RTSP/1.0 200 OK"),
    Case(
      "a TLS hello (gortsplib#954)", [0x16, 3, 1, 2, 0, 1, 0, 1, 0xFC, 3, 3], bad, closes: true),
    Case(
      "HTTP on this port", "GET / HTTP/1.1\r\nHost: x\r\n\r\n", "HTTP/1.1 400 Bad Request",
      closes: true),
    Case(
      "an HTTP tunnel (CVE-2018-4013, CVE-2019-6256)",
      "GET /movie.Mjpeg HTTP/1.0\r\nx-sessioncookie: \(long)\r\n\r\n", "HTTP/1.1 400 Bad Request",
      closes: true),
    Case(
      "a version that is to come", "OPTIONS * RTSP/2.0\r\nCSeq: 7\r\n\r\n",
      "RTSP/1.0 505 RTSP Version not supported", closes: true),
    Case("no version", "OPTIONS *\r\nCSeq: 7\r\n\r\n", bad, closes: true),
  ]

  private static let lengths = [
    Case("Content-Length -1 (rgaufman/live555#21, CVE-2019-9215)", body("-1"), bad, closes: true),
    Case("Content-Length 2^31 (CVE-2006-2023)", body("2147483648"), tooLarge, closes: true),
    Case("Content-Length 2^63", body("9223372036854775808"), tooLarge, closes: true),
    Case("Content-Length 2^64", body("18446744073709551616"), tooLarge, closes: true),
    Case("Content-Length 1e9", body("1e9"), bad, closes: true),
    Case(
      "Content-Length behind spaces", body("   5") + "hello",
      "RTSP/1.0 451 Parameter Not Understood"),
    Case("Content-Length +5", body("+5"), bad, closes: true),
    Case(
      "Content-Length twice", "GET_PARAMETER \(head)Content-Length: 0\r\nContent-Length: 5\r\n\r\n",
      bad, closes: true),
    Case(
      "Content-Length twice the same",
      "GET_PARAMETER \(head)Content-Length: 0\r\nContent-Length: 0\r\n\r\n", "RTSP/1.0 200 OK"),
  ]

  private static let transports = [
    Case(
      "client_port 0-0 (rgaufman/live555#66)", setup("RTP/AVP;unicast;client_port=0-0"), noTransport
    ),
    Case("client_port 65535-65536", setup("RTP/AVP;unicast;client_port=65535-65536"), noTransport),
    Case("client_port 1-0", setup("RTP/AVP;unicast;client_port=1-0"), noTransport),
    Case(
      "client_port of a million digits (CVE-2023-50685)",
      setup("RTP/AVP;unicast;client_port=" + String(repeating: "9", count: 4000)), noTransport),
    Case(
      "interleaved 255-256 (IPCamKit PR#7)", setup("RTP/AVP/TCP;unicast;interleaved=255-256"),
      noTransport),
    Case("interleaved 255", setup("RTP/AVP/TCP;unicast;interleaved=255"), noTransport),
    Case("an empty Transport (gortsplib#604)", setup(""), noTransport),
    Case("a Transport of separators", setup(";;;,,,;=;=,;"), noTransport),
    Case("multicast", setup("RTP/AVP;multicast"), noTransport),
    Case("no Transport (gortsplib#652)", "SETUP \(head)\r\n", bad),
  ]

  private static let paths = [
    Case("traversal (v4l2rtspserver#187)", describe("../../etc/passwd"), missing),
    Case(
      "traversal over HTTP on this port (v4l2rtspserver#187)",
      "GET /../../etc/passwd HTTP/1.1\r\n\r\n", "HTTP/1.1 400 Bad Request", closes: true),
    Case("escaped traversal", describe("%2e%2e/%2e%2e/etc/passwd"), missing),
    Case("escaped slashes", describe("..%2f..%2fetc%2fpasswd"), missing),
    Case("doubled slashes", describe("//etc/passwd"), missing),
    Case("a NUL in the name", describe("movie.Mjpeg%00.txt"), missing),
    Case("a folder", describe("."), missing),
    Case("a hidden file", describe(".hidden.Mjpeg"), missing),
    Case("a FIFO", describe("fifo.Mjpeg"), missing),
    Case("a link that leaves", describe("outside.Mjpeg"), missing),
    Case("a folder below", describe("folder.Mjpeg"), missing),
    Case(
      "an empty path (gortsplib#664)", "DESCRIBE rtsp://@h RTSP/1.0\r\nCSeq: 7\r\n\r\n", missing),
    Case("a broken escape", describe("%zz"), bad),
    Case(
      "a name of 64 kB (VU#460350)", describe(long), "RTSP/1.0 414 Request-URI Too Large",
      closes: true),
    Case("a file that is no video", describe("text.mjpeg"), "RTSP/1.0 415 Unsupported Media Type"),
    Case("an empty file", describe("empty.mjpeg"), "RTSP/1.0 415 Unsupported Media Type"),
    Case("a file cut short", describe("cut.mjpeg"), "RTSP/1.0 415 Unsupported Media Type"),
  ]

  private static let headers = [
    Case("no CSeq", "OPTIONS * RTSP/1.0\r\n\r\n", bad),
    Case("CSeq with a NUL", "OPTIONS * RTSP/1.0\r\nCSeq: 1\0\r\n\r\n", bad, closes: true),
    Case(
      "CSeq with a carriage return (rgaufman/live555#66)",
      "OPTIONS * RTSP/1.0\r\nCSeq: 1\rX: y\r\n\r\n", bad, closes: true),
    Case("CSeq of 2^64", "OPTIONS * RTSP/1.0\r\nCSeq: 18446744073709551616\r\n\r\n", bad),
    Case(
      "a header of 64 kB (VU#460350)", "OPTIONS * RTSP/1.0\r\nUser-Agent: \(long)\r\n\r\n",
      tooLarge, closes: true),
    Case(
      "a thousand headers",
      "OPTIONS * RTSP/1.0\r\n" + String(repeating: "A: b\r\n", count: 1000) + "\r\n", tooLarge,
      closes: true),
    Case("an empty header name", "OPTIONS * RTSP/1.0\r\n: x\r\n\r\n", bad, closes: true),
    Case(
      "a folded header (gpac#3533)", "OPTIONS * RTSP/1.0\r\nCSeq: 7\r\nX-A: b\r\n c\r\n\r\n",
      "RTSP/1.0 200 OK"),
    Case("a folded line first", "OPTIONS * RTSP/1.0\r\n c\r\n\r\n", bad, closes: true),
    Case(
      "repeated Digest fields (rgaufman/live555#20)",
      "OPTIONS \(head)Authorization: Digest " + String(repeating: "username=\"a\", ", count: 300)
        + "\r\n\r\n", "RTSP/1.0 200 OK"),
    Case(
      "an endless Basic token (CVE-2020-12763)",
      "OPTIONS \(head)Authorization: Basic \(long)\r\n\r\n", tooLarge, closes: true),
    Case(
      "an empty Basic token (cherokee#1242)", "OPTIONS \(head)Authorization: Basic \r\n\r\n", ok),
    Case("an empty Digest (cherokee#1242)", "OPTIONS \(head)Authorization: Digest\r\n\r\n", ok),
    Case(
      "a NUL in Authorization (rgaufman/live555#23, CVE-2019-7733)",
      "OPTIONS \(head)Authorization: Digest username=\"\0\"\r\n\r\n", bad, closes: true),
    Case(
      "an Accept of 64 kB (CVE-2018-4013)", "DESCRIBE \(head)Accept: \(long)\r\n\r\n", tooLarge,
      closes: true),
    Case(
      "Require", "OPTIONS * RTSP/1.0\r\nCSeq: 7\r\nRequire: x\r\n\r\n",
      "RTSP/1.0 551 Option not supported"),
    Case(
      "SET_PARAMETER without Content-Type (UxPlay#185)",
      "SET_PARAMETER \(head)Content-Length: 4\r\n\r\na: b",
      "RTSP/1.0 451 Parameter Not Understood"),
  ]

  private static let methods = [
    Case("an unknown method", "FLY \(head)\r\n", "RTSP/1.0 501 Not Implemented"),
    Case("a method of 64 kB", "\(long) * RTSP/1.0\r\n\r\n", bad, closes: true),
    Case("REDIRECT", "REDIRECT \(head)\r\n", "RTSP/1.0 405 Method Not Allowed"),
    Case("PLAY without a session", "PLAY \(head)\r\n", "RTSP/1.0 454 Session Not Found"),
    Case(
      "PLAY with someone's session",
      "PLAY \(head)Session: 00000000000000000000000000000000\r\n\r\n",
      "RTSP/1.0 454 Session Not Found"),
    Case(
      "RTCP garbage on an unknown channel",
      [0x24, 9, 0, 3, 1, 2, 3] + Array("OPTIONS * RTSP/1.0\r\nCSeq: 7\r\n\r\n".utf8),
      "RTSP/1.0 200 OK"),
  ]

  @Test("every case, whole and byte by byte, beside a viewer that loses nothing")
  func cases() throws {
    let folder = try Self.mediaFolder()
    let daemon = try DaemonProcess(media: folder.path)
    let viewer = try SteadyViewer(daemon)
    for item in Self.cases {
      try check(item, daemon, piece: .max)
      if item.input.count < 500 { try check(item, daemon, piece: 1) }
      try viewer.watch()
    }
    #expect(daemon.isRunning)
  }

  private func check(_ item: Case, _ daemon: DaemonProcess, piece: Int) throws {
    let client = try RTSPClient(port: daemon.port)
    var offset = 0
    while offset < item.input.count {
      let end = min(item.input.count, offset + min(piece, item.input.count))
      // The server may have answered and closed before everything is said.
      guard (try? client.send(Array(item.input[offset..<end]))) != nil else { break }
      offset = end
    }
    if item.closes {
      let text = String(decoding: try client.readToEnd(), as: UTF8.self)
      #expect(text.hasPrefix(item.reply + "\r\n"), "\(item.name): \(text.prefix(80))")
      #expect(
        text.components(separatedBy: "\r\n\r\n").count == 2, "\(item.name): more than one reply")
    } else {
      let reply = try client.readReply()
      #expect(reply.head.hasPrefix(item.reply + "\r\n"), "\(item.name): \(reply.head)")
      // And the connection goes on.
      try client.send("OPTIONS * RTSP/1.0\r\nCSeq: 8\r\n\r\n")
      #expect(try client.readReply().header("CSeq") == "8", "\(item.name)")
    }
  }

  @Test("every prefix of every kind of request, then the end (CVE-2007-6036)")
  func prefixes() throws {
    let daemon = try DaemonProcess()
    let before = daemon.descriptors
    let viewer = try SteadyViewer(daemon)
    for request in [
      Self.setup("RTP/AVP;unicast;client_port=19000-19001"), Self.describe("movie.Mjpeg"),
      "PLAY movie.Mjpeg RTSP/1.0\nCSeq: 1\nSession: 1\n", "$\u{0}\u{0}\u{9}123456789",
    ] {
      for count in 0...min(request.utf8.count, 60) {
        let client = try RTSPClient(port: daemon.port)
        try client.send(Array(request.utf8.prefix(count)))
      }
      try viewer.watch()
    }
    // The viewer's connection, and the film that it watches.
    #expect(eventually { daemon.descriptors == before + 2 }, "a connection is left over")
  }

  @Test(
    "every order of SETUP, PLAY, PAUSE, TEARDOWN (CVE-2021-38381, CVE-2021-38382, CVE-2023-37117)"
  )
  func orders() throws {
    let daemon = try DaemonProcess()
    let before = daemon.descriptors
    let viewer = try SteadyViewer(daemon)
    let methods = ["SETUP", "PLAY", "PAUSE", "TEARDOWN"]
    for number in 0..<256 {
      let client = try RTSPClient(port: daemon.port)
      var session = ""
      for step in 0..<4 {
        let method = methods[number >> (2 * step) & 3]
        var headers = session.isEmpty ? [] : ["Session: \(session)"]
        if method == "SETUP" {
          headers.append(
            number & 1 == 0
              ? "Transport: RTP/AVP/TCP;interleaved=0-1"
              : "Transport: RTP/AVP;unicast;client_port=19000-19001")
        }
        let reply = try client.request(method, daemon.url(), headers)
        #expect([200, 454, 455].contains(reply.status), "\(number): \(method) \(reply.status)")
        if method == "SETUP", reply.status == 200 { session = reply.session }
        if method == "TEARDOWN", reply.status == 200 { session = "" }
      }
      if number % 16 == 0 { try viewer.watch() }
    }
    // The viewer's connection, and the film that it watches.
    #expect(eventually { daemon.descriptors == before + 2 }, "a session is left over")
  }

  @Test("a session of another connection is not to be had (CVE-2026-41470)")
  func foreignSession() throws {
    let daemon = try DaemonProcess()
    let owner = try RTSPClient(port: daemon.port)
    let setup = try owner.request("SETUP", daemon.url(), ["Transport: RTP/AVP/TCP"])
    let thief = try RTSPClient(port: daemon.port)
    for method in ["PLAY", "PAUSE", "TEARDOWN", "GET_PARAMETER"] {
      let reply = try thief.request(method, daemon.url(), ["Session: \(setup.session)"])
      #expect(reply.status == 454, "\(method)")
    }
    #expect(try owner.request("PLAY", daemon.url(), ["Session: \(setup.session)"]).status == 200)
  }

  @Test("a hundred thousand pipelined DESCRIBEs are all answered, in order (CVE-2021-38380)")
  func pipelined() throws {
    let daemon = try DaemonProcess()
    let viewer = try SteadyViewer(daemon)
    let client = try RTSPClient(port: daemon.port)
    let began = Date()
    var watched = 0
    for round in 0..<1000 {
      let numbers = round * 100 + 1...round * 100 + 100
      try client.send(
        numbers.map { "DESCRIBE \(daemon.url()) RTSP/1.0\r\nCSeq: \($0)\r\n\r\n" }.joined())
      var text = ""
      let last = "CSeq: \(numbers.upperBound)\r\n"
      while !text.hasSuffix("a=control:stream=0\r\n") || !text.contains(last) {
        text += String(decoding: try client.receive(), as: UTF8.self)
      }
      let answered = text.split(separator: "\r\n").filter { $0.hasPrefix("CSeq: ") }
      guard answered == numbers.map({ "CSeq: \($0)" }),
        text.components(separatedBy: "RTSP/1.0 200 OK\r\n").count == 101
      else {
        Issue.record("answers to \(numbers): \(answered)")
        return
      }
      // What has come meanwhile is read, or the viewer would be a slow one.
      let frames = Int(Date().timeIntervalSince(began) * 20) - watched
      guard frames > 4 else { continue }
      watched += frames
      try viewer.watch(frames: frames)
    }
  }

  @Test("a client that asks and never reads is not listened to for ever, and costs nobody a frame")
  func neverReads() throws {
    let daemon = try DaemonProcess()
    let viewer = try SteadyViewer(daemon)
    let client = try RTSPClient(port: daemon.port, receiveBufferBytes: 4096)
    let flags = fcntl(client.descriptor, F_GETFL)
    _ = fcntl(client.descriptor, F_SETFL, flags | O_NONBLOCK)
    let request = String(repeating: "OPTIONS * RTSP/1.0\r\nCSeq: 1\r\n\r\n", count: 100)
    var sent = 0
    // Until the server takes no more: its queue is bounded, and so are the kernel's buffers.
    while sent < 64 << 20, (try? client.send(request)) != nil { sent += request.utf8.count }
    #expect(sent < 64 << 20)
    try viewer.watch(frames: 10)
  }

  private static func mediaFolder() throws -> TemporaryFolder {
    let folder = try TemporaryFolder()
    let movie = Repository.root.appending(path: "video/movie.Mjpeg")
    let manager = FileManager.default
    try manager.copyItem(at: movie, to: folder.url.appending(path: "movie.Mjpeg"))
    try manager.copyItem(at: movie, to: folder.url.appending(path: ".hidden.Mjpeg"))
    try manager.createSymbolicLink(
      at: folder.url.appending(path: "outside.Mjpeg"), withDestinationURL: movie)
    try manager.createDirectory(
      at: folder.url.appending(path: "folder.Mjpeg"), withIntermediateDirectories: false)
    #expect(unsafe mkfifo(folder.url.appending(path: "fifo.Mjpeg").path, 0o600) == 0)
    try folder.write("text.mjpeg", Array("hello, this is a text".utf8))
    try folder.write("empty.mjpeg", [])
    let bytes = [UInt8](try Data(contentsOf: movie))
    try folder.write("cut.mjpeg", Array(bytes[..<10_000]))
    return folder
  }
}
