import Foundation
import Testing
import Wire

@testable import Streamd

@Suite("sources of the configuration")
struct SourceSettingsTests {
  private func sources(_ text: String) throws -> [SourceSettings] {
    let file = try ConfigurationFile(Array("{\"sources\": \(text)}".utf8), name: "f.json")
    return try Configuration(file.assignments).sources
  }

  private func configuration(
    _ sources: String?, _ environment: [String: String]
  ) throws -> Configuration {
    let folder = try TemporaryFolder()
    var arguments: [String] = []
    if let sources {
      try folder.write("f.json", Array("{\"sources\": \(sources)}".utf8))
      arguments = ["--config", "\(folder.path)/f.json"]
    }
    guard case .run(let parsed) = try Arguments.parse(arguments, environment: environment) else {
      throw Configuration.Fault(message: "not a command line that runs")
    }
    return try parsed.configuration()
  }

  private func fault(_ body: () throws -> Void) -> String {
    #expect(throws: Configuration.Fault.self, performing: body)?.message ?? ""
  }

  @Test("a URL alone, or an object with everything")
  func entries() throws {
    let all = try sources(
      """
      {"hall": {"url": "http://host/stream.mjpg", "mode": "always", "grace_s": 0},
       "camera": "rtsp://user@host:8554/path",
       "yard/gate": {"url": "rtsp://host/", "transport": "tcp", "mode": "on_demand"}}
      """)
    #expect(all.map(\.name) == ["camera", "hall", "yard/gate"])
    let (camera, hall, gate) = (all[0], all[1], all[2])
    #expect(camera.mode == .onDemand && camera.transport == .udp && camera.graceSeconds == 10)
    #expect(camera.url.userInfo?.user == "user" && camera.url.port == 8554)
    #expect(hall.mode == .always && hall.graceSeconds == 0 && hall.url.scheme == .http)
    #expect(gate.transport == .tcp && gate.mode == .onDemand)
    #expect(gate.passwordVariable == "STREAMD_SOURCE_YARD_GATE_PASSWORD")
    #expect(gate.credential == "source-yard-gate")
  }

