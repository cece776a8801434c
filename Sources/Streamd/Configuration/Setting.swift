internal import Wire

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
  /// Takes what somebody chose, instead of what was chosen before.
  private let take: Take
  /// The value as text; lists have several, and what is unset has none.
  let show: @Sendable (Configuration) -> [String]

  private typealias Take =
    @Sendable (inout Configuration, Configuration.Assignment) throws(Configuration.Fault) -> Void

  enum Shape {
    case boolean, string, number
    /// `20`, or `"30000/1001"`.
    case numberOrString
    /// Several strings.
    case list
    /// Names with numbers.
    case object
    /// Names with what is relayed.
    case sources
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
    take = { (configuration, assignment) throws(Configuration.Fault) in
      for text in assignment.values {
        configuration[keyPath: path] = try Self.read(text, form, assignment, isSecret: false)
      }
    }
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
    take = { (configuration, assignment) throws(Configuration.Fault) in
      var values: [Value] = []
      for text in assignment.values {
        values.append(try Self.read(text, form, assignment, isSecret: isSecret))
      }
      configuration[keyPath: path] = values
    }
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
    take = { (configuration, assignment) throws(Configuration.Fault) in
      for text in assignment.values {
        try Limit.set(&configuration.limits, text, assignment.origin)
      }
    }
    show = { configuration in
      Limit.all.map { "\($0.name)=\(configuration.limits[keyPath: $0.path])" }
    }
  }

  /// What is relayed.
  init(sources name: String, _ summary: String) {
    self.name = name
    shape = .sources
    placeholder = "FILE"
    self.summary = summary
    reload = .now
    isSecret = true
    wanted = "an object of NAME: URL, or NAME: {\"url\": URL, …}, see SOURCES"
    take = { (configuration, assignment) throws(Configuration.Fault) in
      configuration.sources = try Self.sources(assignment)
    }
    // Only compared: there are passwords in them.
    show = { configuration in
      configuration.sources.map { source in
        [
          source.name, source.url.requested, "\(source.url.userInfo as Any)", source.mode.rawValue,
          source.transport.rawValue, String(source.graceSeconds),
        ].joined(separator: " ")
      }
    }
  }

  private static func sources(
    _ assignment: Configuration.Assignment
  ) throws(Configuration.Fault) -> [SourceSettings] {
    guard assignment.members.count <= SourceSettings.countMax else {
      throw .init(message: "\(assignment.origin): want \(SourceSettings.countMax) at most")
    }
    var sources: [SourceSettings] = []
    for (name, value) in assignment.members.sorted(by: { $0.key < $1.key }) {
      sources.append(try SourceSettings(name, value, origin: assignment.origin))
    }
    return sources
  }

  private static func read<Value>(
    _ text: String, _ form: Form<Value>, _ assignment: Configuration.Assignment, isSecret: Bool
  ) throws(Configuration.Fault) -> Value {
    if let value = form.read(text) { return value }
    let shown = isSecret ? "" : " \(text)"
    throw .init(message: "\(assignment.origin)\(shown): want \(form.wanted)")
  }

  /// Puts what somebody chose into the configuration.
  func set(
    _ configuration: inout Configuration, _ assignment: Configuration.Assignment
  ) throws(Configuration.Fault) {
    try take(&configuration, assignment)
  }

  /// What a flag or a variable says, one value each.
  func values(of text: String) -> [String] {
    guard shape == .list || shape == .object else { return [text] }
    return text.split(separator: ",").map { String($0.drop { $0 == " " }) }
  }
}
