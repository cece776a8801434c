import Testing
import Wire

@testable import Streamd

@Suite("RequestPolicy")
struct RequestPolicyTests {
  /// What a request with these header lines is refused with; nil when it may go on.
  private func refusal(
    _ method: String, _ headers: [String], version: String = "1.1", body: String = ""
  ) throws -> String? {
    var text = "\(method) /api/v1/server/stop HTTP/\(version)\r\n"
    for header in headers { text += header + "\r\n" }
    text += "Content-Length: \(body.utf8.count)\r\n\r\n\(body)"
    var parser = HTTPParser()
    let bytes = Array(text.utf8)
    parser.feed(bytes.span)
    let request = try #require(try parser.next())
    return RequestPolicy().refusal(of: request).map { "\($0.status) \($0.code)" }
  }

  @Test(
    "loopback names and address literals are this server",
    arguments: [
      "localhost", "LocalHost:5000", "127.0.0.1", "127.0.0.1:5000", "192.0.2.7:80", "[::1]",
      "[::1]:5000", "[2001:db8::7]:80",
    ])
  func ownHosts(host: String) throws {
    #expect(try refusal("GET", ["Host: \(host)"]) == nil)
  }

  @Test(
    "any other name may have been pointed here by somebody else",
    arguments: [
      "evil.example", "evil.example:5000", "localhost.evil.example", "127.0.0.1.evil.example",
      "", ":5000", "[evil]", "[::1", "::1]", "x[::1]", "127.0.0.1@evil.example", "0x7f000001",
    ])
  func foreignHosts(host: String) throws {
    #expect(try refusal("GET", ["Host: \(host)"]) == "421 foreign_host")
  }

  @Test("Host is there exactly once; HTTP/1.0 does without")
  func hostCount() throws {
    #expect(try refusal("GET", []) == "400 no_host")
    #expect(try refusal("GET", [], version: "1.0") == nil)
    #expect(try refusal("GET", ["Host: localhost", "Host: localhost"]) == "421 foreign_host")
  }

  @Test("pages of others may look, as far as browsers let them, but change nothing")
  func origins() throws {
    let host = "Host: 127.0.0.1:5000"
    for origin in [
      "http://evil.example", "null", "http://127.0.0.1", "http://127.0.0.1:5001",
      "http://localhost:5000", "http://127.0.0.1:5000.evil.example", "ftp://127.0.0.1:5000",
    ] {
      for method in ["POST", "PUT", "DELETE", "PATCH"] {
        let code = try refusal(method, [host, "Origin: \(origin)"])
        #expect(code == "403 foreign_origin", "\(method) \(origin)")
      }
      #expect(try refusal("GET", [host, "Origin: \(origin)"]) == nil)
      let upgrade = try refusal("GET", [host, "Origin: \(origin)", "Upgrade: websocket"])
      #expect(upgrade == "403 foreign_origin", "\(origin)")
    }
    for origin in ["http://127.0.0.1:5000", "https://127.0.0.1:5000", "HTTP://127.0.0.1:5000"] {
      #expect(try refusal("POST", [host, "Origin: \(origin)"]) == nil)
      #expect(try refusal("GET", [host, "Origin: \(origin)", "Upgrade: websocket"]) == nil)
    }
    // Scripts name no origin.
    #expect(try refusal("POST", [host]) == nil)
  }

  @Test("bodies are JSON: what HTML forms can send is refused")
  func contentTypes() throws {
    let host = "Host: localhost"
    for type in ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data", ""] {
      let code = try refusal("POST", [host, "Content-Type: \(type)"], body: "{}")
      #expect(code == "415 json_wanted", "\(type)")
    }
    #expect(try refusal("POST", [host], body: "{}") == "415 json_wanted")
    for type in ["application/json", "Application/JSON; charset=utf-8"] {
      #expect(try refusal("POST", [host, "Content-Type: \(type)"], body: "{}") == nil)
    }
    // Without a body there is nothing to be of any type.
    #expect(try refusal("POST", [host, "Content-Type: text/plain"]) == nil)
  }
}
