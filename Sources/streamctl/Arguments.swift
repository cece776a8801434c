internal import Wire

/// What a command line says, checked against the table of commands.
struct Arguments {
  /// What a command line asks for.
  enum Request {
    case run(Arguments)
    /// Of one command, or of the program.
    case help(Command?)
    case version(isJSON: Bool)
  }

  let command: Command
  let operand: String?
  private let values: [String: String]

  /// The value of an option, or an empty text for a flag; nil where it was not given.
  subscript(option: String) -> String? { values[option] }

  /// Reads the arguments behind the program's name. `--option value` and `--option=value` are the
  /// same; behind `--` nothing is an option.
  static func parse(_ arguments: [String]) throws(Failure) -> Request {
    var command: Command?
    var operands: [String] = []
    var values: [String: String] = [:]
    var rest = arguments[...]
    var takesOptions = true
    while let argument = rest.popFirst() {
      if takesOptions && argument == "--" {
        takesOptions = false
      } else if takesOptions && argument.hasPrefix("-") && argument != "-" {
        let (option, inline) = try find(argument, command)
        values[option.name] = try value(of: option, inline, &rest)
      } else if command == nil {
        command = try named(argument)
      } else {
        operands.append(argument)
      }
    }
    if values["--help"] != nil { return .help(command) }
    if values["--version"] != nil || command?.verb == .version {
      return .version(isJSON: values["--json"] != nil)
    }
    guard let command else {
      throw Failure(.usage, "no command, see streamctl --help")
    }
    try check(operands, command)
    if command.verb == .help { return .help(try operands.first.map(named)) }
    return .run(Arguments(command: command, operand: operands.first, values: values))
  }

  private static func named(_ name: String) throws(Failure) -> Command {
    if let command = Command.named(name) { return command }
    throw Failure(
      .usage, "unknown command \(name), \(hint(name, Command.all.map(\.name), "--help"))")
  }

  private static func check(_ operands: [String], _ command: Command) throws(Failure) {
    let most = command.operand == nil ? 0 : 1
    guard operands.count <= most else {
      let what = most == 0 ? "takes no argument" : "takes one argument"
      throw Failure(
        .usage, "\(command.name) \(what), not \(operands[most]): see streamctl \(command.name) -h")
    }
    if let operand = command.operand, operand.isRequired, operands.isEmpty {
      throw Failure(.usage, "\(operand.name) is missing: want \(command.usage)")
    }
  }

  /// The option that an argument begins with, and what stands behind its equals sign.
  private static func find(
    _ argument: String, _ command: Command?
  ) throws(Failure) -> (option: Command.Option, inline: String?) {
    let parts = argument.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
    let name = String(parts[0])
    let known = Command.globalOptions + (command?.options ?? [])
    if let option = known.first(where: { $0.name == name || $0.short == name }) {
      return (option, parts.count == 2 ? String(parts[1]) : nil)
    }
    let owner = Command.all.first { other in
      other.options.contains { $0.name == name || $0.short == name }
    }
    if command == nil, let owner {
      throw Failure(.usage, "\(name) belongs behind its command: streamctl \(owner.name) \(name)")
    }
    let page = command.map { "\($0.name) --help" } ?? "--help"
    throw Failure(.usage, "unknown option \(name), \(hint(name, known.map(\.name), page))")
  }

  private static func value(
    of option: Command.Option, _ inline: String?, _ rest: inout ArraySlice<String>
  ) throws(Failure) -> String {
    guard option.value != nil else {
      guard inline == nil else { throw Failure(.usage, "\(option.name) takes no value") }
      return ""
    }
    guard let value = inline ?? rest.popFirst() else {
      throw Failure(.usage, "\(option.name) needs a value: \(option.value ?? "")")
    }
    return value
  }

  private static func hint(_ typed: String, _ known: [String], _ page: String) -> String {
    Spelling.nearest(to: typed, among: known).map { "did you mean \($0)?" }
      ?? "see streamctl \(page)"
  }
}

extension Arguments {
  /// A whole number that an option gives.
  func count(_ option: String, _ range: ClosedRange<Int>) throws(Failure) -> Int? {
    guard let text = self[option] else { return nil }
    guard let number = Int(text), range.contains(number) else {
      throw Failure(
        .usage, "\(option) \(text): want a number from \(range.lowerBound) to \(range.upperBound)")
    }
    return number
  }
}
