import Foundation
import Testing

/// Something that listens and is no streamd: it gives the same bytes to whoever connects and sends
/// a request, and hangs up or stays silent.
final class CannedServer: @unchecked Sendable {
  let port: UInt16
  private let descriptor: Int32
  private let lock = NSLock()
  private var heard: [String] = []

  /// - Parameters:
  ///   - answers: for each request of a connection in turn, the last one again and again.
  ///   - hangsUp: after each answer.
  init(_ answers: [String], hangsUp: Bool = true) throws {
    let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
    var length = socklen_t(MemoryLayout<sockaddr_in>.size)
    let result = unsafe withUnsafeMutablePointer(to: &address) { pointer in
      unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        unsafe bind(descriptor, $0, length) | listen(descriptor, 8)
          | getsockname(descriptor, $0, &length)
      }
    }
    guard result == 0 else { throw RTSPClient.Failure(what: "listen: \(errno)") }
    self.descriptor = descriptor
    port = UInt16(bigEndian: address.sin_port)
    Thread.detachNewThread { [weak self] in
      var number = 0
      while true {
        let connection = accept(descriptor, nil, nil)
        guard connection >= 0 else { break }
        while let request = Self.read(connection) {
          self?.hear(request)
          let answer = Array(answers[min(number, answers.count - 1)].utf8)
          number += 1
          _ = unsafe send(connection, answer, answer.count, Int32(MSG_NOSIGNAL))
          if hangsUp { break }
        }
        close(connection)
      }
      close(descriptor)
    }
  }

  deinit { shutdown(descriptor, Int32(SHUT_RDWR)) }

  var url: String { "http://127.0.0.1:\(port)" }

  /// The requests that came.
  var requests: [String] { lock.withLock { heard } }

  private func hear(_ request: String) { lock.withLock { heard.append(request) } }

  /// A whole request head; nil when the client has hung up.
  private static func read(_ connection: Int32) -> String? {
    var text = ""
    while !text.contains("\r\n\r\n") {
      var bytes = [UInt8](repeating: 0, count: 4096)
      let count = unsafe recv(connection, &bytes, bytes.count, 0)
      guard count > 0 else { return nil }
      text += String(decoding: bytes[..<count], as: UTF8.self)
    }
    return text
  }
}
