import Testing
import Wire

@testable import Streamd

@Suite("Passes")
struct PassesTests {
  private let limits = Limits()

  private func entry(_ name: String) throws -> UserEntry {
    try #require(UserEntry(name: name, role: .view, password: "x"))
  }

  @Test("of one user's many logins the oldest gives way, and nobody else's")
  func many() throws {
    var passes = Passes()
    let (alice, bob) = (try entry("alice"), try entry("bob"))
    let other = passes.logIn(bob, at: 0, limits)
    let session = passes.issue(to: Identity(alice))
    let words = (0...limits.loginsMax).map { _ in passes.logIn(alice, at: 0, limits) }
    #expect(Set(words).count == words.count && words.allSatisfy { $0.utf8.count == 43 })
    #expect(passes[words[0]] == nil && passes[words[1]]?.name == "alice")
    #expect(passes[other]?.name == "bob" && passes[session]?.name == "alice")
    passes.revoke(other)
    #expect(passes[other] == nil && passes[""] == nil)
    // Fewer are allowed from now on.
    var fewer = limits
    fewer.loginsMax = 2
    let last = passes.logIn(alice, at: 0, fewer)
    #expect(passes[last]?.name == "alice" && words.filter { passes[$0] != nil } == [words[32]])
    #expect(passes[session]?.name == "alice")
  }

  @Test("a login ends by itself; a session's pass only with the token that it was made by")
  func ends() throws {
    var passes = Passes()
    let word = passes.logIn(try entry("alice"), at: 100, limits)
    let identity = try #require(passes[word])
    #expect(identity.expires == 100 + Double(limits.loginSeconds))
    let session = passes.issue(to: identity)
    #expect(passes[session]?.name == "alice" && passes[session]?.expires == nil)
    let token = Identity(
      name: "t", role: .view, videos: nil, expires: 7, proof: .token(secret: [1]))
    let other = passes.issue(to: token)
    #expect(passes[other]?.expires == 7)
    _ = passes.logIn(try entry("bob"), at: 101 + Double(limits.loginSeconds), limits)
    #expect(passes[word] == nil)
  }
}
