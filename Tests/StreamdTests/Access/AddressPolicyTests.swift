import Reactor
import Testing
import Wire

@testable import Streamd

@Suite("AddressPolicy")
struct AddressPolicyTests {
  private func admits(_ policy: AddressPolicy, _ host: String) -> Bool {
    SocketAddress(host: host, port: 1).map(policy.admits) ?? false
  }

  private func address(_ host: String) throws -> SocketAddress {
    try #require(SocketAddress(host: host, port: 1))
  }

  private func ranges(_ texts: String...) -> [AddressRange] {
    texts.compactMap { AddressRange($0) }
  }

  @Test("what is denied is denied; where something is allowed, nothing else is")
  func admission() {
    var policy = AddressPolicy()
    #expect(admits(policy, "10.0.0.1"))
    policy.denied = ranges("10.0.0.0/24")
    #expect(!admits(policy, "10.0.0.1") && admits(policy, "10.0.1.1"))
    policy.allowed = ranges("10.0.0.0/8", "::1")
    #expect(!admits(policy, "10.0.0.1") && admits(policy, "10.0.1.1"))
    #expect(!admits(policy, "11.0.0.1") && admits(policy, "::1"))
  }

  @Test(
    "only a trusted proxy is believed, and only about the last one that it does not know",
    arguments: [
      ("10.0.0.1", "1.1.1.1", "1.1.1.1"), ("10.0.0.1", "9.9.9.9, 1.1.1.1", "1.1.1.1"),
      ("10.0.0.1", "9.9.9.9, 1.1.1.1 , 10.0.0.2", "1.1.1.1"), ("10.0.0.1", "", "10.0.0.1"),
      ("10.0.0.1", "1.1.1.1, unknown", "10.0.0.1"), ("10.0.0.1", "1.1. 1.1", "10.0.0.1"),
      ("10.0.0.1", "2001:db8::1", "2001:db8::1"),
      // Nobody hides from the proxy's comma behind a mark that Swift takes together with it.
      ("10.0.0.1", "9.9.9.9\u{600}, 1.1.1.1", "1.1.1.1"),
      ("10.0.0.1", "x\u{600},1.1.1.1", "1.1.1.1"),
      ("8.8.8.8", "1.1.1.1", "8.8.8.8"), ("10.0.0.1", "10.0.0.3,10.0.0.2", "10.0.0.3"),
    ])
  func client(peer: String, header: String, expected: String) throws {
    var policy = AddressPolicy()
    policy.trustedProxies = ranges("10.0.0.0/24")
    var headers = HeaderFields()
    if !header.isEmpty { headers.append("X-Forwarded-For", header) }
    #expect(policy.client(of: try address(peer), headers).host == expected)
  }

  @Test("who may not come is not served, behind a trusted proxy either; the log names who it is")
  func daemon() throws {
    let daemon = try DaemonProcess(["--deny", "127.0.0.0/8"])
    #expect(try HTTPClient(daemon).socket.receive().isEmpty)
    #expect(try RTSPClient(port: daemon.port).receive().isEmpty)
    let behind = try GuardedDaemon(["--trusted-proxies", "127.0.0.1", "--deny", "10.0.0.0/8"])
    let client = try HTTPClient(behind.daemon)
    #expect(
      try client.request("GET", "/healthz", ["X-Forwarded-For: 10.1.1.1"]).code
        == "address_not_allowed")
    let wrong = "Authorization: \(AuthorizationHeader.basic("alice", "wrong"))"
    _ = try client.request(
      "GET", "/api/v1/status", ["X-Forwarded-For: 10.1.1.1, 192.0.2.9", wrong])
    #expect(
      behind.daemon.log.contains("msg=\"authentication failed\" address=192.0.2.9 protocol=http"))
    let login = try client.request(
      "POST", "/api/v1/login", json: GuardedDaemon.login, ["X-Forwarded-Proto: https"])
    #expect(login.header("Set-Cookie")?.hasSuffix("; Secure") == true)
  }
}
