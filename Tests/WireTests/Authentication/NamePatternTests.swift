import Testing

@testable import Wire

@Suite("NamePattern")
struct NamePatternTests {
  @Test(
    "a star stands for anything, slashes too; all else for itself",
    arguments: [
      ("*", ["", "a", "a/b"], []), ("", [""], ["a"]), ("a", ["a"], ["", "aa", "b", "a/"]),
      ("cam/*", ["cam/", "cam/1", "cam/1/2"], ["cam", "xcam/1", "video/cam/1"]),
      ("*.avi", [".avi", "a.avi", "b/a.avi"], ["a.avi2", "avi"]),
      ("a*a", ["aa", "aba", "aaa"], ["a", "ab"]),
      ("a*b*c", ["abc", "axbxc", "abbcc"], ["acb", "ab"]),
      ("a**b", ["ab", "axb"], ["a", "b"]), ("*x*", ["x", "axb"], ["", "ab"]),
      ("a?[b]", ["a?[b]"], ["axb"]), ("é*", ["é", "éa"], ["e"]),
    ])
  func matches(pattern: String, yes: [String], no: [String]) {
    let pattern = NamePattern(pattern)
    for name in yes { #expect(pattern.matches(name), "\(pattern.text) and \(name)") }
    for name in no { #expect(!pattern.matches(name), "\(pattern.text) and \(name)") }
  }

  @Test("many stars against a long name that almost fits are answered at once")
  func hostile() {
    let pattern = NamePattern(String(repeating: "a*", count: 200) + "b")
    #expect(!pattern.matches(String(repeating: "a", count: 1024)))
  }
}
