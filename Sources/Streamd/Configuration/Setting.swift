/// One thing that can be chosen: by a flag, by an environment variable, or in the file.
struct Setting: Sendable {
  /// As the file has it: `rtp_ports`.
  let name: String
  /// What JSON is to hold.
  let shape: Shape
  /// What stands for the value in `--help`: `FIRST-LAST`.
  let placeholder: String
  /// One line.
  let summary: String
  /// When a change takes effect that comes with SIGHUP.
  let reload: Reload
  /// What a value has to be, behind “want”.
  let wanted: String
  /// Its values are for nobody's eyes: there is no flag for them, no message quotes them, and the
  /// variable is the path of a file that has them.
  let isSecret: Bool
  /// Takes one value; false when it is not what is wanted.
  private let take: @Sendable (inout Configuration, String) -> Bool
  /// Forgets what an earlier source has gathered.
  private let clear: @Sendable (inout Configuration) -> Void
  /// The value as text; lists have several, and what is unset has none.
  let show: @Sendable (Configuration) -> [String]

  enum Shape {
    case boolean, string, number
    /// `20`, or `"30000/1001"`.
    case numberOrString
    /// Several strings.
    case list
    /// Names with numbers.
    case object
  }

  enum Reload: String {
    case now = "at once"
    case later = "for what begins later"
    case restart = "after a restart"
  }

  /// `--rtp-ports`
  var flag: String { "--" + name.map { $0 == "_" ? "-" : String($0) }.joined() }
  /// `STREAMD_RTP_PORTS`
  var variable: String { "STREAMD_" + name.uppercased() }

  /// A setting with a single value.
  init<Value>(
    _ name: String, _ path: any WritableKeyPath<Configuration, Value> & Sendable,
    _ form: Form<Value>, _ placeholder: String, _ reload: Reload, _ summary: String
  ) {
    self.name = name
    shape = form.shape
    self.placeholder = placeholder
    self.summary = summary
    self.reload = reload
    wanted = form.wanted
    isSecret = false
    take = { configuration, text in
      guard let value = form.read(text) else { return false }
      configuration[keyPath: path] = value
      return true
    }
    clear = { _ in }
    show = { configuration in form.show(configuration[keyPath: path]).map { [$0] } ?? [] }
  }

  /// A setting with several values, which may also be one text with commas.
  init<Value>(
    list name: String, _ path: any WritableKeyPath<Configuration, [Value]> & Sendable,
    _ form: Form<Value>, _ placeholder: String, _ reload: Reload, _ summary: String,
    isSecret: Bool = false
  ) {
    self.name = name
    self.isSecret = isSecret
    shape = .list
    self.placeholder = placeholder
    self.summary = summary
    self.reload = reload
    wanted = form.wanted
    take = { configuration, text in
      guard let value = form.read(text) else { return false }
      configuration[keyPath: path].append(value)
      return true
    }
    clear = { $0[keyPath: path] = [] }
    show = { configuration in configuration[keyPath: path].compactMap(form.show) }
  }

  /// The limits, each `NAME=NUMBER`.
  init(limits name: String, _ summary: String) {
    self.name = name
    shape = .object
    placeholder = "NAME=N,…"
    self.summary = summary
    reload = .later
    isSecret = false
    wanted = "NAME=NUMBER, with a name from \(Limit.all.map(\.name).joined(separator: ", "))"
    take = { _, _ in false }
    clear = { _ in }
    show = { configuration in
      Limit.all.map { "\($0.name)=\(configuration.limits[keyPath: $0.path])" }
    }
  }

  /// Puts what somebody chose into the configuration.
  func set(
    _ configuration: inout Configuration, _ assignment: Configuration.Assignment
  ) throws(Configuration.Fault) {
    clear(&configuration)
    for value in assignment.values {
      if shape == .object {
        try Limit.set(&configuration.limits, value, assignment.origin)
      } else if !take(&configuration, value) {
        let shown = isSecret ? "" : " \(value)"
        throw Configuration.Fault(message: "\(assignment.origin)\(shown): want \(wanted)")
      }
    }
  }

  /// What a flag or a variable says, one value each.
  func values(of text: String) -> [String] {
    guard shape == .list || shape == .object else { return [text] }
    return text.split(separator: ",").map { String($0.drop { $0 == " " }) }
  }
}
