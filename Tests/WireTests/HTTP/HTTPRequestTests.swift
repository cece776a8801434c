import Testing

@testable import Wire

@Suite("HTTPRequest")
struct HTTPRequestTests {
  private func request(minor: Int = 1, _ fields: (String, String)...) -> HTTPRequest {
    var headers = HeaderFields()
    for (name, value) in fields { headers.append(name, value) }
    return HTTPRequest(
      method: "GET", target: "/", path: "/", query: [:], minorVersion: minor, headers: headers,
      body: [])
  }

  @Test("keeps an HTTP/1.1 connection unless close is among its options (RFC 9112 §9.3)")
  func persistence() {
    #expect(request().isPersistent)
    #expect(request(("Connection", "keep-alive")).isPersistent)
    #expect(request(("Connection", "Upgrade")).isPersistent)
    #expect(request(("Connection", "closed")).isPersistent)
    #expect(!request(("Connection", "close")).isPersistent)
    #expect(!request(("connection", "Upgrade ,\tCLOSE")).isPersistent)
    #expect(!request(("Connection", "keep-alive"), ("Connection", "close")).isPersistent)
    #expect(request(("Connection", "")).isPersistent)
  }

  @Test("keeps an HTTP/1.0 connection only when it is asked to")
  func oldPersistence() {
    #expect(!request(minor: 0).isPersistent)
    #expect(request(minor: 0, ("Connection", "Keep-Alive")).isPersistent)
    #expect(request(minor: 0, ("Connection", "x, keep-alive")).isPersistent)
    #expect(!request(minor: 0, ("Connection", "keep-alive, close")).isPersistent)
  }

  @Test(
    "names the media type in lower case and without parameters",
    arguments: [
      ("application/json", "application/json"),
      ("Application/JSON ; charset=utf-8", "application/json"), ("", ""), (";", ""),
    ])
  func contentType(value: String, type: String) {
    #expect(request(("Content-Type", value)).contentType == type)
    #expect(request().contentType == nil)
  }

  @Test("finds a cookie among others, in one header line or several")
  func cookies() {
    let cookies = request(("Cookie", "a=1; bb=2;c=x=y"), ("Cookie", " d=; a=9"))
    #expect(cookies.cookie("a") == "1" && cookies.cookie("bb") == "2")
    #expect(cookies.cookie("c") == "x=y" && cookies.cookie("d") == "")
    #expect(cookies.cookie("b") == nil && cookies.cookie("") == nil)
    #expect(request().cookie("a") == nil && request(("Cookie", "a")).cookie("a") == nil)
  }

  @Test("lacks a length where nothing at all would end its body")
  func length() {
    #expect(request().lacksLength && request(minor: 0, ("Connection", "keep-alive")).lacksLength)
    #expect(!request(minor: 0).lacksLength && !request(("Connection", "close")).lacksLength)
    #expect(!request(("Content-Length", "0")).lacksLength)
    #expect(!request(("Transfer-Encoding", "chunked")).lacksLength)
  }

  @Test("waits for 100 Continue in HTTP/1.1 only (RFC 9110 §10.1.1)")
  func expectation() {
    #expect(request(("Expect", "100-Continue")).expectsContinue)
    #expect(!request().expectsContinue && !request(("Expect", "200-ok")).expectsContinue)
    #expect(!request(minor: 0, ("Expect", "100-continue")).expectsContinue)
  }
}
