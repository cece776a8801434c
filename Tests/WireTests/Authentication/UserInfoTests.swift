import Testing

@testable import Wire

@Suite("UserInfo")
struct UserInfoTests {
  @Test("reads a name and a password with escapes")
  func reads() {
    #expect(UserInfo("alice:s%3Acr%40t:x") == UserInfo(user: "alice", password: "s:cr@t:x"))
    #expect(UserInfo("alice") == UserInfo(user: "alice", password: ""))
    for text in ["a%", "a:%0d%0ab", "%00:x", "a:%7f"] { #expect(UserInfo(text) == nil, "\(text)") }
  }

  @Test(
    "takes it out of a URL",
    arguments: [
      ("rtsp://a:b@h:554/x@y", "rtsp://h:554/x@y", "a"),
      ("rtsp://a:b@c@[::1]/", "rtsp://[::1]/", "a"), ("rtsp://h/x@y", "rtsp://h/x@y", nil),
      ("rtsp://h?x@y", "rtsp://h?x@y", nil), ("a@b", "a@b", nil),
      ("rtsp://%@h/x", "rtsp://h/x", nil),
      ("", "", nil),
    ])
  func separates(url: String, rest: String, user: String?) {
    let (shown, userInfo) = UserInfo.separate(from: url)
    #expect(shown == rest && userInfo?.user == user)
  }
}
