import Testing
import Wire

@Suite("Spelling")
struct SpellingTests {
  private let known = ["start", "stop", "status", "setup", "session_timeout"]

  @Test(
    "finds the name that was meant",
    arguments: [
      ("start", "start"), ("strat", "start"), ("START", "start"), ("sttop", "stop"),
      ("setpu", "setup"), ("session-timeout", "session_timeout"), ("statuss", "status"),
    ])
  func near(_ typed: String, _ meant: String) {
    #expect(Spelling.nearest(to: typed, among: known) == meant)
  }

  @Test(
    "finds nothing in what resembles no name",
    arguments: ["frobnicate", "movie.Mjpeg"])
  func far(_ typed: String) { #expect(Spelling.nearest(to: typed, among: known) == nil) }

  @Test("spends no time on what is much too long for a name")
  func long() {
    let typed = String(repeating: "start", count: 1_000_000)
    #expect(Spelling.nearest(to: typed, among: known) == nil)
  }

  @Test("counts a swap of neighbours as one edit, a letter more or less or another as one each")
  func edits() {
    for typed in ["abcdef", "bacdef", "abcef", "abcddef", "abxdef"] {
      #expect(Spelling.nearest(to: typed, among: ["abcdef", "uvwxyz"]) == "abcdef", "\(typed)")
    }
    #expect(Spelling.nearest(to: "badcfe", among: ["abcdef"]) == "abcdef", "three swaps")
    #expect(Spelling.nearest(to: "badcfexx", among: ["abcdef"]) == nil, "five edits")
    #expect(Spelling.nearest(to: "", among: ["abc"]) == "abc")
    #expect(Spelling.nearest(to: "", among: []) == nil)
  }
}