  @Test(
    "what cannot be is told with its place and what is wanted",
    arguments: [
      ("[]", "f.json: sources: want an object, such as {\"camera\": \"rtsp://"),
      (#"{"": "rtsp://a/"}"#, "f.json: sources: \"\" cannot be a name: want letters, digits"),
      (#"{"live/x": "rtsp://a/"}"#, "f.json: sources: \"live/x\" cannot be a name"),
      (#"{"a//b": "rtsp://a/"}"#, "f.json: sources: \"a//b\" cannot be a name"),
      (#"{"../x": "rtsp://a/"}"#, "f.json: sources: \"../x\" cannot be a name"),
      (#"{"a b": "rtsp://a/"}"#, "f.json: sources: \"a b\" cannot be a name"),
      (#"{"a": 7}"#, "f.json: sources: a: want a URL, or an object with a url"),
      (#"{"a": {}}"#, "f.json: sources: a: url: want rtsp://[USER@]HOST[:PORT]/PATH or http://"),
      (#"{"a": "ftp://a/"}"#, "f.json: sources: a: url: want rtsp://"),
      (#"{"a": {"ulr": "rtsp://a/"}}"#, "f.json: sources: a: unknown key ulr, did you mean url?"),
      (#"{"a": {"url": "rtsp://a/", "grace": 1}}"#, "f.json: sources: a: unknown key grace, did"),
      (#"{"a": {"url": "rtsp://a/", "frobnicate": 1}}"#, "f.json: sources: a: unknown key frob"),
      (#"{"a": {"url": "rtsp://a/", "mode": 1}}"#, "f.json: sources: a: mode: want always or on_"),
      (#"{"a": {"url": "rtsp://a/", "grace_s": -1}}"#, "f.json: sources: a: grace_s: want sec"),
      (#"{"a": {"url": "rtsp://a/", "transport": "sctp"}}"#, "f.json: sources: a: transport: w"),
      (#"{"a": {"url": "http://a/", "transport": "tcp"}}"#, "f.json: sources: a: transport: this"),
    ])
  func faults(_ text: String, _ message: String) {
    let shown = fault { _ = try sources(text) }
    #expect(shown.hasPrefix(message), "\(shown)")
  }

  @Test("there are bounds for names and for their number")
  func bounds() throws {
    let name = String(repeating: "n", count: 64)
    #expect(try sources("{\"\(name)\": \"rtsp://a/\"}").count == 1)
    #expect(fault { _ = try sources("{\"\(name)n\": \"rtsp://a/\"}") }.contains("64 at most"))
    func many(_ count: Int) -> String {
      "{" + (0..<count).map { "\"n\($0)\": \"rtsp://a/\"" }.joined(separator: ",") + "}"
    }
    #expect(try sources(many(256)).count == 256)
    #expect(fault { _ = try sources(many(257)) } == "f.json: sources: want 256 at most")
  }

  @Test("the variable is the path of a file with the object, and stands before the file's key")
  func variable() throws {
    let folder = try TemporaryFolder()
    try folder.write("s.json", Array(#"{"b": "rtsp://b/"}"#.utf8))
    let environment = ["STREAMD_SOURCES": "\(folder.path)/s.json"]
    #expect(try configuration(#"{"a": "rtsp://a/"}"#, environment).sources.map(\.name) == ["b"])
    try folder.write("sources", Array(#"{"c": "rtsp://c/"}"#.utf8))
    let service = ["CREDENTIALS_DIRECTORY": folder.path]
    #expect(try configuration(nil, service).sources.map(\.name) == ["c"])
    let none = fault { _ = try configuration(nil, ["STREAMD_SOURCES": "\(folder.path)/none"]) }
    #expect(none.hasPrefix("cannot read \(folder.path)/none: "))
    try folder.write("s.json", Array(#"{"b": "x"}"#.utf8))
    #expect(
      fault { _ = try configuration(nil, environment) }
        .hasPrefix("\(folder.path)/s.json: b: url: want "))
    #expect(
      fault { _ = try Arguments.parse(["--sources", "x"], environment: [:]) }
        .contains("set STREAMD_SOURCES=FILE"))
  }

  @Test("passwords come from variables, from credentials, or from the URL")
  func passwords() throws {
    let folder = try TemporaryFolder()
    try folder.write("source-yard-gate", Array("from: credential\n".utf8))
    let text = #"{"a-b": "rtsp://u:url@a/", "yard/gate": "rtsp://v@g/", "c": "rtsp://w:url@c/"}"#
    let environment = [
      "STREAMD_SOURCE_A_B_PASSWORD": "variable", "CREDENTIALS_DIRECTORY": folder.path,
    ]
    let all = try configuration(text, environment).sources.map(\.url.userInfo)
    #expect(
      all == [
        UserInfo(user: "u", password: "variable"), UserInfo(user: "w", password: "url"),
        UserInfo(user: "v", password: "from: credential"),
      ])
  }

  @Test("a password that is for nobody, for two, or for a source without a user, is told of")
  func idlePasswords() throws {
    let variable = ["STREAMD_SOURCE_A_B_PASSWORD": "hush"]
    let two = fault {
      _ = try configuration(#"{"a-b": "rtsp://u@a/", "a_b": "rtsp://u@a/"}"#, variable)
    }
    #expect(two == "STREAMD_SOURCE_A_B_PASSWORD: this would be for a-b and a_b; rename one")
    let nobody = fault { _ = try configuration(#"{"a-b": "rtsp://a/"}"#, variable) }
    #expect(nobody.hasPrefix("STREAMD_SOURCE_A_B_PASSWORD: a-b has no user; write rtsp://USER@"))
    for bad in ["two\nlines", String(repeating: "x", count: 1025)] {
      let shown = fault {
        _ = try configuration(#"{"a-b": "rtsp://u@a/"}"#, ["STREAMD_SOURCE_A_B_PASSWORD": bad])
      }
      #expect(shown.contains("want a password in one line") && !shown.contains("two"))
    }
    guard case .run(let parsed) = try Arguments.parse([], environment: variable) else {
      Issue.record("does not run")
      return
    }
    #expect(parsed.strangers.isEmpty)
    #expect(parsed.secrets.idleVariables(beside: []) == ["STREAMD_SOURCE_A_B_PASSWORD"])
  }

  @Test("a change of a password alone is a change, and no text shows it")
  func shown() throws {
    let setting = try #require(Setting.named("sources"))
    let text = #"{"a": "rtsp://u:old@a/"}"#
    let (old, new) = (
      try configuration(text, [:]), try configuration(text, ["STREAMD_SOURCE_A_PASSWORD": "new"])
    )
    #expect(setting.show(old) != setting.show(new) && old.sources != new.sources)
    #expect(!"\(old.sources)".contains("old") && !"\(new.sources)".contains("new"))
  }
}
