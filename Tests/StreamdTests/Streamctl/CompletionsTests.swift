import Foundation
import Testing

@testable import Streamd
@testable import streamctl

/// Completions and the manual are made of, or held against, the one table of commands.
@Suite("streamctl's completions and manual")
struct CompletionsTests {
  /// The script as the program prints it, in a file.
  private func script(_ shell: Completions.Shell, _ folder: TemporaryFolder) async throws -> String
  {
    let result = try await Tool.run(Shell.program, ["completions", shell.rawValue])
    #expect(result.status == 0 && result.errors.isEmpty)
    try folder.write("_streamctl", result.output)
    return folder.path + "/_streamctl"
  }

  @Test("each shell takes its script", arguments: Completions.Shell.allCases)
  func syntax(_ shell: Completions.Shell) async throws {
    let folder = try TemporaryFolder()
    let path = try await script(shell, folder)
    let check = try await Tool.run(shell.rawValue, ["-n", path])
    #expect(check.status == 0 && check.errors.isEmpty, "\(check.errors)")
  }

  /// What bash offers for the last of some words.
  private func bash(_ words: String...) async throws -> [String] {
    let folder = try TemporaryFolder()
    try folder.write("a b.mjpeg", [])
    let path = try await script(.bash, folder)
    let line =
      "source \(path); cd \(folder.path); COMP_WORDS=(\"$@\"); COMP_CWORD=$(($# - 1)); "
      + "_streamctl; printf '%s\\n' \"${COMPREPLY[@]}\""
    let result = try await Tool.run("bash", ["-u", "-c", line, "bash", "streamctl"] + words)
    #expect(result.status == 0 && result.errors.isEmpty, "\(result.errors)")
    return String(decoding: result.output, as: UTF8.self).split(separator: "\n").map(String.init)
  }

  @Test("bash offers commands, options, values and files where they belong")
  func bashOffers() async throws {
    #expect(try await bash("pl") == ["play"])
    #expect(
      try await bash("s").sorted() == [
        "sessions", "setup", "snapshot", "sources", "start", "status", "stop",
      ])
    #expect(try await bash("play", "--at") == ["--at"])
    #expect(try await bash("dr") == ["drain"])
    #expect(try await bash("--url", "http://h", "play", "--s") == ["--session"])
    #expect(try await bash("setup", "--transport", "t") == ["tcp"])
    #expect(try await bash("completions", "z") == ["zsh"])
    #expect(try await bash("probe", "a") == ["a b.mjpeg"])
    #expect(try await bash("snapshot", "-o", "a") == ["a b.mjpeg"])
    #expect(try await bash("--token-file", "a") == ["a b.mjpeg"])
    #expect(try await bash("play", "--at", "").isEmpty)
    #expect(try await bash("help", "wa") == ["watch"])
  }

  @Test("fish offers commands, options and values where they belong")
  func fishOffers() async throws {
    let folder = try TemporaryFolder()
    let path = try await script(.fish, folder)
    func offers(_ line: String) async throws -> [String] {
      let result = try await Tool.run(
        "env", ["HOME=\(folder.path)", "fish", "-c", "source \(path); complete -C '\(line)'"])
      #expect(result.status == 0 && result.errors.isEmpty, "\(result.errors)")
      return String(decoding: result.output, as: UTF8.self).split(separator: "\n")
        .map { String($0.prefix { $0 != "\t" }) }
    }
    #expect(try await offers("streamctl pl") == ["play"])
    #expect(try await offers("streamctl play --at") == ["--at"])
    #expect(try await offers("streamctl setup --transport t") == ["tcp"])
    #expect(try await offers("streamctl completions z") == ["zsh"])
  }

  @Test("zsh loads its script as a completion of streamctl")
  func zshLoads() async throws {
    let folder = try TemporaryFolder()
    _ = try await script(.zsh, folder)
    let line =
      "fpath=(\(folder.path) $fpath); autoload -U compinit; compinit -D -u; "
      + "print $_comps[streamctl]; autoload +X _streamctl && which _streamctl"
    let result = try await Tool.run("env", ["HOME=\(folder.path)", "zsh", "-f", "-c", line])
    let text = String(decoding: result.output, as: UTF8.self)
    #expect(result.status == 0 && text.hasPrefix("_streamctl\n"), "\(text) \(result.errors)")
    #expect(text.contains("_arguments"))
  }

  @Test("the manual has every command and option, and no other")
  func manual() async throws {
    let path = Repository.root.appending(path: "etc/man/streamctl.1").path
    let page = try String(contentsOfFile: path, encoding: .utf8)
      .replacing("\\-", with: "-").replacing("\\f", with: "\u{0}")
    for command in Command.all {
      #expect(
        page.contains("\n.B \(command.name)\n") || page.contains("\n\u{0}B\(command.name)\u{0}R"),
        "\(command.name)")
    }
    let options = Command.globalOptions + Command.all.flatMap(\.options)
    let known = Set(options.map(\.name) + ["--allowed-servers", "--recordings"])
    for name in known { #expect(page.contains(name), "\(name)") }
    for word in page.split(whereSeparator: { !$0.isLetter && $0 != "-" })
    where word.hasPrefix("--") {
      #expect(known.contains(String(word)), "\(word)")
    }
    let check = try await Tool.run("man", ["--warnings", "-E", "UTF-8", "-Tutf8", "-l", path])
    #expect(check.status == 0 && check.errors.isEmpty, "\(check.errors)")
    #expect(page.contains("\"streamd \(streamctl.version)\""))
  }

  @Test("daemon and command line are of one version")
  func versions() {
    #expect(Streamd.version == streamctl.version)
  }

  @Test("the table of commands is complete and without two options of one name")
  func table() {
    #expect(Set(Command.all.map(\.verb)) == Set(Command.Verb.allCases))
    #expect(Command.all.count == Command.Verb.allCases.count)
    for command in Command.all {
      let names = (command.options + Command.globalOptions).flatMap {
        [$0.name] + [$0.short].compactMap { $0 }
      }
      #expect(Set(names).count == names.count, "\(command.name)")
    }
  }
}
