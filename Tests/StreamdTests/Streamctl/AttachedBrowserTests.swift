import Foundation
import Testing

/// A session that `streamctl` makes and drives, in the eyes of Chromium.
@Suite("A session of streamctl in Chromium")
struct AttachedBrowserTests {
  @Test("what is played and paused from the shell is seen in the browser, pixel by pixel")
  func attached() async throws {
    let daemon = try DaemonProcess()
    let shell = try Shell(daemon.http(""))
    let setup = try #require(try await shell.json("setup", "movie.Mjpeg").first)
    let id = try #require(setup["session_id"] as? String)
    let tool = Repository.root.appending(path: "Tests/Tools/browser-attached").path
    let browser = try Companion(tool, [daemon.http(""), id])
    var commands: [String] = []
    while true {
      let text = browser.read()
      if text.isEmpty { break }
      for command in text.split(separator: "\n").map(String.init) {
        commands.append(command)
        // The browser waits for what it does.
        try shell.runAtOnce(command)
      }
    }
    let (status, errors) = browser.finish()
    #expect(status == 0, "\(errors)")
    #expect(commands == ["play", "pause", "play", "pause", "teardown"])
  }
}
