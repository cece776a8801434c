import Foundation
import Testing

@testable import Streamd

@Suite("Manual pages")
struct ManualPageTests {
  @Test(
    "`etc/man` has what the table of settings says; after a change: streamd --manual N > FILE",
    arguments: [("8", "streamd.8"), ("5", "streamd.json.5")])
  func files(_ section: String, _ name: String) throws {
    let file = Repository.root.appending(path: "etc/man/\(name)")
    #expect(try String(contentsOf: file, encoding: .utf8) == ManualPage.text(section: section))
  }

  @Test("every setting and every limit is explained")
  func complete() throws {
    func plain(_ text: String) -> String { text.replacing("\\-", with: "-") }
    let daemon = plain(try ManualPage.text(section: "8"))
    let file = plain(try ManualPage.text(section: "5"))
    for setting in Setting.all {
      #expect(
        daemon.contains("\n.B \(setting.flag)\n") == !setting.isSecret, "\(setting.flag)")
      #expect(file.contains("\n.B \(setting.name)\n"), "\(setting.name)")
      #expect(file.contains("Variable: \(setting.variable)"))
    }
    for limit in Limit.all { #expect(file.contains("\n.B \(limit.name)\n")) }
  }

  @Test("there is no other section")
  func other() {
    #expect(throws: Configuration.Fault.self) { try ManualPage.text(section: "1") }
  }
}
