import Testing
import Wire

@testable import Reactor
@testable import streamctl

/// The connection itself: one for many requests, with deadlines.
@Suite("streamctl's connection")
struct ClientTests {
  private static let reply = "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nnull"

  private func failure(_ body: () throws(Failure) -> Void) -> Failure? {
    do throws(Failure) {
      try body()
      return nil
    } catch { return error }
  }

  @Test("requests follow one another over one connection, and another one when it has ended")
  func keepAlive() throws {
    let open = try CannedServer([Self.reply], hangsUp: false)
    let client = Client(try ServiceURL(open.url + "/base/"), token: nil)
    for _ in 0..<3 { #expect(try client.request("GET", "/x?y=1").body == Array("null".utf8)) }
    #expect(open.requests.count == 3)
    #expect(open.requests.allSatisfy { $0.hasPrefix("GET /base/x?y=1 HTTP/1.1\r\nHost: 127.") })
    // Each of these connections ends behind its answer without saying so beforehand.
    let closing = try CannedServer([Self.reply])
    let other = Client(try ServiceURL(closing.url), token: nil)
    for _ in 0..<3 { #expect(try other.request("GET", "/").head.status == 200) }
    #expect(closing.requests.count == 3)
    withExtendedLifetime((open, closing)) {}
  }

  @Test("what may have changed something is not asked for twice")
  func noSecondPost() throws {
    let server = try CannedServer([Self.reply])
    let client = Client(try ServiceURL(server.url), token: nil)
    _ = try client.request("POST", "/a")
    let error = failure { () throws(Failure) in _ = try client.request("POST", "/b") }
    #expect(error?.status == .unreachable && error?.message.contains("try again") == true)
    #expect(server.requests.map { $0.prefix(7) } == ["POST /a"])
    _ = try client.request("POST", "/c")
    #expect(server.requests.count == 2)
    withExtendedLifetime(server) {}
  }

  @Test("a server that says nothing is given up after its time, in the middle of an answer, too")
  func silence() throws {
    for answer in ["", "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf"] {
      let server = try CannedServer([answer], hangsUp: false)
      let connection = try HTTPConnection(
        to: try ServiceURL(server.url), seconds: 1, HTTPConnection.Patience(progress: Progress()))
      let clock = SystemClock()
      let start = clock.now()
      #expect(throws: HTTPConnection.Fault.silent(1)) {
        _ = try connection.exchange(
          "GET", Array("GET / HTTP/1.1\r\n\r\n".utf8), seconds: 1, waitingFor: "it"
        ) { (_, _) throws(HTTPConnection.Fault) in }
      }
      #expect(clock.now() - start >= 1_000_000_000)
      #expect(!connection.isOpen)
      withExtendedLifetime(server) {}
    }
  }

  @Test("an answer without end is not gathered")
  func bounds() throws {
    let megabyte = String(repeating: "x", count: 1 << 20)
    let endless = "HTTP/1.1 200 OK\r\n\r\n" + String(repeating: megabyte, count: 33)
    let server = try CannedServer([endless])
    let client = Client(try ServiceURL(server.url), token: nil)
    let error = failure { () throws(Failure) in _ = try client.request("GET", "/") }
    #expect(error?.status == .unreachable && error?.message.contains("more than") == true)
    withExtendedLifetime(server) {}
  }

  @Test("a list whose cursor stays is read once")
  func cursors() throws {
    let page = "{\"items\":[1],\"next\":\"a\"}"
    let server = try CannedServer([
      "HTTP/1.1 200 OK\r\nContent-Length: \(page.utf8.count)\r\n\r\n\(page)"
    ])
    let client = Client(try ServiceURL(server.url), token: nil)
    #expect(try client.list(Int.self, "/l", after: "b/c d") == [1, 1])
    let lines = server.requests.map { $0.prefix { $0 != "\r\n" } }
    #expect(
      lines == [
        "GET /l?limit=500&after=b%2Fc%20d HTTP/1.1", "GET /l?limit=500&after=a HTTP/1.1",
      ])
  }
}
