@testable import Reactor
@testable import Streamd
@testable import Wire

enum TextTargets {
  /// What people and scripts write: the configuration file, and commands of browsers.
  static func json(_ input: [UInt8]) {
    _ = JSONSyntax.fault(in: input)
    if let command = try? JSON.command(input) {
      require((0...65_535).contains(command.serverPort ?? 0), "\(command)")
    }
    if let file = try? ConfigurationFile(input, name: "f") { apply(file.assignments) }
  }

  /// Values as flags and variables have them: the first byte chooses the setting.
  static func settings(_ input: [UInt8]) {
    guard let first = input.first else { return }
    let setting = Setting.all[Int(first) % Setting.all.count]
    let text = String(decoding: input.dropFirst(), as: UTF8.self)
    apply([.init(setting: setting, values: setting.values(of: text), origin: "--x")])
    _ = SocketAddress(text)
  }

  /// What is taken is shown in a form that is taken again.
  private static func apply(_ assignments: [Configuration.Assignment]) {
    guard let configuration = try? Configuration(assignments) else { return }
    let shown = Setting.all.compactMap { setting -> Configuration.Assignment? in
      let values = setting.show(configuration)
      return values.isEmpty ? nil : .init(setting: setting, values: values, origin: "shown")
    }
    guard (try? Configuration(shown)) != nil else {
      found("what is shown is not taken: \(shown.map(\.values))")
    }
  }
}
