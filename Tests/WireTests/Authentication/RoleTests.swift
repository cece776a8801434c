import Testing

@testable import Wire

@Suite("Role")
struct RoleTests {
  @Test("each may do what those before it may")
  func order() {
    #expect(Role.allCases == [.view, .control, .admin] && Role.allCases.sorted() == Role.allCases)
    #expect(Role.view < .control && Role.control < .admin && !(Role.admin < .admin))
  }
}
