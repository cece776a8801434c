internal import Wire

/// What the command line and the environment ask for.
struct Arguments {
  /// The file of `--config`; nil without one.
  var path: String?
  /// What the environment's variables say.
  var environment: [Configuration.Assignment] = []
  /// Where secrets are.
  var secrets = Secrets()
  /// What the flags say.
  var flags: [Configuration.Assignment] = []
  /// Variables that look like ours and are not.
  var strangers: [String] = []

  enum Request {
    case run(Arguments)
    case checkConfiguration(Arguments)
    case help
    case version
    /// A manual page by its section, for packagers.
    case manual(String)
  }

  /// The file (as it is now), the environment and the flags: later ones win.
  func configuration() throws(Configuration.Fault) -> Configuration {
    var assignments: [Configuration.Assignment] = []
    if let path { assignments += try ConfigurationFile(path: path).assignments }
    if let users = try secrets.users() { assignments.append(users) }
    if let sources = try secrets.sources() { assignments.append(sources) }
    var configuration = try Configuration(assignments + environment + flags)
    configuration.sources = try secrets.unlock(configuration.sources)
    configuration.tokenKey = try secrets.tokenKey(configuration.tokenKeyFile)
    return configuration
  }

  /// Reads the arguments behind the program's name. `--flag value` and `--flag=value` are the same;
  /// a flag that is given again adds to a list and replaces anything else.
  static func parse(
    _ arguments: [String], environment: [String: String]
  ) throws(Configuration.Fault) -> Request {
    var parsed = Arguments(environment: environment)
    var check = false
    var rest = arguments[...]
    while let argument = rest.popFirst() {
      let parts = argument.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      let flag = String(parts[0])
      let inline = parts.count == 2 ? String(parts[1]) : nil
      if plainFlags.contains(flag), inline != nil {
        throw Configuration.Fault(message: "\(flag) takes no value")
      }
      switch flag {
      case "--help", "-h": return .help
      case "--version": return .version
      case "--check-config": check = true
      case "--config": parsed.path = try value(flag, inline, &rest)
      case "--manual": return .manual(try value(flag, inline, &rest))
      default:
        guard let setting = Setting.all.first(where: { $0.flag == flag }) else {
          throw unknown(flag)
        }
        guard !setting.isSecret else {
          throw Configuration.Fault(
            message: "\(flag): everybody here can read a command line; set "
              + "\(setting.variable)=FILE, or the key \(setting.name) of the configuration file")
        }
        let isSwitch = setting.shape == .boolean && inline == nil
        parsed.add(setting, isSwitch ? "true" : try value(flag, inline, &rest))
      }
    }
    return check ? .checkConfiguration(parsed) : .run(parsed)
  }

  private static let plainFlags = ["--help", "-h", "--version", "--check-config"]
  private static let prefix = "STREAMD_"

  private init(environment: [String: String]) {
    path = environment["STREAMD_CONFIG"]
    secrets = Secrets(environment: environment)
    for setting in Setting.all where !setting.isSecret {
      guard let text = environment[setting.variable] else { continue }
      self.environment.append(
        .init(setting: setting, values: setting.values(of: text), origin: setting.variable))
    }
    let known = Set(Setting.all.map(\.variable) + ["STREAMD_CONFIG"])
    strangers = environment.keys.filter {
      $0.hasPrefix(Self.prefix) && !known.contains($0) && !Secrets.isPassword($0)
    }.sorted()
  }

  /// Tells of variables that mean nothing. No error: whoever runs programs may set some for all of
  /// them, as Kubernetes does for each Service.
  func warnOfStrangers() {
    for name in strangers {
      let nearest = Spelling.nearest(to: name, among: Setting.all.map(\.variable))
      Log.warning("there is no such setting", ["variable": name, "nearest": nearest ?? "none"])
    }
  }

  private mutating func add(_ setting: Setting, _ text: String) {
    let values = setting.values(of: text)
    if setting.shape == .list,
      let index = flags.firstIndex(where: { $0.setting.name == setting.name })
    {
      flags[index].values += values
    } else {
      flags.append(.init(setting: setting, values: values, origin: setting.flag))
    }
  }

  private static func value(
    _ flag: String, _ inline: String?, _ rest: inout ArraySlice<String>
  ) throws(Configuration.Fault) -> String {
    guard let value = inline ?? rest.popFirst() else {
      throw Configuration.Fault(message: "\(flag) needs a value, see streamd --help")
    }
    return value
  }

  private static func unknown(_ flag: String) -> Configuration.Fault {
    let known =
      Setting.all.filter { !$0.isSecret }.map(\.flag) + [
        "--config", "--check-config", "--help", "--version",
      ]
    let hint = Spelling.nearest(to: flag, among: known).map { "did you mean \($0)?" }
    return .init(message: "unknown argument \(flag), \(hint ?? "see streamd --help")")
  }

  // MARK: Help

  static let help: String = {
    var text = """
      streamd serves Motion-JPEG files to RTSP players and browsers.

      usage: streamd [options]


      """
    let defaults = Configuration()
    for setting in Setting.all where setting.shape != .object && !setting.isSecret {
      let shown = setting.show(defaults).joined(separator: ",")
      let isTold = !shown.isEmpty && setting.shape != .boolean
      text += line(
        setting.flag + (setting.placeholder.isEmpty ? "" : " \(setting.placeholder)"),
        setting.summary + (isTold ? " (\(shown))" : ""))
    }
    if let limits = Setting.named("limits") {
      text += line("\(limits.flag) \(limits.placeholder)", limits.summary)
    }
    text += line("--config FILE", "a JSON file with the same settings, see streamd.json(5)")
    text += line("--check-config", "say whether the configuration is good, and end")
    text += line("--help", "this text")
    text += line("--version", "the version")
    return text + """

      Every option is also a variable, STREAMD_FPS say, and a key of the file, "fps". Options win
      over variables, variables over the file. A list is given with commas or option by option.
      Users are a key of the file, or the lines of one that STREAMD_USERS names: streamctl passwd.
      So are sources, or all of the file that STREAMD_SOURCES names: {"camera": "rtsp://…"}.

      example: streamd --start, then open http://127.0.0.1:5000 or
               ffplay rtsp://127.0.0.1:8554/movie.Mjpeg

      """
  }()

  private static func line(_ flag: String, _ summary: String) -> String {
    let column = 31
    let padding = String(repeating: " ", count: max(column - flag.count - 2, 1))
    return "  \(flag)\(padding)\(summary)\n"
  }
}
