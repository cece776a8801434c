import Foundation
import Testing

/// An RTSP server that does not do what it should, on a thread of its own. It serves one connection
/// after the other.
final class FakeRTSPServer {
  enum Fault: Sendable, Equatable {
    /// It plays over TCP; over UDP it says that it plays, and sends nothing.
    case silentOverUDP
    /// It plays over TCP, and is gone after so many pictures, connection and port.
    case dies(afterPictures: Int)
    /// It plays over TCP, and hangs up when it is to pause.
    case hangsUpOnPause
    /// It plays, and every other picture cannot be decoded.
    case undecodable
    /// It answers with these bytes.
    case garbage([UInt8])
    /// It takes connections and says nothing.
    case silent
  }

  let port: UInt16
  private let door: Door

  /// The listening socket. Its number may be somebody else's as soon as it is closed.
  private final class Door: @unchecked Sendable {
    let descriptor: Int32
    private let lock = NSLock()
    private var isClosed = false

    init(_ descriptor: Int32) { self.descriptor = descriptor }

    /// Nobody comes in any more, and whoever waits in `accept` is woken.
    func shut() {
      lock.withLock { if !isClosed { shutdown(descriptor, Int32(SHUT_RDWR)) } }
    }

    func close() {
      lock.withLock {
        isClosed = true
        Glibc.close(descriptor)
      }
    }
  }

  /// Listens on a port, any free one by default.
  init(_ fault: Fault, port: UInt16 = 0) throws {
    let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    var reuse: Int32 = 1
    unsafe setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &reuse, 4)
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = port.bigEndian
    address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
    var length = socklen_t(MemoryLayout<sockaddr_in>.size)
    let result = unsafe withUnsafeMutablePointer(to: &address) { pointer in
      unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        unsafe bind(descriptor, $0, length) | listen(descriptor, 8)
          | getsockname(descriptor, $0, &length)
      }
    }
    guard result == 0 else { throw RTSPClient.Failure(what: "listen: \(errno)") }
    let door = Door(descriptor)
    self.door = door
    self.port = UInt16(bigEndian: address.sin_port)
    Thread.detachNewThread {
      while true {
        let connection = accept(descriptor, nil, nil)
        guard connection >= 0 else { break }
        let conversation = FakeConversation(connection, fault)
        let isOver = conversation.serve()
        // The port first: whoever sees the connection end is to find nobody there.
        if isOver { door.shut() }
        close(connection)
        if isOver { break }
      }
      door.close()
    }
  }

  /// The thread is woken by it and closes the socket.
  deinit { door.shut() }

  /// The option that permits the daemon to play from here.
  var allowed: [String] { ["--allowed-servers", "127.0.0.1:\(port)"] }
}

/// One connection to such a server.
private final class FakeConversation {
  private let descriptor: Int32
  private let fault: FakeRTSPServer.Fault
  private var packets = TestPackets()
  private var isTCP = false

  init(_ descriptor: Int32, _ fault: FakeRTSPServer.Fault) {
    self.descriptor = descriptor
    self.fault = fault
    // Between pictures it is heard whether there is a request.
    var timeout = timeval(tv_sec: 0, tv_usec: 20_000)
    unsafe setsockopt(
      descriptor, SOL_SOCKET, SO_RCVTIMEO, &timeout, socklen_t(MemoryLayout<timeval>.size))
  }

  /// Serves until the client hangs up; true when the server is to be gone altogether.
  func serve() -> Bool {
    var (text, isPlaying, pictures) = ("", false, 0)
    while true {
      var bytes = [UInt8](repeating: 0, count: 4096)
      let count = unsafe recv(descriptor, &bytes, bytes.count, 0)
      if count == 0 || count < 0 && errno != EAGAIN { return false }
      // What is interleaved here are receiver reports; they do not matter.
      if count > 0, bytes[0] != 0x24 { text += String(decoding: bytes[..<count], as: UTF8.self) }
      while let end = text.range(of: "\r\n\r\n") {
        let request = String(text[..<end.lowerBound])
        text.removeSubrange(..<end.upperBound)
        if fault == .silent { continue }
        if fault == .hangsUpOnPause, request.hasPrefix("PAUSE") { return false }
        if case .garbage(let bytes) = fault {
          send(bytes)
          continue
        }
        reply(request)
        if request.hasPrefix("PLAY") { isPlaying = isTCP }
      }
      guard isPlaying else { continue }
      let isBad = fault == .undecodable && pictures % 2 == 1
      for packet in isBad ? [packets.undecodable()] : packets.picture(packets: 2) {
        send([0x24, 0, UInt8(packet.count >> 8), UInt8(packet.count & 0xFF)] + packet)
      }
      pictures += 1
      if case .dies(let last) = fault, pictures == last { return true }
    }
  }

  private func reply(_ request: String) {
    let lines = request.split(separator: "\r\n")
    func header(_ name: String) -> String {
      lines.first { $0.hasPrefix(name + ": ") }.map { String($0.dropFirst(name.count + 2)) } ?? ""
    }
    var (headers, body) = ("CSeq: \(header("CSeq"))\r\n", "")
    switch request.prefix(while: { $0 != " " }) {
    case "DESCRIBE":
      body = "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=fake\r\nt=0 0\r\nm=video 0 RTP/AVP 26\r\n"
      headers += "Content-Type: application/sdp\r\nContent-Length: \(body.utf8.count)\r\n"
    case "SETUP":
      let transport = header("Transport")
      isTCP = transport.contains("TCP")
      // The discard port, from which nothing ever comes.
      headers += "Session: 5\r\nTransport: \(transport)\(isTCP ? "" : ";server_port=9-10")\r\n"
    default: headers += "Session: 5\r\n"
    }
    send(Array("RTSP/1.0 200 OK\r\n\(headers)\r\n\(body)".utf8))
  }

  /// A client that is gone is noticed when something is read.
  private func send(_ bytes: [UInt8]) {
    _ = unsafe Glibc.send(descriptor, bytes, bytes.count, Int32(MSG_NOSIGNAL))
  }
}
