import Foundation
import Testing

/// A small RTSP client on a blocking socket, for tests that say exactly what they mean.
final class RTSPClient {
  struct Reply {
    var head: String
    var body: [UInt8]

    var status: Int { Int(head.split(separator: " ").dropFirst().first ?? "") ?? 0 }

    func header(_ name: String) -> String? {
      head.split(separator: "\r\n").first { $0.lowercased().hasPrefix(name.lowercased() + ": ") }
        .map { String($0.dropFirst(name.count + 2)) }
    }

    /// The session's identifier without its timeout.
    var session: String { String((header("Session") ?? "").prefix { $0 != ";" }) }
  }

  struct Failure: Error { var what: String }

  let descriptor: Int32
  private var buffer: [UInt8] = []
  private var cseq = 0
  /// RTP packets that came in between replies, by channel.
  private(set) var interleaved: [(channel: UInt8, packet: [UInt8])] = []

  /// Connects, from any address of loopback; a receive buffer can be asked for that fills up soon.
  init(port: UInt16, receiveBufferBytes: Int32? = nil, from host: String = "127.0.0.1") throws {
    descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    if var bytes = receiveBufferBytes {
      unsafe setsockopt(descriptor, SOL_SOCKET, SO_RCVBUF, &bytes, 4)
    }
    var timeout = timeval(tv_sec: 10, tv_usec: 0)
    unsafe setsockopt(
      descriptor, SOL_SOCKET, SO_RCVTIMEO, &timeout, socklen_t(MemoryLayout<timeval>.size))
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = unsafe inet_addr(host)
    let local = unsafe withUnsafePointer(to: &address) { pointer in
      unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        unsafe bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
      }
    }
    guard local == 0 else { throw Failure(what: "bind: \(errno)") }
    address.sin_port = port.bigEndian
    address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
    let result = unsafe withUnsafePointer(to: &address) { pointer in
      unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        unsafe connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
      }
    }
    guard result == 0 else { throw Failure(what: "connect: \(errno)") }
  }

  deinit { close(descriptor) }

  func send(_ bytes: [UInt8]) throws {
    var sent = 0
    while sent < bytes.count {
      let count = unsafe bytes.withUnsafeBytes { raw in
        unsafe Glibc.send(
          descriptor, raw.baseAddress.map { unsafe $0 + sent }, raw.count - sent,
          Int32(MSG_NOSIGNAL))
      }
      guard count > 0 else { throw Failure(what: "send: \(errno)") }
      sent += count
    }
  }

  func send(_ text: String) throws { try send(Array(text.utf8)) }

  /// Sends a request with the next CSeq and reads its reply, which has to be to that one.
  func request(
    _ method: String, _ target: String, _ headers: [String] = [], body: String = ""
  ) throws -> Reply {
    let reply = try ask(method, target, headers, body: body)
    #expect(reply.header("CSeq") == String(cseq))
    return reply
  }

  /// The same for who may be turned away before a request is read.
  func ask(
    _ method: String, _ target: String, _ headers: [String] = [], body: String = ""
  ) throws -> Reply {
    cseq += 1
    var text = "\(method) \(target) RTSP/1.0\r\nCSeq: \(cseq)\r\n"
    for header in headers { text += header + "\r\n" }
    if !body.isEmpty { text += "Content-Length: \(body.utf8.count)\r\n" }
    try send(text + "\r\n" + body)
    return try readReply()
  }

  /// Whether nothing comes in for so long.
  func isQuiet(milliseconds: Int32) -> Bool {
    var waiting = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
    return unsafe poll(&waiting, 1, milliseconds) == 0
  }

  /// Whether the kernel takes something within so long.
  func canSend(milliseconds: Int32) -> Bool {
    var waiting = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
    return unsafe poll(&waiting, 1, milliseconds) == 1
  }

  /// Sends what the kernel takes at once and returns how much that is.
  func sendSome(_ bytes: [UInt8]) -> Int {
    let flags = Int32(MSG_NOSIGNAL | MSG_DONTWAIT)
    return max(
      0,
      unsafe bytes.withUnsafeBytes {
        unsafe Glibc.send(descriptor, $0.baseAddress, $0.count, flags)
      })
  }

  /// Reads once; empty at the end of the stream.
  func receive() throws -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: 65_536)
    let count = unsafe bytes.withUnsafeMutableBytes { raw in
      unsafe recv(descriptor, raw.baseAddress, raw.count, 0)
    }
    guard count >= 0 else { throw Failure(what: "recv: \(errno)") }
    return Array(bytes[..<count])
  }

  /// The next reply; packets before it are put aside.
  func readReply() throws -> Reply {
    while true {
      try takeInterleaved()
      if let end = Self.endOfHead(buffer) {
        var reply = Reply(head: String(decoding: buffer[..<end], as: UTF8.self), body: [])
        let length = reply.header("Content-Length").flatMap { Int($0) } ?? 0
        while buffer.count < end + length { try fill() }
        reply.body = Array(buffer[end..<end + length])
        buffer.removeFirst(end + length)
        return reply
      }
      try fill()
    }
  }

  /// The next interleaved packet.
  func readPacket() throws -> (channel: UInt8, packet: [UInt8]) {
    while true {
      try takeInterleaved()
      if !interleaved.isEmpty { return interleaved.removeFirst() }
      try fill()
    }
  }

  /// Everything up to the end of the stream.
  func readToEnd() throws -> [UInt8] {
    while true {
      let bytes = try receive()
      if bytes.isEmpty { return buffer }
      buffer += bytes
    }
  }

  private func fill() throws {
    let bytes = try receive()
    guard !bytes.isEmpty else { throw Failure(what: "the server has closed the connection") }
    buffer += bytes
  }

  private func takeInterleaved() throws {
    while buffer.first == 0x24 {
      while buffer.count < 4 { try fill() }
      let length = Int(buffer[2]) << 8 | Int(buffer[3])
      while buffer.count < 4 + length { try fill() }
      interleaved.append((buffer[1], Array(buffer[4..<4 + length])))
      buffer.removeFirst(4 + length)
    }
  }

  private static func endOfHead(_ bytes: [UInt8]) -> Int? {
    let mark = Array("\r\n\r\n".utf8)
    guard bytes.count >= 4 else { return nil }
    for index in 0...bytes.count - 4 where Array(bytes[index..<index + 4]) == mark {
      return index + 4
    }
    return nil
  }
}
