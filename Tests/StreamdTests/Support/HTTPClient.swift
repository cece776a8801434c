import Foundation
import Testing

/// A small HTTP client on a blocking socket, for tests that say exactly what they mean.
final class HTTPClient {
  struct Reply {
    var head: String
    var body: [UInt8]

    var status: Int { Int(head.split(separator: " ").dropFirst().first ?? "") ?? 0 }

    func header(_ name: String) -> String? {
      head.split(separator: "\r\n").first { $0.lowercased().hasPrefix(name.lowercased() + ": ") }
        .map { String($0.dropFirst(name.count + 2)) }
    }

    var text: String { String(decoding: body, as: UTF8.self) }

    /// The body as a JSON object; empty when it is none.
    var json: [String: Any] {
      (try? JSONSerialization.jsonObject(with: Data(body)) as? [String: Any]) ?? [:]
    }

    /// A problem's code.
    var code: String { json["code"] as? String ?? "" }
  }

  let socket: RTSPClient
  private let port: UInt16
  private var buffer: [UInt8] = []
  /// Something has come in that has not been read.
  var hasRest: Bool { !buffer.isEmpty }

  convenience init(
    _ daemon: DaemonProcess, receiveBufferBytes: Int32? = nil, from host: String = "127.0.0.1"
  ) throws {
    try self.init(port: daemon.httpPort, receiveBufferBytes: receiveBufferBytes, from: host)
  }

  init(port: UInt16, receiveBufferBytes: Int32? = nil, from host: String = "127.0.0.1") throws {
    self.port = port
    socket = try RTSPClient(port: port, receiveBufferBytes: receiveBufferBytes, from: host)
  }

  /// Sends a request and reads its reply.
  func request(
    _ method: String, _ path: String, json: String? = nil, _ headers: [String] = []
  ) throws -> Reply {
    try send(method, path, json: json, headers)
    return try readReply(isHead: method == "HEAD")
  }

  func send(
    _ method: String, _ path: String, json: String? = nil, _ headers: [String] = []
  ) throws {
    var text = "\(method) \(path) HTTP/1.1\r\n"
    if !headers.contains(where: { $0.hasPrefix("Host:") }) { text += "Host: 127.0.0.1:\(port)\r\n" }
    for header in headers { text += header + "\r\n" }
    if let json {
      if !headers.contains(where: { $0.hasPrefix("Content-Type:") }) {
        text += "Content-Type: application/json\r\n"
      }
      text += "Content-Length: \(json.utf8.count)\r\n"
    }
    try socket.send(text + "\r\n" + (json ?? ""))
  }

  func readReply(isHead: Bool = false) throws -> Reply {
    let head = try readHead()
    var reply = Reply(head: head, body: [])
    let length = reply.header("Content-Length").flatMap { Int($0) } ?? 0
    if !isHead { reply.body = try read(length) }
    return reply
  }

  /// Everything up to and with the next empty line.
  func readHead() throws -> String {
    let mark = Array("\r\n\r\n".utf8)
    var searched = 0
    while true {
      while searched + 4 <= buffer.count {
        if Array(buffer[searched..<searched + 4]) == mark {
          return String(decoding: try read(searched + 4), as: UTF8.self)
        }
        searched += 1
      }
      try fill()
    }
  }

  func read(_ count: Int) throws -> [UInt8] {
    while buffer.count < count { try fill() }
    let bytes = Array(buffer[..<count])
    buffer.removeFirst(count)
    return bytes
  }

  private func fill() throws {
    let bytes = try socket.receive()
    guard !bytes.isEmpty else { throw RTSPClient.Failure(what: "the server has closed") }
    buffer += bytes
  }

  /// The next picture of a multipart stream, with its time in seconds.
  func readPart() throws -> (jpeg: [UInt8], time: Double) {
    let part = Reply(head: try readHead(), body: [])
    #expect(part.head.contains("Content-Type: image/jpeg\r\n"))
    let length = try #require(part.header("Content-Length").flatMap { Int($0) })
    let time = try #require(part.header("X-Timestamp").flatMap { Double($0) })
    let jpeg = try read(length)
    let end = String(decoding: try read(13), as: UTF8.self)
    #expect(end == "\r\n--streamd\r\n")
    return (jpeg, time)
  }
}
