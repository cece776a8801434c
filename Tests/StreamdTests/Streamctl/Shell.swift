import Foundation
import Testing

/// `streamctl` as a shell starts it: the real program, with a state folder of its own.
struct Shell {
  let home: TemporaryFolder
  /// Environment variables, as `env` takes them.
  var variables: [String]

  static var program: String { Repository.product("streamctl").path }

  /// A shell whose commands go to a daemon by default.
  init(_ url: String) throws {
    home = try TemporaryFolder()
    variables = [
      "-u", "STREAMCTL_TOKEN", "-u", "XDG_STATE_HOME", "-u", "NO_COLOR", "TERM=xterm",
      "HOME=\(home.path)",
      "XDG_RUNTIME_DIR=\(home.path)/run", "STREAMCTL_URL=\(url)",
    ]
  }

  /// A shell in the same home, with other variables behind those that there are.
  func with(_ more: String...) -> Shell {
    var shell = self
    shell.variables += more
    return shell
  }

  func run(_ arguments: String...) async throws -> Tool.Result {
    try await Tool.run("env", variables + [Self.program] + arguments, seconds: 30)
  }

  /// Runs a command that is to succeed, without giving up the thread.
  func runAtOnce(_ command: String) throws {
    let result = try Tool.runAtOnce("env", variables + [Self.program, command], seconds: 30)
    #expect(result.status == 0 && result.errors.isEmpty, "\(command): \(result.errors)")
  }

  /// Runs a command that is to succeed, and returns what it prints.
  func text(
    _ arguments: String..., sourceLocation: SourceLocation = #_sourceLocation
  ) async throws -> String {
    let result = try await Tool.run("env", variables + [Self.program] + arguments, seconds: 30)
    #expect(
      result.status == 0 && result.errors.isEmpty, "\(arguments): \(result.errors)",
      sourceLocation: sourceLocation)
    return String(decoding: result.output, as: UTF8.self)
  }

  /// Runs a command that is to succeed with `--json`, and returns the objects of its lines.
  func json(
    _ arguments: String..., sourceLocation: SourceLocation = #_sourceLocation
  ) async throws -> [[String: Any]] {
    let result = try await Tool.run(
      "env", variables + [Self.program, "--json"] + arguments, seconds: 30)
    #expect(
      result.status == 0 && result.errors.isEmpty, "\(arguments): \(result.errors)",
      sourceLocation: sourceLocation)
    return try result.output.split(separator: 0x0A).map { line in
      try #require(JSONSerialization.jsonObject(with: Data(line)) as? [String: Any])
    }
  }

  /// Runs a command that is to fail with a status and one line that has all of the words.
  func fails(
    _ arguments: String..., status: Int32, saying words: String...,
    sourceLocation: SourceLocation = #_sourceLocation
  ) async throws {
    let result = try await Tool.run("env", variables + [Self.program] + arguments, seconds: 30)
    #expect(result.status == status, "\(result.errors)", sourceLocation: sourceLocation)
    let lines = result.errors.split(separator: "\n", omittingEmptySubsequences: false)
    #expect(
      lines.count == 2 && lines[1].isEmpty && lines[0].hasPrefix("streamctl: "),
      "\(result.errors)", sourceLocation: sourceLocation)
    for word in words {
      #expect(result.errors.contains(word), "\(result.errors)", sourceLocation: sourceLocation)
    }
  }
}
