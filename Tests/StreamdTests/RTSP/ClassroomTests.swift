import Foundation
import Testing
import Wire

/// The original system's client, byte for byte as it was recorded.
@Suite("The classroom's client")
struct ClassroomTests {
  /// What the original client does: it sends a request, reads once, splits at newlines, and takes
  /// numbers from the second and third line.
  private struct Client {
    let socket: RTSPClient
    var session = 0

    /// Sends the `number`th request of the recording with our port and session in it.
    mutating func send(_ number: Int, port: UInt16) throws -> [String] {
      let request = try Fixture.classroom()[number]
        .replacing("client_port=25000", with: "client_port=\(port)")
        .replacing("client_port= 25000", with: "client_port= \(port)")
        .replacing("Session: 123456", with: "Session: \(session)")
      try socket.send(request)
      let reply = String(decoding: try socket.receive(), as: UTF8.self)
      let lines = reply.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
      #expect(!reply.contains("\r") && !reply.contains("\n\n"))
      #expect(lines[0] == "RTSP/1.0 200 OK")
      let cseq = Int(lines[1].split(separator: " ")[1])
      #expect(cseq == (number % 4) + 1)
      let session = try #require(Int(lines[2].split(separator: " ")[1]))
      if self.session == 0 { self.session = session }
      #expect(session == self.session)
      return lines
    }
  }

  fileprivate static func frame(_ datagram: [UInt8]) throws -> (sequence: Int, jpeg: [UInt8]) {
    // As the original reads it: twelve bytes of header, then the picture.
    #expect(datagram[0] == 0x80 && datagram[1] & 0x7F == 26)
    #expect(datagram.count <= 20_480, "that client reads 20,480 bytes at most")
    return (Int(datagram[2]) << 8 | Int(datagram[3]), Array(datagram[12...]))
  }

  @Test("sets up, plays for more than 60 seconds, pauses, resumes at the next frame, tears down")
  func life() throws {
    // A timeout far below a minute: this client says nothing while it plays and must not be cut
    // off.
    let daemon = try DaemonProcess(["--session-timeout", "5"])
    let udp = try UDPReceiver()
    var client = Client(socket: try RTSPClient(port: daemon.port))
    var screen = try Screen()
    _ = try client.send(0, port: udp.port)
    _ = try client.send(1, port: udp.port)
    while screen.sequence < 61 * 20 {
      try screen.show(try #require(udp.receive(), "silence"))
    }
    _ = try client.send(2, port: udp.port)
    while let datagram = udp.receiveNow() { try screen.show(datagram) }
    _ = try client.send(1, port: udp.port)
    try screen.show(try #require(udp.receive(), "silence after the pause"))
    _ = try client.send(3, port: udp.port)
    // The server leaves frames out when a busy machine wakes it more than 250 ms late, and says so.
    let end = try #require(
      daemon.log.split(separator: "\n").last { $0.contains("reason=teardown") })
    let skipped = try #require(end.split(separator: "skipped=").last.flatMap { Int($0) })
    #expect(screen.skipped <= skipped, "\(screen.skipped) frames are missing: \(end)")
  }

  /// What that client shows: every frame, if its number is higher than the last one's, from 1 on.
  /// The first fault ends the test: after it nothing would be as expected.
  private struct Screen {
    private(set) var sequence = 0
    /// Pictures of the file between two that were shown.
    private(set) var skipped = 0
    private var picture = -1
    private let numbers: [[UInt8]: Int]

    init() throws {
      numbers = Dictionary(uniqueKeysWithValues: zip(try Repository.samplePictures(), 0...))
    }

    mutating func show(_ datagram: [UInt8]) throws {
      let frame = try ClassroomTests.frame(datagram)
      try #require(frame.sequence == sequence + 1)
      let number = try #require(numbers[frame.jpeg], "a picture that is not in the file")
      skipped += (number - picture - 1 + numbers.count) % numbers.count
      (sequence, picture) = (frame.sequence, number)
    }
  }

  @Test("the textbook's variant sets up and plays")
  func textbook() throws {
    let daemon = try DaemonProcess()
    let udp = try UDPReceiver()
    var client = Client(socket: try RTSPClient(port: daemon.port))
    _ = try client.send(4, port: udp.port)
    _ = try client.send(1, port: udp.port)
    #expect(try Self.frame(try #require(udp.receive())).sequence == 1)
  }

  @Test("a file that is not there gets the original's two lines")
  func missing() throws {
    let daemon = try DaemonProcess()
    let socket = try RTSPClient(port: daemon.port)
    try socket.send(
      "SETUP video/none.Mjpeg RTSP/1.0\nCSeq: 1\nTransport: RTP/AVP;unicast;client_port=25000\n")
    #expect(
      String(decoding: try socket.receive(), as: UTF8.self) == "RTSP/1.0 404 Not Found\nCSeq: 1\n")
  }

  @Test("a bare newline does not make a classroom of a URL, nor a path with CRLF")
  func dialects() throws {
    let daemon = try DaemonProcess()
    let socket = try RTSPClient(port: daemon.port)
    try socket.send("OPTIONS \(daemon.url()) RTSP/1.0\nCSeq: 1\n\n")
    #expect(try socket.readReply().header("Public") != nil)
    try socket.send("DESCRIBE movie.Mjpeg RTSP/1.0\r\nCSeq: 2\r\n\r\n")
    #expect(try socket.readReply().status == 400)
  }
}

/// Recordings of real clients.
enum Fixture {
  /// The requests in `classroom.txt`: four of the original's client, one of the textbook's.
  static func classroom() throws -> [String] {
    let url = Repository.root.appending(path: "Tests/Fixtures/classroom.txt")
    let lines = try String(contentsOf: url, encoding: .utf8).split(
      separator: "\n", omittingEmptySubsequences: false)
    var requests: [String] = []
    var current = ""
    for line in lines {
      if line.hasPrefix("#") { continue }
      if line.hasSuffix("\\n") {
        current += line.dropLast(2) + "\n"
      } else if !current.isEmpty {
        requests.append(current)
        current = ""
      }
    }
    return requests.filter { !$0.hasPrefix("RTSP/") }
  }
}
